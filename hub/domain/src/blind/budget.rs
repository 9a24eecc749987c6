//! How much an agency has had evaluated today: what keeps the set from being walked.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use crate::calendar::HOUR_US;

const DAY_US: i64 = 24 * HOUR_US;

/// What was evaluated so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Which day (UTC), counted since 1970.
    pub day: i64,
    /// Elements on it.
    pub elements: i64,
}

impl Budget {
    /// So many elements more, at this time.
    ///
    /// # Errors
    /// If that is more than a day has; nothing of it is counted, and the hint says when the next day begins.
    pub fn and(self, elements: usize, now_us: i64, per_day: u32) -> Result<Self, Refusal> {
        let today = self.at(now_us);
        let more = i64::try_from(elements).expect("a batch is capped");
        let left = today.left(now_us, per_day);
        if more > left {
            let reason =
                format!("of today's budget for blind questions {left} are left (a day is one of UTC)");
            let wait_ms = u64::try_from(((today.day + 1) * DAY_US - now_us) / 1_000).unwrap_or(0) + 1;
            return Err(
                Refusal::at(RefusalCode::BudgetSpent, "blinded_elements", reason).retry_after_ms(wait_ms)
            );
        }
        Ok(Self { elements: today.elements + more, ..today })
    }

    /// How many elements are left of the day.
    pub fn left(self, now_us: i64, per_day: u32) -> i64 {
        (i64::from(per_day) - self.at(now_us).elements).max(0)
    }

    /// A day that lies behind the one that is counted is of a slower clock: it gives nothing back.
    fn at(self, now_us: i64) -> Self {
        let day = now_us.div_euclid(DAY_US);
        if day > self.day { Self { day, elements: 0 } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 10 * DAY_US + DAY_US / 2;

    #[test]
    fn a_day_has_its_end() {
        let some = Budget::default().and(600, NOON, 1_000).unwrap();
        assert_eq!(some, Budget { day: 10, elements: 600 });
        assert_eq!(some.left(NOON, 1_000), 400);
        let all = some.and(400, NOON + 1, 1_000).unwrap();
        let spent = all.and(1, NOON, 1_000).unwrap_err();
        assert_eq!(spent.code(), RefusalCode::BudgetSpent);
        assert_eq!(spent.retry_after_ms, (DAY_US / 2 / 1_000) as u64 + 1, "the next day has begun by then");
        assert_eq!(
            some.and(401, NOON, 1_000).unwrap_err().code(),
            RefusalCode::BudgetSpent,
            "all or nothing"
        );
        let tomorrow = all.and(1_000, NOON + DAY_US, 1_000).unwrap();
        assert_eq!(tomorrow, Budget { day: 11, elements: 1_000 });
        assert_eq!(all.left(NOON + DAY_US, 1_000), 1_000);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_back() {
        let spent = Budget { day: 10, elements: 1_000 };
        assert!(spent.and(1, NOON - DAY_US, 1_000).is_err());
        assert_eq!(spent.left(NOON - DAY_US, 1_000), 0);
        assert_eq!(spent.left(NOON, 10), 0, "a budget that was made smaller");
    }
}
