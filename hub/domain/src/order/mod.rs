//! Decisions: facts and an order in, the new state or a refusal out. One room a subject, one function an order.

mod gates;
mod grant;
mod holds;
mod notice;
mod ownership;
mod round;
mod windows;

use meldeverbund_proto::v1::{OwnerBasis, Refusal, RefusalCode};

pub use ownership::{change_owner, fall_back, next_owner};
pub use round::next_round;

use crate::{
    Agency, AgencyNo, CaseNo, Policy,
    conditions::Gate,
    life::{Finding, HoldId, IntentId, NoticeKind, State, Takedown},
};

/// What an agency orders, without the texts that only the ledger keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Assesses and labels.
    Assess {
        /// What was found.
        finding: Finding,
        /// A program's suggestion.
        automatic: bool,
    },
    /// The evidence is secured.
    SecureEvidence,
    /// The provider's data are settled.
    SettleProviderData,
    /// The takedown is released.
    Release {
        /// Until when, microseconds since 1970 UTC; none: without an end.
        until_us: Option<i64>,
    },
    /// The second officer confirms.
    Confirm(Gate),
    /// The agency withdraws its own record.
    WithdrawGate(Gate),
    /// The new owner takes over gates.
    AdoptGates(Vec<Gate>),
    /// Not yet.
    PlaceHold {
        /// Until when; none: the policy's term.
        until_us: Option<i64>,
        /// True: the central office places it for another body.
        on_behalf: bool,
    },
    /// Another end.
    RenewHold {
        /// Which; none: all the agency's own.
        hold: Option<HoldId>,
        /// Until when; none: the policy's term.
        until_us: Option<i64>,
    },
    /// No longer.
    LiftHold {
        /// Which; none: all the agency's own.
        hold: Option<HoldId>,
    },
    /// The window ends.
    Consent {
        /// Whose; none: the agency's own.
        of: Option<AgencyNo>,
    },
    /// Asks for the grant.
    RequestGrant,
    /// Gives it back.
    ReturnGrant,
    /// A notice is about to leave.
    Intend {
        /// What kind.
        kind: NoticeKind,
        /// The fence of the grant that the sender holds.
        fence: u64,
    },
    /// It has left.
    ReportSent {
        /// Which.
        intent: IntentId,
        /// When.
        sent_us: i64,
    },
    /// It could not be sent.
    ReportFailed {
        /// Which.
        intent: IntentId,
    },
    /// A person says what became of it.
    ResolveIntent {
        /// Which.
        intent: IntentId,
        /// When it left; none: it has not.
        sent_us: Option<i64>,
    },
    /// A notice left without an intent.
    ReportIncident {
        /// When.
        sent_us: i64,
    },
    /// Somebody notified the provider outside this system.
    ReportElsewhere,
    /// The provider answered.
    ReportAnswer {
        /// True: it says that it is gone, so that nothing is waited for but a look.
        settles: bool,
    },
    /// A look.
    ReportCheck {
        /// True: it is still there.
        available: bool,
    },
    /// The round ends.
    CloseRound(meldeverbund_proto::v1::Outcome),
    /// Somebody complains.
    ReportComplaint,
    /// The complaint is answered.
    SettleComplaint {
        /// True: it succeeds.
        upheld: bool,
    },
    /// Seen again.
    ReopenRound,
    /// Accepts the proposed ownership.
    AcceptOwnership,
    /// Declines it.
    DeclineOwnership,
    /// Offers it.
    OfferOwnership {
        /// To whom.
        to: AgencyNo,
    },
    /// Answers an offer.
    AnswerOffer {
        /// True: takes it.
        accepted: bool,
    },
    /// Takes an offer back.
    WithdrawOffer,
    /// Disputes the ownership.
    DisputeOwnership {
        /// Who should own it.
        claimed: AgencyNo,
    },
    /// Takes the dispute back.
    WithdrawDispute,
    /// The competent body has decided.
    AssignOwner {
        /// Who is responsible.
        to: AgencyNo,
        /// On which basis.
        basis: OwnerBasis,
    },
    /// Withdraws cases from the target; `left` are the agency's cases that stay bound.
    WithdrawReferral {
        /// The cases that go.
        cases: Vec<CaseNo>,
        /// How many of the agency's cases stay.
        left: usize,
    },
    /// Sets aside a suspended agency's records.
    Overrule {
        /// Whose.
        of: AgencyNo,
    },
}

/// Who orders, when, by which rules.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The agency of the certificate.
    pub actor: &'a Agency,
    /// The person, as the agency names them.
    pub officer: &'a str,
    /// The node's store.
    pub instance: u128,
    /// The decision's id.
    pub command: u128,
    /// The ledger's leaf that it gets.
    pub leaf: i64,
    /// When, microseconds since 1970 UTC.
    pub now_us: i64,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The registry.
    pub agencies: &'a [Agency],
}

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
        Order::DisputeOwnership { claimed } => ownership::dispute(state, *claimed, context),
        Order::WithdrawDispute => ownership::withdraw_dispute(state, context),
        Order::AssignOwner { to, basis } => ownership::assign(state, *to, *basis, context),
        Order::WithdrawReferral { cases, left } => ownership::withdraw_referral(state, cases, *left, context),
        Order::Overrule { of } => holds::overrule(state, *of, context),
    }?;
    round::end_if_abandoned(&mut state);
    Ok(state.staged(context.policy, context.now_us))
}

impl Order {
    /// True if the order may name another owner by the rules, so that it has to know what they look at.
    pub fn may_choose_owner(&self) -> bool {
        matches!(self, Self::DeclineOwnership | Self::WithdrawReferral { .. } | Self::ReopenRound)
    }
}

impl Context<'_> {
    /// A stranger is told what it would be told of a target that does not exist (I7).
    fn may_see(&self, state: &State) -> Result<(), Refusal> {
        let no = self.actor.no;
        let offered = match state.life.responsibility {
            crate::life::Responsibility::Offered { to, .. } => to == no,
            _ => false,
        };
        if self.must_be_party(state).is_ok() || offered || state.has_record_of(no) {
            Ok(())
        } else {
            Err(unknown())
        }
    }

    /// Only the owner may do this.
    fn must_own(&self, state: &State) -> Result<(), Refusal> {
        if state.owner() == self.actor.no {
            Ok(())
        } else {
            Err(Refusal::of(RefusalCode::NotOwner, "only the owner may do this"))
        }
    }

    /// Only a bound agency, or the owner, may do this.
    fn must_be_bound(&self, state: &State) -> Result<(), Refusal> {
        if state.is_bound(self.actor.no) || state.owner() == self.actor.no { Ok(()) } else { Err(unknown()) }
    }

    /// A bound agency, the owner and the central office may do this.
    fn must_be_party(&self, state: &State) -> Result<(), Refusal> {
        if self.actor.is_central() { Ok(()) } else { self.must_be_bound(state) }
    }

    fn must_be_central(&self) -> Result<(), Refusal> {
        if self.actor.is_central() {
            Ok(())
        } else {
            Err(Refusal::of(RefusalCode::NotPermitted, "only the central office may do this"))
        }
    }
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
