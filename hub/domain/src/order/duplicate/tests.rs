use meldeverbund_proto::v1::{GateState, Outcome, OwnerBasis, RefusalCode};

use super::{Merge, Parting, Side, merge, part};
use crate::{
    AgencyNo, Target, TargetNo,
    conditions::Gate,
    life::{Finding, Life, NoticeKind, Responsibility, State, Takedown, Window},
    order::Order,
    testing::{BE, BKA, BY, Bench, HOLD, NW, SN},
};

/// The same bench for a younger target that another agency opened.
fn younger(opened_by: AgencyNo) -> Bench {
    let mut bench = Bench::alone();
    bench.command = 200;
    let target = Target::opened(TargetNo(9), opened_by);
    bench.state = State { target, life: Life::default(), interests: Vec::new(), ..bench.state };
    bench
}

fn merged(one: &Bench, other: &Bench) -> Merge {
    try_merge(one, other, BKA).unwrap()
}

fn try_merge(one: &Bench, other: &Bench, by: AgencyNo) -> Result<Merge, RefusalCode> {
    let mut bench = one.clone();
    bench.command = 1_000;
    // The older target was opened first.
    let side = |bench: &Bench| Side { state: bench.state.clone(), opened_leaf: bench.state.target.no.0 };
    merge(side(one), side(other), &bench.context(by)).map_err(|refusal| refusal.code())
}

/// The bench goes on with what the merge made.
fn on(bench: &Bench, state: &State) -> Bench {
    Bench { state: state.clone(), command: 2_000, ..bench.clone() }
}

fn interested(state: &State) -> Vec<AgencyNo> {
    state.interests.iter().map(|interest| interest.agency).collect()
}

#[test]
fn only_the_central_office_merges_and_nothing_with_itself() {
    let bench = Bench::new();
    assert_eq!(try_merge(&bench, &younger(BE), NW).unwrap_err(), RefusalCode::NotPermitted);
    assert_eq!(try_merge(&bench, &bench, BKA).unwrap_err(), RefusalCode::NothingToDo);
    let mut suspended = bench;
    suspended.suspend(BKA);
    assert_eq!(try_merge(&suspended, &younger(BE), BKA).unwrap_err(), RefusalCode::AgencySuspended);
}

#[test]
fn nothing_is_merged_while_a_notice_is_under_way_or_unresolved() {
    let sending = Bench::under_way();
    let intent = sending.intent();
    for bench in [sending.clone(), sending.then(NW, Order::ReportFailed { intent })] {
        assert_eq!(try_merge(&bench, &younger(BE), BKA).unwrap_err(), RefusalCode::UnderWay);
        assert_eq!(try_merge(&younger(BE), &bench, BKA).unwrap_err(), RefusalCode::UnderWay);
    }
}

#[test]
fn the_older_goes_on_and_whoever_was_first_seised_owns_both() {
    let Merge { whole, alias, apart } = merged(&younger(BE), &Bench::new());
    assert_eq!((whole.target.no, alias.target.no), (TargetNo(7), TargetNo(9)));
    assert_eq!((whole.owner(), whole.target.ownership.basis), (NW, OwnerBasis::FirstSeised));
    assert_eq!(whole.life.responsibility, Responsibility::Confirmed);
    assert_eq!(interested(&whole), [NW, BE, BY], "in the order in which they were seised");
    assert!(whole.interests.iter().all(|one| one.window == Window::NotBegun && one.joined_leaf == 1_000));
    assert!(!alias.target.is_open());
    assert_eq!((apart.part.owner, apart.whole.owner, apart.round), (BE, NW, 1));
}

#[test]
fn a_competent_bodys_decision_stands_and_two_of_them_are_a_dispute() {
    let assign = |to, basis| Order::AssignOwner { to, basis };
    let assigned = younger(BE).then(BKA, assign(SN, OwnerBasis::Assignment));
    let whole = merged(&Bench::cleared(), &assigned).whole;
    assert_eq!((whole.owner(), whole.target.ownership.basis), (SN, OwnerBasis::Assignment));
    assert_eq!(whole.life.responsibility, Responsibility::Confirmed);
    assert!(whole.life.gates.release.is_none() && whole.life.gates.unadopted == [true; 3]);
    let other = Bench::new().then(BKA, assign(BY, OwnerBasis::Assignment));
    let whole = merged(&other, &assigned).whole;
    assert_eq!(whole.owner(), BY);
    assert!(matches!(whole.life.responsibility, Responsibility::Disputed { claimed: SN, .. }));
    let prosecutor = Bench::new().then(BKA, assign(BY, OwnerBasis::Prosecutor));
    assert_eq!(merged(&assigned, &prosecutor).whole.life.responsibility, Responsibility::Confirmed);
}

#[test]
fn holds_unite_and_lapsed_ones_stay_lapsed() {
    let mut held = Bench::cleared().then(BY, HOLD);
    held.wait_hours(91 * 24);
    held.pass();
    let other = Bench { now_us: held.now_us, ..younger(NW) }.then(NW, HOLD);
    let whole = merged(&held, &other).whole;
    let holds: Vec<_> = whole.life.holds.iter().map(|hold| (hold.by, hold.lapsed)).collect();
    assert_eq!(holds, [(BY, true), (NW, false)]);
}

#[test]
fn a_hold_that_one_decision_placed_on_both_is_one_and_blocks_as_long_as_either() {
    let mut held = Bench::cleared().then(BY, HOLD);
    let (hold, begun_us) = (*held.state.life.holds.last().unwrap(), held.now_us);
    let mut other = younger(NW);
    other.state.life.holds = vec![hold];
    held.wait_hours(91 * 24);
    held.pass();
    let whole = merged(&held, &other).whole;
    assert!(matches!(whole.life.holds[..], [kept] if kept.lapsed && kept.until_us > begun_us));
    other.state.target.no = TargetNo(5);
    let whole = merged(&other, &held).whole;
    assert!(matches!(whole.life.holds[..], [kept] if kept.lapsed), "whichever is the older");
}

#[test]
fn gates_are_set_where_both_had_them_and_windows_begin_again() {
    let cleared = Bench::cleared();
    let mut bench = on(&cleared, &merged(&cleared, &younger(NW)).whole);
    for gate in [Gate::Assessed, Gate::Evidence, Gate::ProviderData] {
        assert_eq!(gate.state(&bench.state, bench.now_us), GateState::NotAdopted, "{gate:?}");
    }
    assert_eq!(Gate::Released.state(&bench.state, bench.now_us), GateState::Unspecified);
    bench.no(RefusalCode::GateMissing, NW, Order::RequestGrant);
    bench.ok(NW, Order::AdoptGates(vec![Gate::Assessed, Gate::Evidence]));
    bench.ok(NW, Order::SettleProviderData);
    bench.ok(NW, Order::Release { until_us: None });
    bench.no(RefusalCode::WindowOpen, NW, Order::RequestGrant);
    bench.ok(BY, Order::Consent { of: None });
    bench.ok(NW, Order::RequestGrant);
    let mut both = younger(NW);
    both.set_gates(NW);
    let whole = merged(&cleared, &both).whole;
    assert!(Gate::ALL.into_iter().all(|gate| gate.state(&whole, cleared.now_us) == GateState::Set));
}

#[test]
fn assessments_that_contradict_show_even_of_one_agency() {
    let assess = |finding| Order::Assess { finding, automatic: false };
    let lawful = younger(NW).then(NW, assess(Finding::NotUnlawful));
    let mut bench = on(&lawful, &merged(&Bench::cleared(), &lawful).whole);
    assert_eq!(Gate::Assessed.state(&bench.state, bench.now_us), GateState::Contradicted);
    bench.ok(NW, assess(Finding::Unlawful(1)));
    assert_eq!(
        Gate::Assessed.state(&bench.state, bench.now_us),
        GateState::Set,
        "it corrects both of its own"
    );
    let suggested = younger(NW).then(NW, Order::Assess { finding: Finding::NotUnlawful, automatic: true });
    assert_eq!(merged(&Bench::cleared(), &suggested).whole.life.gates.assessments.len(), 1);
}

fn granted(bench: Bench) -> Bench {
    let mut bench = bench;
    bench.set_gates(NW);
    bench.then(NW, Order::RequestGrant)
}

#[test]
fn one_grant_survives_and_every_other_fence_is_dead() {
    let older = Bench::granted();
    let newer = granted(younger(NW));
    assert!(newer.state.life.fence > older.state.life.fence);
    let whole = merged(&older, &newer).whole;
    assert_eq!(whole.life.takedown, newer.state.life.takedown, "the newer of the owner's own");
    // The older target's is alive; the other's fence, though dead, is larger: it gets a new one.
    let spent = granted(younger(NW)).then(NW, Order::ReturnGrant);
    let whole = merged(&older, &spent).whole;
    let Takedown::Granted(grant) = whole.life.takedown else { panic!("the grant survives") };
    assert!(grant.fence > spent.state.life.fence && grant.fence == whole.life.fence);
    // Another agency's grant does not become the owner's.
    let assigned = Bench::new().then(BKA, Order::AssignOwner { to: SN, basis: OwnerBasis::Prosecutor });
    let whole = merged(&assigned, &newer).whole;
    assert_eq!((whole.owner(), &whole.life.takedown), (SN, &Takedown::Open));
    let mut late = older.clone();
    late.wait_hours(48);
    assert_eq!(
        merged(&late, &younger(NW)).whole.life.takedown,
        Takedown::Open,
        "what has run out is not revived"
    );
    let mut restored = older;
    restored.epoch = 2;
    assert_eq!(
        merged(&restored, &newer).whole.life.takedown,
        Takedown::Open,
        "nor what a restore has undone"
    );
}

#[test]
fn notices_join_one_thread_and_a_closed_round_is_not_begun_again() {
    let notified = Bench::notified();
    let whole = merged(&notified, &granted(younger(NW))).whole;
    assert_eq!((whole.life.takedown.clone(), whole.life.thread.len()), (Takedown::Notified, 1));
    let mut bench = on(&notified, &whole);
    bench.no(RefusalCode::NotifiedAlready, NW, bench.intend(NoticeKind::First));
    let closed = Bench::notified().then(NW, Order::CloseRound(Outcome::Gone));
    let whole = merged(&closed, &younger(BE)).whole;
    assert_eq!((whole.target.round, whole.target.is_open(), whole.life.thread.len()), (2, true, 0));
    assert_eq!(merged(&closed, &closed_younger()).whole.life.takedown, closed.state.life.takedown);
}

fn closed_younger() -> Bench {
    younger(BE).then(BE, Order::CloseRound(Outcome::NotForwardable))
}

fn parting(merge: &Merge, going: &[(AgencyNo, i64)], staying: &[AgencyNo]) -> Parting {
    Parting {
        target: TargetNo(9),
        apart: merge.apart.clone(),
        later: Vec::new(),
        going: going.to_vec(),
        staying: staying.to_vec(),
        origin: crate::life::Origin::default(),
    }
}

#[test]
fn a_split_gives_back_what_each_had_and_moves_nothing_that_came_since() {
    let (older, other) = (Bench::cleared().then(BY, HOLD), younger(BE).then(BE, HOLD));
    let merge = merged(&older, &other);
    let mut bench = on(&older, &merge.whole);
    bench.join(SN);
    bench.ok(SN, HOLD);
    let parting = parting(&merge, &[(BE, 20)], &[NW, BY, SN]);
    let (rest, leaver) = part(bench.state.clone(), &parting, &bench.context(BKA)).unwrap();
    let holds = |state: &State| state.life.holds.iter().map(|hold| hold.by).collect::<Vec<_>>();
    assert_eq!((holds(&rest), holds(&leaver)), (vec![BY, SN], vec![BE, SN]), "a later hold protects both");
    assert_eq!((interested(&rest), interested(&leaver)), (vec![NW, BY, SN], vec![BE]));
    assert_eq!((rest.owner(), leaver.owner()), (NW, BE));
    assert!(matches!(leaver.life.responsibility, Responsibility::Proposed { .. }), "it accepts anew");
    assert_eq!(leaver.target.no, TargetNo(9));
    assert!(leaver.target.is_open());
}

#[test]
fn what_left_for_the_whole_may_have_named_both() {
    let merge = merged(&Bench::new(), &younger(NW));
    let bench = on(&Bench::new(), &merge.whole).then(NW, Order::ReportIncident { sent_us: 5 });
    let parting = parting(&merge, &[(NW, 20)], &[NW, BY]);
    let (rest, leaver) = part(bench.state.clone(), &parting, &bench.context(BKA)).unwrap();
    assert_eq!((rest.life.thread.len(), leaver.life.thread.len()), (1, 0), "later events never move");
    assert!(leaver.life.is_notified());
    assert_eq!((rest.life.incidents, leaver.life.incidents), (1, 0));
    assert_eq!(leaver.life.responsibility, Responsibility::Confirmed, "it has accepted the whole");
}

/// That the provider was notified elsewhere is a mark without a date: whose it was is told by the rounds.
#[test]
fn a_notice_elsewhere_since_the_merge_blocks_both() {
    let elsewhere = |bench: Bench, who| bench.then(who, Order::ReportElsewhere);
    let closed = |bench: Bench, who| elsewhere(bench, who).then(who, Order::CloseRound(Outcome::Gone));
    let marks = |merge: &Merge, bench: &Bench| {
        let parting = parting(merge, &[(NW, 20)], &[NW, BY]);
        let (rest, leaver) = part(bench.state.clone(), &parting, &bench.context(BKA)).unwrap();
        (rest.life.elsewhere, leaver.life.elsewhere)
    };
    // A side whose round was over brought nothing into the one that goes on.
    let merge = merged(&Bench::new(), &closed(younger(NW), NW));
    let bench = on(&Bench::new(), &merge.whole);
    assert_eq!(marks(&merge, &bench), (false, true), "it keeps its own");
    assert_eq!(marks(&merge, &elsewhere(bench, NW)), (true, true));
    let merge = merged(&closed(Bench::new(), NW), &younger(NW));
    let bench = on(&Bench::new(), &merge.whole);
    assert_eq!(marks(&merge, &bench), (false, false));
    assert_eq!(marks(&merge, &elsewhere(bench, NW)), (true, true));
    // What it brought into a round is that round's.
    let merge = merged(&Bench::new(), &elsewhere(younger(NW), NW));
    let bench = on(&Bench::new(), &merge.whole);
    assert_eq!(marks(&merge, &bench), (false, true));
    let mut bench = bench.then(NW, Order::CloseRound(Outcome::Gone)).then(NW, Order::ReopenRound);
    assert_eq!(marks(&merge, &bench), (false, true));
    bench.ok(NW, Order::ReportElsewhere);
    assert_eq!(marks(&merge, &bench), (true, true));
}

#[test]
fn nothing_is_split_while_a_notice_is_under_way_and_a_grant_ends() {
    let mut both = younger(NW);
    both.set_gates(NW);
    let merge = merged(&Bench::granted(), &both);
    let mut bench = on(&Bench::granted(), &merge.whole);
    let parting = parting(&merge, &[(NW, 20)], &[NW, BY]);
    let (rest, leaver) = part(bench.state.clone(), &parting, &bench.context(BKA)).unwrap();
    assert_eq!((rest.life.takedown, &leaver.life.takedown), (Takedown::Open, &Takedown::Open));
    assert!(leaver.life.fence >= bench.state.life.fence);
    assert!(part(bench.state.clone(), &parting, &bench.context(NW)).is_err(), "the central office decides");
    bench.ok(BY, Order::Consent { of: None });
    let intend = bench.intend(NoticeKind::First);
    bench.ok(NW, intend);
    let refused = part(bench.state.clone(), &parting, &bench.context(BKA)).unwrap_err();
    assert_eq!(refused.code(), RefusalCode::UnderWay);
}

#[test]
fn who_was_made_responsible_by_the_merge_alone_gives_it_back() {
    let assigned = younger(BE).then(BKA, Order::AssignOwner { to: SN, basis: OwnerBasis::Prosecutor });
    let merge = merged(&Bench::new(), &assigned);
    assert_eq!(merge.whole.owner(), SN);
    let bench = on(&Bench::new(), &merge.whole);
    let parting = parting(&merge, &[(BE, 20)], &[NW, BY]);
    let (rest, leaver) = part(bench.state.clone(), &parting, &bench.context(BKA)).unwrap();
    assert_eq!((rest.owner(), leaver.owner()), (NW, SN));
}
