use super::*;
use crate::{
    life::Takedown,
    order::Order,
    testing::{BE, BKA, BY, Bench, EUROPOL, HOLD, NW, SN},
};

const ACCEPT: Order = Order::AnswerOffer { accepted: true };

#[test]
fn a_proposal_is_accepted_or_declined_by_the_one_that_is_asked() {
    let mut bench = Bench::new();
    bench.join(BE);
    bench.withdraw(NW);
    bench.no(RefusalCode::NotOwner, BE, Order::AcceptOwnership);
    bench.no(RefusalCode::NotOwner, BE, Order::DeclineOwnership);
    bench.no(RefusalCode::OwnershipState, BY, Order::OfferOwnership { to: BE });
    bench.clone().then(BY, Order::AcceptOwnership).no(
        RefusalCode::OwnershipState,
        BY,
        Order::DeclineOwnership,
    );
    bench.ok(BY, Order::DeclineOwnership);
    assert_eq!((bench.state.owner(), bench.state.is_bound(BY)), (BE, true), "it is co-interested again");
    bench.ok(BE, Order::DeclineOwnership);
    assert_eq!((bench.state.owner(), bench.state.target.ownership.basis), (BKA, OwnerBasis::Fallback));
    bench.no(RefusalCode::OwnershipState, BKA, Order::DeclineOwnership);
    bench.ok(BKA, Order::AcceptOwnership);
}

#[test]
fn an_offer_is_answered_by_the_one_it_was_made_to() {
    let mut bench = Bench::granted();
    bench.no(RefusalCode::NotOwner, BY, Order::OfferOwnership { to: BY });
    bench.no(RefusalCode::AgencyUnfit, NW, Order::OfferOwnership { to: EUROPOL });
    bench.no(RefusalCode::AgencyUnfit, NW, Order::OfferOwnership { to: AgencyNo(99) });
    bench.no(RefusalCode::OwnershipState, NW, Order::WithdrawOffer);
    bench.ok(NW, Order::OfferOwnership { to: SN });
    bench.no(RefusalCode::OwnershipState, NW, Order::OfferOwnership { to: BY });
    bench.no(RefusalCode::OwnershipState, BY, ACCEPT);
    bench.no(RefusalCode::NotOwner, SN, Order::WithdrawOffer);
    assert!(matches!(bench.state.life.takedown, Takedown::Granted(_)), "an offer ends nothing");
    let refused = bench.clone().then(SN, Order::AnswerOffer { accepted: false });
    assert_eq!((refused.state.owner(), refused.state.life.responsibility), (NW, Responsibility::Confirmed));
    let mut withdrawn = bench.clone().then(NW, Order::WithdrawOffer);
    withdrawn.no(RefusalCode::TargetUnknown, SN, ACCEPT);
    bench.ok(SN, ACCEPT);
    assert_eq!(bench.state.target.ownership, Ownership { owner: SN, basis: OwnerBasis::Agreement });
    assert_eq!(bench.state.life.takedown, Takedown::Open, "a transfer ends the grant");
    assert!(bench.state.is_bound(NW) && !bench.state.is_bound(SN));
    assert_eq!(bench.state.open_windows().count(), 0, "who gave it away has no window");
    bench.no(RefusalCode::NotOwner, NW, Order::RequestGrant);
}

#[test]
fn a_transfer_waits_for_a_notice_under_way() {
    let mut bench = Bench::under_way().then(NW, Order::OfferOwnership { to: BY });
    bench.no(RefusalCode::UnderWay, BY, ACCEPT);
    let assign = Order::AssignOwner { to: BY, basis: OwnerBasis::Assignment };
    bench.no(RefusalCode::UnderWay, BKA, assign);
    bench.no(RefusalCode::UnderWay, BY, Order::DisputeOwnership { claimed: BY });
    let sent = bench.sent();
    bench.ok(NW, sent);
    bench.ok(BY, ACCEPT);
    assert_eq!((bench.state.owner(), bench.state.life.thread.len()), (BY, 1));
    let reminder = bench.intend(crate::life::NoticeKind::Reminder);
    bench.no(RefusalCode::GateMissing, BY, reminder);
}

#[test]
fn a_former_fallback_without_a_case_has_its_window_when_its_own_case_joins() {
    let mut bench = Bench::new().then(NW, Order::OfferOwnership { to: SN }).then(SN, ACCEPT);
    bench.ok(SN, Order::OfferOwnership { to: NW });
    bench.ok(NW, ACCEPT);
    bench.join(SN);
    assert!(bench.state.open_windows().any(|window| window.agency == SN));
}

#[test]
fn there_and_back_again() {
    let mut bench = Bench::new().then(NW, Order::OfferOwnership { to: BY }).then(BY, ACCEPT);
    bench.ok(BY, Order::OfferOwnership { to: NW });
    bench.ok(NW, ACCEPT);
    assert_eq!((bench.state.owner(), bench.state.interests.len()), (NW, 2), "each agency once");
    bench.ok(NW, HOLD);
    bench.ok(NW, Order::LiftHold { hold: None });
    bench.withdraw(NW);
    assert_eq!((bench.state.owner(), bench.state.is_bound(NW)), (BY, false));
}

#[test]
fn a_suspended_agency_is_offered_nothing_and_does_nothing() {
    let mut bench = Bench::new();
    bench.suspend(BY);
    bench.no(RefusalCode::AgencyUnfit, NW, Order::OfferOwnership { to: BY });
    let unfit = |agency| {
        let refusal = may_own(agency, "agency_id", &bench.context(NW)).unwrap_err();
        (refusal.field, refusal.reason)
    };
    assert_eq!(unfit(BY), ("agency_id".into(), "this agency is suspended".into()));
    for never in [EUROPOL, AgencyNo(99)] {
        assert_eq!(unfit(never), ("agency_id".into(), "this agency may not own targets".into()));
    }
    bench.no(RefusalCode::AgencySuspended, BY, HOLD);
}
