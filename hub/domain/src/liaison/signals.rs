//! What looks like misuse of the right to ask. Each is a reason to look, never a finding.

use super::Settings;
use crate::calendar::HOUR_US;

/// Cases that an agency has asked for on one day, above which somebody looks.
const MANY_CASES: i64 = 40;

/// Selectors of a question at night, from which on somebody looks: a single urgent one is ordinary.
const NIGHT_SELECTORS: usize = 100;

/// Night begins at 21 and ends at 4 UTC: within 22 and 6 o'clock in Germany, summer and winter.
const NIGHT_HOURS: [i64; 2] = [21, 4];

/// The share of a day's budget, open or blind, percent, from which on somebody looks.
const MUCH_PERCENT: i64 = 80;

/// Why somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Signal {
    /// Nearly all that may be asked in a day was.
    Volume = 1,
    /// For many cases on one day.
    Breadth = 2,
    /// Many selectors at night.
    Night = 3,
    /// Links that differ in a number, one after the other.
    Walking = 4,
}

/// What an agency has asked on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// Selectors of open questions.
    pub open: i64,
    /// Elements of blind ones.
    pub blind: i64,
    /// Different cases.
    pub cases: i64,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Volume, Self::Breadth, Self::Night, Self::Walking];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Breadth => "breadth",
            Self::Night => "night",
            Self::Walking => "walking",
        }
    }

    /// The signal with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| *signal as i64 == number)
    }
}

/// What a day of questions looks like, of which so many elements may be blind.
pub fn of_day(day: Day, settings: &Settings, blind_per_day: u32) -> impl Iterator<Item = Signal> {
    let is_much = |asked: i64, per_day: u32| asked * 100 >= i64::from(per_day) * MUCH_PERCENT;
    let much = is_much(day.open, settings.selectors_per_day) || is_much(day.blind, blind_per_day);
    let broad = day.cases > MANY_CASES;
    [much.then_some(Signal::Volume), broad.then_some(Signal::Breadth)].into_iter().flatten()
}

/// Whether so much is asked at night that somebody should look.
pub fn is_late(at_us: i64, selectors: usize) -> bool {
    let hour = at_us.div_euclid(HOUR_US).rem_euclid(24);
    let [begin, end] = NIGHT_HOURS;
    selectors >= NIGHT_SELECTORS && (hour >= begin || hour < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_count_in_utc() {
        for (hour, is_night) in [(3, true), (4, false), (12, false), (20, false), (21, true), (23, true)] {
            assert_eq!(is_late(hour * HOUR_US, 100), is_night, "{hour}");
            assert!(!is_late(hour * HOUR_US, 99), "a few at night are ordinary");
        }
    }

    #[test]
    fn a_day_has_its_measure() {
        let settings = Settings { selectors_per_day: 1_000, ..Settings::default() };
        let of = |open, blind, cases| of_day(Day { open, blind, cases }, &settings, 100).collect::<Vec<_>>();
        assert_eq!(of(799, 79, 40), [], "each has its own budget");
        assert_eq!(of(800, 0, 40), [Signal::Volume]);
        assert_eq!(of(0, 80, 40), [Signal::Volume], "a set that is walked");
        assert_eq!(of(799, 0, 41), [Signal::Breadth]);
        assert_eq!(of(900, 0, 90), [Signal::Volume, Signal::Breadth]);
    }

    #[test]
    fn names_and_numbers_lead_back() {
        for signal in Signal::ALL {
            assert_eq!(Signal::from_number(signal as i64), Some(signal));
        }
        assert_eq!(Signal::from_number(5), None);
    }
}
