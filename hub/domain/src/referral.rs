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
mod tests {
    use super::*;

    const US: AgencyNo = AgencyNo(1);
    const THEM: AgencyNo = AgencyNo(2);
    const CASE: CaseNo = CaseNo(10);

    fn link(n: u8) -> LinkId {
        LinkId::from_bytes([n; 32])
    }

    fn known() -> Known {
        Known::new(US, CASE, TargetNo(100))
    }

    #[test]
    fn the_first_opens_and_owns() {
        let mut known = known();
        let decision = known.refer(link(1));
        assert_eq!(decision.verdict, Verdict::New);
        assert_eq!(decision.target, Target::opened(TargetNo(100), US));
        assert_eq!(decision.target.ownership.basis, OwnerBasis::FirstSeised);
        assert!(decision.binds);
        assert_eq!(role(&decision.target, US), Role::Owner);
        assert_eq!(known.next_target(), TargetNo(101));
    }

    #[test]
    fn who_opens_what_the_rules_give_to_another_joins() {
        for (owner, joins) in [(THEM, true), (US, false)] {
            let ownership = Ownership { owner, basis: OwnerBasis::LeadCase };
            let decision = known().refer_to(link(1), || ownership);
            let target = Target { ownership, ..Target::opened(TargetNo(100), US) };
            assert_eq!(
                decision,
                Decision { verdict: Verdict::New, target, name: target.no, names: false, binds: true, joins }
            );
        }
    }

    #[test]
    fn a_link_twice_in_a_batch_meets_itself() {
        let mut known = known();
        let first = known.refer(link(1));
        let second = known.refer(link(1));
        assert_eq!(
            second,
            Decision {
                verdict: Verdict::AlreadyYours,
                target: first.target,
                name: first.name,
                names: false,
                binds: false,
                joins: false
            }
        );
        assert_eq!(known.refer(link(2)).target.no, TargetNo(101));
    }

    #[test]
    fn who_comes_second_joins() {
        let mut known = known();
        let target = Target::opened(TargetNo(5), THEM);
        known.add_target(link(1), target);
        let decision = known.refer(link(1));
        assert_eq!(
            decision,
            Decision {
                verdict: Verdict::Joined,
                target,
                name: target.no,
                names: false,
                binds: true,
                joins: true
            }
        );
        assert_eq!(role(&target, US), Role::CoInterested);
        assert_eq!(known.refer(link(1)).verdict, Verdict::AlreadyYours);
        assert_eq!(known.next_target(), TargetNo(100), "no number was spent");
    }

    #[test]
    fn a_further_case_is_bound_too() {
        let mut known = known();
        known.add_target(link(1), Target::opened(TargetNo(5), US));
        known.add_binding(TargetNo(5), CaseNo(11));
        let decision = known.refer(link(1));
        assert_eq!((decision.verdict, decision.binds), (Verdict::AlreadyYours, true));
    }

    #[test]
    fn this_case_is_bound_once_in_whatever_order_the_bindings_were_read() {
        for cases in [[CASE, CaseNo(11)], [CaseNo(11), CASE]] {
            let mut known = known();
            known.add_target(link(1), Target::opened(TargetNo(5), US));
            for case in cases {
                known.add_binding(TargetNo(5), case);
            }
            let decision = known.refer(link(1));
            assert_eq!((decision.verdict, decision.binds), (Verdict::AlreadyYours, false));
        }
    }

    #[test]
    fn what_comes_back_opens_the_next_round_of_its_owner() {
        let mut known = known();
        let closed = Target { stage: Stage::Closed, round: 3, ..Target::opened(TargetNo(5), THEM) };
        known.add_target(link(1), closed);
        let decision = known.refer(link(1));
        assert_eq!(decision.verdict, Verdict::Reopened);
        assert_eq!((decision.target.round, decision.target.stage), (4, Stage::Referred));
        assert_eq!(decision.target.ownership.owner, THEM);
        assert_eq!(known.refer(link(1)).verdict, Verdict::AlreadyYours);
    }

    #[test]
    fn what_comes_back_binds_only_the_case_that_was_not_bound() {
        for (bound, binds) in [(None, true), (Some(CaseNo(11)), true), (Some(CASE), false)] {
            let mut known = known();
            known.add_target(link(1), Target { stage: Stage::Closed, ..Target::opened(TargetNo(5), US) });
            if let Some(case) = bound {
                known.add_binding(TargetNo(5), case);
            }
            let decision = known.refer(link(1));
            assert_eq!((decision.verdict, decision.binds), (Verdict::Reopened, binds), "{bound:?}");
            assert!(!known.refer(link(1)).binds, "from now on it is bound");
        }
    }

    #[test]
    fn bindings_count_for_their_own_target_alone() {
        let mut known = known();
        known.add_target(link(1), Target::opened(TargetNo(5), THEM));
        known.add_binding(TargetNo(6), CASE);
        assert_eq!(known.refer(link(1)).verdict, Verdict::Joined);
    }

    #[test]
    fn a_stage_under_way_is_joined_as_it_is() {
        for stage in [Stage::Cleared, Stage::Granted, Stage::Notified] {
            let mut known = known();
            let target = Target { stage, round: 2, ..Target::opened(TargetNo(5), THEM) };
            known.add_target(link(1), target);
            let joined = Decision {
                verdict: Verdict::Joined,
                target,
                name: target.no,
                names: false,
                binds: true,
                joins: true,
            };
            assert_eq!(known.refer(link(1)), joined);
        }
    }

    #[test]
    fn owners_are_told_what_is_new_to_them_and_nothing_else() {
        let decision = |verdict, no, owner, binds| Decision {
            verdict,
            target: Target::opened(TargetNo(no), owner),
            name: TargetNo(no),
            names: false,
            binds,
            joins: false,
        };
        let told = news_by_owner(
            US,
            [
                decision(Verdict::New, 1, US, true),
                decision(Verdict::Reopened, 2, US, false),
                decision(Verdict::AlreadyYours, 3, THEM, false),
                decision(Verdict::AlreadyYours, 4, THEM, true),
                decision(Verdict::Reopened, 5, THEM, false),
                decision(Verdict::Joined, 4, THEM, true),
                decision(Verdict::AlreadyYours, 6, THEM, false),
                decision(Verdict::Joined, 6, THEM, true),
            ],
        );
        assert_eq!(told, [(THEM, [4, 5, 6].map(TargetNo).to_vec())]);
        assert_eq!(news_by_owner(US, []), []);
    }

    #[test]
    fn links_with_one_key_are_one_target_each_under_its_own_name() {
        let owner = || Ownership { owner: US, basis: OwnerBasis::FirstSeised };
        let mut known = known();
        known.add_key([9; 32], Target::opened(TargetNo(5), THEM));
        let first = known.refer_keyed(link(1), Some([9; 32]), owner);
        assert_eq!(
            (first.verdict, first.target.no, first.name),
            (Verdict::Joined, TargetNo(5), TargetNo(100))
        );
        assert!(first.names && first.binds && first.joins);
        let again = known.refer_keyed(link(1), Some([9; 32]), owner);
        assert_eq!((again.verdict, again.names), (Verdict::AlreadyYours, false), "the link is known now");
        let opened = known.refer_keyed(link(2), Some([8; 32]), owner);
        assert_eq!((opened.verdict, opened.target.no), (Verdict::New, TargetNo(101)));
        let other = known.refer_keyed(link(3), Some([8; 32]), owner);
        assert_eq!((other.target.no, other.name, other.names), (TargetNo(101), TargetNo(102), true));
        assert_eq!(known.next_target(), TargetNo(103));
    }

    #[test]
    fn names_of_one_target_meet_in_a_batch() {
        let mut known = known();
        let closed = Target { stage: Stage::Closed, ..Target::opened(TargetNo(5), THEM) };
        known.add_target(link(1), closed);
        known.add_name(link(2), TargetNo(6), closed);
        assert_eq!(known.refer(link(2)).verdict, Verdict::Reopened);
        let second = known.refer(link(1));
        assert_eq!((second.verdict, second.target.round), (Verdict::AlreadyYours, 2));
    }

    #[test]
    fn owners_are_told_once_a_batch() {
        let mut known = known();
        known.add_target(link(1), Target::opened(TargetNo(5), THEM));
        known.add_target(link(2), Target::opened(TargetNo(6), AgencyNo(3)));
        known.add_target(link(3), Target::opened(TargetNo(7), THEM));
        let links = [1, 2, 3, 1, 4].map(link);
        let decisions: Vec<_> = links.into_iter().map(|link| known.refer(link)).collect();
        let told = news_by_owner(US, decisions);
        assert_eq!(told, [(THEM, vec![TargetNo(5), TargetNo(7)]), (AgencyNo(3), vec![TargetNo(6)])]);
    }
}
