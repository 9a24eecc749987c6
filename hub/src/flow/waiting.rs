//! Who waits for the writer, in three lanes, and who goes in next.

use std::time::Duration;

use tokio::{sync::mpsc, time::Instant};

use super::{Lane, job::Job, slice::Slice};

/// A command that waits.
pub(super) type BoxedJob = Box<dyn Job>;

/// How long a command that nobody waits for lets everybody else go first: what it does goes on under any load, slowly.
const OVERDUE: Duration = Duration::from_secs(1);

/// Commands that nobody waits for.
pub(super) struct Behind {
    jobs: mpsc::Receiver<BoxedJob>,
    /// The next one, and since when it has been seen.
    first: Option<(Instant, BoxedJob)>,
}

impl Behind {
    pub(super) fn new(jobs: mpsc::Receiver<BoxedJob>) -> Self {
        Self { jobs, first: None }
    }

    /// The next one, if it has let everybody else go first for long enough.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<BoxedJob> {
        if self.first.is_none() {
            self.first = self.jobs.try_recv().ok().map(|job| (now, job));
        }
        let (_, job) = self.first.take_if(|(since, _)| now.duration_since(*since) >= OVERDUE)?;
        Some(job)
    }

    /// The next one. Nothing is lost if it is not waited for to the end.
    pub(super) async fn next(&mut self) -> Option<BoxedJob> {
        match self.first.take() {
            Some((_, job)) => Some(job),
            None => self.jobs.recv().await,
        }
    }
}

/// What waits behind the first command of a transaction.
pub(super) struct Waiting<'w> {
    pub(super) interactive: &'w mut mpsc::Receiver<BoxedJob>,
    pub(super) bulk: &'w mut mpsc::Receiver<BoxedJob>,
    pub(super) first: Lane,
}

/// A transaction that takes in what waits.
pub(super) struct Turn<'w> {
    waiting: Waiting<'w>,
    slice: Slice,
}

impl<'w> Waiting<'w> {
    /// It has the lock from now on: how long it was waited for, where others write too, counts for nobody's slice.
    pub(super) fn turn(self, now: Instant) -> Turn<'w> {
        Turn { slice: Slice::begin(self.first, now), waiting: self }
    }
}

impl Turn<'_> {
    /// Who goes in next.
    pub(super) fn next(&mut self) -> Option<BoxedJob> {
        if let Ok(job) = self.waiting.interactive.try_recv() {
            self.slice.takes(Lane::Interactive);
            return Some(job);
        }
        if self.slice.is_open(Instant::now()) { self.waiting.bulk.try_recv().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;

    use super::*;
    use crate::{
        flow::{
            Failure,
            job::{Attempt, Proofs},
        },
        store::Tx,
    };

    struct Nothing;

    impl Job for Nothing {
        fn cures(&self) -> bool {
            false
        }

        fn run<'a>(&'a mut self, _: &'a mut Tx<'_>) -> BoxFuture<'a, Attempt> {
            unreachable!("nobody runs it")
        }

        fn tell(self: Box<Self>, _: &Proofs<'_>) {}

        fn fail(self: Box<Self>, _: Failure) {}
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_overdue_once_it_was_seen_for_long_enough() {
        let (jobs, receiver) = mpsc::channel(2);
        let mut behind = Behind::new(receiver);
        let now = Instant::now();
        assert!(behind.overdue(now).is_none(), "there is none");
        jobs.try_send(Box::new(Nothing) as BoxedJob).unwrap();
        assert!(behind.overdue(now).is_none() && behind.overdue(now + OVERDUE / 2).is_none());
        assert!(behind.overdue(now + OVERDUE).is_some());
        assert!(behind.overdue(now + OVERDUE).is_none(), "it is taken");

        jobs.try_send(Box::new(Nothing)).unwrap();
        assert!(behind.overdue(now).is_none());
        assert!(behind.next().await.is_some(), "where nothing else waits it need not be overdue");
        drop(jobs);
        assert!(behind.next().await.is_none());
    }
}
