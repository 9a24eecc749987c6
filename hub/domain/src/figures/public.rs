//! What may be published: small numbers are not, and cannot be computed from what is.
//!
//! A small number may be about somebody. It is left out (*primary*), together with everything in its row that adds up with it, and
//! with another row of the same table (*complementary*), so that no total gives it away. Whoever knows how this works learns no
//! more: every number that was left out for being small could stand in the place of the other, see the test.

use super::{
    counts::{Counts, Grouping},
    figure::{Ended, Figure, Seat, Spell},
    month::Month,
};

/// Numbers below this are small, zero aside: what official statistics in Germany commonly leave out.
pub const DEFAULT_THRESHOLD: i64 = 5;

/// The least that can be called small: of a number that is left out for being below 2 everybody would know that it is 1.
pub const LEAST_THRESHOLD: i64 = 3;

/// A month's figures for the public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The month. Only whole single months are published: the difference of two periods would be a third one.
    pub month: Month,
    /// Which numbers are small.
    pub threshold: i64,
    /// The columns' names.
    pub columns: Vec<&'static str>,
    /// A table for each grouping; the first has one row, the totals.
    pub tables: Vec<(Grouping, Vec<PublicRow>)>,
}

/// A group's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRow {
    /// The group; empty: the totals.
    pub name: String,
    /// The numbers in the order of the columns; none: left out.
    pub cells: Vec<Option<i64>>,
}

/// Numbers that add up: a whole and its parts, which have no overlap and leave nothing over.
struct Family {
    whole: Option<&'static str>,
    parts: Vec<Part>,
}

struct Part {
    name: &'static str,
    adds: Vec<Figure>,
    takes: Vec<Figure>,
}

/// What may be published of a month.
pub fn publish(counts: &Counts, month: Month, threshold: i64) -> Published {
    let families = families();
    let mut columns = Vec::new();
    for family in &families {
        columns.extend(family.whole);
        columns.extend(family.parts.iter().map(|part| part.name));
    }
    let tables = Grouping::ALL.map(|grouping| {
        let names = counts.names(grouping);
        let mut rows: Vec<_> =
            names.iter().map(|name| PublicRow { name: (*name).to_owned(), cells: Vec::new() }).collect();
        for family in &families {
            let parts = names.iter().map(|name| family.parts(counts, grouping, name, month));
            for (row, cells) in rows.iter_mut().zip(shown(&parts.collect::<Vec<_>>(), threshold)) {
                let whole = family.whole.map(|_| cells.as_ref().map(|parts| parts.iter().sum()));
                row.cells.extend(whole);
                row.cells.extend(
                    family.parts.iter().enumerate().map(|(n, _)| cells.as_ref().map(|parts| parts[n])),
                );
            }
        }
        // That a host was referred at all is nobody's to read here unless its numbers are.
        rows.retain(|row| {
            grouping != Grouping::Host || row.cells.iter().any(|cell| cell.is_some_and(|n| n > 0))
        });
        (grouping, rows)
    });
    Published { month, threshold, columns, tables: tables.into() }
}

/// Which rows of a family are shown: those without a small number, and of these not the smallest if another row is left out.
/// Equal ones are treated alike, so that the place of a row says nothing.
fn shown(rows: &[Vec<i64>], threshold: i64) -> Vec<Option<Vec<i64>>> {
    let is_small = |row: &Vec<i64>| row.iter().any(|part| (1..threshold).contains(part));
    let whole = |row: &Vec<i64>| row.iter().sum::<i64>();
    let others = || rows.iter().filter(|row| !is_small(row));
    let hides = rows.iter().any(is_small);
    let smallest = others().map(whole).filter(|sum| *sum > 0).min();
    let show = |row: &Vec<i64>| {
        let goes_with = match smallest {
            Some(smallest) => whole(row) == smallest,
            // There is nothing but zeros to stand beside what is small.
            None => true,
        };
        (!(is_small(row) || hides && goes_with)).then(|| row.clone())
    };
    rows.iter().map(show).collect()
}

impl Family {
    fn parts(&self, counts: &Counts, grouping: Grouping, name: &str, month: Month) -> Vec<i64> {
        let value = |figure: &Figure| counts.value(grouping, name, *figure, (month, month));
        let sum = |figures: &[Figure]| figures.iter().map(value).sum::<i64>();
        self.parts.iter().map(|part| sum(&part.adds) - sum(&part.takes)).collect()
    }
}

/// Stocks are not among them: how a stock changes from one month to the next tells what went, also where that was left out as small.
fn families() -> Vec<Family> {
    let part = |name, figure| Part { name, adds: vec![figure], takes: Vec::new() };
    let alone = |name, figure| Family { whole: None, parts: vec![part(name, figure)] };
    let mut families = vec![
        Family {
            whole: Some("referred"),
            parts: vec![
                Part { name: "new", adds: vec![Figure::Opened, Figure::Reopened], takes: Vec::new() },
                Part { name: "duplicates", adds: vec![Figure::Joined, Figure::Repeated], takes: Vec::new() },
            ],
        },
        alone("merged", Figure::Merged),
        alone("parted", Figure::Parted),
    ];
    for (seat, whole, [two, week, weeks, rest]) in NOTIFIED {
        let gone = |spell| Figure::Gone(seat, spell);
        let within = vec![gone(Spell::TwoDays), gone(Spell::Week), gone(Spell::FourWeeks)];
        families.push(Family {
            whole: Some(whole),
            parts: vec![
                part(two, gone(Spell::TwoDays)),
                part(week, gone(Spell::Week)),
                part(weeks, gone(Spell::FourWeeks)),
                Part { name: rest, adds: vec![Figure::Notified(seat)], takes: within },
            ],
        });
    }
    families.push(Family {
        whole: Some("ended"),
        parts: vec![
            part("ended-gone", Figure::Ended(Ended::Gone)),
            part("ended-gone-before", Figure::Ended(Ended::GoneBefore)),
            part("ended-refused", Figure::Ended(Ended::Refused)),
            part("ended-not-forwardable", Figure::Ended(Ended::NotForwardable)),
            part("ended-not-unlawful", Figure::Ended(Ended::NotUnlawful)),
            part("ended-withdrawn", Figure::Ended(Ended::Withdrawn)),
            part("ended-unresolved", Figure::Ended(Ended::Unresolved)),
            part("ended-contested", Figure::Ended(Ended::Contested)),
        ],
    });
    families.push(alone("reappeared", Figure::Reappeared));
    families.push(alone("complaints", Figure::Complaints));
    families.push(alone("upheld", Figure::Upheld));
    families
}

/// Spells without overlap: gone in 2 days, on days 3 to 7, on days 8 to 28, and not until then.
const NOTIFIED: [(Seat, &str, [&str; 4]); 3] = [
    (
        Seat::Domestic,
        "notified-domestic",
        ["gone-0-2-domestic", "gone-3-7-domestic", "gone-8-28-domestic", "gone-later-domestic"],
    ),
    (
        Seat::Abroad,
        "notified-abroad",
        ["gone-0-2-abroad", "gone-3-7-abroad", "gone-8-28-abroad", "gone-later-abroad"],
    ),
    (
        Seat::Unknown,
        "notified-unknown",
        ["gone-0-2-unknown", "gone-3-7-unknown", "gone-8-28-unknown", "gone-later-unknown"],
    ),
];

#[cfg(test)]
#[path = "public_tests.rs"]
mod tests;
