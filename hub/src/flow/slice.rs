//! How long one transaction takes bulk commands in: a commit costs the same for one and for many, and a person waits for it.

use std::time::Duration;

use tokio::time::Instant;

use super::Lane;

/// As long as somebody waits for an officer's command: it waits about this long at most.
const WAITED_FOR: Duration = Duration::from_millis(20);

/// As long as nobody does. Whoever comes meanwhile ends it behind the command that is being carried out.
const UNHURRIED: Duration = Duration::from_millis(60);

/// What is open for bulk commands.
#[derive(Debug)]
pub(super) struct Slice {
    began: Instant,
    length: Duration,
}

impl Slice {
    /// One that begins now, with a command of this lane.
    pub(super) fn begin(first: Lane, now: Instant) -> Self {
        let mut slice = Self { began: now, length: UNHURRIED };
        slice.takes(first);
        slice
    }

    /// A command of this lane goes in.
    pub(super) fn takes(&mut self, lane: Lane) {
        if lane == Lane::Interactive {
            self.length = WAITED_FOR;
        }
    }

    /// Whether one more bulk command may go in.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        now.duration_since(self.began) < self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_nobody_waits_bulk_shares_a_commit_for_longer() {
        let now = Instant::now();
        let slice = Slice::begin(Lane::Bulk, now);
        assert!(slice.is_open(now + WAITED_FOR));
        assert!(!slice.is_open(now + UNHURRIED));
    }

    #[test]
    fn an_officer_ends_it_early_first_or_in_between() {
        let now = Instant::now();
        let later = now + WAITED_FOR;
        assert!(!Slice::begin(Lane::Interactive, now).is_open(later));
        let mut between = Slice::begin(Lane::Bulk, now);
        between.takes(Lane::Bulk);
        assert!(between.is_open(later));
        between.takes(Lane::Interactive);
        assert!(!between.is_open(later));
    }
}
