//! The grant: one at a time, fenced, for the owner, and only if every condition is met (I2, I3).

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Context, must_be_open, must_be_quiet};
use crate::{
    conditions::Conditions,
    life::{Grant, State, Takedown},
    policy::hours_us,
};

pub(super) fn request(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    must_be_open(&state)?;
    context.must_own(&state)?;
    must_be_quiet(&state)?;
    if let Takedown::Granted(grant) = state.life.takedown
        && grant.until_us > context.now_us
        && !is_of_earlier_epoch(grant.fence, context.epoch)
    {
        return Err(Refusal::of(RefusalCode::GrantLive, "a grant is live"));
    }
    must_not_be_notified(&state)?;
    Conditions::of(&state, context.policy, context.now_us).require()?;
    let fence = fence(state.life.fence, context);
    let until_us = context.now_us + hours_us(context.policy.terms.grant_hours);
    state.life.fence = fence;
    state.life.takedown = Takedown::Granted(Grant { fence, until_us });
    Ok(state)
}

pub(super) fn give_back(mut state: State, context: &Context<'_>) -> Result<State, Refusal> {
    context.must_own(&state)?;
    let Takedown::Granted(_) = state.life.takedown else {
        return Err(Refusal::of(RefusalCode::NoGrant, "there is no unused grant"));
    };
    state.life.takedown = Takedown::Open;
    Ok(state)
}

/// A round has one first notice.
pub(super) fn must_not_be_notified(state: &State) -> Result<(), Refusal> {
    if state.life.is_notified() {
        let reason = "the provider has been notified in this round, here or elsewhere";
        return Err(Refusal::of(RefusalCode::NotifiedAlready, reason));
    }
    Ok(())
}

/// The leaf of the granting decision is larger than that of every one before it. A ledger that was restored goes on below
/// what was lost, so each log epoch has a range of its own, and the last fence counts too.
pub(super) fn fence(newest: u64, context: &Context<'_>) -> u64 {
    let epochs_before = u64::from(context.epoch.saturating_sub(1));
    ((epochs_before << EPOCH_BITS) + context.leaf.unsigned_abs()).max(newest + 1)
}

/// Whether the ledger was restored since the grant with this fence: it may have been given twice, and what spoke against it
/// may have been lost, so nothing is sent under it any more.
pub fn is_of_earlier_epoch(fence: u64, epoch: u32) -> bool {
    fence >> EPOCH_BITS < u64::from(epoch.saturating_sub(1))
}

/// Fences of one log epoch: more leaves than any ledger will have.
const EPOCH_BITS: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        life::NoticeKind,
        order::Order,
        testing::{BY, Bench, NW},
    };

    #[test]
    fn fences_only_grow_even_if_the_ledger_starts_anew() {
        let mut bench = Bench::granted();
        let first = bench.state.life.fence;
        assert_eq!(first, u64::try_from(bench.command).unwrap(), "the granting leaf");
        bench.ok(NW, Order::ReturnGrant);
        bench.command = 3;
        bench.ok(NW, Order::RequestGrant);
        assert_eq!(bench.state.life.fence, first + 1);
    }

    #[test]
    fn fences_of_a_restored_ledger_are_above_those_of_what_was_lost() {
        let bench = Bench::cleared();
        let context = Context { leaf: 3, epoch: 2, ..bench.context(NW) };
        assert_eq!(fence(bench.state.life.fence, &context), (1 << 40) + 3);
        assert_eq!(fence(bench.state.life.fence, &Context { epoch: 3, ..context }), (2 << 40) + 3);
    }

    #[test]
    fn a_restore_makes_every_grant_stale_and_a_new_one_can_be_had() {
        let mut bench = Bench::granted();
        let stale = bench.intend(NoticeKind::First);
        bench.epoch = 2;
        bench.no(RefusalCode::FenceStale, NW, stale.clone());
        bench.ok(NW, Order::RequestGrant);
        bench.no(RefusalCode::FenceStale, NW, stale.clone());
        bench.no(RefusalCode::GrantLive, NW, Order::RequestGrant);
        let fresh = bench.intend(NoticeKind::First);
        bench.ok(NW, fresh);
        // Of a grant that was lost with its decision nothing is known here.
        let mut bench = Bench::cleared();
        bench.epoch = 2;
        bench.no(RefusalCode::FenceStale, NW, stale);
        // A thread goes on.
        let mut bench = Bench::notified();
        bench.epoch = 2;
        let recall = bench.intend(NoticeKind::Recall);
        bench.ok(NW, recall);
    }

    #[test]
    fn one_at_a_time_and_a_new_one_when_it_has_run_out() {
        let mut bench = Bench::granted();
        let stale = bench.intend(NoticeKind::First);
        bench.no(RefusalCode::GrantLive, NW, Order::RequestGrant);
        bench.no(RefusalCode::NotOwner, BY, Order::ReturnGrant);
        bench.now_us += hours_us(48) - 1;
        bench.no(RefusalCode::GrantLive, NW, Order::RequestGrant);
        bench.now_us += 1;
        bench.no(RefusalCode::NoGrant, NW, stale.clone());
        bench.ok(NW, Order::RequestGrant);
        bench.no(RefusalCode::FenceStale, NW, stale);
    }

    #[test]
    fn none_after_a_notice_here_or_elsewhere() {
        for bench in [
            Bench::notified(),
            Bench::cleared().then(BY, Order::ReportElsewhere),
            Bench::cleared().then(BY, Order::ReportIncident { sent_us: 5 }),
            Bench::granted().then(BY, Order::ReportIncident { sent_us: 5 }),
            Bench::granted().then(BY, Order::ReportElsewhere),
        ] {
            let mut bench = bench;
            assert!(!matches!(bench.state.life.takedown, Takedown::Granted(_)));
            bench.no(RefusalCode::NotifiedAlready, NW, Order::RequestGrant);
        }
        Bench::under_way().no(RefusalCode::UnderWay, NW, Order::RequestGrant);
    }
}
