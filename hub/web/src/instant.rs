//! A point in time, for people and for machines.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};

/// Where the offices are: what people read is their time, daylight saving included.
const ZONE: &str = "Europe/Berlin";

/// A point in time as a page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(Timestamp);

impl Instant {
    /// From microseconds since 1970 UTC; none for what lies outside jiff's ten thousand years.
    pub fn from_micros(micros: i64) -> Option<Self> {
        Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// For machines: RFC 3339 in UTC.
    pub fn machine(&self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

impl fmt::Display for Instant {
    /// For people: `2026-03-01 14:05 +01:00`. The offset stands there because one hour comes twice a year.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        write!(f, "{}", self.0.to_zoned(zone).strftime("%Y-%m-%d %H:%M %:z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_their_own_time_and_machines_utc() {
        let winter = Instant::from_micros(1_772_370_300_000_000).unwrap();
        assert_eq!(winter.to_string(), "2026-03-01 14:05 +01:00");
        assert_eq!(winter.machine(), "2026-03-01T13:05:00Z");
        let summer = Instant::from_micros(1_783_339_500_000_000).unwrap();
        assert_eq!(summer.to_string(), "2026-07-06 14:05 +02:00");
        assert_eq!(Instant::from_micros(i64::MAX), None);
    }
}
