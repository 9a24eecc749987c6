//! Withdrawals: an agency's cases are bound to the target no longer.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Context, dispute::undisputed, gates::remove_records, must_be_quiet, succession::next_owner};
use crate::{
    CaseNo,
    life::{Responsibility, State, Takedown},
};

/// Withdraws the agency's cases. The owner's last one names the next owner in the same step; with no binding left the
/// round closes. A notice that is under way or awaits its outcome keeps its owner.
pub(super) fn withdraw_referral(
    mut state: State,
    cases: &[CaseNo],
    left: usize,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    let own = context.actor.no;
    if cases.is_empty() || !state.is_bound(own) {
        return Err(Refusal::of(RefusalCode::NotYourRecord, "none of these cases is bound to the target"));
    }
    if left > 0 {
        return Ok(state);
    }
    if state.life.holds.iter().any(|hold| hold.by == own) {
        return Err(Refusal::of(RefusalCode::HoldInForce, "your agency has a hold here; lift it first"));
    }
    let owns = state.owner() == own;
    let is_open = !matches!(state.life.takedown, Takedown::Closed { .. });
    if owns && is_open {
        must_be_quiet(&state)?;
        if state.life.is_notified() {
            return Err(Refusal::of(
                RefusalCode::UnderWay,
                "a notice awaits its outcome; close the round first",
            ));
        }
    }
    remove_records(&mut state.life.gates, own);
    state.life.consented.retain(|agency| *agency != own);
    state.interests.retain(|interest| interest.agency != own);
    if let Responsibility::Disputed { by, proposed, .. } = state.life.responsibility
        && by == own
    {
        state.life.responsibility = undisputed(proposed, context);
    }
    if !owns {
        return Ok(state);
    }
    state.life.taken_over = true;
    if !is_open {
        // Of a closed round it is the one that was responsible; the next one begins with another.
        state.life.declined.push(own);
        return Ok(state);
    }
    if state.is_abandoned() { Ok(state) } else { Ok(next_owner(state, context)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        order::Order,
        testing::{BE, BKA, BY, Bench, HOLD, NW, SN},
    };
    use meldeverbund_proto::v1::{Outcome, OwnerBasis, Stage};

    fn withdraw(left: usize) -> Order {
        Order::WithdrawReferral { cases: vec![CaseNo(1)], left }
    }

    #[test]
    fn only_ones_own_cases_and_one_of_several_changes_nothing() {
        let mut bench = Bench::cleared();
        bench.no(RefusalCode::NotYourRecord, BKA, withdraw(0));
        bench.no(RefusalCode::NotYourRecord, NW, Order::WithdrawReferral { cases: vec![], left: 1 });
        let before = bench.state.clone();
        bench.ok(NW, withdraw(1));
        assert_eq!(bench.state, before);
    }

    #[test]
    fn a_co_interested_agency_goes_with_what_it_said() {
        let mut bench = Bench::new().then(BY, Order::SecureEvidence).then(BY, Order::Consent { of: None });
        bench.ok(BY, HOLD);
        bench.no(RefusalCode::HoldInForce, BY, withdraw(0));
        bench.ok(BY, Order::LiftHold { hold: None });
        bench.ok(BY, withdraw(0));
        assert!(!bench.state.is_bound(BY) && bench.state.life.gates.evidence.is_empty());
        bench.no(RefusalCode::TargetUnknown, BY, withdraw(0));
        bench.join(BY);
        assert_eq!(bench.state.open_windows().count(), 1, "who joins again has a window again");
    }

    #[test]
    fn the_owners_last_case_names_the_next_owner_and_the_last_of_all_closes_the_round() {
        let mut bench = Bench::granted();
        bench.withdraw(NW);
        assert_eq!((bench.state.owner(), bench.state.target.ownership.basis), (BY, OwnerBasis::FirstSeised));
        assert_eq!(bench.state.life.takedown, Takedown::Open);
        bench.withdraw(BY);
        assert_eq!(bench.state.life.takedown, Takedown::Closed { outcome: Outcome::Withdrawn.into() });
        assert_eq!((bench.state.target.stage, bench.state.owner()), (Stage::Closed, BY));
        bench.no(RefusalCode::RoundClosed, BY, Order::ReopenRound);
    }

    #[test]
    fn the_last_case_closes_the_round_even_if_it_is_not_the_owners() {
        let mut bench = Bench::alone().then(NW, Order::OfferOwnership { to: SN });
        bench.ok(SN, Order::AnswerOffer { accepted: true });
        bench.no(RefusalCode::NotYourRecord, SN, withdraw(0));
        bench.withdraw(NW);
        assert_eq!(bench.state.life.takedown, Takedown::Closed { outcome: Outcome::Withdrawn.into() });
    }

    #[test]
    fn a_notice_keeps_its_owner_and_the_round_open() {
        Bench::under_way().no(RefusalCode::UnderWay, NW, withdraw(0));
        let mut notified = Bench::notified();
        notified.no(RefusalCode::UnderWay, NW, withdraw(0));
        notified.withdraw(BY);
        assert_eq!(notified.state.target.stage, Stage::Notified);
    }

    #[test]
    fn a_round_that_nobodys_case_is_in_closes_when_its_notice_did_not_leave() {
        let mut bench = Bench::alone().then(NW, Order::OfferOwnership { to: SN });
        bench.ok(SN, Order::AnswerOffer { accepted: true });
        bench.set_gates(SN);
        bench.ok(SN, Order::RequestGrant);
        let intend = bench.intend(crate::life::NoticeKind::First);
        bench.ok(SN, intend);
        bench.withdraw(NW);
        assert_eq!(bench.state.target.stage, Stage::Granted, "a notice under way keeps an owner");
        let intent = bench.intent();
        bench.ok(SN, Order::ReportFailed { intent });
        bench.ok(SN, Order::ResolveIntent { intent, sent_us: None });
        assert_eq!(bench.state.life.takedown, Takedown::Closed { outcome: Outcome::Withdrawn.into() });
    }

    #[test]
    fn who_withdraws_from_a_closed_round_does_not_own_the_next() {
        let mut bench = Bench::notified().then(NW, Order::CloseRound(Outcome::Gone));
        bench.withdraw(NW);
        assert_eq!(bench.state.owner(), NW, "of a closed round it is who was responsible");
        bench.join(BE);
        bench.ok(BE, Order::ReopenRound);
        assert_eq!((bench.state.owner(), bench.state.target.round), (BY, 2));
        assert!(matches!(bench.state.life.responsibility, Responsibility::Proposed { .. }));
    }
}
