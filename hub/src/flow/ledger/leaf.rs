//! One leaf, for people: what everybody may know of it, and whether its content is still there.

use meldeverbund_proto::AgencyId;

use crate::{
    flow::{Failure, admit},
    store::{AgencyRow, Connection, LeafRow, RedactedRow},
};

/// A leaf: its public fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLeaf {
    /// Its place.
    pub index: u64,
    /// The number of its kind.
    pub kind: i64,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose statement it is; empty: the hub's own.
    pub agency: String,
    /// Its hash.
    pub hash: String,
    /// When its content was redacted and on which basis; none: it is there.
    pub redacted: Option<(i64, String)>,
}

/// The leaf with this number; none if there is none.
///
/// # Errors
/// If the caller is not admitted, or the engine fails.
pub async fn public_leaf(
    connection: &mut Connection,
    caller: &AgencyId,
    index: u64,
) -> Result<Option<PublicLeaf>, Failure> {
    admit(connection, caller).await?;
    // Beyond what any database holds; the engine's numbers end there.
    let Ok(number) = i64::try_from(index) else { return Ok(None) };
    if number == i64::MAX {
        return Ok(None);
    }
    let Some(row) = LeafRow::range(connection, index, 1).await?.pop() else { return Ok(None) };
    let agencies = AgencyRow::all(connection).await?;
    let redacted = match row.payload {
        Some(_) => None,
        None => RedactedRow::at(connection, number).await?,
    };
    Ok(Some(PublicLeaf {
        index,
        kind: row.kind,
        recorded_at_us: row.recorded_at_us,
        agency: super::id(&agencies, row.agency).to_owned(),
        hash: hex::encode(&row.leaf_hash),
        redacted: redacted.map(|gone| (gone.redacted_at_us, gone.basis)),
    }))
}
