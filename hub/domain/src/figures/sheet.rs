//! Figures as they are shown: sums of what was counted, each with what it is a part of.

use std::sync::LazyLock;

use super::{
    counts::{Counts, Grouping},
    figure::{Ended, Figure, Place, Seat, Spell, Wait},
    month::Month,
};

/// A number that is shown. Its definition stands under its name in docs/figures.md and on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its name in exports, texts and documents.
    pub name: &'static str,
    /// Of what it is the sum.
    pub figures: Vec<Figure>,
    /// Its denominator: the name of the measure of which it is a part; none: it stands for itself.
    pub of: Option<&'static str>,
}

/// One group's numbers, in the order of [`Measure::all`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The group; empty: all of them.
    pub name: String,
    /// The numbers.
    pub values: Vec<i64>,
}

/// Figures of some months, by group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// By what they are grouped.
    pub grouping: Grouping,
    /// The first and the last month.
    pub months: (Month, Month),
    /// The groups, in their order.
    pub lines: Vec<Line>,
}

impl Measure {
    /// All, in the order in which they are shown.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Measure>> = LazyLock::new(Measure::listed);
        &ALL
    }

    fn listed() -> Vec<Self> {
        let new = vec![Figure::Opened, Figure::Reopened];
        let again = vec![Figure::Joined, Figure::Repeated];
        let waits = Wait::ALL.map(Figure::Waiting).to_vec();
        let one = |name, figure, of| Self { name, figures: vec![figure], of };
        let mut all = vec![
            Self { name: "referred", figures: [new.clone(), again.clone()].concat(), of: None },
            Self { name: "new", figures: new, of: Some("referred") },
            Self { name: "duplicates", figures: again, of: Some("referred") },
            one("merged", Figure::Merged, None),
            one("parted", Figure::Parted, None),
            Self { name: "owned", figures: waits, of: None },
        ];
        for (name, wait) in [
            ("held", Wait::Held),
            ("waiting-owner", Wait::Owner),
            ("waiting-conditions", Wait::Conditions),
            ("waiting-grant", Wait::Grant),
            ("waiting-dispatch", Wait::Dispatch),
            ("waiting-provider", Wait::Provider),
        ] {
            all.push(one(name, Figure::Waiting(wait), Some("owned")));
        }
        all.push(Self { name: "notified", figures: Seat::ALL.map(Figure::Notified).to_vec(), of: None });
        for (seat, notified, gone) in SEATS {
            all.push(one(notified, Figure::Notified(seat), Some("notified")));
            for (name, spells) in gone.into_iter().zip(1..) {
                let figures = Spell::ALL[..spells].iter().map(|spell| Figure::Gone(seat, *spell)).collect();
                all.push(Self { name, figures, of: Some(notified) });
            }
        }
        all.push(Self { name: "ended", figures: Ended::ALL.map(Figure::Ended).to_vec(), of: None });
        all.extend(ENDED.map(|(name, how)| one(name, Figure::Ended(how), Some("ended"))));
        all.push(one("reappeared", Figure::Reappeared, Some("ended-gone")));
        all.push(one("complaints", Figure::Complaints, Some("notified")));
        all.push(one("upheld", Figure::Upheld, Some("complaints")));
        all
    }

    /// True if it is what stood at the end of the last month, and not what came in the months.
    pub fn stands(&self) -> bool {
        self.figures.iter().all(|figure| figure.place() == Place::Stock)
    }
}

/// The names of what depends on the provider's seat: notified, and gone within 2, 7 and 28 days.
const SEATS: [(Seat, &str, [&str; 3]); 3] = [
    (Seat::Domestic, "notified-domestic", ["gone-2-domestic", "gone-7-domestic", "gone-28-domestic"]),
    (Seat::Abroad, "notified-abroad", ["gone-2-abroad", "gone-7-abroad", "gone-28-abroad"]),
    (Seat::Unknown, "notified-unknown", ["gone-2-unknown", "gone-7-unknown", "gone-28-unknown"]),
];

const ENDED: [(&str, Ended); 8] = [
    ("ended-gone", Ended::Gone),
    ("ended-gone-before", Ended::GoneBefore),
    ("ended-refused", Ended::Refused),
    ("ended-not-forwardable", Ended::NotForwardable),
    ("ended-not-unlawful", Ended::NotUnlawful),
    ("ended-withdrawn", Ended::Withdrawn),
    ("ended-unresolved", Ended::Unresolved),
    ("ended-contested", Ended::Contested),
];

impl Sheet {
    /// The figures of these months.
    pub fn of(counts: &Counts, grouping: Grouping, months: (Month, Month)) -> Self {
        let measures = Measure::all();
        let line = |name: &str| {
            let sum = |measure: &Measure| {
                measure.figures.iter().map(|one| counts.value(grouping, name, *one, months)).sum()
            };
            Line { name: name.to_owned(), values: measures.iter().map(sum).collect() }
        };
        let lines = counts.names(grouping).into_iter().map(line);
        let lines = lines.filter(|line| line.values.iter().any(|value| *value != 0)).collect();
        Self { grouping, months, lines }
    }
}

impl Line {
    /// A number by its measure's name; a name that there is not has none.
    pub fn value(&self, name: &str) -> Option<i64> {
        let place = Measure::all().iter().position(|measure| measure.name == name)?;
        self.values.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denominators_exist_and_contain_their_parts_where_they_are_parts() {
        let all = Measure::all();
        for measure in all {
            let Some(of) = measure.of else { continue };
            let whole = all.iter().find(|one| one.name == of).unwrap();
            let counted_elsewhere = ["reappeared", "complaints", "upheld"].contains(&measure.name);
            let spells = measure.name.starts_with("gone-");
            let parts = measure.figures.iter().all(|figure| whole.figures.contains(figure));
            assert!(parts || spells || counted_elsewhere, "{}", measure.name);
        }
        let mut names: Vec<_> = all.iter().map(|measure| measure.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn what_stands_counts_from_before_and_what_comes_does_not() {
        let (march, april): (Month, Month) = ("2026-03".parse().unwrap(), "2026-04".parse().unwrap());
        let mut counts = Counts::default();
        counts.contribute((march, "de-nw-lka", "files.example", 1), Figure::Opened, 3);
        counts.contribute((march, "de-nw-lka", "files.example", 1), Figure::Waiting(Wait::Held), 2);
        counts.contribute((april, "de-nw-lka", "files.example", 1), Figure::Waiting(Wait::Held), -1);
        let sheet = Sheet::of(&counts, Grouping::Land, (april, april));
        assert_eq!(sheet.lines.len(), 1);
        let line = &sheet.lines[0];
        assert_eq!(
            (line.name.as_str(), line.value("referred"), line.value("held")),
            ("de-nw-lka", Some(0), Some(1))
        );
        let sheet = Sheet::of(&counts, Grouping::Class, (march, march));
        let line = &sheet.lines[0];
        assert_eq!(
            (line.name.as_str(), line.value("new"), line.value("owned")),
            ("stgb-184b", Some(3), Some(2))
        );
        assert_eq!(line.value("no such"), None);
    }
}
