//! Rates per agency: they stop a client that runs away, never a seizure.

use std::{num::NonZeroU32, sync::Arc};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};

/// Commands (a submission is one) per agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Commands per second in the long run.
    pub commands_per_second: NonZeroU32,
    /// Commands at once.
    pub commands_at_once: NonZeroU32,
}

/// Counts commands per agency. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rates(Arc<DefaultKeyedRateLimiter<AgencyId>>);

impl Rates {
    /// Starts counting.
    pub fn new(limits: RateLimits) -> Self {
        let quota = Quota::per_second(limits.commands_per_second).allow_burst(limits.commands_at_once);
        Self(Arc::new(RateLimiter::keyed(quota)))
    }

    /// Counts one command.
    ///
    /// # Errors
    /// If the agency sends faster than its rate; with a hint when to try again.
    pub fn count(&self, agency: &AgencyId) -> Result<(), Refusal> {
        self.0.check_key(agency).map_err(|early| {
            let wait_ms = early.wait_time_from(DefaultClock::default().now()).as_millis();
            let reason = "your agency sends faster than its rate at this hub";
            metrics::counter!("meldeverbund_rate_limited_total").increment(1);
            // At least 1 ms: 0 would read as "not before something has changed".
            Refusal::of(RefusalCode::RateLimited, reason)
                .retry_after_ms(u64::try_from(wait_ms).unwrap_or(1).max(1))
        })
    }
}
