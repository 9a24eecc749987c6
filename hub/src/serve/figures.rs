//! Counts figures again and again, behind whoever waits; and what the configuration says about them.

use std::time::Duration;

use meldeverbund_domain::figures::{DEFAULT_THRESHOLD, LEAST_THRESHOLD};
use serde::{Deserialize, Deserializer, de::Error as _};
use tokio_util::sync::CancellationToken;

use crate::flow::{Hub, LeasedJob, causes, count_figures};

/// How late figures are when little happens: nobody waits for them.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Between two slices while there is more: the writer is the intake's, not the job's.
const BETWEEN_SLICES: Duration = Duration::from_millis(100);

/// The most that is called small; beyond, next to nothing would be published.
const MOST_SMALL: i64 = 1_000;

/// The `[figures]` table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FigureSettings {
    /// Numbers below this, zero aside, are small: they are not published.
    #[serde(deserialize_with = "small")]
    pub public_threshold: i64,
}

impl Default for FigureSettings {
    fn default() -> Self {
        Self { public_threshold: DEFAULT_THRESHOLD }
    }
}

fn small<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let threshold = i64::deserialize(deserializer)?;
    if (LEAST_THRESHOLD..=MOST_SMALL).contains(&threshold) {
        return Ok(threshold);
    }
    Err(D::Error::custom(format!("figures.public_threshold must be {LEAST_THRESHOLD} to {MOST_SMALL}")))
}

/// Counts until stopped.
pub(super) async fn run(hub: Hub, stop: CancellationToken) {
    loop {
        let wait = match count_figures(&hub).await {
            Ok(true) => BETWEEN_SLICES,
            Ok(false) => COUNT_EVERY,
            Err(failure) => {
                tracing::warn!(cause = %causes(&failure), "figures not counted; they are tried again");
                COUNT_EVERY
            }
        };
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            break;
        }
    }
    // Whoever comes next waits for the term's end if this fails.
    let _ = hub.run(hub.leases().give_back(LeasedJob::Figures)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_hides_something_and_not_everything() {
        let read = |text: &str| toml::from_str::<FigureSettings>(text).map(|read| read.public_threshold);
        assert_eq!(read(""), Ok(DEFAULT_THRESHOLD));
        assert_eq!(read("public_threshold = 3"), Ok(3));
        for bad in
            ["public_threshold = 2", "public_threshold = 1001", "public_threshold = -5", "threshold = 5"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
