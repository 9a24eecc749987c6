//! What a decision is to the node: whether it may wait, what it overtakes, and what it must not overtake.

use meldeverbund_proto::v1::{GateKind, decide_request::Decision};

/// Up to so many targets are the work of a person who waits, and go before bulk.
const FEW: usize = 50;

/// In which order decisions are sent; the lower first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Holds and withdrawals.
    First = 0,
    /// A few targets.
    Few = 1,
    /// Bulk.
    Bulk = 2,
}

impl Lane {
    /// The lane of a decision over so many targets.
    pub fn of(decision: &Decision, targets: usize) -> Self {
        match decision {
            Decision::PlaceHold(_)
            | Decision::RenewHold(_)
            | Decision::LiftHold(_)
            | Decision::WithdrawGate(_)
            | Decision::WithdrawReferral(_) => Self::First,
            _ if targets <= FEW => Self::Few,
            _ => Self::Bulk,
        }
    }
}

/// True if only the hub can say whether it may be done, so that it never waits for a line that is down.
pub fn needs_hub(decision: &Decision) -> bool {
    match decision {
        Decision::RequestGrant(_)
        | Decision::ReturnGrant(_)
        | Decision::Intend(_)
        | Decision::ReportSent(_)
        | Decision::ReportFailed(_)
        | Decision::ResolveIntent(_)
        | Decision::AcceptOwnership(_)
        | Decision::DeclineOwnership(_)
        | Decision::OfferOwnership(_)
        | Decision::AnswerOffer(_)
        | Decision::WithdrawOffer(_)
        | Decision::DisputeOwnership(_)
        | Decision::WithdrawDispute(_)
        | Decision::AssignOwner(_)
        | Decision::Overrule(_) => true,
        Decision::Assess(_)
        | Decision::SecureEvidence(_)
        | Decision::SettleProviderData(_)
        | Decision::Release(_)
        | Decision::Confirm(_)
        | Decision::WithdrawGate(_)
        | Decision::AdoptGates(_)
        | Decision::PlaceHold(_)
        | Decision::RenewHold(_)
        | Decision::LiftHold(_)
        | Decision::Consent(_)
        | Decision::ReportIncident(_)
        | Decision::ReportElsewhere(_)
        | Decision::ReportAnswer(_)
        | Decision::ReportCheck(_)
        | Decision::CloseRound(_)
        | Decision::ReportComplaint(_)
        | Decision::SettleComplaint(_)
        | Decision::ReopenRound(_)
        | Decision::WithdrawReferral(_) => false,
    }
}

/// True for a hold: not in force before the hub has answered.
pub fn is_hold(decision: &Decision) -> bool {
    matches!(decision, Decision::PlaceHold(_) | Decision::RenewHold(_))
}

/// True if the later of two decisions on one target means something else when it comes first: a withdrawal before what
/// it withdraws, a correction before what it corrects.
pub fn must_keep_order(earlier: &Decision, later: &Decision) -> bool {
    match (subject(earlier), subject(later)) {
        (Subject::Gate(one), Subject::Gate(other)) => {
            one == other || one == GateKind::Unspecified || other == GateKind::Unspecified
        }
        (one, other) => one == other,
    }
}

/// What a decision writes.
#[derive(PartialEq, Eq)]
enum Subject {
    /// One gate's record; unspecified: several.
    Gate(GateKind),
    Hold,
    Window,
    Notice,
    Round,
    Owner,
}

fn subject(decision: &Decision) -> Subject {
    match decision {
        Decision::Assess(_) => Subject::Gate(GateKind::Assessed),
        Decision::SecureEvidence(_) => Subject::Gate(GateKind::Evidence),
        Decision::SettleProviderData(_) => Subject::Gate(GateKind::ProviderData),
        Decision::Release(_) => Subject::Gate(GateKind::Released),
        Decision::Confirm(one) => Subject::Gate(one.gate()),
        Decision::WithdrawGate(one) => Subject::Gate(one.gate()),
        Decision::AdoptGates(_) => Subject::Gate(GateKind::Unspecified),
        Decision::PlaceHold(_) | Decision::RenewHold(_) | Decision::LiftHold(_) => Subject::Hold,
        Decision::Consent(_) => Subject::Window,
        Decision::RequestGrant(_)
        | Decision::ReturnGrant(_)
        | Decision::Intend(_)
        | Decision::ReportSent(_)
        | Decision::ReportFailed(_)
        | Decision::ResolveIntent(_)
        | Decision::ReportIncident(_)
        | Decision::ReportElsewhere(_) => Subject::Notice,
        Decision::ReportAnswer(_)
        | Decision::ReportCheck(_)
        | Decision::CloseRound(_)
        | Decision::ReportComplaint(_)
        | Decision::SettleComplaint(_)
        | Decision::ReopenRound(_) => Subject::Round,
        Decision::AcceptOwnership(_)
        | Decision::DeclineOwnership(_)
        | Decision::OfferOwnership(_)
        | Decision::AnswerOffer(_)
        | Decision::WithdrawOffer(_)
        | Decision::DisputeOwnership(_)
        | Decision::WithdrawDispute(_)
        | Decision::AssignOwner(_)
        | Decision::WithdrawReferral(_)
        | Decision::Overrule(_) => Subject::Owner,
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::v1::{Assess, LiftHold, PlaceHold, Release, RequestGrant, WithdrawGate};

    use super::*;

    #[test]
    fn holds_and_withdrawals_go_first_and_small_work_before_bulk() {
        let (hold, assess) = (Decision::PlaceHold(PlaceHold::default()), Decision::Assess(Assess::default()));
        assert_eq!(Lane::of(&hold, 300_000), Lane::First);
        assert_eq!((Lane::of(&assess, 50), Lane::of(&assess, 51)), (Lane::Few, Lane::Bulk));
        assert!(Lane::First < Lane::Few && Lane::Few < Lane::Bulk);
        assert!(needs_hub(&Decision::RequestGrant(RequestGrant {})) && !needs_hub(&hold));
    }

    #[test]
    fn a_withdrawal_does_not_come_before_what_it_withdraws() {
        let withdraw = |gate: GateKind| {
            Decision::WithdrawGate(WithdrawGate { gate: gate.into(), ..WithdrawGate::default() })
        };
        let assess = Decision::Assess(Assess::default());
        assert!(must_keep_order(&assess, &withdraw(GateKind::Assessed)));
        assert!(!must_keep_order(&assess, &withdraw(GateKind::Released)));
        assert!(must_keep_order(&Decision::Release(Release::default()), &withdraw(GateKind::Released)));
        let (place, lift) =
            (Decision::PlaceHold(PlaceHold::default()), Decision::LiftHold(LiftHold::default()));
        assert!(must_keep_order(&place, &lift) && !must_keep_order(&assess, &place));
    }
}
