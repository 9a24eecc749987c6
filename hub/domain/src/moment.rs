//! Days and instants as people write them in a policy: `2026-01-01`, or `2026-01-01T08:00:00+01:00` (RFC 3339).

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, MapAccess, Visitor},
};

use crate::calendar::{HOUR_US, day_of, is_day, midnight_us};

/// A text is no day and no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no day (2026-01-01) and no instant with its offset (2026-01-01T08:00:00+01:00)")]
pub struct MomentError;

/// The instant, microseconds since 1970 UTC. A day is its first second by the clock of Berlin.
///
/// # Errors
/// If the text is neither a day that exists nor an instant with an offset.
pub fn parse_us(text: &str) -> Result<i64, MomentError> {
    let (day, rest) = text.split_at_checked(10).ok_or(MomentError)?;
    let day = day_number(day).ok_or(MomentError)?;
    if rest.is_empty() {
        return Ok(midnight_us(day));
    }
    let time = rest.strip_prefix(['T', 't', ' ']).ok_or(MomentError)?;
    Ok(day * 24 * HOUR_US + time_us(time).ok_or(MomentError)?)
}

fn day_number(text: &str) -> Option<i64> {
    let [year, month, date] = fields(text, '-')?;
    let formed = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    (formed && is_day(year, month, date)).then(|| day_of(year, month, date))
}

/// Time of day less its offset: `08:00:00.5+01:00`, `07:00:00Z`.
fn time_us(text: &str) -> Option<i64> {
    let (clock, offset) = text.split_at(text.find(['Z', 'z', '+', '-'])?);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hours, minutes, seconds] = fields(clock, ':')?;
    let digits = fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let sign = match offset.as_bytes()[0] {
        b'+' => -1,
        b'-' => 1,
        _ => 0,
    };
    let ahead_us = match &offset[1..] {
        "" if sign == 0 => 0,
        ahead if sign != 0 => {
            let [hours, minutes] = fields(ahead, ':')?;
            (hours < 24 && minutes < 60).then_some(hours * HOUR_US + minutes * (HOUR_US / 60))?
        }
        _ => return None,
    };
    let good = clock.len() == 8 && hours < 24 && minutes < 60 && seconds < 60 && digits;
    good.then(|| {
        let seconds_us = seconds * (HOUR_US / 3_600) + micros;
        hours * HOUR_US + minutes * (HOUR_US / 60) + seconds_us + sign * ahead_us
    })
}

/// Numbers of digits alone, divided by a sign.
fn fields<const N: usize>(text: &str, sign: char) -> Option<[i64; N]> {
    let numbers = text.split(sign).map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    numbers.collect::<Option<Vec<i64>>>()?.try_into().ok()
}

/// A field of a policy: a text, or TOML's own date, which comes as a map with the text as its one value.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(Written)
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day such as 2026-01-01, or an instant with its offset")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<i64, E> {
        parse_us(text).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<i64, A::Error> {
        let entry = map.next_entry::<String, String>()?;
        let (_, text) = entry.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        parse_us(&text).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_US: i64 = 24 * HOUR_US;

    #[test]
    fn days_begin_at_midnight_in_berlin() {
        assert_eq!(parse_us("1970-01-02"), Ok(DAY_US - HOUR_US));
        assert_eq!(parse_us("2026-01-01"), Ok(1_767_222_000_000_000));
        assert_eq!(parse_us("2026-07-01"), Ok(1_782_856_800_000_000), "summer time");
        assert!(parse_us("2028-02-29").is_ok());
    }

    #[test]
    fn instants_say_their_offset() {
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01 00:00:00z",
            "2026-01-01t01:00:00+01:00",
            "2025-12-31T22:30:00-01:30",
            "2026-01-01T00:00:00.000000000Z",
        ] {
            assert_eq!(parse_us(text), Ok(1_767_225_600_000_000), "{text}");
        }
        assert_eq!(parse_us("1970-01-01T00:00:01.25Z"), Ok(1_250_000));
        assert_eq!(parse_us("1970-01-01T23:59:59Z"), Ok(DAY_US - 1_000_000));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-01-1",
            "26-001-01x",
            "26-0001-01",
            "2026-1-001",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T0:00:00Z",
            "2026-01-01T00:00Z",
            "2026-01-01T00:00:00Zx",
            "2026-01-01T00:00:00Z01:00",
            "2026-01-01T00:00:00+",
            "2026-01-01T00:00:00+01",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+01:60",
            "2026-01-01T00:00:00.x5Z",
            "2026-01-01T00:00:00.1234567890Z",
            "2026-01-01x00:00:00Z",
            "+026-01-01",
            "2026-01-0é",
        ] {
            assert_eq!(parse_us(text), Err(MomentError), "{text}");
        }
    }

    #[test]
    fn a_policy_writes_a_text_or_tomls_own_date() {
        #[derive(Debug, serde::Deserialize)]
        struct Field {
            #[serde(deserialize_with = "read")]
            at: i64,
        }
        let field = |written: &str| {
            let field: Result<Field, _> = toml::from_str(&format!("at = {written}"));
            field.map(|field| field.at).map_err(|error| error.message().to_owned())
        };
        for day in ["'2026-01-01'", "2026-01-01", "'2025-12-31T23:00:00Z'", "2026-01-01T00:00:00+01:00"] {
            assert_eq!(field(day), Ok(1_767_222_000_000_000), "{day}");
        }
        for wrong in ["'soon'", "2026-01-01T00:00:00", "00:00:00"] {
            assert_eq!(field(wrong), Err(MomentError.to_string()), "{wrong}");
        }
        for (wrong, told) in [("5", "invalid type: integer `5`"), ("{}", "invalid length 0")] {
            let expected = "expected a day such as 2026-01-01, or an instant with its offset";
            assert_eq!(field(wrong), Err(format!("{told}, {expected}")));
        }
    }
}
