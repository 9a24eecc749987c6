//! Times as files write them. Without an offset they are local time in Germany.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use super::{
    limits::{FIRST_YEAR, LAST_YEAR},
    reason::Reason,
};

/// Local time in Germany as POSIX writes it: the rule in force since 1996. Stated here, so that reading a file does
/// not depend on the time-zone files of the machine.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// Microseconds since 1970 of a time in text form: ISO 8601 (RFC 3339, or without an offset) or German
/// (`21.11.2026 14:05`). A date alone is its midnight; an hour that autumn repeats is taken the first time.
pub(crate) fn of_text(text: &str) -> Result<i64, Reason> {
    let text = text.trim();
    if let Some(civil) = german(text)? {
        return local(civil);
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return within_years(timestamp);
    }
    local(text.parse().map_err(|_| Reason::Time)?)
}

/// The date in Germany at an instant.
pub(crate) fn date_of(at: Timestamp) -> Date {
    let berlin = TimeZone::posix(BERLIN).expect("the constant is a POSIX time zone; a test reads it");
    berlin.to_datetime(at).date()
}

/// Microseconds since 1970 of a sheet's date: days since 1899-12-30, local time in Germany.
pub(super) fn of_serial(days: f64) -> Result<i64, Reason> {
    /// Days from 1899-12-30 to 1970-01-01.
    const DAYS_TO_1970: f64 = 25_569.0;
    // Sheets keep about a millisecond; rounding keeps 14:05 from becoming 14:04:59.999.
    let ms = ((days - DAYS_TO_1970) * 86_400_000.0).round();
    if !(-1e15..=1e15).contains(&ms) {
        return Err(Reason::FarTime);
    }
    // The range above is far inside an i64's exact one.
    let timestamp = Timestamp::from_millisecond(ms as i64).map_err(|_| Reason::FarTime)?;
    local(TimeZone::UTC.to_datetime(timestamp))
}

fn local(civil: DateTime) -> Result<i64, Reason> {
    let berlin = TimeZone::posix(BERLIN).expect("the constant is a POSIX time zone; a test reads it");
    let ambiguous = berlin.to_ambiguous_timestamp(civil);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => Err(Reason::SkippedTime),
        _ => within_years(ambiguous.earlier().map_err(|_| Reason::FarTime)?),
    }
}

fn within_years(timestamp: Timestamp) -> Result<i64, Reason> {
    let year = TimeZone::UTC.to_datetime(timestamp).year();
    if (FIRST_YEAR..=LAST_YEAR).contains(&year) {
        Ok(timestamp.as_microsecond())
    } else {
        Err(Reason::FarTime)
    }
}

/// `21.11.2026`, `21.11.26`, `21.11.2026 14:05`, `21.11.2026, 14:05:09 Uhr`; none if it does not begin like that.
fn german(text: &str) -> Result<Option<DateTime>, Reason> {
    let (date, time) = text.split_at(text.find([' ', ',', 'T']).unwrap_or(text.len()));
    let mut parts = date.split('.');
    let (Some(day), Some(month), Some(year), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    let year = match year.len() {
        2 => 2000 + digits(year)?,
        4 => digits(year)?,
        _ => return Err(Reason::Time),
    };
    let date = Date::new(year, two_digits(month)?, two_digits(day)?);
    // The order of the fields in the text is day, month, year; of the constructor the other way round.
    let date = date.map_err(|_| Reason::Time)?;
    Ok(Some(date.to_datetime(clock(time)?)))
}

/// ` 14:05`, `, 14:05:09 Uhr`; midnight if there is nothing.
fn clock(text: &str) -> Result<Time, Reason> {
    let text = text.trim_start_matches([' ', ',', 'T']);
    let text = text.strip_suffix("Uhr").unwrap_or(text).trim_end();
    if text.is_empty() {
        return Ok(Time::midnight());
    }
    let mut parts = text.split(':');
    let (Some(hour), Some(minute), second, None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Reason::Time);
    };
    let second = second.map_or(Ok(0), two_digits)?;
    Time::new(two_digits(hour)?, two_digits(minute)?, second, 0).map_err(|_| Reason::Time)
}

fn two_digits(text: &str) -> Result<i8, Reason> {
    let number = if text.len() <= 2 { digits(text)? } else { return Err(Reason::Time) };
    i8::try_from(number).map_err(|_| Reason::Time)
}

fn digits(text: &str) -> Result<i16, Reason> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Reason::Time);
    }
    text.parse().map_err(|_| Reason::Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Result<String, Reason> {
        of_text(text).map(|us| Timestamp::from_microsecond(us).unwrap().to_string())
    }

    #[test]
    fn iso_times_with_and_without_offset() {
        for (text, instant) in [
            ("2026-11-21T14:05:00Z", "2026-11-21T14:05:00Z"),
            ("2026-11-21T14:05:00.25+01:00", "2026-11-21T13:05:00.25Z"),
            ("2026-11-21 14:05:00-05:00", "2026-11-21T19:05:00Z"),
            ("2026-11-21T14:05", "2026-11-21T13:05:00Z"),
            ("2026-11-21 14:05:07", "2026-11-21T13:05:07Z"),
            ("2026-11-21", "2026-11-20T23:00:00Z"),
            ("2026-07-01", "2026-06-30T22:00:00Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Ok(instant), "{text}");
        }
    }

    #[test]
    fn german_times() {
        for (text, instant) in [
            ("21.11.2026 14:05", "2026-11-21T13:05:00Z"),
            ("21.11.2026, 14:05:09 Uhr", "2026-11-21T13:05:09Z"),
            ("1.7.26 9:30", "2026-07-01T07:30:00Z"),
            (" 21.11.2026 ", "2026-11-20T23:00:00Z"),
            ("21.11.2026T14:05", "2026-11-21T13:05:00Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Ok(instant), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "gestern",
            "31.02.2026",
            "21.13.2026",
            "11/21/2026",
            "21.11.2026 25:00",
            "21.11.2026 14",
            "21.11.2026 14:05:06:07",
            "21.11.126",
            "2026-02-30",
            "14:05",
            "1.2.3.4",
            "+1.2.2026",
            "21.11.2026 1:+5",
        ] {
            assert_eq!(of_text(text), Err(Reason::Time), "{text}");
        }
        for text in ["21.11.1926", "2100-06-01", "0001-01-01", "2345-12-31T23:59:59Z"] {
            assert_eq!(of_text(text), Err(Reason::FarTime), "{text}");
        }
    }

    #[test]
    fn the_hour_that_spring_skips_and_the_one_that_autumn_repeats() {
        assert_eq!(of_text("29.03.2026 02:30"), Err(Reason::SkippedTime));
        assert_eq!(utc("29.03.2026 01:59").as_deref(), Ok("2026-03-29T00:59:00Z"));
        assert_eq!(utc("29.03.2026 03:00").as_deref(), Ok("2026-03-29T01:00:00Z"));
        assert_eq!(utc("25.10.2026 02:30").as_deref(), Ok("2026-10-25T00:30:00Z"), "the first time");
        assert_eq!(utc("2026-10-25T02:30:00+01:00").as_deref(), Ok("2026-10-25T01:30:00Z"));
    }

    #[test]
    fn serial_dates_of_sheets() {
        let serial = |days| of_serial(days).map(|us| Timestamp::from_microsecond(us).unwrap().to_string());
        assert_eq!(serial(46_347.0 + 14.0 / 24.0 + 5.0 / 1440.0).as_deref(), Ok("2026-11-21T13:05:00Z"));
        assert_eq!(serial(46_347.0).as_deref(), Ok("2026-11-20T23:00:00Z"));
        for days in [0.5, -1.0, 1e300, f64::NAN, f64::INFINITY, 80_000.0] {
            assert_eq!(of_serial(days), Err(Reason::FarTime), "{days}");
        }
    }
}
