//! Submissions and decisions under way, and those set aside for a while.

use std::{collections::HashMap, time::Duration};

use meldeverbund_proto::{CommandId, leaf::Digest};
use tokio::time::Instant;

use crate::store::{Unsent, UnsentDecision};

/// First pause of a submission that the hub failed on.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// Doublings of that pause: it ends at about ten minutes.
const DOUBLINGS: u32 = 7;

/// Something that is sent under an id of its own and answered under it.
pub(super) trait Command {
    /// Its row.
    fn row(&self) -> i64;
    /// Its id.
    fn id(&self) -> CommandId;
}

/// What is under way, with the digests that were signed: with them its leaves are rebuilt.
#[derive(Debug)]
pub(super) struct Signed<T> {
    /// What was sent.
    pub(super) command: T,
    /// Digests of its statements, in their order.
    pub(super) digests: Vec<Digest>,
}

/// Submissions, or decisions, under way, in the order in which they were sent.
#[derive(Debug)]
pub(super) struct Window<T> {
    sent: Vec<T>,
}

/// Submissions, or decisions, that the hub failed on: they wait a while, so that others get through.
#[derive(Debug, Default)]
pub(super) struct SetAside(HashMap<i64, Aside>);

#[derive(Debug, Clone, Copy)]
struct Aside {
    failures: u32,
    until: Instant,
}

impl Command for Unsent {
    fn row(&self) -> i64 {
        self.id
    }

    fn id(&self) -> CommandId {
        self.submission_id
    }
}

impl Command for UnsentDecision {
    fn row(&self) -> i64 {
        self.id
    }

    fn id(&self) -> CommandId {
        self.command_id
    }
}

impl<T: Command> Command for Signed<T> {
    fn row(&self) -> i64 {
        self.command.row()
    }

    fn id(&self) -> CommandId {
        self.command.id()
    }
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { sent: Vec::new() }
    }
}

impl<T: Command> Window<T> {
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    pub(super) fn push(&mut self, command: T) {
        self.sent.push(command);
    }

    pub(super) fn holds(&self, row: i64) -> bool {
        self.sent.iter().any(|sent| sent.row() == row)
    }

    /// Takes out the one of this id.
    pub(super) fn take(&mut self, id: &str) -> Option<T> {
        let at = self.sent.iter().position(|sent| sent.id().to_string() == id)?;
        Some(self.sent.remove(at))
    }

    /// The oldest one under way: the one that a broken stream stopped at.
    pub(super) fn oldest(&self) -> Option<&T> {
        self.sent.first()
    }
}

impl SetAside {
    /// Sets a submission aside, longer each time.
    pub(super) fn put(&mut self, submission: i64, now: Instant) {
        let failures = self.0.get(&submission).map_or(0, |aside| aside.failures);
        let pause = FIRST_PAUSE * 2_u32.pow(failures.min(DOUBLINGS));
        self.0.insert(submission, Aside { failures: failures + 1, until: now + pause });
    }

    /// It was answered.
    pub(super) fn forget(&mut self, submission: i64) {
        self.0.remove(&submission);
    }

    /// Whether it still has to wait.
    pub(super) fn waits(&self, submission: i64, now: Instant) -> bool {
        self.0.get(&submission).is_some_and(|aside| aside.until > now)
    }

    /// How many have to wait.
    pub(super) fn waiting(&self, now: Instant) -> usize {
        self.0.values().filter(|aside| aside.until > now).count()
    }

    /// When the next one may be sent.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        self.0.values().map(|aside| aside.until).filter(|until| *until > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_waits_longer_each_time() {
        let mut aside = SetAside::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..10 {
            aside.put(1, now);
            let until = aside.next(now).unwrap();
            assert!(aside.waits(1, now) && !aside.waits(2, now));
            pauses.push((until - now).as_secs());
            now = until;
            assert!(!aside.waits(1, now));
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 640, 640]);
        aside.forget(1);
        aside.put(1, now);
        assert_eq!(aside.next(now).unwrap() - now, FIRST_PAUSE);
    }
}
