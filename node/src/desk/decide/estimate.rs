//! What would probably become of a decision, from what the node was last told. The hub alone knows.

use meldeverbund_proto::{
    node::v1::DecisionSummary,
    v1::{Refusal, RefusalCode, Role, Stage, decide_request::Decision},
};

use super::summary::Counting;
use crate::store::Selected;

/// Estimates; it says no only where the last told stage or role speaks against it.
pub(super) fn estimate(decision: &Decision, targets: &[Selected]) -> DecisionSummary {
    let mut counting = Counting::default();
    for target in targets {
        match against(decision, target) {
            Some((code, reason)) => {
                counting.refused(&[target.target_id.to_string()], &Refusal::of(code, reason));
            }
            None => counting.would_take(),
        }
    }
    counting.finish()
}

fn against(decision: &Decision, target: &Selected) -> Option<(RefusalCode, &'static str)> {
    let (owns, closed) = (target.role == Role::Owner as i32, target.stage == Stage::Closed as i32);
    if is_the_owners(decision) && !owns {
        return Some((RefusalCode::NotOwner, "as last told, another agency is responsible"));
    }
    match decision {
        Decision::ReopenRound(_) => {
            (!closed).then_some((RefusalCode::RoundOpen, "as last told, the round is open"))
        }
        Decision::ReportIncident(_)
        | Decision::ReportComplaint(_)
        | Decision::SettleComplaint(_)
        | Decision::WithdrawReferral(_)
        | Decision::LiftHold(_) => None,
        _ if closed => Some((RefusalCode::RoundClosed, "as last told, the round is closed")),
        Decision::RequestGrant(_) if target.stage == Stage::Referred as i32 => {
            Some((RefusalCode::GateMissing, "as last told, not all gates are set"))
        }
        Decision::Intend(_) if target.fence == 0 => {
            Some((RefusalCode::NoGrant, "as last told, there is no grant"))
        }
        _ => None,
    }
}

/// Decisions that the owner alone takes.
fn is_the_owners(decision: &Decision) -> bool {
    matches!(
        decision,
        Decision::Release(_)
            | Decision::AdoptGates(_)
            | Decision::RequestGrant(_)
            | Decision::ReturnGrant(_)
            | Decision::Intend(_)
            | Decision::CloseRound(_)
            | Decision::SettleComplaint(_)
            | Decision::AcceptOwnership(_)
            | Decision::DeclineOwnership(_)
            | Decision::OfferOwnership(_)
            | Decision::WithdrawOffer(_)
    )
}
