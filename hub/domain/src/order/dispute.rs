//! Disputes: raised, withdrawn, and decided by the competent body. None blocks a hold.

use meldeverbund_proto::v1::{OwnerBasis, Refusal, RefusalCode};

use super::{
    Context, must_be_open, must_be_quiet,
    ownership::{may_own, ownership_state},
    succession::{change_owner, end_grant, proposed},
};
use crate::{
    AgencyNo,
    life::{Responsibility, State},
    policy::hours_us,
    target::Ownership,
};

pub(super) fn dispute(mut state: State, claimed: AgencyNo, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_be_bound(&state)?;
    may_own(claimed, "dispute_ownership.agency_id", context)?;
    if claimed == state.owner() {
        let reason = "is the owner already";
        return Err(Refusal::at(RefusalCode::AgencyUnfit, "dispute_ownership.agency_id", reason));
    }
    let proposed = match state.life.responsibility {
        Responsibility::Disputed { .. } => {
            return Err(ownership_state("the ownership is disputed already"));
        }
        Responsibility::Proposed { .. } => true,
        Responsibility::Confirmed | Responsibility::Offered { .. } => false,
    };
    must_be_quiet(&state)?;
    end_grant(&mut state);
    let (by, decide_by_us) = (context.actor.no, dispute_by_us(context));
    state.life.responsibility =
        Responsibility::Disputed { by, claimed, proposed, decide_by_us, escalated: false };
    Ok(state)
}

pub(super) fn withdraw_dispute(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    match state.life.responsibility {
        Responsibility::Disputed { by, proposed, .. } if by == context.actor.no => {
            state.life.responsibility = undisputed(proposed, context);
            Ok(state)
        }
        Responsibility::Disputed { .. } => {
            Err(Refusal::of(RefusalCode::NotYourRecord, "another agency disputes the ownership"))
        }
        _ => Err(ownership_state("the ownership is not disputed")),
    }
}

/// The central office records what the competent body decided; never in its own cause.
pub(super) fn assign(
    state: State,
    to: AgencyNo,
    basis: OwnerBasis,
    context: &Context<'_>,
) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_be_central()?;
    may_own(to, "assign_owner.agency_id", context)?;
    if !matches!(basis, OwnerBasis::Agreement | OwnerBasis::Assignment | OwnerBasis::Prosecutor) {
        return Err(Refusal::invalid("assign_owner.basis", "is nothing that a competent body decides on"));
    }
    let own = context.actor.no;
    let disputed_by_it = match state.life.responsibility {
        Responsibility::Disputed { by, claimed, .. } => by == own || claimed == own,
        _ => false,
    };
    let own_cause = disputed_by_it || state.owner() == own || to == own;
    // A prosecutor's decision (GVG § 143(3)) is not the central office's.
    if own_cause && basis != OwnerBasis::Prosecutor {
        let reason = "the central office is a party; record the prosecutor's decision";
        return Err(Refusal::of(RefusalCode::OwnCause, reason));
    }
    must_be_quiet(&state)?;
    let owned = Ownership { owner: to, basis };
    if to == state.owner() {
        let mut state = state;
        state.life.responsibility = Responsibility::Confirmed;
        state.target.ownership = owned;
        return Ok(state);
    }
    Ok(change_owner(state, owned, Responsibility::Confirmed, context))
}

pub(super) fn dispute_by_us(context: &Context<'_>) -> i64 {
    context.now_us + hours_us(context.policy.terms.dispute_hours)
}

/// A dispute that is withdrawn leaves things as they were: nobody has accepted what was only proposed.
pub(super) fn undisputed(was_proposed: bool, context: &Context<'_>) -> Responsibility {
    if was_proposed { proposed(context) } else { Responsibility::Confirmed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        order::Order,
        testing::{BE, BKA, BY, Bench, EUROPOL, NW, SN},
    };

    const DISPUTE: Order = Order::DisputeOwnership { claimed: BY };

    fn assign(to: AgencyNo, basis: OwnerBasis) -> Order {
        Order::AssignOwner { to, basis }
    }

    #[test]
    fn a_dispute_blocks_the_grant_until_it_is_withdrawn_by_its_maker() {
        let mut bench = Bench::granted();
        bench.no(RefusalCode::TargetUnknown, BE, DISPUTE);
        bench.no(RefusalCode::TargetUnknown, BKA, DISPUTE);
        bench.no(RefusalCode::AgencyUnfit, BY, Order::DisputeOwnership { claimed: NW });
        bench.no(RefusalCode::AgencyUnfit, BY, Order::DisputeOwnership { claimed: EUROPOL });
        bench.no(RefusalCode::OwnershipState, BY, Order::WithdrawDispute);
        bench.ok(BY, DISPUTE);
        assert_eq!(bench.state.life.takedown, crate::life::Takedown::Open, "the grant is over");
        bench.no(RefusalCode::Disputed, NW, Order::RequestGrant);
        bench.no(RefusalCode::OwnershipState, NW, Order::DisputeOwnership { claimed: SN });
        bench.no(RefusalCode::NotYourRecord, NW, Order::WithdrawDispute);
        bench.ok(BY, Order::WithdrawDispute);
        assert_eq!(bench.state.life.responsibility, Responsibility::Confirmed);
        bench.ok(NW, Order::RequestGrant);
    }

    #[test]
    fn a_proposal_that_was_disputed_still_waits_for_an_answer() {
        let mut bench = Bench::new();
        bench.join(BE);
        bench.withdraw(NW);
        bench.ok(BE, Order::DisputeOwnership { claimed: BE });
        bench.wait_hours(5);
        let withdrawn = bench.clone().then(BE, Order::WithdrawDispute);
        let Responsibility::Proposed { accept_by_us } = withdrawn.state.life.responsibility else {
            panic!("nobody has accepted")
        };
        assert_eq!(accept_by_us, withdrawn.now_us + hours_us(72));
        bench.withdraw(BE);
        assert!(
            matches!(bench.state.life.responsibility, Responsibility::Proposed { .. }),
            "it is gone with its maker"
        );
    }

    #[test]
    fn the_central_office_records_the_decision_and_never_in_its_own_cause() {
        let mut bench = Bench::cleared().then(BY, DISPUTE);
        bench.no(RefusalCode::NotPermitted, NW, assign(NW, OwnerBasis::Assignment));
        bench.no(RefusalCode::AgencyUnfit, BKA, assign(EUROPOL, OwnerBasis::Assignment));
        for basis in [OwnerBasis::Fallback, OwnerBasis::FirstSeised, OwnerBasis::LeadCase, OwnerBasis::Seat] {
            bench.no(RefusalCode::FieldInvalid, BKA, assign(BY, basis));
        }
        bench.no(RefusalCode::OwnCause, BKA, assign(BKA, OwnerBasis::Assignment));
        let kept = bench.clone().then(BKA, assign(NW, OwnerBasis::Agreement));
        assert_eq!(kept.state.target.ownership, Ownership { owner: NW, basis: OwnerBasis::Agreement });
        assert!(kept.state.life.gates.release.is_some(), "nothing changed hands");
        bench.ok(BKA, assign(BY, OwnerBasis::Assignment));
        assert_eq!(bench.state.target.ownership, Ownership { owner: BY, basis: OwnerBasis::Assignment });
        assert_eq!(bench.state.life.responsibility, Responsibility::Confirmed);
    }

    #[test]
    fn in_its_own_cause_a_prosecutor_decides() {
        let mut bench = Bench::new();
        bench.join(BKA);
        bench.ok(BKA, Order::DisputeOwnership { claimed: SN });
        bench.no(RefusalCode::OwnCause, BKA, assign(SN, OwnerBasis::Agreement));
        bench.ok(BKA, assign(SN, OwnerBasis::Prosecutor));
        let mut claimed = Bench::new().then(BY, Order::DisputeOwnership { claimed: BKA });
        claimed.no(RefusalCode::OwnCause, BKA, assign(BY, OwnerBasis::Agreement));
        claimed.ok(BKA, assign(BKA, OwnerBasis::Prosecutor));
        claimed.no(RefusalCode::OwnCause, BKA, assign(NW, OwnerBasis::Agreement));
    }
}
