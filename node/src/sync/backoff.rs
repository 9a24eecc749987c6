//! Pauses between tries: they double, and are spread so that nodes do not come back all at once.

use std::time::Duration;

use crate::clock::Random;

/// Longest pause that a hub can ask for.
const LONGEST_HINT_MS: u64 = 3_600_000;

/// Pauses between tries.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    min_ms: u64,
    max_ms: u64,
    next_ms: u64,
}

impl Backoff {
    pub(super) fn new(min_ms: u64, max_ms: u64) -> Self {
        Self { min_ms, max_ms, next_ms: min_ms }
    }

    /// The next pause: between half of it and all of it, and not shorter than the hub asks.
    pub(super) fn pause(&mut self, hint_ms: u64, random: &Random) -> Duration {
        let full = self.next_ms;
        self.next_ms = full.saturating_mul(2).min(self.max_ms);
        let spread = full / 2 + random.below(full / 2 + 1);
        Duration::from_millis(spread.max(hint_ms.min(LONGEST_HINT_MS)))
    }

    /// It worked: the next failure starts over.
    pub(super) fn reset(&mut self) {
        self.next_ms = self.min_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_over() {
        let random = Random::seeded(1);
        let mut backoff = Backoff::new(100, 1_000);
        let bounds = [(50, 100), (100, 200), (200, 400), (400, 800), (500, 1_000), (500, 1_000)];
        for (least, most) in bounds {
            let pause = backoff.pause(0, &random).as_millis();
            assert!((least..=most).contains(&pause), "{pause} is not in {least}..={most}");
        }
        backoff.reset();
        assert!(backoff.pause(0, &random).as_millis() <= 100);
        assert_eq!(backoff.pause(5_000, &random), Duration::from_secs(5), "the hub's hint counts");
        assert_eq!(backoff.pause(u64::MAX, &random), Duration::from_secs(3_600));
    }
}
