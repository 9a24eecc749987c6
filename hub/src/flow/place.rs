//! Where a cursor stands in a feed: an epoch and a sequence, because a restore may have taken the feed back.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Failure, Hub, stand::refusal};
use crate::store::{AgencyRow, Connection, Head, StoreError, feed_kept};

/// The sequence behind which a node that was told so much in this epoch is to be told on.
///
/// # Errors
/// If the feed does not reach so far, or the database fails.
pub async fn place(hub: &Hub, agency: &AgencyRow, epoch: u32, sequence: u64) -> Result<i64, Failure> {
    let mut reader = hub.reader().await?;
    let newest = Head::read(&mut reader).await?.epoch;
    let kept = kept(&mut reader, agency.agency.no, newest, (epoch, sequence)).await?;
    // The feed may have grown since the agency's row was read.
    let end = AgencyRow::feed_sequence(&mut reader, agency.agency.no).await?;
    if let Some(sequence) = kept.filter(|sequence| *sequence <= end) {
        return Ok(sequence);
    }
    // Where the hub knows that it has lost something, the cursor is as good as the node says.
    refusal(hub.ledger().standing())?;
    Err(Refusal::at(RefusalCode::FieldInvalid, "after_sequence", "lies beyond the end of your feed").into())
}

/// What is left of what an agency was told up to a cursor; none: the cursor's epoch is one that has not begun here.
pub(super) async fn kept(
    connection: &mut Connection,
    agency: AgencyNo,
    newest: u32,
    (epoch, sequence): (u32, u64),
) -> Result<Option<i64>, StoreError> {
    // A node that says nothing of epochs is one that knows none but the first.
    let epoch = epoch.max(1);
    if epoch > newest {
        return Ok(None);
    }
    let sequence = i64::try_from(sequence).unwrap_or(i64::MAX);
    let kept = feed_kept(connection, agency, epoch).await?;
    Ok(Some(kept.map_or(sequence, |kept| sequence.min(kept))))
}
