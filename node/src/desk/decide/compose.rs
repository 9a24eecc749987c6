//! From a decision over any number of targets to messages of at most 1,000.

use std::collections::BTreeMap;

use meldeverbund_proto::{
    CommandId,
    limits::TARGETS_PER_DECISION,
    v1::{DecideRequest, decide_request::Decision},
};

use crate::{
    clock::SALT_BYTES,
    node::Node,
    store::{NewBatch, Selected},
};

/// Composes the messages, with ids and salts of their own; none if nothing of the selection has what they need.
pub(super) fn compose(
    node: &Node,
    decision: &Decision,
    officer: &str,
    targets: &[Selected],
) -> Vec<NewBatch> {
    match asks_for_intent(decision) {
        true => by_intent(targets)
            .into_iter()
            .flat_map(|(intent, targets)| batches(node, &with_intent(decision, intent), officer, &targets))
            .collect(),
        false => batches(node, decision, officer, &targets.iter().collect::<Vec<_>>()),
    }
}

fn batches(node: &Node, decision: &Decision, officer: &str, targets: &[&Selected]) -> Vec<NewBatch> {
    let now_us = node.clock.now_us();
    let batch = |targets: &[&Selected]| {
        let command_id = node.random.command_id(now_us);
        let request = DecideRequest {
            command_id: command_id.to_string(),
            salt: node.random.bytes::<SALT_BYTES>().to_vec(),
            instance_id: node.store.instance_id().to_string(),
            officer: officer.to_owned(),
            target_ids: targets.iter().map(|target| target.target_id.to_string()).collect(),
            dry_run: false,
            signature: None,
            decision: Some(with_fences(decision, targets)),
        };
        NewBatch { command_id, request }
    };
    targets.chunks(TARGETS_PER_DECISION).map(batch).collect()
}

/// An intent names the fence of each target's grant, as last told.
fn with_fences(decision: &Decision, targets: &[&Selected]) -> Decision {
    let mut decision = decision.clone();
    if let Decision::Intend(intend) = &mut decision {
        intend.fences = targets.iter().map(|target| target.fence).collect();
    }
    decision
}

/// A report about an intent that does not say which.
fn asks_for_intent(decision: &Decision) -> bool {
    match decision {
        Decision::ReportSent(report) => report.intent_id.is_empty(),
        Decision::ReportFailed(report) => report.intent_id.is_empty(),
        Decision::ResolveIntent(report) => report.intent_id.is_empty(),
        _ => false,
    }
}

fn with_intent(decision: &Decision, intent: CommandId) -> Decision {
    let mut decision = decision.clone();
    match &mut decision {
        Decision::ReportSent(report) => report.intent_id = intent.to_string(),
        Decision::ReportFailed(report) => report.intent_id = intent.to_string(),
        Decision::ResolveIntent(report) => report.intent_id = intent.to_string(),
        _ => {}
    }
    decision
}

/// Targets by the notice under way, as last told; those without one are nothing to report on.
fn by_intent(targets: &[Selected]) -> BTreeMap<CommandId, Vec<&Selected>> {
    let mut groups = BTreeMap::<CommandId, Vec<&Selected>>::new();
    for target in targets {
        if let Some(intent) = target.intent {
            groups.entry(intent).or_default().push(target);
        }
    }
    groups
}
