//! The one clock: made in `main`, handed to everything that needs the time, moved by hand in tests.

use std::time::SystemTime;

pub use meldeverbund_certs::{Clock, ManualClock};

/// The time, microseconds since 1970 UTC; 0 for a clock that stands before.
pub fn now_us(clock: &Clock) -> i64 {
    let since = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
