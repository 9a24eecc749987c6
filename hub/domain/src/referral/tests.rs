//! Referrals meet targets, and a batch meets itself.

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
    assert_eq!((first.verdict, first.target.no, first.name), (Verdict::Joined, TargetNo(5), TargetNo(100)));
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
