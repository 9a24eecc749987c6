//! Leases: a job that several hubs could do is done by one of them.
//!
//! Taking the lease, the job's effect and the look at the lease are one transaction under the head's lock, so what is written is
//! right whatever the clocks say: a hub that stood still while its lease passed on finds that out before it writes. Only how
//! soon a dead hub's job is taken over depends on time: on the ledger's, or, where that stands still because a clock once was
//! far ahead, on this process's own measure of how long nobody has renewed it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Command, Failure, Lane, Verdict};
use crate::store::{LeaseRow, Tx};

/// A job of which there is one, however many hubs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeasedJob {
    /// Moves on what is overdue.
    Sweep,
    /// Publishes checkpoints.
    Publish,
    /// Redacts what the terms say.
    Retention,
    /// Tells of liaison's questions, and sees to disclosures that are due.
    Liaison,
    /// Makes the epochs of blind questions, and what comes to their sets.
    Blind,
    /// Compares links.
    Compare,
    /// Counts figures.
    Figures,
}

/// What became of a turn at a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn<T> {
    /// It was done here, under this fence.
    Mine(T, i64),
    /// Another hub does it.
    Others,
}

/// What this process holds, and what it has seen of others. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Leases {
    holder: [u8; 16],
    seen: Arc<Mutex<HashMap<LeasedJob, Seen>>>,
}

#[derive(Debug)]
struct Seen {
    row: LeaseRow,
    since: Instant,
}

/// A command that is carried out only by the hub that does the job.
#[derive(Debug)]
pub struct Leased<C> {
    leases: Leases,
    job: LeasedJob,
    under: Option<i64>,
    command: C,
}

/// Gives a job back, so that nobody has to wait for the term's end.
#[derive(Debug)]
pub struct GiveBack {
    leases: Leases,
    job: LeasedJob,
}

impl LeasedJob {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Publish => "publish",
            Self::Retention => "retention",
            Self::Liaison => "liaison",
            Self::Blind => "blind",
            Self::Compare => "compare",
            Self::Figures => "figures",
        }
    }

    /// How long nobody else does it after its holder's last word: some of its turns, or a slice of it on a slow disk.
    pub fn term(self) -> Duration {
        match self {
            Self::Publish => Duration::from_secs(10),
            Self::Sweep | Self::Liaison | Self::Compare | Self::Figures => Duration::from_secs(30),
            Self::Retention | Self::Blind => Duration::from_secs(60),
        }
    }
}

impl Leases {
    /// Those of a process with this id.
    pub fn new(holder: [u8; 16]) -> Self {
        Self { holder, seen: Arc::default() }
    }

    /// The process's id in the database, as text.
    pub fn holder(&self) -> String {
        hex::encode(self.holder)
    }

    /// The command as a turn at a job.
    pub fn turn<C: Command>(&self, job: LeasedJob, command: C) -> Leased<C> {
        Leased { leases: self.clone(), job, under: None, command }
    }

    /// Gives a job back, if it is held here.
    pub fn give_back(&self, job: LeasedJob) -> GiveBack {
        GiveBack { leases: self.clone(), job }
    }

    /// The lease as it is to stand after this turn, and whether that is news; none: another hub does the job.
    fn next(
        &self,
        job: LeasedJob,
        known: Option<LeaseRow>,
        now_us: i64,
        at: Instant,
    ) -> Option<(LeaseRow, bool)> {
        let until_us = now_us + i64::try_from(job.term().as_micros()).expect("a minute at most");
        let holder = self.holder.to_vec();
        let next = match known {
            None => LeaseRow { name: job.name().to_owned(), holder, fence: 1, renewals: 0, until_us },
            Some(row) => {
                let unchanged = self.unchanged(job, &row, at);
                let (over, own) = (row.until_us <= now_us, row.holder == self.holder);
                // Each renewal is a row that is written: not more often than others need it.
                if own && !over && unchanged < job.term() / 3 {
                    return Some((row, false));
                }
                if !own && !over && unchanged < job.term() {
                    return None;
                }
                let fence = if own { row.fence } else { row.fence + 1 };
                LeaseRow { holder, fence, renewals: row.renewals + 1, until_us, ..row }
            }
        };
        self.with(|seen| seen.insert(job, Seen { row: next.clone(), since: at }));
        Some((next, true))
    }

    /// How long this row has stood as it stands.
    fn unchanged(&self, job: LeasedJob, row: &LeaseRow, at: Instant) -> Duration {
        self.with(|seen| match seen.get(&job) {
            Some(seen) if seen.row == *row => at.duration_since(seen.since),
            _ => {
                seen.insert(job, Seen { row: row.clone(), since: at });
                Duration::ZERO
            }
        })
    }

    fn with<T>(&self, body: impl FnOnce(&mut HashMap<LeasedJob, Seen>) -> T) -> T {
        // Nothing in here panics halfway through a change.
        body(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<C> Leased<C> {
    /// Only as long as the lease has not passed on since the turn that had this fence.
    #[must_use]
    pub fn under(self, fence: Option<i64>) -> Self {
        Self { under: fence, ..self }
    }
}

impl<T: Send + 'static> Verdict for Turn<T> {}

impl<C: Command> Command for Leased<C> {
    type Verdict = Turn<C::Verdict>;

    fn lane(&self) -> Lane {
        self.command.lane()
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Verdict, Failure> {
        let known = tx.lease(self.job.name()).await?;
        let Some((lease, news)) = self.leases.next(self.job, known, tx.now_us(), Instant::now()) else {
            return Ok(Turn::Others);
        };
        if self.under.is_some_and(|fence| fence != lease.fence) {
            return Ok(Turn::Others);
        }
        // A command that refuses has written nothing: its lease comes after it.
        let verdict = self.command.run(tx).await?;
        if news {
            tx.put_lease(&lease).await?;
        }
        Ok(Turn::Mine(verdict, lease.fence))
    }
}

impl Command for GiveBack {
    /// True if it was held here.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        Ok(tx.end_lease(self.job.name(), &self.leases.holder).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERM_US: i64 = 30_000_000;

    /// A hub that looks at the sweep's lease.
    struct Bench {
        leases: Leases,
        begun: Instant,
    }

    impl Bench {
        fn two() -> [Self; 2] {
            let begun = Instant::now();
            [1, 2].map(|id| Self { leases: Leases::new([id; 16]), begun })
        }

        /// So many terms after the beginning, at this time of the ledger.
        fn next(&self, known: Option<&LeaseRow>, now_us: i64, terms: f64) -> Option<(LeaseRow, bool)> {
            let at = self.begun + LeasedJob::Sweep.term().mul_f64(terms);
            self.leases.next(LeasedJob::Sweep, known.cloned(), now_us, at)
        }
    }

    #[test]
    fn it_passes_on_when_its_term_is_over_in_the_ledger_s_time() {
        let [one, two] = Bench::two();
        let (first, news) = one.next(None, 1_000, 0.0).unwrap();
        assert_eq!((first.fence, first.until_us, news), (1, 1_000 + TERM_US, true));
        assert_eq!(two.next(Some(&first), TERM_US + 999, 0.0), None);
        let (second, news) = two.next(Some(&first), TERM_US + 1_000, 0.0).unwrap();
        assert_eq!((second.fence, &second.holder[..], news), (2, &[2; 16][..], true));
        assert_eq!(one.next(Some(&second), TERM_US + 1_001, 0.0), None);
    }

    #[test]
    fn it_passes_on_although_the_ledger_s_time_stands_still() {
        let [one, two] = Bench::two();
        let (mut row, _) = one.next(None, 1_000, 0.0).unwrap();
        assert_eq!(one.next(Some(&row), 1_000, 0.0), Some((row.clone(), false)));
        for turn in 1..4 {
            assert_eq!(two.next(Some(&row), 1_000, f64::from(turn) - 0.9), None, "its holder lives");
            let (renewed, news) = one.next(Some(&row), 1_000, f64::from(turn)).unwrap();
            assert!(news && renewed.renewals > row.renewals && renewed.fence == 1, "{renewed:?}");
            row = renewed;
        }
        assert_eq!(two.next(Some(&row), 1_000, 3.5), None);
        assert_eq!(two.next(Some(&row), 1_000, 4.4), None);
        assert_eq!(two.next(Some(&row), 1_000, 4.5).unwrap().0.fence, 2, "silent for a whole term");
    }

    #[test]
    fn its_holder_writes_it_seldom() {
        let [one, _] = Bench::two();
        let (row, _) = one.next(None, 1_000, 0.0).unwrap();
        assert_eq!(one.next(Some(&row), 2_000, 0.1), Some((row.clone(), false)));
        assert_eq!(one.next(Some(&row), 2_000, 0.3), Some((row.clone(), false)));
        assert!(one.next(Some(&row), 2_000, 0.5).unwrap().1);
    }
}
