//! Intends notices over a selection and gathers what a sender needs: which targets were taken, under which intent and
//! fence, and their own links. Whoever writes or sends files does so after it, and reports `sent` or `failed`.

use meldeverbund_proto::{
    node::v1::{
        DecideRequest, DecisionRow, DecisionSummary, ReportDecisionRequest, Selection,
        decide_request::Decision,
    },
    v1::{Intend, Referral, TargetAnswer},
};
use tonic::Status;

use super::{DeskClient, bulk};

/// What became of an intent over a selection.
#[derive(Debug, Clone, PartialEq)]
pub struct Intended {
    /// The decision with its figures: what is `waiting` may still be taken, and nobody knows yet.
    pub decision: DecisionRow,
    /// What was refused, and why.
    pub summary: DecisionSummary,
    /// The targets on which a notice may leave now.
    pub taken: Vec<IntendedTarget>,
}

/// A target on which a notice may leave.
#[derive(Debug, Clone, PartialEq)]
pub struct IntendedTarget {
    /// The target.
    pub target_id: String,
    /// The intent: what `sent` and `failed` name. One intent covers at most 1,000 targets.
    pub intent_id: String,
    /// The fence of its grant.
    pub fence: u64,
    /// The hub's answer.
    pub answer: TargetAnswer,
    /// The agency's own referrals of it: links as they were found, with their hashes; without salts.
    pub referrals: Vec<Referral>,
}

/// Intends, waits for the hub's answers, and gathers what was taken.
///
/// # Errors
/// If the desk refuses; with the reason `HUB_AWAY` nothing was intended.
pub async fn intend(
    desk: &mut DeskClient,
    selection: Selection,
    intend: Intend,
    annotation: String,
) -> Result<Intended, Status> {
    let request = DecideRequest {
        selection: Some(selection),
        dry_run: false,
        annotation,
        decision: Some(Decision::Intend(intend)),
    };
    let done = bulk::decide(desk, request).await?;
    let (decision, summary) = (done.decision.unwrap_or_default(), done.summary.unwrap_or_default());
    let taken = taken(desk, decision.decision).await?;
    Ok(Intended { decision, summary, taken })
}

/// The targets of an intent on which a notice may leave; also for one that was answered after its caller had gone.
///
/// # Errors
/// If there is no such decision.
pub async fn taken(desk: &mut DeskClient, decision: u64) -> Result<Vec<IntendedTarget>, Status> {
    let request = ReportDecisionRequest { decision, with_referrals: true };
    let mut pages = desk.report_decision(request).await?.into_inner();
    let mut taken = Vec::new();
    while let Some(page) = pages.message().await? {
        for target in page.targets {
            let Some(answer) = target.answer.filter(|answer| answer.refusal.is_none()) else { continue };
            taken.push(IntendedTarget {
                target_id: target.target_id,
                intent_id: target.command_id,
                fence: target.fence,
                answer,
                referrals: target.referrals,
            });
        }
    }
    Ok(taken)
}
