//! What all deciding verbs have in common: a selection, a dry run, and the way until the hub has answered.

pub(super) mod choice;
pub(super) mod moment;
mod progress;
mod selection;
mod show;
mod to_json;

use meldeverbund_proto::node::v1::{
    DecideDone, DecideRequest, DecisionRow, decide_request::Decision, decide_response::Step,
};

pub(super) use self::selection::SelectionArgs;
pub(super) use self::{show::row as show_row, to_json::row_json};
use super::{Exit, context::Context, error::CliError};

/// What every deciding verb takes.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Deciding {
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    /// Tell what would become of it; nothing is recorded
    #[arg(long)]
    dry_run: bool,
    /// Return once it is safe at the node; the hub answers later
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
    /// Whom you act for; it only annotates
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    officer: String,
}

/// Decides, and shows what becomes of it.
pub(super) async fn decide(
    context: &Context,
    deciding: Deciding,
    decision: Decision,
) -> Result<Exit, CliError> {
    let Deciding { selection, dry_run, no_wait, officer } = deciding;
    let request = DecideRequest {
        selection: Some(selection.into_selection()),
        dry_run,
        annotation: officer,
        decision: Some(decision),
    };
    let mut answers = context.desk().await?.decide(request).await?.into_inner();
    let mut screen = context.screen();
    let mut last = DecisionRow::default();
    let mut owners = Vec::new();
    let mut progress = progress::Progress::new(context);
    loop {
        let answer = tokio::select! {
            answer = answers.message() => answer?,
            _ = tokio::signal::ctrl_c() => None,
        };
        match answer.and_then(|answer| answer.step) {
            Some(Step::Accepted(accepted)) => {
                owners = accepted.owners;
                last = accepted.decision.unwrap_or_default();
                if no_wait {
                    break;
                }
                progress.begin(&last);
            }
            Some(Step::Progress(step)) => {
                last = step.decision.unwrap_or_default();
                progress.set(&last);
            }
            Some(Step::Done(done)) => {
                progress.end();
                show::done(&mut screen, context, &done, &owners)?;
                screen.flush()?;
                return Ok(exit(&done));
            }
            // The officer has seen enough, or the daemon is gone: what was accepted goes on.
            None => break,
        }
    }
    progress.end();
    if last.decision == 0 {
        return Err(CliError::BrokeOff);
    }
    show::queued(&mut screen, context, &last, &owners)?;
    screen.flush()?;
    Ok(match (last.not_in_force, no_wait) {
        (true, _) => Exit::NotInForce,
        (false, true) => Exit::Done,
        (false, false) => Exit::Interrupted,
    })
}

fn exit(done: &DecideDone) -> Exit {
    let refused = done.summary.as_ref().is_some_and(|summary| !summary.refused.is_empty());
    let row = done.decision.clone().unwrap_or_default();
    if row.not_in_force {
        Exit::NotInForce
    } else if row.waiting + row.held_up + row.given_up > 0 {
        Exit::Interrupted
    } else if refused {
        Exit::SomeRefused
    } else {
        Exit::Done
    }
}
