//! Who gets the notice of each target. A target has one intent a round; where its links lie with several providers, that
//! one names all of them, and each of their packages carries its own links.

use std::collections::{BTreeMap, HashMap};

use meldeverbund_proto::{TargetId, limits::CARD_CHARS};

use crate::notice::Package;

/// Between the names of several recipients.
const BETWEEN: &str = "; ";

/// Targets whose links lie with the same providers.
pub(super) struct Group {
    /// The places of their packages, in order.
    pub(super) packages: Vec<usize>,
    /// The targets, each once, in the order of the first package.
    pub(super) targets: Vec<TargetId>,
}

impl Group {
    /// The targets of these packages.
    pub(super) fn of(packages: &[Package]) -> Vec<Self> {
        let mut first: HashMap<TargetId, usize> = HashMap::new();
        // Few targets have more than one provider: only they get a list of their own.
        let mut several: HashMap<TargetId, Vec<usize>> = HashMap::new();
        let mut order: Vec<Vec<TargetId>> = Vec::with_capacity(packages.len());
        for (place, package) in packages.iter().enumerate() {
            let mut new = Vec::new();
            for item in package.items() {
                let first = *first.entry(item.target).or_insert_with(|| {
                    new.push(item.target);
                    place
                });
                let places = several.get(&item.target).and_then(|places| places.last()).copied();
                if first != place && places != Some(place) {
                    several.entry(item.target).or_insert_with(|| vec![first]).push(place);
                }
            }
            order.push(new);
        }
        let mut groups: BTreeMap<Vec<usize>, Vec<TargetId>> = BTreeMap::new();
        for (place, targets) in order.into_iter().enumerate() {
            for target in targets {
                let places = several.remove(&target).unwrap_or_else(|| vec![place]);
                groups.entry(places).or_default().push(target);
            }
        }
        groups.into_iter().map(|(packages, targets)| Self { packages, targets }).collect()
    }

    /// Whom the intent names.
    pub(super) fn recipient(&self, packages: &[Package]) -> String {
        let names: Vec<&str> = self.packages.iter().map(|place| packages[*place].recipient()).collect();
        recipient(&names)
    }

    /// The providers' names.
    pub(super) fn providers(&self, packages: &[Package]) -> Vec<String> {
        self.packages.iter().map(|place| packages[*place].provider().to_owned()).collect()
    }
}

/// The names, as far as the contract has room; of those that have none it says how many they are.
fn recipient(names: &[&str]) -> String {
    for named in (1..=names.len()).rev() {
        let mut text = names[..named].join(BETWEEN);
        if named < names.len() {
            text.push_str(&format!(" (+{})", names.len() - named));
        }
        if text.chars().count() <= CARD_CHARS {
            return text;
        }
    }
    let more = if names.len() > 1 { format!(" (+{})", names.len() - 1) } else { String::new() };
    let room = CARD_CHARS - more.chars().count();
    let cut: String = names.first().copied().unwrap_or_default().chars().take(room).collect();
    format!("{}{more}", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_names_as_there_is_room_for() {
        let long = "x".repeat(CARD_CHARS + 1);
        let nearly = "y".repeat(CARD_CHARS - 5);
        for (names, is) in [
            (vec!["A"], "A".to_owned()),
            (vec!["A", "B", "C"], "A; B; C".to_owned()),
            (vec![&nearly[..], "B", "C"], format!("{nearly} (+2)")),
            (vec![&long[..]], "x".repeat(CARD_CHARS)),
            (vec![&long[..], "B"], format!("{} (+1)", "x".repeat(CARD_CHARS - 5))),
        ] {
            let text = recipient(&names);
            assert_eq!(text, is);
            assert!(text.chars().count() <= CARD_CHARS);
        }
    }
}
