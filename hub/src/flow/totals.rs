//! How much there is, for people who run and oversee it: numbers alone.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use meldeverbund_proto::v1::Stage;
use tokio::time::Instant;

use super::{Beat, Failure, Hub, causes};
use crate::{
    clock::now_us,
    store::{AgencyRow, Connection, Counts},
};

/// Whoever waits for a page does not notice a count that takes no longer.
const QUICK: Duration = Duration::from_millis(10);

/// A count that takes longer is made beside the pages, and of a connection's time takes one part in so many.
const SHARE: u32 = 100;

/// How much there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Agencies.
    pub agencies: i64,
    /// Leaves of the ledger.
    pub leaves: i64,
    /// Targets, by where they stand.
    pub stages: Vec<(Stage, i64)>,
    /// When the targets were counted, where something may have changed since; microseconds since 1970 UTC.
    pub counted_at_us: Option<i64>,
}

impl Totals {
    /// All targets.
    pub fn targets(&self) -> i64 {
        self.stages.iter().map(|(_, count)| count).sum()
    }
}

/// Targets by stage, counted as seldom as pages allow: a count reads every target, and a page must not.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last: Mutex<Option<Counted>>,
    is_counting: AtomicBool,
}

#[derive(Debug, Clone)]
struct Counted {
    /// What was counted.
    at: Beat,
    at_us: i64,
    ended: Instant,
    took: Duration,
    stages: Vec<(Stage, i64)>,
}

impl Tally {
    /// How much there is: exact while counting is quick or nothing has changed, else as of the last count.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn totals(&self, hub: &Hub, connection: &mut Connection) -> Result<Totals, Failure> {
        let beat = Beat::read(connection).await?;
        let agencies = AgencyRow::all(connection).await?.len();
        let counted = match self.last().filter(|last| last.is_good_for(beat)) {
            Some(last) => last,
            None => self.count(hub, connection).await?,
        };
        if counted.is_due(beat, Instant::now()) {
            self.count_beside(hub.clone());
        }
        Ok(Totals {
            agencies: i64::try_from(agencies).unwrap_or(i64::MAX),
            leaves: beat.next_leaf,
            stages: counted.stages,
            counted_at_us: (counted.at != beat).then_some(counted.at_us),
        })
    }

    fn last(&self) -> Option<Counted> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn count(&self, hub: &Hub, connection: &mut Connection) -> Result<Counted, Failure> {
        let (began, at_us) = (Instant::now(), now_us(hub.clock()));
        let at = Beat::read(connection).await?;
        let stages = Counts::targets_by_stage(connection).await?;
        let ended = Instant::now();
        let counted = Counted { at, at_us, ended, took: ended - began, stages };
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted.clone());
        Ok(counted)
    }

    /// Counts for the pages to come; once, however many ask.
    fn count_beside(&self, hub: Hub) {
        if self.0.is_counting.swap(true, Ordering::AcqRel) {
            return;
        }
        let tally = self.clone();
        tokio::spawn(async move {
            let counted = async { tally.count(&hub, &mut hub.still().await?).await };
            if let Err(failure) = counted.await {
                tracing::warn!(cause = %causes(&failure), "the targets could not be counted");
            }
            tally.0.is_counting.store(false, Ordering::Release);
        });
    }
}

impl Counted {
    /// Whether a page may show it: nothing was written since, or counting anew would keep whoever asks waiting.
    fn is_good_for(&self, beat: Beat) -> bool {
        self.at == beat || self.took > QUICK
    }

    fn is_due(&self, beat: Beat, now: Instant) -> bool {
        self.at != beat && now >= self.ended + self.took * SHARE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(took: Duration) -> Counted {
        let at = Beat { epoch: 1, next_leaf: 7 };
        Counted { at, at_us: 0, ended: Instant::now(), took, stages: Vec::new() }
    }

    #[test]
    fn a_quick_count_is_always_of_now_and_a_slow_one_takes_its_share() {
        let (same, later) = (Beat { epoch: 1, next_leaf: 7 }, Beat { epoch: 1, next_leaf: 8 });
        let quick = counted(QUICK);
        assert!(quick.is_good_for(same) && !quick.is_good_for(later));
        let slow = counted(Duration::from_millis(300));
        assert!(slow.is_good_for(later) && !slow.is_due(later, slow.ended + Duration::from_secs(29)));
        let in_time = slow.ended + Duration::from_secs(30);
        assert!(slow.is_due(later, in_time) && !slow.is_due(same, in_time), "nothing new, nothing to count");
    }
}
