//! What looks like misuse of the right to ask. Each is a reason to look, never a finding.

use std::collections::BTreeMap;

use super::Settings;
use crate::calendar::HOUR_US;

/// Cases that an agency has asked for on one day, above which somebody looks.
const MANY_CASES: i64 = 40;

/// Selectors of a question at night, from which on somebody looks: a single urgent one is ordinary.
const NIGHT_SELECTORS: usize = 100;

/// Night begins at 21 and ends at 4 UTC: within 22 and 6 o'clock in Germany, summer and winter.
const NIGHT_HOURS: [i64; 2] = [21, 4];

/// Numbers in a row, in otherwise equal links, from which on somebody walks them. A batch of one album has fewer.
const STEPS: usize = 50;

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

/// What one question looks like; the links of a blind one are not known.
pub fn of_question<'l>(
    at_us: i64,
    selectors: usize,
    links: impl IntoIterator<Item = &'l str>,
) -> impl Iterator<Item = Signal> {
    let hour = at_us.div_euclid(HOUR_US).rem_euclid(24);
    let [begin, end] = NIGHT_HOURS;
    let night = selectors >= NIGHT_SELECTORS && (hour >= begin || hour < end);
    let walking = is_walk(links);
    [night.then_some(Signal::Night), walking.then_some(Signal::Walking)].into_iter().flatten()
}

/// Whether many of the links differ in their last number alone, and that counts up.
fn is_walk<'l>(links: impl IntoIterator<Item = &'l str>) -> bool {
    let mut alike: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
    for (before, number, behind) in links.into_iter().filter_map(last_number) {
        alike.entry((before, behind)).or_default().push(number);
    }
    alike.into_values().any(|mut numbers| {
        numbers.sort_unstable();
        numbers.dedup();
        numbers.windows(2).filter(|pair| pair[1] - pair[0] == 1).count() >= STEPS
    })
}

/// The last number of a link, and what stands before and behind it.
fn last_number(link: &str) -> Option<(&str, u64, &str)> {
    let end = link.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = link[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let start =
        (start..end).find(|at| link.is_char_boundary(*at) && link.as_bytes()[*at].is_ascii_digit())?;
    Some((&link[..start], link[start..end].parse().ok()?, &link[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON_US: i64 = 12 * HOUR_US;

    fn question(at_us: i64, selectors: usize, links: &[String]) -> Vec<Signal> {
        of_question(at_us, selectors, links.iter().map(String::as_str)).collect()
    }

    #[test]
    fn a_list_that_is_walked_shows() {
        let walk: Vec<_> = (0..51).map(|n| format!("https://a.test/v/{n:03}.html")).collect();
        assert_eq!(question(NOON_US, 51, &walk), [Signal::Walking]);
        let mixed: Vec<_> = walk.iter().rev().cloned().chain(["https://b.test/x".to_owned()]).collect();
        assert_eq!(question(NOON_US, 52, &mixed), [Signal::Walking], "in any order");
        assert_eq!(question(NOON_US, 50, &walk[..50]), [], "an album");
        let every_other: Vec<_> = (0..200).map(|n| format!("https://a.test/v/{}", n * 2)).collect();
        assert_eq!(question(NOON_US, 200, &every_other), []);
        let hosts: Vec<_> = (0..200).map(|n| format!("https://h{n}x{}.test/ä", n % 7)).collect();
        assert_eq!(question(NOON_US, 200, &hosts), []);
    }

    #[test]
    fn nights_count_in_utc() {
        for (hour, is_night) in [(3, true), (4, false), (12, false), (20, false), (21, true), (23, true)] {
            let found = question(hour * HOUR_US, 100, &[]);
            assert_eq!(!found.is_empty(), is_night, "{hour}");
            assert_eq!(question(hour * HOUR_US, 99, &[]), [], "a few at night are ordinary");
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
