//! Numbers, sizes and times as people write them.

use jiff::{Timestamp, tz::TimeZone};

use super::{Lang, say};

/// A count with its thousands apart: `310.199` or `310,199`.
pub fn count(lang: Lang, value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(say(lang, '.', ','));
        }
        text.push(digit);
    }
    text
}

/// A size in the unit that fits: `1,5 GiB` or `1.5 GiB`.
pub fn bytes(lang: Lang, value: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if value < 1_024 {
        return format!("{value} B");
    }
    let mut tenths = value.saturating_mul(10) / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    format!("{}{}{} {}", tenths / 10, say(lang, ',', '.'), tenths % 10, UNITS[unit])
}

/// A rate per second.
pub fn rate(lang: Lang, per_second: u64) -> String {
    format!("{}/s", count(lang, per_second))
}

/// A duration in its two largest units: `2 h 5 min`.
pub fn duration(lang: Lang, us: i64) -> String {
    let seconds = us.unsigned_abs() / 1_000_000;
    let day = say(lang, "T", "d");
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} {day} {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// An instant in the reader's time zone, to the second; empty for 0.
pub fn time(lang: Lang, us: i64) -> String {
    time_in(lang, us, &TimeZone::system())
}

fn time_in(lang: Lang, us: i64, zone: &TimeZone) -> String {
    if us == 0 {
        return String::new();
    }
    match Timestamp::from_microsecond(us) {
        Ok(instant) => {
            let local = instant.to_zoned(zone.clone());
            local.strftime(say(lang, "%d.%m.%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S")).to_string()
        }
        Err(_) => String::from("?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_in_both_languages() {
        assert_eq!(count(Lang::De, 310_199), "310.199");
        assert_eq!(count(Lang::En, 1_000_000), "1,000,000");
        assert_eq!(count(Lang::En, 999), "999");
        assert_eq!(bytes(Lang::De, 1_536), "1,5 KiB");
        assert_eq!(bytes(Lang::En, 500 * 1_024 * 1_024), "500.0 MiB");
        assert_eq!(bytes(Lang::En, 12), "12 B");
        assert_eq!(duration(Lang::En, 7_500_000_000), "2 h 5 min");
        assert_eq!(duration(Lang::De, 90_000_000_000), "1 T 1 h");
        assert_eq!(time_in(Lang::De, 1_700_000_000_000_000, &TimeZone::UTC), "14.11.2023 22:13:20");
        assert_eq!(time_in(Lang::En, 1_700_000_000_000_000, &TimeZone::UTC), "2023-11-14 22:13:20");
        assert_eq!(time(Lang::En, 0), "");
    }
}
