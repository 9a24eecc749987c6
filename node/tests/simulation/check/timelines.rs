//! What the hub tells of a target's past is what the ledger says.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::ledger::{Ledger, id_of};
use crate::world::{AGENCIES, World};

impl Ledger {
    /// The hub tells each step of a target once, in order; to the central office all of them. A name's story is its own up to where it
    /// became one, and from there on that of the target whose name it is.
    pub(super) async fn timelines_tell_it(&self, world: &World) {
        let mut steps: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        let taken = self.steps.iter().flat_map(|step| step.taken().map(|(id, _)| (id, step.leaf)));
        let judged = self
            .judged
            .iter()
            .flat_map(|one| one.targets().into_iter().map(|target| (id_of(target), one.leaf)));
        for (id, leaf) in taken.chain(judged) {
            steps.entry(id).or_default().insert(leaf);
        }
        for target in self.ids() {
            let parts = self.parts(&target);
            let mut story: Vec<u64> = Vec::new();
            let mut known: HashSet<u64> = HashSet::new();
            for (id, from, to) in &parts {
                story.extend(steps.get(id).into_iter().flat_map(|leaves| leaves.range(*from..*to)));
                let own = self.referrals.iter().filter(|one| one.target == *id);
                known.extend(own.map(|one| one.leaf).filter(|leaf| (*from..*to).contains(leaf)));
            }
            let mut told = 0;
            for office in &world.offices {
                let Some(explained) = world.hub.explain(office.line.peer(), target.clone()).await else {
                    continue;
                };
                told += 1;
                let timeline = explained.timeline;
                assert!(timeline.windows(2).all(|pair| pair[0].leaf_index < pair[1].leaf_index));
                let (referrals, others): (Vec<_>, Vec<_>) =
                    timeline.iter().partition(|entry| entry.what == "referral");
                let others: Vec<u64> = others.iter().map(|entry| entry.leaf_index).collect();
                // To others it tells what is their business.
                if office.agency == AGENCIES[0] {
                    assert_eq!(others, story, "of {target}");
                    let told: HashSet<_> = referrals.iter().map(|entry| entry.leaf_index).collect();
                    let untold: Vec<_> = known
                        .iter()
                        .filter(|leaf| self.news.contains(leaf) && !told.contains(leaf))
                        .collect();
                    assert!(untold.is_empty(), "of {target} leaves {untold:?} are not told");
                }
                // Of another's referral some learn no more than that something has changed.
                let happened = |leaf: &u64| story.contains(leaf) || known.contains(leaf);
                assert!(others.iter().all(happened), "{others:?} of {target}: {story:?}");
                assert!(referrals.iter().all(|entry| known.contains(&entry.leaf_index)));
            }
            assert!(told > 0, "{target} is nobody's");
        }
    }

    /// Whose story is told under an id: of which targets, each from a leaf up to another one.
    fn parts(&self, id: &str) -> Vec<(String, u64, u64)> {
        let (mut parts, mut target, mut from) = (Vec::new(), id.to_owned(), 0);
        while let Some((into, since)) = self.names.get(&target) {
            parts.push((target, from, *since));
            (target, from) = (into.clone(), *since);
        }
        parts.push((target, from, u64::MAX));
        parts
    }
}
