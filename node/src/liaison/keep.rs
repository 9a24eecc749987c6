//! How long questions are kept: an access log has an end of its own.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, civil::date, tz::TimeZone};

use tokio_util::sync::CancellationToken;

use crate::{
    node::Node,
    store::{StoreError, Tx, Write},
};

/// A day.
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// How often it is looked for what is over its time.
const EVERY: Duration = Duration::from_secs(3_600);

/// Erases what is over its time, at once and every hour, until `stop`.
pub async fn keep(node: Arc<Node>, stop: CancellationToken) {
    loop {
        if let Err(error) = erase(&node).await {
            tracing::error!(error = &error as &dyn std::error::Error, "liaison.erasing_failed");
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}

/// Erases what is over its time; answers how many questions went.
///
/// # Errors
/// If the store fails.
pub async fn erase(node: &Node) -> Result<u64, StoreError> {
    let before_us = kept_from(node.clock.now_us(), node.config.liaison.keep_days);
    let erased = node.store.write(Erase { before_us }).await?;
    if erased > 0 {
        tracing::info!(erased, "liaison.questions_erased");
        node.changed();
    }
    Ok(erased)
}

struct Erase {
    before_us: i64,
}

impl Write for Erase {
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        tx.erase_liaison(self.before_us).await
    }
}

/// The oldest instant that is kept. BDSG § 76(4): what was logged goes at the end of the year after the one in which it was.
fn kept_from(now_us: i64, keep_days: Option<u32>) -> i64 {
    match keep_days {
        Some(days) => now_us.saturating_sub(i64::from(days) * DAY_US),
        None => {
            let Ok(now) = Timestamp::from_microsecond(now_us) else { return i64::MIN };
            let year = now.to_zoned(TimeZone::UTC).year() - 1;
            let first = date(year, 1, 1).to_zoned(TimeZone::UTC);
            first.map_or(i64::MIN, |first| first.timestamp().as_microsecond())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn by_default_a_question_goes_at_the_end_of_the_next_year() {
        let asked = us("2026-03-01T12:00:00Z");
        assert!(asked >= kept_from(us("2027-12-31T23:59:59Z"), None));
        assert!(asked < kept_from(us("2028-01-01T00:00:00Z"), None));
        assert_eq!(kept_from(us("2026-11-22T00:00:00Z"), Some(2)), us("2026-11-20T00:00:00Z"));
    }
}
