//! Counted contributions, by what figures are grouped by.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{figure::Figure, month::Month};

/// What figures are grouped by. There is no table of two at once: what may be published of each is judged by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grouping {
    /// Not at all.
    All,
    /// By agency: the Länder and the federal bodies.
    Land,
    /// By registrable domain.
    Host,
    /// By class of offence.
    Class,
}

/// Where a contribution counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Grouped by what.
    pub grouping: Grouping,
    /// The group; empty where there is one.
    pub name: String,
    /// Which figure.
    pub figure: Figure,
    /// In which month.
    pub month: Month,
}

/// Sums of contributions. A comings-and-goings figure may be below zero in a month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(BTreeMap<Key, i64>);

impl Grouping {
    /// All.
    pub const ALL: [Self; 4] = [Self::All, Self::Land, Self::Host, Self::Class];

    /// Its number in the database.
    pub fn number(self) -> i64 {
        match self {
            Self::All => 0,
            Self::Land => 1,
            Self::Host => 2,
            Self::Class => 3,
        }
    }

    /// The grouping with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.number() == number)
    }

    /// Its name on the command line and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Land => "land",
            Self::Host => "host",
            Self::Class => "class",
        }
    }

    /// The grouping of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Counts {
    /// Adds to one sum; a sum of nothing is none.
    pub fn add(&mut self, key: Key, count: i64) {
        match self.0.entry(key) {
            Entry::Vacant(entry) if count != 0 => {
                entry.insert(count);
            }
            Entry::Occupied(mut entry) => {
                *entry.get_mut() += count;
                if *entry.get() == 0 {
                    entry.remove();
                }
            }
            Entry::Vacant(_) => {}
        }
    }

    /// Adds a contribution to the sums of every grouping.
    pub(super) fn contribute(&mut self, at: (Month, &str, &str, i32), figure: Figure, count: i64) {
        let (month, land, host, class) = at;
        for (grouping, name) in [
            (Grouping::All, ""),
            (Grouping::Land, land),
            (Grouping::Host, host),
            (Grouping::Class, super::class_name(class)),
        ] {
            self.add(Key { grouping, name: name.to_owned(), figure, month }, count);
        }
    }

    /// All sums that are not zero, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, i64)> {
        self.0.iter().map(|(key, count)| (key, *count))
    }

    /// A figure of a group: within these months, or at the end of the last where it is one that stands.
    pub fn value(&self, grouping: Grouping, name: &str, figure: Figure, months: (Month, Month)) -> i64 {
        let (first, last) = match figure.place() {
            super::Place::Flow => months,
            super::Place::Stock => (Month::from_number(i64::MIN), months.1),
        };
        let key = |month| Key { grouping, name: name.to_owned(), figure, month };
        self.0.range(key(first)..=key(last)).map(|(_, count)| count).sum()
    }

    /// The groups, in their order.
    pub fn names(&self, grouping: Grouping) -> Vec<&str> {
        let of = self.0.keys().filter(|key| key.grouping == grouping);
        let mut names: Vec<_> = of.map(|key| key.name.as_str()).collect();
        names.dedup();
        names
    }
}

impl FromIterator<(Key, i64)> for Counts {
    fn from_iter<T: IntoIterator<Item = (Key, i64)>>(rows: T) -> Self {
        let mut counts = Self::default();
        rows.into_iter().for_each(|(key, count)| counts.add(key, count));
        counts
    }
}
