//! Decisions: facts and an order in, the new state or a refusal out. One room a subject, one function an order.

mod context;
mod dispute;
mod duplicate;
mod gates;
mod grant;
mod holds;
mod notice;
mod orders;
mod ownership;
#[cfg(test)]
mod refusals;
mod round;
mod succession;
mod windows;
mod withdrawal;

use meldeverbund_proto::v1::{Refusal, RefusalCode};

pub use context::Context;
pub use duplicate::{Apart, Merge, Parting, Side, Was, merge, part};
pub use gates::{awaiting, same_officer};
pub use grant::is_of_earlier_epoch;
pub use orders::Order;
pub use round::next_round;
pub use succession::{change_owner, fall_back, next_owner};

use crate::life::{State, Takedown};

/// Decides one order on one target.
///
/// # Errors
/// Why nothing changes.
pub fn decide(state: State, order: &Order, context: &Context<'_>) -> Result<State, Refusal> {
    context.actor.admit()?;
    context.may_see(&state)?;
    let mut state = match order {
        Order::Assess { finding, automatic } => gates::assess(state, *finding, *automatic, context),
        Order::SecureEvidence => gates::secure_evidence(state, context),
        Order::SettleProviderData => gates::settle_provider_data(state, context),
        Order::Release { until_us } => gates::release(state, *until_us, context),
        Order::Confirm(gate) => gates::confirm(state, *gate, context),
        Order::WithdrawGate(gate) => gates::withdraw(state, *gate, context),
        Order::AdoptGates(gates) => gates::adopt(state, gates, context),
        Order::PlaceHold { until_us, on_behalf } => holds::place(state, *until_us, *on_behalf, context),
        Order::RenewHold { hold, until_us } => holds::renew(state, *hold, *until_us, context),
        Order::LiftHold { hold } => holds::lift(state, *hold, context),
        Order::Consent { of } => windows::consent(state, *of, context),
        Order::RequestGrant => grant::request(state, context),
        Order::ReturnGrant => grant::give_back(state, context),
        Order::Intend { kind, fence } => notice::intend(state, *kind, *fence, context),
        Order::ReportSent { intent, sent_us } => notice::sent(state, *intent, *sent_us, context),
        Order::ReportFailed { intent } => notice::failed(state, *intent, context),
        Order::ResolveIntent { intent, sent_us } => notice::resolve(state, *intent, *sent_us, context),
        Order::ReportIncident { sent_us } => notice::incident(state, *sent_us, context),
        Order::ReportElsewhere => notice::elsewhere(state, context),
        Order::ReportAnswer { settles } => round::answer(state, *settles, context),
        Order::ReportCheck { available } => round::check(state, *available, context),
        Order::CloseRound(outcome) => round::close(state, *outcome, context),
        Order::ReportComplaint => round::complain(state, context),
        Order::SettleComplaint { upheld } => round::settle_complaint(state, *upheld, context),
        Order::ReopenRound => round::reopen(state, context),
        Order::AcceptOwnership => ownership::accept(state, context),
        Order::DeclineOwnership => ownership::decline(state, context),
        Order::OfferOwnership { to } => ownership::offer(state, *to, context),
        Order::AnswerOffer { accepted } => ownership::answer_offer(state, *accepted, context),
        Order::WithdrawOffer => ownership::withdraw_offer(state, context),
        Order::DisputeOwnership { claimed } => dispute::dispute(state, *claimed, context),
        Order::WithdrawDispute => dispute::withdraw_dispute(state, context),
        Order::AssignOwner { to, basis } => dispute::assign(state, *to, *basis, context),
        Order::WithdrawReferral { cases, left } => {
            withdrawal::withdraw_referral(state, cases, *left, context)
        }
        Order::Overrule { of } => holds::overrule(state, *of, context),
    }?;
    round::end_if_abandoned(&mut state);
    Ok(state.staged(context.policy, context.now_us))
}

/// What a stranger is told, and who asks for a target that does not exist.
pub fn unknown() -> Refusal {
    Refusal::of(RefusalCode::TargetUnknown, "there is no such target, or none of your cases is bound to it")
}

/// The round must be open.
fn must_be_open(state: &State) -> Result<(), Refusal> {
    match state.life.takedown {
        Takedown::Closed { .. } => {
            Err(Refusal::of(RefusalCode::RoundClosed, "the round is closed; a new sighting opens the next"))
        }
        _ => Ok(()),
    }
}

/// No notice may be under way or unresolved.
fn must_be_quiet(state: &State) -> Result<(), Refusal> {
    match &state.life.takedown {
        Takedown::UnderWay(_) => Err(Refusal::of(RefusalCode::UnderWay, "a notice is under way")),
        Takedown::Unresolved(..) => {
            let reason = "nobody has said yet what became of a notice that was under way";
            Err(Refusal::of(RefusalCode::UnderWay, reason))
        }
        _ => Ok(()),
    }
}

fn nothing(reason: &str) -> Refusal {
    Refusal::of(RefusalCode::NothingToDo, reason)
}
