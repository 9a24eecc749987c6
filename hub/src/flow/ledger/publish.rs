//! Publishes a checkpoint: the one that all witnesses cosign.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use crate::{
    flow::{Command, Failure, Hub, Lane, LeasedJob, Turn},
    ledger::{Ledger, Signed},
    store::{CheckpointRow, Tx},
};

/// Publishes the newest signed checkpoint, unless it is published.
#[derive(Debug)]
struct Publish(Ledger);

/// Publishes the newest signed checkpoint, unless it is published; true if it was not.
///
/// # Errors
/// If the database fails.
pub async fn publish(hub: &Hub) -> Result<bool, Failure> {
    let new = hub.run(Publish(hub.ledger().clone())).await?;
    if new {
        hub.ledger().note_published();
    }
    Ok(new)
}

/// Publishes like [`publish`], if no other hub does that job.
///
/// # Errors
/// If the database fails.
pub async fn publish_in_turn(hub: &Hub) -> Result<bool, Failure> {
    let publish = hub.leases().turn(LeasedJob::Publish, Publish(hub.ledger().clone()));
    let new = matches!(hub.run(publish).await?, Turn::Mine(true, _));
    if new {
        hub.ledger().note_published();
    }
    Ok(new)
}

impl Command for Publish {
    /// True if it was not published before.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        // One row: whoever waits does not notice, and behind an import no witness would ever be asked.
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        // Signed after an earlier commit, so that nothing is published that is not durable.
        let Some(latest) = self.0.latest() else { return Ok(false) };
        let Signed { epoch, size, root, ref note } = *latest;
        if epoch != tx.epoch() || size > tx.tree().size() {
            let reason = "the ledger has gone on in another epoch; the next checkpoint is published";
            return Err(Refusal::of(RefusalCode::Unavailable, reason).into());
        }
        let newest = CheckpointRow::newest(tx.reading()).await?;
        if newest.is_some_and(|newest| (newest.epoch, newest.size) >= (epoch, size)) {
            return Ok(false);
        }
        tx.publish(&CheckpointRow { epoch, size, root, note: note.clone() }).await?;
        Ok(true)
    }
}
