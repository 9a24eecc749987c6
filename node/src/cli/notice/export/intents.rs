//! One intent a provider: the register names who gets what. Several are under way at once.

use std::collections::HashMap;

use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use meldeverbund_proto::{
    CommandId, TargetId,
    limits::CARD_CHARS,
    node::v1::{DecideDone, DecidedTarget, DryRunSource, decide_request::Decision},
    v1::{self, Refusal},
};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::{Work, terms::Letter};
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
    /// The targets on which a notice may leave: to which package they belong, and under which intent.
    pub(super) taken: HashMap<TargetId, (usize, CommandId)>,
    /// In a dry run: how many would be taken.
    pub(super) would_take: u64,
    /// Refused ones: the reason, how many, the first of them.
    pub(super) refused: Vec<(Refusal, u64, Vec<String>)>,
    /// Targets that the hub has not answered, or that were not sent because the line broke.
    pub(super) open: u64,
    /// Packages of which nothing was intended.
    pub(super) failed: Vec<(usize, Status)>,
    /// Who told what a dry run would do.
    pub(super) source: DryRunSource,
    /// Links whose target is another package's: a target has one notice, and that has one recipient.
    pub(super) other_package: u64,
}

impl Intents {
    /// Asks for all packages.
    ///
    /// # Errors
    /// The first error, if the hub was not asked about anything.
    pub(super) async fn ask(
        work: &mut Work<'_>,
        packages: &[Package],
        letter: &Letter,
        dry_run: bool,
    ) -> Result<Self, CliError> {
        let mut intents = Self::default();
        let calls = intents.calls(packages, letter);
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
                        Ok(targets) => targets.into_iter().for_each(|target| intents.add(called.key, target)),
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

    fn calls(&mut self, packages: &[Package], letter: &Letter) -> Vec<Call> {
        let (mut calls, mut seen) = (Vec::new(), HashMap::new());
        for (key, package) in packages.iter().enumerate() {
            let mut target_ids = Vec::new();
            for item in package.items() {
                match seen.get(&item.target) {
                    None => {
                        seen.insert(item.target, key);
                        target_ids.push(item.target.to_string());
                    }
                    Some(first) if *first != key => self.other_package += 1,
                    Some(_) => {}
                }
            }
            let intend = v1::Intend { recipient: recipient(package), ..letter.intend.clone() };
            calls.extend(target_ids.chunks(TARGETS).map(|chunk| Call {
                key,
                target_ids: chunk.to_vec(),
                decision: Decision::Intend(intend.clone()),
            }));
        }
        calls
    }

    fn add(&mut self, package: usize, target: DecidedTarget) {
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
                    self.taken.insert(id, (package, intent));
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

/// Who gets a package, as long as the contract allows.
pub(super) fn recipient(package: &Package) -> String {
    let cut: String = package.recipient().chars().take(CARD_CHARS).collect();
    cut.trim_end().to_owned()
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
