//! When answers to liaison leave: at whole ticks after the question came, so that how long a look-up took shows in nothing but the
//! number of ticks.

use std::time::Duration;

use tokio::time::Instant;

/// Between two instants at which an answer may leave. Longer than a question needs where nobody else writes, so that nearly all
/// answers leave at the first; short enough that nobody waits for it.
pub(super) const ANSWER_TICK: Duration = Duration::from_millis(10);

/// Waits for the next instant at which the answer to what came then may leave.
pub(super) async fn leave(came: Instant) {
    tokio::time::sleep_until(came + ANSWER_TICK * ticks(came.elapsed())).await;
}

/// After how many ticks an answer leaves that took so long.
fn ticks(took: Duration) -> u32 {
    u32::try_from(took.as_nanos() / ANSWER_TICK.as_nanos() + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_leave_at_whole_ticks() {
        for (took_us, leaves) in [(0, 1), (1, 1), (9_999, 1), (10_000, 2), (10_001, 2), (35_000, 4)] {
            assert_eq!(ticks(Duration::from_micros(took_us)), leaves, "{took_us} µs");
        }
    }
}
