//! What becomes of a referral: new, joined, already yours or reopened.
//!
//! A batch is decided as a fold. [`Known`] holds the facts that the store read; each referral is decided against it and
//! changes it, so that a link that stands twice in one batch meets itself.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::{
    LinkId,
    v1::{OwnerBasis, Role, Stage, Verdict},
};

use crate::{AgencyNo, CaseNo, Ownership, Target, TargetNo};

/// The facts about a batch of referrals of one agency in one case.
#[derive(Debug)]
pub struct Known {
    agency: AgencyNo,
    case: CaseNo,
    links: HashMap<LinkId, Name>,
    keys: HashMap<ObjectKey, TargetNo>,
    targets: HashMap<TargetNo, Target>,
    bound: HashMap<TargetNo, Bound>,
    next_target: TargetNo,
}

/// The digest of an object's key under the host rules: links with the same one lead to one target.
pub type ObjectKey = [u8; 32];

/// A link's own number, and its target's.
#[derive(Debug, Clone, Copy)]
struct Name {
    own: TargetNo,
    target: TargetNo,
}

/// How the agency is bound to a target before the referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// By a case of its own, but not by this one.
    ByOtherCase,
    /// By this case.
    ByThisCase,
}

/// The decision on one referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// What became of it.
    pub verdict: Verdict,
    /// The target as it is from now on.
    pub target: Target,
    /// The link's own number: the target's, unless the link is another name of it.
    pub name: TargetNo,
    /// True if the link is new, and another name of the target because a host rule says so.
    pub names: bool,
    /// True if the case is to be bound to the target.
    pub binds: bool,
    /// True if the agency was not bound to the target and is not the one that opens and owns it: its interest is to be
    /// noted.
    pub joins: bool,
}

impl Known {
    /// The facts for referrals of this agency in this case; new targets are numbered from `next_target`.
    pub fn new(agency: AgencyNo, case: CaseNo, next_target: TargetNo) -> Self {
        let (links, keys) = (HashMap::new(), HashMap::new());
        Self { agency, case, links, keys, targets: HashMap::new(), bound: HashMap::new(), next_target }
    }

    /// A target that the store has.
    pub fn add_target(&mut self, link: LinkId, target: Target) {
        self.add_name(link, target.no, target);
    }

    /// A link that the store has, with its own number and its target.
    pub fn add_name(&mut self, link: LinkId, own: TargetNo, target: Target) {
        self.links.insert(link, Name { own, target: target.no });
        self.targets.insert(target.no, target);
    }

    /// The target of the first link with this key.
    pub fn add_key(&mut self, key: ObjectKey, target: Target) {
        self.keys.insert(key, target.no);
        self.targets.entry(target.no).or_insert(target);
    }

    /// A binding of the agency to a target that the store has.
    pub fn add_binding(&mut self, target: TargetNo, case: CaseNo) {
        let bound = if case == self.case { Bound::ByThisCase } else { Bound::ByOtherCase };
        let known = self.bound.entry(target).or_insert(bound);
        if bound == Bound::ByThisCase {
            *known = bound;
        }
    }

    /// Whose referrals are decided.
    pub fn agency(&self) -> AgencyNo {
        self.agency
    }

    /// In which case.
    pub fn case(&self) -> CaseNo {
        self.case
    }

    /// The number that the next new target gets.
    pub fn next_target(&self) -> TargetNo {
        self.next_target
    }

    /// Decides one referral and remembers what it changed; a new target is its agency's, first seised with it.
    pub fn refer(&mut self, link: LinkId) -> Decision {
        let owner = Ownership { owner: self.agency, basis: OwnerBasis::FirstSeised };
        self.refer_to(link, || owner)
    }

    /// Decides one referral and remembers what it changed; the owner of a new target is named by the rules.
    pub fn refer_to(&mut self, link: LinkId, name: impl FnOnce() -> Ownership) -> Decision {
        self.refer_keyed(link, None, name)
    }

    /// Decides one referral of a link that may have an object's key under the host rules.
    pub fn refer_keyed(
        &mut self,
        link: LinkId,
        key: Option<ObjectKey>,
        name: impl FnOnce() -> Ownership,
    ) -> Decision {
        if let Some(known) = self.links.get(&link).copied() {
            return self.meet(known, false);
        }
        let own = self.next_target;
        match key.and_then(|key| self.keys.get(&key).copied()) {
            Some(target) => {
                self.next_target.0 += 1;
                let known = Name { own, target };
                self.links.insert(link, known);
                self.meet(known, true)
            }
            None => {
                self.keys.extend(key.map(|key| (key, own)));
                self.open(link, name())
            }
        }
    }

    fn meet(&mut self, known: Name, names: bool) -> Decision {
        let Some(target) = self.targets.get_mut(&known.target) else {
            unreachable!("a link and its target are added together")
        };
        let bound = self.bound.insert(target.no, Bound::ByThisCase);
        let verdict = match (target.is_open(), bound) {
            (false, _) => {
                *target = target.reopened();
                Verdict::Reopened
            }
            (true, None) => Verdict::Joined,
            (true, Some(_)) => Verdict::AlreadyYours,
        };
        let (target, name) = (*target, known.own);
        let (binds, joins) = (bound != Some(Bound::ByThisCase), bound.is_none());
        Decision { verdict, target, name, names, binds, joins }
    }

    fn open(&mut self, link: LinkId, ownership: Ownership) -> Decision {
        let target = Target { ownership, ..Target::opened(self.next_target, self.agency) };
        self.next_target.0 += 1;
        self.add_target(link, target);
        self.bound.insert(target.no, Bound::ByThisCase);
        let joins = ownership.owner != self.agency;
        Decision { verdict: Verdict::New, target, name: target.no, names: false, binds: true, joins }
    }
}

impl Decision {
    /// The row of a link that was not known: its target, or a name, which is nobody's round.
    pub fn opened(&self) -> Target {
        if self.names {
            Target { no: self.name, round: 1, stage: Stage::Closed, ..self.target }
        } else {
            self.target
        }
    }
}

/// What an agency whose case is bound to a target is to it.
pub fn role(target: &Target, agency: AgencyNo) -> Role {
    if target.ownership.owner == agency { Role::Owner } else { Role::CoInterested }
}

/// Targets of other owners that a batch joined or reopened, each once: their owners are told.
pub fn news_by_owner(
    agency: AgencyNo,
    decisions: impl IntoIterator<Item = Decision>,
) -> Vec<(AgencyNo, Vec<TargetNo>)> {
    let mut seen = HashSet::new();
    let mut by_owner: Vec<(AgencyNo, Vec<TargetNo>)> = Vec::new();
    for Decision { verdict, target, binds, .. } in decisions {
        let owner = target.ownership.owner;
        let news = binds || verdict == Verdict::Reopened;
        if !news || owner == agency || !seen.insert(target.no) {
            continue;
        }
        match by_owner.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, targets)) => targets.push(target.no),
            None => by_owner.push((owner, vec![target.no])),
        }
    }
    by_owner
}

#[cfg(test)]
mod tests;
