//! How much an agency has asked: in this minute and on this day, in UTC.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::Settings;
use crate::calendar::HOUR_US;

const MINUTE_US: i64 = HOUR_US / 60;
const DAY_US: i64 = 24 * HOUR_US;

/// What was asked so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Which minute, counted since 1970.
    pub minute: i64,
    /// Selectors in it.
    pub in_minute: i64,
    /// Which day, counted since 1970.
    pub day: i64,
    /// Selectors on it.
    pub in_day: i64,
}

impl Spent {
    /// So many selectors more, at this time.
    ///
    /// # Errors
    /// If that is more than the settings allow; with a hint when it is not any more.
    pub fn and(self, selectors: i64, now_us: i64, settings: &Settings) -> Result<Self, Refusal> {
        let (minute, day) = (now_us.div_euclid(MINUTE_US), now_us.div_euclid(DAY_US));
        // A minute that lies behind the one that is counted is of another hub's slower clock.
        let in_minute = if minute > self.minute { 0 } else { self.in_minute } + selectors;
        let in_day = if day > self.day { 0 } else { self.in_day } + selectors;
        let (minute, day) = (minute.max(self.minute), day.max(self.day));
        if in_day > settings.selectors_per_day.into() {
            let reason = "your agency has asked as much today as it may in a day (UTC)";
            return Err(Refusal::of(RefusalCode::BudgetSpent, reason)
                .retry_after_ms(wait_ms((day + 1) * DAY_US, now_us)));
        }
        if in_minute > settings.selectors_per_minute.into() {
            let reason = "your agency asks faster than it may in a minute";
            return Err(Refusal::of(RefusalCode::RateLimited, reason)
                .retry_after_ms(wait_ms((minute + 1) * MINUTE_US, now_us)));
        }
        Ok(Self { minute, in_minute, day, in_day })
    }
}

/// At least 1 ms: 0 would read as "not before something has changed".
fn wait_ms(until_us: i64, now_us: i64) -> u64 {
    u64::try_from((until_us - now_us) / 1_000 + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { selectors_per_minute: 1_000, selectors_per_day: 2_500, ..Settings::default() }
    }

    #[test]
    fn a_minute_and_a_day_have_their_ends() {
        let start = 10 * DAY_US;
        let full = Spent::default().and(1_000, start, &settings()).unwrap();
        let early = full.and(1, start + 59_000_000, &settings()).unwrap_err();
        assert_eq!((early.code(), early.retry_after_ms), (RefusalCode::RateLimited, 1_001));
        let next = full.and(1_000, start + MINUTE_US, &settings()).unwrap();
        assert_eq!((next.in_minute, next.in_day), (1_000, 2_000));
        let third = next.and(501, start + 2 * MINUTE_US, &settings()).unwrap_err();
        assert_eq!(third.code(), RefusalCode::BudgetSpent);
        assert_eq!(third.retry_after_ms, (DAY_US - 2 * MINUTE_US) as u64 / 1_000 + 1);
        let tomorrow = next.and(501, start + DAY_US, &settings()).unwrap();
        assert_eq!((tomorrow.in_minute, tomorrow.in_day), (501, 501));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_back() {
        let now = Spent::default().and(600, 10 * DAY_US, &settings()).unwrap();
        let back = now.and(500, 9 * DAY_US, &settings()).unwrap_err();
        assert_eq!(back.code(), RefusalCode::RateLimited);
        assert_eq!(now.and(400, 9 * DAY_US, &settings()).unwrap().in_day, 1_000);
    }
}
