//! At most one first notice a round, whatever failed in between.

use std::collections::HashMap;

use meldeverbund_proto::v1::{NoticeKind, decide_request::Decision};

use super::ledger::Ledger;

/// What is known of the first notice of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
enum First {
    /// It was intended by this decision; nobody knows whether it left.
    Intended(String),
    /// It left, here or elsewhere, in order or not.
    Left,
}

/// Walks through the ledger: where a first notice has left, or may have, no other is intended.
pub(super) fn one_first_notice_a_round(ledger: &Ledger) {
    let mut rounds: HashMap<(String, u32), First> = HashMap::new();
    for step in &ledger.steps {
        let Some(decision) = step.decision() else { continue };
        let command = &step.request.as_ref().unwrap().command_id;
        for (target, record) in step.taken().filter(|(target, _)| !ledger.is_family(target)) {
            let round = (target, record.round);
            let intended = |intent: &str| rounds.get(&round) == Some(&First::Intended(intent.to_owned()));
            match decision {
                Decision::Intend(intend) if intend.kind() == NoticeKind::First => {
                    let before = rounds.insert(round, First::Intended(command.clone()));
                    assert_eq!(before, None, "leaf {}: a second first notice", step.leaf);
                }
                Decision::ReportSent(report) if intended(&report.intent_id) => {
                    rounds.insert(round, First::Left);
                }
                Decision::ResolveIntent(report) if intended(&report.intent_id) => {
                    if report.was_sent {
                        rounds.insert(round, First::Left);
                    } else {
                        rounds.remove(&round);
                    }
                }
                Decision::ReportIncident(_) | Decision::ReportElsewhere(_) => {
                    rounds.insert(round, First::Left);
                }
                _ => {}
            }
        }
    }
}
