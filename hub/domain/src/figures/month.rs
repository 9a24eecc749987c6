//! Months by the clock of Berlin, as statistics count them.

use std::{fmt, str::FromStr};

use crate::calendar::{day_of, midnight_us, month_at};

/// A month, counted from year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i64);

/// A text is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no month as in 2026-01")]
pub struct MonthError;

impl Month {
    /// The last that can be written: December 9999.
    pub const LAST: Self = Self(9_999 * 12 + 11);

    /// The month of an instant, microseconds since 1970 UTC.
    pub fn at(us: i64) -> Self {
        let (year, month) = month_at(us);
        Self(year * 12 + month - 1)
    }

    /// The month with this number.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number: months since year 0.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// So many months before it.
    #[must_use]
    pub fn before(self, months: i64) -> Self {
        Self(self.0 - months)
    }

    /// The first instant after it, microseconds since 1970 UTC.
    pub fn end_us(self) -> i64 {
        let next = self.next();
        midnight_us(day_of(next.0.div_euclid(12), next.0.rem_euclid(12) + 1, 1))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let (year, month) = text.split_once('-').ok_or(MonthError)?;
        let number = |text: &str, digits: usize| {
            let formed = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            formed.then(|| text.parse::<i64>().ok()).flatten().ok_or(MonthError)
        };
        let (year, month) = (number(year, 4)?, number(month, 2)?);
        if (1..=12).contains(&month) { Ok(Self(year * 12 + month - 1)) } else { Err(MonthError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_in_berlin() {
        for (instant, month) in [
            ("2026-01-31T22:59:59Z", "2026-01"),
            ("2026-01-31T23:00:00Z", "2026-02"),
            ("2026-06-30T21:59:59Z", "2026-06"),
            ("2026-06-30T22:00:00Z", "2026-07"),
            ("2025-12-31T23:00:00Z", "2026-01"),
        ] {
            let us = crate::moment::parse_us(instant).unwrap();
            assert_eq!(Month::at(us).to_string(), month, "{instant}");
        }
    }

    #[test]
    fn it_ends_where_the_next_begins() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!(month.next().to_string(), "2027-01");
        assert_eq!(month.before(12).to_string(), "2025-12");
        assert_eq!(Month::at(month.end_us()), month.next());
        assert_eq!(Month::at(month.end_us() - 1), month);
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "2026-01-01", "+026-01", "2026-0x"]
        {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
    }
}
