//! Working days of the Länder: Monday to Friday but for the public holidays of the Land, by the clock of Berlin.

/// Microseconds of an hour.
pub(crate) const HOUR_US: i64 = 3_600_000_000;

const DAY_US: i64 = 24 * HOUR_US;

/// A day by its number since 1970-01-01.
type Day = i64;

/// The end of the n-th whole working day after an instant, in a Land (`nw`); an unknown Land has the holidays that all
/// Länder share.
pub fn end_of_working_days(land: &str, from_us: i64, days: u32) -> i64 {
    let mut day = local_day(from_us);
    let mut left = days;
    while left > 0 {
        day += 1;
        if is_working_day(land, day) {
            left -= 1;
        }
    }
    midnight_us(day + 1)
}

/// The Land of an agency's id: `nw` of `de-nw-lka`; empty if it names none.
pub fn land_of(agency_id: &str) -> &str {
    let mut parts = agency_id.split('-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("de"), Some(land), Some(_)) if land.len() == 2 => land,
        _ => "",
    }
}

fn is_working_day(land: &str, day: Day) -> bool {
    // 1970-01-01 was a Thursday.
    let weekday = (day + 3).rem_euclid(7);
    weekday < 5 && !is_holiday(land, day)
}

fn is_holiday(land: &str, day: Day) -> bool {
    let (year, month, date) = civil(day);
    let in_land = |lands: &[&str]| lands.contains(&land);
    let fixed = match (month, date) {
        (1, 1) | (5, 1) | (10, 3) | (12, 25 | 26) => true,
        (1, 6) => in_land(&["bw", "by", "st"]),
        (3, 8) => in_land(&["be", "mv"]),
        (8, 15) => in_land(&["sl"]),
        (9, 20) => in_land(&["th"]),
        (10, 31) => in_land(&["bb", "hb", "hh", "mv", "ni", "sn", "st", "sh", "th"]),
        (11, 1) => in_land(&["bw", "by", "nw", "rp", "sl"]),
        _ => false,
    };
    let movable = match day - easter(year) {
        // Good Friday, Easter Monday, Ascension, Whit Monday.
        -2 | 1 | 39 | 50 => true,
        // Corpus Christi.
        60 => in_land(&["bw", "by", "he", "nw", "rp", "sl"]),
        _ => false,
    };
    // The day of prayer and repentance is the Wednesday before 23 November.
    let repentance = land == "sn" && month == 11 && (16..=22).contains(&date) && (day + 3).rem_euclid(7) == 2;
    fixed || movable || repentance
}

/// Easter Sunday (the Gregorian computus of Meeus, Jones and Butcher).
fn easter(year: i64) -> Day {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    day_of(year, n / 31, n % 31 + 1)
}

/// The day at an instant by the clock of Berlin.
fn local_day(us: i64) -> Day {
    (us + offset_us(us)).div_euclid(DAY_US)
}

/// Year and month of an instant by the clock of Berlin.
pub(crate) fn month_at(us: i64) -> (i64, i64) {
    let (year, month, _) = civil(local_day(us));
    (year, month)
}

/// The instant of a day's first second by the clock of Berlin.
pub(crate) fn midnight_us(day: Day) -> i64 {
    let utc = day * DAY_US;
    // The clocks change at 01:00 UTC, never around midnight.
    utc - offset_us(utc)
}

/// Ahead of UTC: one hour, and two from the last Sunday of March to that of October, 01:00 UTC (Directive 2000/84/EC).
fn offset_us(us: i64) -> i64 {
    let (year, ..) = civil(us.div_euclid(DAY_US));
    let change = |month| last_sunday(year, month) * DAY_US + HOUR_US;
    if (change(3)..change(10)).contains(&us) { 2 * HOUR_US } else { HOUR_US }
}

fn last_sunday(year: i64, month: i64) -> Day {
    let last = day_of(year, month, 31);
    last - (last + 4).rem_euclid(7)
}

/// Year, month and date of a day (proleptic Gregorian calendar).
fn civil(day: Day) -> (i64, i64, i64) {
    // Years that begin in March end with the leap day.
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year_of_era + era * 400, if month < 10 { month + 3 } else { month - 9 });
    (year + i64::from(month <= 2), month, date)
}

/// The same time of day so many months earlier (UTC), on the month's last day where it has no such date.
pub(crate) fn months_before(us: i64, months: u32) -> i64 {
    let (year, month, date) = civil(us.div_euclid(DAY_US));
    let months = year * 12 + (month - 1) - i64::from(months);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let date = (1..=date).rev().find(|date| is_day(year, month, *date)).unwrap_or(1);
    day_of(year, month, date) * DAY_US + us.rem_euclid(DAY_US)
}

/// True if the date exists.
pub(crate) fn is_day(year: i64, month: i64, date: i64) -> bool {
    (1..=12).contains(&month) && civil(day_of(year, month, date)) == (year, month, date)
}

/// The day of a date.
pub(crate) fn day_of(year: i64, month: i64, date: i64) -> Day {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + date - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_back_by_the_calendar() {
        let noon = |year, month, date| day_of(year, month, date) * DAY_US + 12 * HOUR_US;
        for (from, months, to) in [
            ((2026, 11, 22), 1, (2026, 10, 22)),
            ((2026, 11, 22), 11, (2025, 12, 22)),
            ((2026, 1, 1), 1, (2025, 12, 1)),
            ((2026, 3, 31), 1, (2026, 2, 28)),
            ((2028, 3, 31), 1, (2028, 2, 29)),
            ((2028, 2, 29), 12, (2027, 2, 28)),
            ((2026, 12, 31), 120, (2016, 12, 31)),
            ((1970, 1, 1), 13, (1968, 12, 1)),
        ] {
            let ((y, m, d), (to_y, to_m, to_d)) = (from, to);
            assert_eq!(months_before(noon(y, m, d), months), noon(to_y, to_m, to_d), "{from:?} − {months}");
        }
    }

    type Lands = &'static [&'static str];

    /// An instant by UTC.
    fn at(year: i64, month: i64, date: i64, hour: i64) -> i64 {
        day_of(year, month, date) * DAY_US + hour * HOUR_US
    }

    #[test]
    fn holidays_of_the_laender() {
        let cases: [(i64, i64, i64, Lands, Lands); 12] = [
            (2026, 12, 25, &["nw", "be", "sn", ""], &[]),
            (2026, 1, 6, &["bw", "by", "st"], &["nw", "be"]),
            (2027, 3, 8, &["be", "mv"], &["bb", "nw"]),
            (2026, 4, 3, &["nw", ""], &[]),
            (2026, 4, 6, &["nw", ""], &[]),
            (2026, 5, 14, &["nw", ""], &[]),
            (2026, 5, 25, &["nw", ""], &[]),
            (2026, 6, 4, &["bw", "by", "he", "nw", "rp", "sl"], &["be", "sn", "th", ""]),
            (2028, 8, 15, &["sl"], &["by", "nw"]),
            (2027, 9, 20, &["th"], &["sn"]),
            (2028, 10, 31, &["bb", "hb", "hh", "mv", "ni", "sn", "st", "sh", "th"], &["nw", "be", "he"]),
            (2028, 11, 1, &["bw", "by", "nw", "rp", "sl"], &["be", "he", "sn"]),
        ];
        for (year, month, date, free, working) in cases {
            let day = day_of(year, month, date);
            for land in free {
                assert!(!is_working_day(land, day), "{year}-{month}-{date} in {land}");
            }
            for land in working {
                assert!(is_working_day(land, day), "{year}-{month}-{date} in {land}");
            }
        }
    }

    #[test]
    fn the_day_of_repentance_is_in_saxony_alone_and_on_a_wednesday() {
        for (year, date) in [(2025, 19), (2026, 18), (2027, 17), (2028, 22), (2033, 16)] {
            let day = day_of(year, 11, date);
            assert!(is_holiday("sn", day), "{year}");
            assert!(!is_holiday("nw", day), "{year}");
            assert!(
                !is_holiday("sn", day - 7) && !is_holiday("sn", day + 7) && !is_holiday("sn", day - 1),
                "{year}"
            );
        }
    }

    #[test]
    fn easter_is_where_the_almanac_has_it() {
        for (year, month, date) in [
            (1961, 4, 2),
            (2000, 4, 23),
            (2008, 3, 23),
            (2011, 4, 24),
            (2019, 4, 21),
            (2026, 4, 5),
            (2038, 4, 25),
            (2049, 4, 18),
            (2052, 4, 21),
            (2106, 4, 18),
        ] {
            assert_eq!(easter(year), day_of(year, month, date), "{year}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_there_and_back() {
        for day in day_of(1900, 1, 1)..day_of(2300, 1, 1) {
            let (year, month, date) = civil(day);
            assert_eq!(day_of(year, month, date), day);
        }
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(day_of(2028, 2, 29) + 1), (2028, 3, 1));
        assert_eq!(civil(day_of(2100, 2, 28) + 1), (2100, 3, 1), "2100 is no leap year");
        assert_eq!(civil(-1), (1969, 12, 31));
    }

    #[test]
    fn weekends_do_not_count() {
        // From a Friday: Monday, Tuesday and Wednesday; the window ends with the Wednesday by the clock of Berlin.
        assert_eq!(end_of_working_days("nw", at(2026, 1, 16, 10), 3), at(2026, 1, 21, 23));
        // From a Saturday the same.
        assert_eq!(end_of_working_days("nw", at(2026, 1, 17, 10), 3), at(2026, 1, 21, 23));
    }

    #[test]
    fn the_day_begins_at_midnight_in_berlin() {
        assert_eq!(end_of_working_days("nw", at(2026, 1, 13, 22), 1), at(2026, 1, 14, 23));
        assert_eq!(
            end_of_working_days("nw", at(2026, 1, 13, 23), 1),
            at(2026, 1, 15, 23),
            "it is the 14th in Berlin"
        );
        assert_eq!(end_of_working_days("nw", at(2026, 7, 14, 21), 1), at(2026, 7, 15, 22));
        assert_eq!(
            end_of_working_days("nw", at(2026, 7, 14, 22), 1),
            at(2026, 7, 16, 22),
            "it is the 15th in Berlin"
        );
    }

    #[test]
    fn the_clocks_change_on_the_last_sundays_of_march_and_october() {
        assert_eq!(offset_us(at(2026, 3, 29, 1) - 1), HOUR_US);
        assert_eq!(offset_us(at(2026, 3, 29, 1)), 2 * HOUR_US);
        assert_eq!(offset_us(at(2026, 10, 25, 1) - 1), 2 * HOUR_US);
        assert_eq!(offset_us(at(2026, 10, 25, 1)), HOUR_US);
        // A window over the change is an hour shorter or longer.
        assert_eq!(end_of_working_days("nw", at(2026, 3, 27, 9), 1), at(2026, 3, 30, 22));
        assert_eq!(end_of_working_days("nw", at(2026, 10, 23, 9), 1), at(2026, 10, 26, 23));
        // The days of the change themselves begin before it.
        assert_eq!(midnight_us(day_of(2026, 3, 29)), at(2026, 3, 28, 23));
        assert_eq!(midnight_us(day_of(2026, 10, 25)), at(2026, 10, 24, 22));
    }

    #[test]
    fn a_window_over_christmas_is_long() {
        // Wednesday 23 December 2026: the 24th, then Monday to Tuesday; the 25th and 26th are holidays.
        assert_eq!(end_of_working_days("be", at(2026, 12, 23, 12), 3), at(2026, 12, 29, 23));
        // 30 December: the 31st, Monday the 4th and Tuesday the 5th; Bavaria is closed on the 6th of January.
        assert_eq!(end_of_working_days("by", at(2026, 12, 30, 12), 4), at(2027, 1, 7, 23));
        assert_eq!(end_of_working_days("nw", at(2026, 12, 30, 12), 4), at(2027, 1, 6, 23));
    }

    #[test]
    fn the_land_of_an_id() {
        assert_eq!(land_of("de-nw-lka"), "nw");
        for none in ["de-bka", "eu-europol", "de-bka-so", "fr-75-pp", "", "de-nw"] {
            assert_eq!(land_of(none), "", "{none}");
        }
    }
}
