//! Times as an officer types them: RFC 3339, a date, or as Germans write them; without an offset in Germany's time.

use jiff::{Timestamp, civil::Date};

use crate::import;

/// An instant, microseconds since 1970-01-01T00:00:00Z; a date alone is its midnight.
pub(in crate::cli) fn instant(text: &str) -> Result<i64, String> {
    import::moment(text).map_err(|reason| reason.to_string())
}

/// An end: a date alone means that day with all its hours.
pub(in crate::cli) fn end(text: &str) -> Result<i64, String> {
    match date(text.trim()).and_then(|date| date.tomorrow().ok()) {
        Some(next) => instant(&next.to_string()),
        None => instant(text),
    }
}

/// A day; of an instant that in Germany.
pub(in crate::cli) fn day(text: &str) -> Result<Date, String> {
    let us = instant(text)?;
    Ok(import::date_of(Timestamp::from_microsecond(us).map_err(|error| error.to_string())?))
}

fn date(text: &str) -> Option<Date> {
    if let Some((day, (month, year))) =
        text.split_once('.').and_then(|(day, rest)| Some((day, rest.split_once('.')?)))
    {
        return Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    }
    // A date alone: jiff would also read the date of a whole instant.
    if text.len() == "2026-12-31".len() { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_a_date_includes_its_day() {
        let next_midnight = instant("2027-01-01").unwrap();
        assert_eq!(end("2026-12-31"), Ok(next_midnight));
        assert_eq!(end("31.12.2026"), Ok(next_midnight));
        assert_eq!(instant("31.12.2026"), instant("2026-12-31"));
        assert_eq!(end("2026-12-31T12:00:00Z"), instant("2026-12-31T13:00+01:00"));
        assert!(instant("morgen").is_err() && end("2026-13-01").is_err());
    }
}
