//! What may be ordered.

use meldeverbund_proto::v1::{Outcome, OwnerBasis};

use crate::{
    AgencyNo, CaseNo,
    conditions::Gate,
    life::{Finding, HoldId, IntentId, NoticeKind},
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
    CloseRound(Outcome),
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

impl Order {
    /// True if the order may name another owner by the rules, so that it has to know what they look at.
    pub fn may_choose_owner(&self) -> bool {
        matches!(self, Self::DeclineOwnership | Self::WithdrawReferral { .. } | Self::ReopenRound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BE, BKA, BY, Bench, NW, SN};

    /// What the rules look at is read only for orders that say so.
    #[test]
    fn an_order_that_asks_the_rules_says_so() {
        let mut closed = Bench::notified().then(NW, Order::CloseRound(Outcome::Gone));
        closed.withdraw(NW);
        let withdraw = Order::WithdrawReferral { cases: vec![CaseNo(1)], left: 0 };
        let assign = Order::AssignOwner { to: BE, basis: OwnerBasis::Prosecutor };
        for (bench, who, order, asks) in [
            (Bench::new(), NW, withdraw, true),
            (Bench::proposed_to_by(), BY, Order::DeclineOwnership, true),
            (closed, BY, Order::ReopenRound, true),
            (Bench::proposed_to_by(), BY, Order::AcceptOwnership, false),
            (Bench::new(), BKA, assign, false),
        ] {
            let mut proposing = bench.clone();
            let origin = proposing.state.origin.as_mut().unwrap();
            origin.proposed_owner = Some("de-sn-lka".parse().unwrap());
            let owner = |bench: Bench| bench.then(who, order.clone()).state.owner();
            let owners = [owner(bench), owner(proposing)];
            assert_eq!(owners[1] == SN, asks, "{order:?}");
            assert_eq!(owners[0] != owners[1], asks, "{order:?}");
            assert_eq!(order.may_choose_owner(), asks, "{order:?}");
        }
    }
}
