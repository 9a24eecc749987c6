//! What selectors lead to. A selector that leads nowhere is looked up like one that does: as many look-ups, each of which finds
//! something, so that what is hidden takes as long as what is not there.

use std::collections::{BTreeSet, HashMap, HashSet};

use meldeverbund_domain::{
    AgencyNo, CaseNo, Ownership, Target, TargetNo,
    liaison::{Bound, HashKey, Reportable, reportable},
};
use meldeverbund_proto::{
    LinkId,
    v1::{OwnerBasis, Stage},
};

use super::Wanted;
use crate::store::{
    Connection, HashRow, StoreError, bound_for_liaison, by_content, roots, targets_by_link, targets_by_number,
};

/// A target that a selector leads to, visible or not.
pub(super) struct Sighting {
    pub(super) target: Target,
    /// All its live bindings that are older than the question.
    pub(super) bound: Vec<Bound>,
    /// Those of them that the selector leads to: of a link those that were said of itself, of a content those that stated it.
    pub(super) led_to: Vec<Bound>,
}

impl Sighting {
    /// What may be told; none: it is answered like none.
    pub(super) fn reportable(&self) -> Option<Reportable> {
        let owner = self.target.ownership.owner;
        let led_to = reportable(owner, &self.led_to);
        let all = reportable(owner, &self.bound);
        led_to.and(all)
    }
}

/// Everything that was read for some selectors. A link that is another name of a target has a number of its own, under which
/// stands what was said of that link.
struct Facts {
    by_link: HashMap<LinkId, (TargetNo, Target)>,
    /// What was stated of contents, under the numbers of the links that it was stated of.
    stated: Vec<HashRow>,
    /// The targets of those numbers.
    by_number: HashMap<TargetNo, Target>,
    bound: HashMap<TargetNo, Vec<(CaseNo, Bound)>>,
}

/// What each selector of the question with this leaf leads to, in their order. What was bound behind the leaf was not asked about:
/// whoever is concerned is told of a question once, so that asked again it must not find what they were not told of.
pub(super) async fn look(
    connection: &mut Connection,
    wanted: &[Wanted],
    asked_leaf: i64,
    next_target: TargetNo,
) -> Result<Vec<Vec<Sighting>>, StoreError> {
    let facts = Facts::read(connection, wanted, asked_leaf, next_target).await?;
    Ok(wanted.iter().map(|one| facts.sightings(one, next_target)).collect())
}

impl Facts {
    async fn read(
        connection: &mut Connection,
        wanted: &[Wanted],
        asked_leaf: i64,
        next_target: TargetNo,
    ) -> Result<Self, StoreError> {
        let links: HashSet<_> = wanted.iter().filter_map(link).collect();
        let keys: BTreeSet<_> = wanted.iter().filter_map(content).collect();
        let mut facts = Self {
            by_link: HashMap::new(),
            stated: Vec::new(),
            by_number: HashMap::new(),
            bound: HashMap::new(),
        };
        if !links.is_empty() {
            let found = targets_by_link(connection, links).await?.into_iter();
            facts.by_link = found.map(|(link, own, target)| (link, (own, target))).collect();
        }
        if !keys.is_empty() {
            facts.stated = by_content(connection, keys.iter().copied()).await?;
            facts.stated.retain(|row| keys.contains(&row.key));
            let contents = wanted.iter().filter(|one| content(one).is_some());
            let own: BTreeSet<_> = contents.flat_map(|one| facts.numbers(one, next_target)).collect();
            facts.by_number = targets_of(connection, own).await?;
        }
        let own = wanted.iter().flat_map(|one| facts.numbers(one, next_target));
        let mut numbers: BTreeSet<_> = own.collect();
        numbers.extend(facts.by_link.values().map(|(_, target)| target.no));
        numbers.extend(facts.by_number.values().map(|target| target.no));
        facts.bound.reserve(numbers.len());
        let bound = bound_for_liaison(connection, numbers).await?.into_iter();
        for (target, case, bound) in bound.filter(|(_, _, bound)| bound.since_leaf < asked_leaf) {
            facts.bound.entry(target).or_default().push((case, bound));
        }
        Ok(facts)
    }

    /// The numbers of the links that a selector leads to, or another one.
    fn numbers(&self, wanted: &Wanted, next_target: TargetNo) -> BTreeSet<TargetNo> {
        let mut numbers: BTreeSet<_> = match wanted {
            Wanted::Link(link) => self.by_link.get(link).map(|(own, _)| *own).into_iter().collect(),
            Wanted::Content(key) => {
                self.stated.iter().filter(|row| row.key == *key).map(|row| row.target).collect()
            }
            Wanted::Refused(_) => return BTreeSet::new(),
        };
        if numbers.is_empty() {
            numbers.insert(wanted.dummy(next_target));
        }
        numbers
    }

    fn sightings(&self, wanted: &Wanted, next_target: TargetNo) -> Vec<Sighting> {
        let numbers = self.numbers(wanted, next_target);
        let seen = numbers.into_iter().map(|number| (number, self.sighting(wanted, number)));
        let found = |number: &TargetNo| match wanted {
            Wanted::Link(link) => self.by_link.contains_key(link),
            Wanted::Content(key) => self.stated.iter().any(|row| row.key == *key && row.target == *number),
            Wanted::Refused(_) => false,
        };
        // The look at another target's bindings is thrown away only when it was made.
        seen.filter(|(number, _)| found(number)).map(|(_, sighting)| sighting).collect()
    }

    fn sighting(&self, wanted: &Wanted, own: TargetNo) -> Sighting {
        let known = match wanted {
            Wanted::Link(link) => self.by_link.get(link).map(|(_, target)| target),
            Wanted::Content(_) | Wanted::Refused(_) => self.by_number.get(&own),
        };
        let target = known.copied().unwrap_or(NOBODY_S);
        let said = self.bound.get(&own).map(Vec::as_slice).unwrap_or_default();
        let led_to = said.iter().filter(|(case, bound)| match wanted {
            Wanted::Content(key) => self.stated.iter().any(|row| {
                let same = (row.key, row.target, row.agency, row.case) == (*key, own, bound.agency, *case);
                // What a referral before said that was withdrawn is not said any more.
                same && row.leaf >= bound.since_leaf
            }),
            // What was said of its other names tells nothing of a link: that it is known at all may be hidden.
            Wanted::Link(_) => !bound.of_another_link,
            Wanted::Refused(_) => true,
        });
        let led_to: Vec<_> = led_to.map(|(_, bound)| *bound).collect();
        let mut bound: Vec<_> = said.iter().map(|(_, bound)| *bound).collect();
        if own != target.no {
            let all = self.bound.get(&target.no).map(Vec::as_slice).unwrap_or_default();
            bound.extend(all.iter().map(|(_, bound)| *bound));
        }
        Sighting { target, bound, led_to }
    }
}

/// The targets that these numbers are, or are names of.
async fn targets_of(
    connection: &mut Connection,
    own: BTreeSet<TargetNo>,
) -> Result<HashMap<TargetNo, Target>, StoreError> {
    let roots = roots(connection, own.iter().copied()).await?;
    let root = |own: &TargetNo| roots.get(own).copied().unwrap_or(*own);
    let targets = targets_by_number(connection, own.iter().map(root).collect::<BTreeSet<_>>()).await?;
    let targets: HashMap<_, _> = targets.into_iter().map(|target| (target.no, target)).collect();
    Ok(own.iter().filter_map(|own| Some((*own, *targets.get(&root(own))?))).collect())
}

/// What stands for the target of a selector that leads nowhere.
const NOBODY_S: Target = Target {
    no: TargetNo(0),
    round: 0,
    stage: Stage::Unspecified,
    ownership: Ownership { owner: AgencyNo(0), basis: OwnerBasis::Unspecified },
};

fn link(wanted: &Wanted) -> Option<LinkId> {
    if let Wanted::Link(link) = wanted { Some(*link) } else { None }
}

fn content(wanted: &Wanted) -> Option<HashKey> {
    if let Wanted::Content(key) = wanted { Some(*key) } else { None }
}
