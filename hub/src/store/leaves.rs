//! Leaves as they are stored, redacted or not: what they commit to.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    leaf::{Digest, Kind, Leaf, Salt, decision_digest, statement_digest},
    merkle::Span,
};

use super::{
    StoreError,
    engine::{Connection, Row, query},
};

/// A stored leaf; nothing of it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRow {
    /// Its place.
    pub index: u64,
    /// The number of its kind.
    pub kind: i64,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose statement it is; 0: the hub's own.
    pub agency: AgencyNo,
    /// Its hash.
    pub leaf_hash: Vec<u8>,
    /// What it commits to; none once it is redacted.
    pub payload: Option<Payload>,
    /// What stays of a redacted one: both digests, 64 bytes.
    pub digests: Option<Vec<u8>>,
}

/// What a leaf commits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The salt, 32 bytes.
    pub salt: Vec<u8>,
    /// What was said.
    pub statement: Vec<u8>,
    /// What was decided.
    pub decision: Vec<u8>,
}

impl LeafRow {
    /// The leaves from this one on, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn range(connection: &mut Connection, first: u64, most: u64) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* leaves::range */ SELECT leaf_index, kind, recorded_at_us, agency_no, leaf_hash, salt, statement, \
                           decision, digests FROM event WHERE leaf_index >= $1 AND leaf_index < $1 + $2 ORDER BY leaf_index";
        let query = query(SQL).bind(first.cast_signed()).bind(most.cast_signed());
        query.fetch_all(connection).await?.iter().map(read).collect()
    }

    /// The statement's and the decision's digest, from what they are the digests of or from what is left of it.
    pub fn both_digests(&self) -> Option<[Digest; 2]> {
        match (&self.payload, &self.digests) {
            (Some(Payload { salt, statement, decision }), None) => {
                let salt = Salt::from_slice(salt)?;
                Some([statement_digest(&salt, statement), decision_digest(&salt, decision)])
            }
            (None, Some(digests)) => match digests.as_chunks() {
                ([statement, decision], []) => Some([*statement, *decision]),
                _ => None,
            },
            _ => None,
        }
    }

    /// The leaf itself.
    pub fn leaf(&self) -> Option<Leaf> {
        let [statement, decision] = self.both_digests()?;
        let kind = Kind::from_number(u16::try_from(self.kind).ok()?)?;
        Some(Leaf { kind, time_us: self.recorded_at_us.cast_unsigned(), statement, decision })
    }
}

/// The digests of the decisions on these leaves; there must be as many.
///
/// # Errors
/// If the engine fails, or a leaf is missing.
pub(crate) async fn decision_digests(
    connection: &mut Connection,
    leaves: Span,
) -> Result<Vec<Digest>, StoreError> {
    let count = leaves.end.saturating_sub(leaves.begin);
    let rows = LeafRow::range(connection, leaves.begin, count).await?;
    let digests: Vec<_> =
        rows.iter().map_while(LeafRow::both_digests).map(|[_, decision]| decision).collect();
    if digests.len() as u64 == count {
        Ok(digests)
    } else {
        Err(StoreError::Value { column: "event.digests" })
    }
}

fn read(row: &Row) -> Result<LeafRow, StoreError> {
    let [salt, statement, decision] = ["salt", "statement", "decision"].map(|column| row.try_get(column));
    let payload = match (salt?, statement?, decision?) {
        (Some(salt), Some(statement), Some(decision)) => Some(Payload { salt, statement, decision }),
        // Salt, statement and decision go together: what stands in part is none.
        _ => None,
    };
    Ok(LeafRow {
        index: row.try_get::<i64>("leaf_index")?.cast_unsigned(),
        kind: row.try_get("kind")?,
        recorded_at_us: row.try_get("recorded_at_us")?,
        agency: AgencyNo(row.try_get("agency_no")?),
        leaf_hash: row.try_get("leaf_hash")?,
        payload,
        digests: row.try_get("digests")?,
    })
}
