//! One intent for the targets of the same providers: the register names who gets what. Several are under way at once.

use std::collections::HashMap;

use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use meldeverbund_proto::{
    CommandId, TargetId,
    node::v1::{DecideDone, DecidedTarget, DryRunSource, decide_request::Decision},
    v1::{self, Refusal},
};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::{Work, recipients::Group, terms::Letter};
use crate::{
    cli::{error::CliError, screen::is_watched},
    client::bulk::{self, Call, TARGETS},
    notice::Package,
};

/// Targets that are named for each reason.
const NAMED: usize = 10;

/// What became of the intents of an export.
#[derive(Default)]
pub(super) struct Intents {
    /// The targets on which a notice may leave, and under which intent.
    pub(super) taken: HashMap<TargetId, CommandId>,
    /// In a dry run: how many would be taken.
    pub(super) would_take: u64,
    /// Refused ones: the reason, how many, the first of them.
    pub(super) refused: Vec<(Refusal, u64, Vec<String>)>,
    /// Targets that the hub has not answered, or that were not sent because the line broke.
    pub(super) open: u64,
    /// Groups of which nothing was intended.
    pub(super) failed: Vec<(usize, Status)>,
    /// Who told what a dry run would do.
    pub(super) source: DryRunSource,
}

impl Intents {
    /// Asks for all groups.
    ///
    /// # Errors
    /// The first error, if the hub was not asked about anything.
    pub(super) async fn ask(
        work: &mut Work<'_>,
        packages: &[Package],
        groups: &[Group],
        letter: &Letter,
        dry_run: bool,
    ) -> Result<Self, CliError> {
        let mut intents = Self::default();
        let calls = calls(packages, groups, letter);
        let bar = bar(calls.len() as u64, work.context.json);
        let desk = work.desk.clone();
        let mut answers = Box::pin(bulk::decide_all(&desk, calls, dry_run, &work.export.officer));
        while let Some(called) = answers.next().await {
            bar.inc(1);
            match called.outcome {
                // The desk names its reason: nothing of it was taken.
                Err(status) if status.get_details_error_info().is_some() => {
                    intents.failed.push((called.key, status));
                }
                // It broke off: the intents may stand.
                Err(_) => intents.open += called.targets as u64,
                Ok(done) if dry_run => intents.would(done),
                Ok(done) => {
                    let decision = done.decision.unwrap_or_default().decision;
                    match bulk::report(&mut work.desk, decision).await {
                        Ok(targets) => targets.into_iter().for_each(|target| intents.add(target)),
                        Err(_) => intents.open += called.targets as u64,
                    }
                }
            }
        }
        bar.finish_and_clear();
        let nothing =
            intents.taken.is_empty() && intents.refused.is_empty() && intents.open + intents.would_take == 0;
        if nothing && !intents.failed.is_empty() {
            return Err(intents.failed.swap_remove(0).1.into());
        }
        intents.refused.sort_by_key(|(_, targets, _)| std::cmp::Reverse(*targets));
        Ok(intents)
    }

    fn add(&mut self, target: DecidedTarget) {
        let refusal = match target.answer {
            Some(answer) => answer.refusal,
            None if target.refusal.is_some() => target.refusal,
            None => {
                self.open += 1;
                return;
            }
        };
        match refusal {
            Some(refusal) => self.refuse(refusal, 1, &[target.target_id]),
            None => {
                if let (Ok(id), Ok(intent)) = (target.target_id.parse(), target.command_id.parse()) {
                    self.taken.insert(id, intent);
                }
            }
        }
    }

    fn would(&mut self, done: DecideDone) {
        if self.source != DryRunSource::Node {
            self.source = done.dry_run();
        }
        let summary = done.summary.unwrap_or_default();
        self.would_take += summary.taken;
        for group in summary.refused {
            self.refuse(group.refusal.unwrap_or_default(), group.targets, &group.target_ids);
        }
    }

    fn refuse(&mut self, refusal: Refusal, targets: u64, ids: &[String]) {
        let at = self.refused.iter().position(|(known, ..)| {
            (known.code, &known.field, &known.reason) == (refusal.code, &refusal.field, &refusal.reason)
        });
        let at = at.unwrap_or_else(|| {
            self.refused.push((refusal, 0, Vec::new()));
            self.refused.len() - 1
        });
        let (_, count, named) = &mut self.refused[at];
        *count += targets;
        named.extend(ids.iter().take(NAMED.saturating_sub(named.len())).cloned());
    }
}

/// One intent a group, as large as a call may be.
fn calls(packages: &[Package], groups: &[Group], letter: &Letter) -> Vec<Call> {
    let mut calls = Vec::new();
    for (key, group) in groups.iter().enumerate() {
        let intend = v1::Intend { recipient: group.recipient(packages), ..letter.intend.clone() };
        calls.extend(group.targets.chunks(TARGETS).map(|chunk| Call {
            key,
            target_ids: chunk.iter().map(ToString::to_string).collect(),
            decision: Decision::Intend(intend.clone()),
        }));
    }
    calls
}

/// How many providers are done; on standard error, for people alone.
fn bar(length: u64, json: bool) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if json || !is_watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:24} {human_pos}/{human_len}  {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
