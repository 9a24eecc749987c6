//! What selectors lead to. A selector that leads nowhere is looked up like one that does: as many look-ups, each of which finds
//! something, so that what is hidden takes as long as what is not there.

use std::collections::{BTreeSet, HashMap, HashSet};

use meldeverbund_domain::{
    AgencyNo, CaseNo, Target, TargetNo,
    liaison::{Bound, Reportable, reportable},
};

use super::Wanted;
use crate::store::{
    Connection, HashRow, StoreError, bound_for_liaison, by_content, roots, targets_by_link, targets_by_number,
};

/// A target that a selector leads to, visible or not.
pub(super) struct Sighting {
    pub(super) target: Target,
    /// All its live bindings.
    pub(super) bound: Vec<Bound>,
    /// Those of them that the selector leads to: of a link all, of a content those that stated it.
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

/// Everything that was read for some selectors.
struct Facts {
    by_link: HashMap<meldeverbund_proto::LinkId, Target>,
    by_number: HashMap<TargetNo, Target>,
    stated: Vec<HashRow>,
    bound: HashMap<TargetNo, Vec<(CaseNo, Bound)>>,
}

/// What each selector leads to, in their order.
pub(super) async fn look(
    connection: &mut Connection,
    wanted: &[Wanted],
    next_target: TargetNo,
) -> Result<Vec<Vec<Sighting>>, StoreError> {
    let facts = Facts::read(connection, wanted, next_target).await?;
    Ok(wanted.iter().map(|one| facts.sightings(one, next_target)).collect())
}

impl Facts {
    async fn read(
        connection: &mut Connection,
        wanted: &[Wanted],
        next_target: TargetNo,
    ) -> Result<Self, StoreError> {
        let links: HashSet<_> = wanted.iter().filter_map(link).collect();
        let keys: BTreeSet<_> = wanted.iter().filter_map(content).collect();
        let (mut by_link, mut stated, mut by_number) = (HashMap::new(), Vec::new(), HashMap::new());
        if !links.is_empty() {
            let found = targets_by_link(connection, links).await?;
            by_link = found.into_iter().map(|(link, _, target)| (link, target)).collect();
        }
        if !keys.is_empty() {
            stated = by_content(connection, keys.iter().copied()).await?;
            stated.retain(|row| keys.contains(&row.key));
            // What was said of a name is said of its target.
            let names = roots(connection, stated.iter().map(|row| row.target)).await?;
            for row in &mut stated {
                row.target = names.get(&row.target).copied().unwrap_or(row.target);
            }
        }
        let facts = Self { by_link, by_number: HashMap::new(), stated, bound: HashMap::new() };
        let numbers: BTreeSet<_> = wanted.iter().flat_map(|one| facts.numbers(one, next_target)).collect();
        if !keys.is_empty() {
            let contents = wanted.iter().filter(|one| content(one).is_some());
            let numbers: BTreeSet<_> = contents.flat_map(|one| facts.numbers(one, next_target)).collect();
            let targets = targets_by_number(connection, numbers).await?;
            by_number = targets.into_iter().map(|target| (target.no, target)).collect();
        }
        let mut by_target: HashMap<_, Vec<_>> = HashMap::with_capacity(numbers.len());
        for (target, case, bound) in bound_for_liaison(connection, numbers).await? {
            by_target.entry(target).or_default().push((case, bound));
        }
        Ok(Self { by_number, bound: by_target, ..facts })
    }

    /// The targets whose bindings are looked at: its own, or another one.
    fn numbers(&self, wanted: &Wanted, next_target: TargetNo) -> BTreeSet<TargetNo> {
        let mut numbers: BTreeSet<_> = match wanted {
            Wanted::Link(link) => self.by_link.get(link).map(|target| target.no).into_iter().collect(),
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

    fn sighting(&self, wanted: &Wanted, number: TargetNo) -> Sighting {
        let known = match wanted {
            Wanted::Link(link) => self.by_link.get(link),
            Wanted::Content(_) | Wanted::Refused(_) => self.by_number.get(&number),
        };
        let target = known.copied().unwrap_or(NOBODY_S);
        let all = self.bound.get(&number).map(Vec::as_slice).unwrap_or_default();
        let led_to = all.iter().filter(|(case, bound)| match wanted {
            Wanted::Content(key) => self.stated.iter().any(|row| {
                let same = (row.key, row.target, row.agency, row.case) == (*key, number, bound.agency, *case);
                // What a referral before said that was withdrawn is not said any more.
                same && row.leaf >= bound.since_leaf
            }),
            Wanted::Link(_) | Wanted::Refused(_) => true,
        });
        let led_to = led_to.map(|(_, bound)| *bound).collect();
        Sighting { target, bound: all.iter().map(|(_, bound)| *bound).collect(), led_to }
    }
}

/// What stands for the target of a selector that leads nowhere.
const NOBODY_S: Target = Target {
    no: TargetNo(0),
    round: 0,
    stage: meldeverbund_proto::v1::Stage::Unspecified,
    ownership: meldeverbund_domain::Ownership {
        owner: AgencyNo(0),
        basis: meldeverbund_proto::v1::OwnerBasis::Unspecified,
    },
};

fn link(wanted: &Wanted) -> Option<meldeverbund_proto::LinkId> {
    if let Wanted::Link(link) = wanted { Some(*link) } else { None }
}

fn content(wanted: &Wanted) -> Option<meldeverbund_domain::liaison::HashKey> {
    if let Wanted::Content(key) = wanted { Some(*key) } else { None }
}
