//! Need to know as a table (I7): who sees which field. How a referral may be handled (H0 to H3, not visible to liaison) is
//! no fact of these rules and opens nothing here to anybody: a liaison body sees nothing in any case.

use std::collections::BTreeSet;

use meldeverbund_proto::v1::Outcome;

use super::*;
use crate::{
    life::{Finding, NoticeKind},
    order::Order,
    testing::{BE, BKA, BY, Bench, EUROPOL, HOLD, NW, SN},
};

type Row = (&'static str, bool, bool, bool, bool);
type Column = fn(&Row) -> bool;

/// Field, owner, co-interested, central office, offered. Strangers and liaison bodies see no view at all. An offer ends with
/// the round, so that whom it was made to never sees an outcome.
const TABLE: [Row; 14] = [
    ("gates", true, true, true, false),
    ("holds", true, true, true, false),
    ("windows", true, true, true, false),
    ("grant", true, false, false, false),
    ("intent", true, true, true, true),
    ("notices", true, true, true, true),
    ("incidents", true, true, true, true),
    ("elsewhere", true, true, true, true),
    ("complaint", true, true, true, true),
    ("outcome", true, true, true, false),
    ("claimed", true, true, true, true),
    ("missing", true, false, false, false),
    ("due", true, true, true, true),
    ("urgent", true, true, true, true),
];

/// The fields that are not empty; a new field does not compile until it has a row.
fn seen(view: &View) -> BTreeSet<&'static str> {
    let View {
        gates,
        holds,
        windows,
        grant,
        intent,
        notices,
        incidents,
        elsewhere,
        complaint,
        outcome,
        claimed,
        missing,
        due,
        urgent,
    } = view;
    let fields = [
        ("gates", !gates.is_empty()),
        ("holds", !holds.is_empty()),
        ("windows", !windows.is_empty()),
        ("grant", grant.is_some()),
        ("intent", intent.is_some()),
        ("notices", *notices > 0),
        ("incidents", *incidents > 0),
        ("elsewhere", *elsewhere),
        ("complaint", *complaint),
        ("outcome", outcome.is_some()),
        ("claimed", claimed.is_some()),
        ("missing", !missing.is_empty()),
        ("due", !due.is_empty()),
        ("urgent", *urgent),
    ];
    fields.into_iter().filter(|(_, is_seen)| *is_seen).map(|(name, _)| name).collect()
}

/// A granted target on which everybody has something; offered to SN, where no case is bound.
fn busy() -> Bench {
    let mut bench = Bench::granted();
    bench.state.life.urgent = true;
    bench.join(BE);
    for who in [NW, BE, BKA] {
        bench.ok(who, HOLD);
    }
    bench.ok(BY, Order::ReportComplaint);
    bench.ok(BE, Order::SecureEvidence);
    bench.then(NW, Order::OfferOwnership { to: SN })
}

fn benches() -> Vec<Bench> {
    let mut sending = Bench::notified().then(BY, Order::ReportIncident { sent_us: 5 });
    sending.join(BE);
    sending.ok(BE, Order::Consent { of: None });
    sending.ok(BE, Order::ReportElsewhere);
    let reminder = sending.intend(NoticeKind::Reminder);
    sending.ok(NW, reminder);
    sending.ok(NW, Order::OfferOwnership { to: SN });
    let mut disputed = Bench::new().then(BY, Order::DisputeOwnership { claimed: SN });
    disputed.join(BE);
    let mut closed = Bench::notified();
    closed.join(BE);
    closed.ok(NW, Order::CloseRound(Outcome::Gone));
    let idle = busy().then(NW, Order::ReturnGrant);
    vec![busy(), idle, sending, disputed, closed]
}

#[test]
fn who_sees_which_field() {
    let all = |who| -> BTreeSet<_> {
        benches().iter().filter_map(|bench| bench.view(who)).flat_map(|view| seen(&view)).collect()
    };
    let viewers: [(AgencyNo, Column); 4] =
        [(NW, |row| row.1), (BE, |row| row.2), (BKA, |row| row.3), (SN, |row| row.4)];
    for (who, sees) in viewers {
        let expected: BTreeSet<_> = TABLE.iter().filter(|row| sees(row)).map(|row| row.0).collect();
        assert_eq!(all(who), expected, "{who:?}");
    }
    assert_eq!(TABLE.iter().map(|row| row.0).collect::<BTreeSet<_>>(), all(NW), "every field has a row");
}

#[test]
fn a_liaison_body_and_a_stranger_see_nothing() {
    for bench in benches() {
        assert_eq!(bench.view(EUROPOL), None);
    }
    let mut bench = busy();
    bench.ok(NW, Order::WithdrawOffer);
    assert_eq!(bench.view(SN), None, "the offer was taken back");
    assert_eq!(Bench::notified().view(BE), None);
}

#[test]
fn others_see_their_own_alone() {
    let bench = busy();
    let makers = |who| {
        let view = bench.view(who).unwrap();
        let windows: Vec<_> = view.windows.iter().map(|window| window.agency).collect();
        (view.holds.iter().map(|hold| hold.by).collect::<Vec<_>>(), windows)
    };
    assert_eq!(makers(NW), (vec![NW, BE, BKA], vec![BE]));
    assert_eq!(makers(BKA), (vec![NW, BE, BKA], vec![BE]));
    assert_eq!(makers(BE), (vec![BE], vec![BE]));
    assert_eq!(makers(BY), (vec![], vec![]), "its window is closed");
    assert_eq!(makers(SN), (vec![], vec![]));
}

#[test]
fn gates_are_the_owners_or_ones_own() {
    let bench = busy();
    let (unset, set) = (GateState::Unspecified, GateState::Set);
    let gates = |bench: &Bench, who| bench.view(who).unwrap().gates;
    assert_eq!(gates(&bench, NW), [set; 4]);
    assert_eq!(gates(&bench, BKA), [set; 4]);
    assert_eq!(gates(&bench, BE), [unset, set, unset, unset]);
    let suggested = bench.then(BE, Order::Assess { finding: Finding::Unlawful(1), automatic: true });
    assert_eq!(gates(&suggested, BE)[0], GateState::Suggested, "a suggestion is shown as such");
    assert_eq!(gates(&suggested, NW)[0], set);
}

#[test]
fn a_former_owner_sees_the_record_that_it_left_and_reaches_it() {
    let mut bench = Bench::new().then(NW, Order::OfferOwnership { to: SN });
    bench.ok(SN, Order::AnswerOffer { accepted: true });
    bench.ok(SN, HOLD);
    bench.ok(SN, Order::OfferOwnership { to: BY });
    bench.ok(BY, Order::AnswerOffer { accepted: true });
    assert_eq!(bench.view(SN).unwrap().holds.len(), 1);
    assert_eq!(bench.view(SN).unwrap().due[0].0, DueKind::RenewHold);
    let hold = Some(bench.hold());
    bench.ok(SN, Order::LiftHold { hold });
    assert_eq!(bench.view(SN), None, "it has no more to do with it");
    for (gate, order) in [
        (Gate::Assessed, Order::Assess { finding: Finding::NotUnlawful, automatic: false }),
        (Gate::Evidence, Order::SecureEvidence),
        (Gate::ProviderData, Order::SettleProviderData),
    ] {
        let mut bench = Bench::new().then(NW, Order::OfferOwnership { to: SN });
        bench.ok(SN, Order::AnswerOffer { accepted: true });
        bench.ok(SN, order);
        bench.ok(SN, Order::OfferOwnership { to: BY });
        bench.ok(BY, Order::AnswerOffer { accepted: true });
        assert!(bench.view(SN).is_some(), "{gate:?}");
        bench.ok(SN, Order::WithdrawGate(gate));
        assert_eq!(bench.view(SN), None, "{gate:?}");
    }
}

#[test]
fn the_owner_sees_what_keeps_the_grant_away_and_then_the_fence() {
    let owners = |bench: &Bench| bench.view(NW).map(|view| (view.missing, view.grant)).unwrap();
    let new = Bench::new();
    let missing = Conditions::of(&new.state, &new.policy, new.now_us).into_missing();
    assert_eq!((missing.len(), owners(&new)), (5, (missing, None)));
    let granted = Bench::granted();
    let Takedown::Granted(grant) = granted.state.life.takedown else { panic!("it is granted") };
    assert_eq!(owners(&granted), (vec![], Some((grant.fence, grant.until_us))));
    assert_eq!(owners(&Bench::under_way()), (vec![], None), "it is used");
    let held = Bench::notified().then(BY, HOLD);
    assert_eq!(owners(&held), (vec![], Some((grant.fence, 0))), "reminders name it again");
}

#[test]
fn what_is_wrong_with_a_notice_is_seen() {
    let trouble = |bench: &Bench| bench.view(BY).unwrap().intent.map(|(.., trouble)| trouble);
    let mut bench = Bench::under_way();
    assert_eq!(trouble(&bench), Some(None));
    let intent = bench.intent();
    let failed = bench.clone().then(NW, Order::ReportFailed { intent });
    assert_eq!(trouble(&failed), Some(Some(Trouble::Failed)));
    bench.wait_hours(1);
    bench.pass();
    assert_eq!(trouble(&bench), Some(Some(Trouble::InDoubt)));
}

/// Whether the central office may have to see to it, for each thing by itself; it is no party to any of them.
#[test]
fn the_central_office_is_told_of_what_it_may_have_to_see_to() {
    let may = |bench: &Bench| {
        let told = is_told(bench.context(BKA).actor, &bench.state);
        assert_eq!(told, bench.state.life.may_need_centre());
        told
    };
    let close = |mut bench: Bench| {
        bench.state.life.takedown = Takedown::Closed { outcome: Outcome::Refused.into() };
        bench
    };
    let lapsed = || {
        let mut bench = Bench::new().then(BY, HOLD);
        bench.state.life.holds[0].lapsed = true;
        bench
    };
    let disputed = || Bench::new().then(BY, Order::DisputeOwnership { claimed: BY });
    let mut incident = Bench::new();
    incident.state.life.incidents = 1;
    let mut unresolved = Bench::under_way();
    assert!(!may(&unresolved));
    unresolved.wait_hours(1);
    unresolved.pass();

    for bench in [Bench::new(), Bench::new().then(BY, HOLD), Bench::granted(), Bench::notified()] {
        assert!(!may(&bench), "{:?}", bench.state.life);
    }
    for bench in [lapsed(), disputed(), incident.clone(), unresolved, close(lapsed()), close(incident)] {
        assert!(may(&bench), "{:?}", bench.state.life);
    }
    assert!(!may(&close(disputed())), "what is closed waits for nobody");
}

#[test]
fn parties_are_told_and_strangers_are_not() {
    let told = |bench: &Bench, who| is_told(bench.context(who).actor, &bench.state);
    let bench = busy();
    assert_eq!([NW, BY, BE, BKA, SN].map(|who| told(&bench, who)), [true; 5]);
    assert!(!told(&bench, EUROPOL) && !told(&Bench::new(), BE));
    let mine = Bench::new().then(BKA, HOLD);
    assert!(told(&mine, BKA) && !mine.state.life.may_need_centre(), "it has a record of its own");
    let offered = Bench::new().then(NW, Order::OfferOwnership { to: BKA });
    assert!(told(&offered, BKA) && !offered.state.life.may_need_centre());
}

#[test]
fn the_role_on_the_wire() {
    let bench = busy();
    let role = |who| Viewer::of(bench.context(who).actor, &bench.state).role();
    assert_eq!(
        [NW, BE, BKA, SN, EUROPOL].map(role),
        [Role::Owner, Role::CoInterested, Role::Unspecified, Role::Unspecified, Role::Unspecified]
    );
}

#[test]
fn what_is_due_and_from_whom() {
    let kinds = |bench: &Bench, who| -> Vec<_> {
        bench.view(who).unwrap().due.into_iter().map(|(kind, _)| kind).collect()
    };
    assert_eq!(kinds(&Bench::new(), NW), [DueKind::SetGates]);
    assert_eq!(kinds(&Bench::new(), BY), [], "its window has not begun");
    let mut begun = Bench::new();
    begun.state.interests[0].window = Window::Until(begun.now_us + 5);
    assert_eq!(begun.view(BY).unwrap().due, [(DueKind::AnswerWindow, begun.now_us + 5)]);
    assert_eq!(kinds(&begun, NW), [DueKind::SetGates], "another's window");
    begun.ok(NW, Order::CloseRound(Outcome::Unresolved));
    assert_eq!(kinds(&begun, BY), [], "nothing to object to");
    assert_eq!(kinds(&Bench::cleared(), NW), [DueKind::RequestGrant]);
    assert_eq!(kinds(&Bench::cleared().then(BY, Order::ReportElsewhere), NW), [], "it is notified");
    assert_eq!(kinds(&Bench::granted(), NW), [DueKind::SendNotice]);
    assert_eq!(kinds(&Bench::under_way(), NW), []);
    let failed = Bench::under_way();
    let intent = failed.intent();
    let failed = failed.then(NW, Order::ReportFailed { intent });
    assert_eq!(kinds(&failed, NW), [DueKind::ResolveIntent]);
    assert_eq!(kinds(&failed, BY), []);
    let proposed = Bench::proposed_to_by();
    assert_eq!(kinds(&proposed, BY), [DueKind::AnswerProposal], "one thing after the other");
    let offered = Bench::cleared().then(NW, Order::OfferOwnership { to: BY });
    assert_eq!(kinds(&offered, BY), [DueKind::AnswerOffer]);
    let disputed = Bench::cleared().then(BY, Order::DisputeOwnership { claimed: BY });
    assert_eq!(kinds(&disputed, BKA), [DueKind::DecideDispute]);
    assert_eq!(kinds(&disputed, NW), []);
    let mut silent = Bench::notified();
    assert_eq!(kinds(&silent, NW), []);
    silent.wait_hours(48);
    assert_eq!(kinds(&silent, NW), [DueKind::FollowUp]);
    silent.ok(BY, Order::ReportComplaint);
    assert_eq!(kinds(&silent, NW), [DueKind::SettleComplaint, DueKind::FollowUp]);
    let over = Bench::new().then(BY, Order::DisputeOwnership { claimed: BY });
    let over = over.then(NW, Order::CloseRound(Outcome::Unresolved));
    assert_eq!(kinds(&over, BKA), [], "nothing is decided in a closed round");
}
