//! The ledger told as a story, from its first leaf to its last, targets that become one and two again included: at every leaf each
//! target has one owner, one grant at the most, and what protects it.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::v1::{TargetRecord, decide_request::Decision};

use super::{
    family::{Alias, merged, parted},
    ledger::{Judged, Ledger, Said, Step, Turn, id_of},
    life::Life,
};
use crate::world::{AGENCIES, World};

/// Everything that stands, as far as it is told.
#[derive(Default)]
struct Story {
    /// Names have none.
    lives: HashMap<String, Life>,
    aliases: Vec<Alias>,
}

/// Tells it.
pub(super) async fn is_told_right(world: &World, ledger: &Ledger) {
    let agencies = world.hub.agencies().await;
    let number = |id: &str| agencies.iter().find(|row| row.agency.id.as_str() == id).unwrap().agency.no;
    let mut story = Story::default();
    for turn in ledger.turns() {
        match turn {
            Turn::Referred(referred) => {
                story.lives.entry(referred.target.clone()).or_default().referred(referred);
            }
            Turn::Taken(step) => {
                let of = match step.decision() {
                    Some(Decision::Overrule(overrule)) => Some(number(&overrule.agency_id)),
                    _ => None,
                };
                for (at, record) in step.taken_at() {
                    let life = story.lives.get_mut(&id_of(record));
                    let life = life.unwrap_or_else(|| panic!("leaf {}: decided on a name", step.leaf));
                    life.taken(step, record, fence(step, at), of);
                }
            }
            Turn::Judged(judged) => story.judged(judged),
        }
        for life in story.lives.values() {
            assert!(AGENCIES.contains(&&*life.owner), "nobody's: {life:?}");
        }
    }
    let names: HashSet<_> = story.aliases.iter().map(|alias| alias.name.clone()).collect();
    assert_eq!(names, ledger.names.keys().cloned().collect(), "names at the end");
    story.holds_stand(world).await;
}

/// The fence that a decision names of the target at this place.
fn fence(step: &Step, at: usize) -> Option<u64> {
    match step.decision() {
        Some(Decision::Intend(intend)) => intend.fences.get(at).copied(),
        _ => None,
    }
}

impl Story {
    /// Every hold that nobody has lifted stands, and no other: the central office sees all of them (I3).
    async fn holds_stand(&self, world: &World) {
        let targets: Vec<_> = self.lives.keys().cloned().collect();
        for shown in world.hub.show(world.offices[0].line.peer(), targets).await {
            let found: HashSet<_> = shown.holds.iter().map(|hold| hold.hold_id.as_str()).collect();
            let life = &self.lives[&shown.target_id];
            let expected = life.holds.iter().map(|hold| hold.id.as_str()).collect();
            assert_eq!(found, expected, "holds of {}: {life:?}", shown.target_id);
        }
    }

    fn judged(&mut self, Judged { leaf, what }: &Judged) {
        match what {
            Said::Nothing => {}
            Said::Merge { whole, name } => self.merged(*leaf, [whole, name]),
            Said::Split { rest, own } => self.parted(*leaf, [rest, own]),
        }
    }

    fn merged(&mut self, leaf: u64, records: [&TargetRecord; 2]) {
        let [whole, part] = records.map(|record| {
            self.lives.remove(&id_of(record)).unwrap_or_else(|| panic!("leaf {leaf}: a name is merged"))
        });
        let (both, alias) = merged(leaf, whole, part, records);
        self.lives.insert(alias.into.clone(), both);
        self.aliases.push(alias);
    }

    fn parted(&mut self, leaf: u64, records: [&TargetRecord; 2]) {
        let [root, name] = records.map(id_of);
        let at = self.aliases.iter().position(|alias| alias.name == name);
        let alias = self.aliases.remove(at.unwrap_or_else(|| panic!("leaf {leaf}: split from nothing")));
        let going = self.below(&name);
        let mut staying = self.below(&root);
        staying.retain(|id| !going.contains(id));
        let later: Vec<&Life> = self
            .aliases
            .iter()
            .filter(|one| one.leaf > alias.leaf && staying.contains(&one.name))
            .flat_map(|one| one.befores(one.into != alias.into))
            .collect();
        let whole = &self.lives[&root];
        let (rest, own) = parted(leaf, whole, &alias, &later, records);
        self.lives.insert(root, rest);
        self.lives.insert(name, own);
    }

    /// Everything that goes by this target's name, itself included.
    fn below(&self, target: &str) -> HashSet<String> {
        let mut found = HashSet::from([target.to_owned()]);
        // A name became one before that of which it is the name did, or after it was parted from another one.
        loop {
            let more = self.aliases.iter().filter(|alias| found.contains(&alias.into));
            let more: Vec<_> =
                more.map(|alias| alias.name.clone()).filter(|name| !found.contains(name)).collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }
}
