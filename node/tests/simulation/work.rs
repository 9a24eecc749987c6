//! What officers do about what is due.

use meldeverbund_proto::{
    node::v1::Selection,
    v1::{CheckResult, DueKind, GateKind, GateState, NoticeKind, Outcome, TargetView},
};

use crate::{
    acts::{Act, GATES},
    world::World,
};

impl World {
    /// An officer does what is due, each thing wherever it is due.
    pub(crate) async fn work(&self, node: usize, hesitant: bool) {
        let mut work: Vec<(Act, Vec<String>)> = Vec::new();
        for row in self.offices[node].targets().await {
            let view = row.view.unwrap();
            for act in due(&view, hesitant) {
                match work.iter_mut().find(|(known, _)| *known == act) {
                    Some((_, targets)) => targets.push(view.target_id.clone()),
                    None => work.push((act, vec![view.target_id.clone()])),
                }
            }
        }
        for (act, target_ids) in work {
            self.decide(node, Selection { target_ids, ..Selection::default() }, act).await;
        }
    }
}

/// What an officer does about what is due.
fn due(view: &TargetView, hesitant: bool) -> Vec<Act> {
    let mut acts = Vec::new();
    if view.intent.as_ref().is_some_and(|intent| !intent.failed && !intent.in_doubt) {
        acts.push(Act::Sent);
    }
    for due in &view.due {
        match due.kind() {
            DueKind::Unspecified => {}
            DueKind::AnswerProposal => acts.push(Act::Accept),
            DueKind::AnswerOffer => acts.push(Act::AnswerOffer { accepted: true }),
            DueKind::AnswerWindow => acts.push(Act::Consent),
            DueKind::RenewHold => acts.push(Act::Lift),
            DueKind::SetGates if view.gates().any(|gate| gate == GateState::NotAdopted) => {
                acts.extend([Act::Adopt, Act::Release { days: None }]);
            }
            DueKind::SetGates if view.gates().any(|gate| gate == GateState::Unconfirmed) => {
                acts.push(Act::Confirm(GateKind::Released));
            }
            DueKind::SetGates => acts.extend(GATES),
            DueKind::RequestGrant => acts.push(Act::Grant),
            DueKind::SendNotice if hesitant => acts.push(Act::ReturnGrant),
            DueKind::SendNotice => acts.push(Act::Intend(NoticeKind::First)),
            DueKind::ResolveIntent => acts.push(Act::Resolve { was_sent: false }),
            DueKind::FollowUp => {
                acts.extend([Act::Check(CheckResult::Gone), Act::Close(Outcome::Gone)]);
            }
            DueKind::SettleComplaint => acts.push(Act::Settle { upheld: false }),
            DueKind::DecideDispute => acts.push(Act::Assign { to: 1 }),
        }
    }
    acts
}
