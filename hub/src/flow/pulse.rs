//! Where the ledger ends, as soon as it is known here: what shows something can see that it has become old.

use std::{fmt, str::FromStr, time::Duration};

use meldeverbund_proto::TargetId;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{Failure, Hub, causes};
use crate::store::{Connection, Head, TargetIds, alias, leaves};

/// How often the ledger is looked at without a bell: what a command line beside the hub writes on a file rings none.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Bells that ring within this time are one: a bulk import commits dozens of times a second.
const REST: Duration = Duration::from_millis(250);

/// Where the ledger ends: what was read before any later beat may be old. A later epoch is later wherever it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Beat {
    /// The log's epoch; 0: nothing was read yet.
    pub epoch: u32,
    /// The index that the next leaf gets.
    pub next_leaf: i64,
}

impl Beat {
    /// Where the ledger ends now.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn read(connection: &mut Connection) -> Result<Self, Failure> {
        let Head { epoch, next_leaf, .. } = Head::read(connection).await?;
        Ok(Self { epoch, next_leaf })
    }
}

impl fmt::Display for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.next_leaf)
    }
}

/// It is no beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an epoch and an index")]
pub struct NoBeat;

impl FromStr for Beat {
    type Err = NoBeat;

    fn from_str(text: &str) -> Result<Self, NoBeat> {
        let (epoch, next_leaf) = text.split_once('-').ok_or(NoBeat)?;
        let next_leaf: i64 = next_leaf.parse().map_err(|_| NoBeat)?;
        if next_leaf < 0 {
            return Err(NoBeat);
        }
        Ok(Self { epoch: epoch.parse().map_err(|_| NoBeat)?, next_leaf })
    }
}

/// Follows the ledger's end until stopped, whichever hub or command line writes it.
pub async fn beat(hub: Hub, pulse: watch::Sender<Beat>, stop: CancellationToken) {
    stop.run_until_cancelled(follow(&hub, &pulse)).await;
}

async fn follow(hub: &Hub, pulse: &watch::Sender<Beat>) {
    let mut bell = hub.bells().listen_to_all();
    loop {
        bell.borrow_and_update();
        match now(hub).await {
            Ok(beat) => {
                pulse.send_if_modified(|last| std::mem::replace(last, beat) != beat);
            }
            // Readiness says what is wrong with the database; pages only stay as they are.
            Err(failure) => tracing::debug!(cause = %causes(&failure), "the ledger's end could not be read"),
        }
        sleep(REST).await;
        tokio::select! {
            // A closed bell means that the hub ends; the stop follows.
            _ = bell.changed() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

async fn now(hub: &Hub) -> Result<Beat, Failure> {
    Beat::read(&mut *hub.reader().await?).await
}

/// Whether anything was decided on a target since; nothing is ever decided on one that does not exist.
///
/// # Errors
/// If the engine fails.
pub async fn is_target_changed(
    connection: &mut Connection,
    ids: &TargetIds,
    target: TargetId,
    since: Beat,
) -> Result<bool, Failure> {
    if Beat::read(connection).await?.epoch != since.epoch {
        return Ok(true);
    }
    let Some(mut target) = ids.number(target) else { return Ok(false) };
    loop {
        // A few entries a target: those of which the page shows every one.
        let last = leaves(connection, target, i64::MAX, i64::MAX).await?.last().copied();
        let next = alias(connection, target).await?;
        let last = last.max(next.as_ref().map(|alias| alias.since_leaf));
        if last.is_some_and(|leaf| leaf >= since.next_leaf) {
            return Ok(true);
        }
        let Some(next) = next else { return Ok(false) };
        target = next.into;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_is_read_as_it_is_written() {
        let beat = Beat { epoch: 2, next_leaf: 310_199 };
        assert_eq!((beat.to_string().as_str(), beat.to_string().parse()), ("2-310199", Ok(beat)));
        for wrong in ["", "1", "1-", "-1", "1--1", "a-1", "1-1-1", "4294967296-1"] {
            assert_eq!(wrong.parse::<Beat>(), Err(NoBeat), "{wrong}");
        }
    }
}
