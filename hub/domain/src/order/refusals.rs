//! Every refusal that a decision can give, given once; and what `docs/lifecycle.md` says of each.

use std::collections::BTreeSet;

use meldeverbund_proto::v1::{Outcome, OwnerBasis, RefusalCode};

use super::Order;
use crate::{
    conditions::Gate,
    life::{Finding, IntentId, NoticeKind},
    policy::GateName,
    testing::{BE, BKA, BY, Bench, HOLD, NW},
};

const GUIDE: &str = include_str!("../../../../docs/lifecycle.md");

/// Codes that other services give as well.
const SHARED: [RefusalCode; 3] =
    [RefusalCode::FieldInvalid, RefusalCode::AgencySuspended, RefusalCode::NotPermitted];

/// One way to each refusal.
fn given() -> Vec<RefusalCode> {
    let assess = |finding| Order::Assess { finding, automatic: false };
    let mut seen = Vec::new();
    let mut no = |mut bench: Bench, code, who, order| {
        bench.no(code, who, order);
        seen.push(code);
    };
    let grant = || Order::RequestGrant;
    no(Bench::new(), RefusalCode::FieldInvalid, NW, Order::Release { until_us: Some(5) });
    let mut suspended = Bench::new();
    suspended.suspend(NW);
    no(suspended, RefusalCode::AgencySuspended, NW, HOLD);
    no(Bench::new(), RefusalCode::NotPermitted, BY, Order::PlaceHold { until_us: None, on_behalf: true });
    no(Bench::new(), RefusalCode::TargetUnknown, BE, HOLD);
    no(Bench::cleared(), RefusalCode::NotOwner, BY, grant());
    no(Bench::new().then(NW, HOLD), RefusalCode::NotYourRecord, BY, Order::LiftHold { hold: None });
    no(Bench::new(), RefusalCode::GateMissing, NW, grant());
    let held = Bench::cleared().then(BY, HOLD);
    no(held.clone(), RefusalCode::HoldInForce, NW, grant());
    let mut lapsed = held;
    lapsed.wait_hours(90 * 24);
    no(lapsed, RefusalCode::HoldLapsed, NW, grant());
    let contradicted = Bench::cleared().then(BY, assess(Finding::NotUnlawful));
    no(contradicted, RefusalCode::AssessmentsContradict, NW, grant());
    let mut joined = Bench::cleared();
    joined.join(BE);
    no(joined.clone(), RefusalCode::WindowOpen, NW, grant());
    joined.policy.consent_required = true;
    no(joined, RefusalCode::ConsentRequired, NW, grant());
    no(Bench::notified(), RefusalCode::NotifiedAlready, NW, grant());
    no(Bench::granted(), RefusalCode::GrantLive, NW, grant());
    no(Bench::cleared(), RefusalCode::NoGrant, NW, Order::ReturnGrant);
    let granted = Bench::granted();
    let stale = Order::Intend { kind: NoticeKind::First, fence: granted.state.life.fence - 1 };
    no(granted, RefusalCode::FenceStale, NW, stale);
    no(Bench::under_way(), RefusalCode::UnderWay, NW, Order::CloseRound(Outcome::Unresolved));
    let closed = Bench::notified().then(NW, Order::CloseRound(Outcome::Gone));
    no(closed, RefusalCode::RoundClosed, NW, HOLD);
    no(Bench::new(), RefusalCode::RoundOpen, NW, Order::ReopenRound);
    let mut awaited = Bench::new();
    awaited.policy.four_eyes = vec![GateName::Evidence];
    let awaited = awaited.then(NW, Order::SecureEvidence);
    no(awaited, RefusalCode::FourEyes, NW, Order::Confirm(Gate::Evidence));
    no(Bench::new(), RefusalCode::OwnershipState, NW, Order::AcceptOwnership);
    let to_itself = Order::AssignOwner { to: BKA, basis: OwnerBasis::Assignment };
    no(Bench::new(), RefusalCode::OwnCause, BKA, to_itself);
    let disputed = Bench::cleared().then(BY, Order::DisputeOwnership { claimed: BY });
    no(disputed, RefusalCode::Disputed, NW, grant());
    let unknown = Order::ResolveIntent { intent: IntentId(1), sent_us: None };
    no(Bench::new(), RefusalCode::NothingToDo, NW, unknown);
    no(Bench::new(), RefusalCode::OutcomeUnfit, NW, Order::CloseRound(Outcome::Gone));
    no(Bench::new(), RefusalCode::AgencyUnfit, NW, Order::OfferOwnership { to: NW });
    no(Bench::proposed_to_by(), RefusalCode::NotAccepted, BY, grant());
    seen
}

/// The codes that only decisions give; what the contract gained later is about signatures and retention.
fn special() -> impl Iterator<Item = RefusalCode> {
    let last = RefusalCode::NotAccepted as i32;
    (18..=last).map(|number| RefusalCode::try_from(number).expect("codes have no gap"))
}

fn names(codes: impl IntoIterator<Item = RefusalCode>) -> BTreeSet<&'static str> {
    let short = |code: RefusalCode| code.as_str_name().trim_start_matches("REFUSAL_CODE_");
    codes.into_iter().map(short).collect()
}

#[test]
fn every_refusal_can_be_given() {
    assert_eq!(names(given()), names(SHARED.into_iter().chain(special())));
}

#[test]
fn the_guide_says_what_to_do_about_each() {
    let rows = GUIDE.split("## Refusals").nth(1).expect("the guide has this section").lines();
    let rows = rows.filter_map(|line| line.strip_prefix("| `")).map(|row| row.split('|').collect::<Vec<_>>());
    let mut told = BTreeSet::new();
    for row in rows {
        let [code, means, what_to_do, ""] = row[..] else { panic!("{row:?} has three columns") };
        assert!(means.trim().len() > 10 && what_to_do.trim().len() > 5, "{row:?}");
        assert!(told.insert(code.trim().trim_end_matches('`')), "{code} once");
    }
    assert_eq!(told, names(SHARED.into_iter().chain(special())));
}
