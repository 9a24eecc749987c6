//! Which of the decisions that the hub lost are handed in again, and what becomes of the notices whose intents it lost: pure.
//!
//! A permission is not asked for again by itself, and nothing is announced again by itself: grants and intents of an
//! epoch before are void. A notice that may have left is a fact, and the hub is told it as one: otherwise somebody would
//! be let send a second one.

use std::collections::HashMap;

use meldeverbund_proto::v1::{DecideRequest, Decided, Intend, ReportIncident, decide_request::Decision};

/// How a lost intent is explained.
const REASON: &str = "the hub was restored and had lost the intent of this notice";

/// How one is explained of which nobody has said that it left.
const REASON_IN_DOUBT: &str =
    "the hub was restored and had lost the intent of this notice; nobody has said whether it left";

/// A decision whose leaf the hub lost.
#[derive(Debug, Clone)]
pub(super) struct LostBatch {
    /// Its row.
    pub(super) id: i64,
    /// What was sent.
    pub(super) request: DecideRequest,
    /// What was answered.
    pub(super) decided: Decided,
}

/// What is done about them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Batches that are handed in again as they are.
    pub(super) again: Vec<i64>,
    /// Notices that are told as facts.
    pub(super) facts: Vec<Fact>,
}

/// A notice that left, or may have left, without an intent that the hub knows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    /// Who intended it.
    pub(super) officer: String,
    /// About which targets.
    pub(super) target_ids: Vec<String>,
    /// What is reported.
    pub(super) incident: ReportIncident,
}

/// Plans in the order in which the decisions were taken.
pub(super) fn plan(lost: Vec<LostBatch>) -> Plan {
    let mut plan = Plan::default();
    let mut intents: HashMap<String, Notice> = HashMap::new();
    let mut order = Vec::new();
    for LostBatch { id, request, decided } in lost {
        let command = request.command_id.clone();
        let taken = taken(&request, &decided);
        match request.decision {
            // No permission of an epoch before is worth anything, and none is asked for in a person's place.
            None | Some(Decision::RequestGrant(_) | Decision::ReturnGrant(_)) => {}
            Some(Decision::Intend(intend)) => {
                let officer = request.officer;
                let left = Left::Unknown(decided.recorded_at_us);
                let targets = taken.into_iter().map(|target| (target, left.clone())).collect();
                intents.insert(command.clone(), Notice { officer, intend, targets });
                order.push(command);
            }
            Some(Decision::ReportSent(sent)) if intents.contains_key(&sent.intent_id) => {
                let left = Left::At(sent.sent_at_us, sent.reference);
                mark(&mut intents, &sent.intent_id, &taken, &left);
            }
            Some(Decision::ReportFailed(failed)) if intents.contains_key(&failed.intent_id) => {
                mark(&mut intents, &failed.intent_id, &taken, &Left::Not);
            }
            Some(Decision::ResolveIntent(resolved)) if intents.contains_key(&resolved.intent_id) => {
                let at = (resolved.sent_at_us > 0).then_some(resolved.sent_at_us);
                let left = match resolved.was_sent {
                    true => Left::At(at.unwrap_or(decided.recorded_at_us), String::new()),
                    false => Left::Not,
                };
                mark(&mut intents, &resolved.intent_id, &taken, &left);
            }
            Some(_) => plan.again.push(id),
        }
    }
    let notices = order.iter().filter_map(|command| intents.remove(command));
    plan.facts = notices.flat_map(Notice::facts).collect();
    plan
}

/// A notice whose intent was lost, and what is known of it target by target.
struct Notice {
    officer: String,
    intend: Intend,
    targets: Vec<(String, Left)>,
}

/// Whether it left.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Not,
    /// When, and its reference.
    At(i64, String),
    /// Nobody has said so; when it was intended.
    Unknown(i64),
}

impl Notice {
    /// One fact for the targets of which the same is known.
    fn facts(mut self) -> Vec<Fact> {
        self.targets.sort_by(|(_, one), (_, other)| one.cmp(other));
        let alike = self.targets.chunk_by(|(_, one), (_, other)| one == other);
        alike.filter_map(|alike| self.fact(alike)).collect()
    }

    fn fact(&self, alike: &[(String, Left)]) -> Option<Fact> {
        let (sent_at_us, reference, reason) = match &alike.first()?.1 {
            Left::Not => return None,
            Left::At(at, reference) => (*at, reference.clone(), REASON),
            Left::Unknown(at) => (*at, String::new(), REASON_IN_DOUBT),
        };
        let (recipient, reason) = (self.intend.recipient.clone(), reason.to_owned());
        Some(Fact {
            officer: self.officer.clone(),
            target_ids: alike.iter().map(|(target, _)| target.clone()).collect(),
            incident: ReportIncident { sent_at_us, recipient, reference, reason },
        })
    }
}

/// The targets on which it took effect.
fn taken(request: &DecideRequest, decided: &Decided) -> Vec<String> {
    let answered = request.target_ids.iter().zip(&decided.answers);
    answered.filter(|(_, answer)| answer.refusal.is_none()).map(|(id, _)| id.clone()).collect()
}

fn mark(intents: &mut HashMap<String, Notice>, intent: &str, targets: &[String], left: &Left) {
    let notice = intents.get_mut(intent).into_iter().flat_map(|notice| &mut notice.targets);
    for (_, known) in notice.filter(|(target, _)| targets.contains(target)) {
        *known = left.clone();
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::v1::{
        Consent, Refusal, RefusalCode, ReportFailed, ReportSent, RequestGrant, ResolveIntent, TargetAnswer,
    };

    use super::*;

    fn lost(id: i64, decision: Decision, targets: &[&str], refused: &[&str]) -> LostBatch {
        let answer = |target: &&str| TargetAnswer {
            refusal: refused.contains(target).then(|| Refusal::of(RefusalCode::TargetUnknown, "")),
            ..TargetAnswer::default()
        };
        LostBatch {
            id,
            request: DecideRequest {
                command_id: format!("c{id}"),
                officer: "Muster".into(),
                target_ids: targets.iter().map(|target| (*target).to_owned()).collect(),
                decision: Some(decision),
                ..DecideRequest::default()
            },
            decided: Decided {
                answers: targets.iter().map(answer).collect(),
                recorded_at_us: 100 + id,
                ..Decided::default()
            },
        }
    }

    fn intend() -> Decision {
        Decision::Intend(Intend { recipient: "Files Ltd.".into(), ..Intend::default() })
    }

    fn sent(intent: &str) -> Decision {
        Decision::ReportSent(ReportSent { intent_id: intent.into(), sent_at_us: 7, reference: "R".into() })
    }

    #[test]
    fn facts_are_handed_in_again_and_permissions_are_not() {
        let plan = plan(vec![
            lost(1, Decision::Consent(Consent::default()), &["a"], &[]),
            lost(2, Decision::RequestGrant(RequestGrant {}), &["a"], &[]),
            // Its intent is one that the hub kept.
            lost(3, sent("kept"), &["a"], &[]),
        ]);
        assert_eq!(plan, Plan { again: vec![1, 3], facts: Vec::new() });
    }

    #[test]
    fn a_notice_that_left_or_may_have_left_is_told_as_a_fact() {
        let failed = ReportFailed { intent_id: "c1".into(), ..ReportFailed::default() };
        let not_sent = ResolveIntent { intent_id: "c5".into(), ..ResolveIntent::default() };
        let plan = plan(vec![
            lost(1, intend(), &["a", "b", "c", "d"], &["d"]),
            lost(2, sent("c1"), &["a"], &[]),
            lost(3, Decision::ReportFailed(failed), &["b"], &[]),
            lost(5, intend(), &["e"], &[]),
            lost(6, Decision::ResolveIntent(not_sent), &["e"], &[]),
        ]);
        assert_eq!(plan.again, Vec::<i64>::new());
        let told: Vec<_> =
            plan.facts.iter().map(|fact| (&fact.target_ids[..], fact.incident.sent_at_us)).collect();
        assert_eq!(told, [(&["a".to_owned()][..], 7), (&["c".to_owned()][..], 101)]);
        assert_eq!(
            (plan.facts[0].incident.reference.as_str(), plan.facts[0].officer.as_str()),
            ("R", "Muster")
        );
        assert_eq!(plan.facts[1].incident.reason, REASON_IN_DOUBT);
    }
}
