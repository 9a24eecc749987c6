//! `duplicates`: what may be one target, and what the central office decides on it.

use std::{
    fmt::Write as _,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use meldeverbund_proto::{
    CommandId, TargetId,
    leaf::statement_digest,
    statement::{Act, BatchStatement, DuplicatesStatement},
};
use serde_json::json;

use super::{
    offline,
    output::print,
    target::{
        Desk,
        decide::{read_key, signature},
        words,
    },
};
use crate::flow::{self, Duplicates, DuplicatesRequest, Judged, Policies, StatementKeys};

#[derive(Debug, Subcommand)]
pub(super) enum DuplicatesVerb {
    /// List pairs that may be one, the strongest reason first.
    List {
        /// Where the page begins, as the page before named it.
        #[arg(long)]
        after: Option<String>,
        /// How many reasons to look at.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=1_000))]
        limit: i64,
    },
    /// The two targets of each pair are one.
    Merge(On),
    /// The first target of each pair is another than the second, of which it was a name.
    Split(On),
    /// They are not one, though they look alike.
    Reject(On),
    /// Undo an earlier decision on duplicates.
    Undo {
        /// The decision's id, as it was answered.
        decision: CommandId,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Debug, Args)]
pub(super) struct On {
    /// Targets, two and two.
    targets: Vec<TargetId>,
    /// A file with a pair in each line; `-`: standard input.
    #[arg(long, conflicts_with = "targets", required_unless_present = "targets")]
    pairs: Option<PathBuf>,
    #[command(flatten)]
    by: By,
}

/// What every decision has.
#[derive(Debug, Args)]
pub(super) struct By {
    /// Why; kept in the ledger.
    #[arg(long)]
    reason: String,
    /// The person who decides; kept in the ledger.
    #[arg(long)]
    officer: String,
    /// The decision's id; the same one again is answered as it was. Left out: a new one.
    #[arg(long)]
    id: Option<CommandId>,
    /// The central office's statement key (PKCS#8, PEM); required once one is registered for it.
    #[arg(long, env = "MELDEVERBUND_STATEMENT_KEY")]
    statement_key: Option<PathBuf>,
    /// Answer as if, change nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(config: &Path, json: bool, verb: DuplicatesVerb) -> anyhow::Result<ExitCode> {
    match verb {
        DuplicatesVerb::List { after, limit } => list(config, json, after.as_deref(), limit).await,
        DuplicatesVerb::Merge(on) => decide(config, json, Act::Merge, on.pairs()?, None, on.by).await,
        DuplicatesVerb::Split(on) => decide(config, json, Act::Split, on.pairs()?, None, on.by).await,
        DuplicatesVerb::Reject(on) => decide(config, json, Act::Reject, on.pairs()?, None, on.by).await,
        DuplicatesVerb::Undo { decision, by } => {
            decide(config, json, Act::Undo, Vec::new(), Some(decision), by).await
        }
    }
}

impl On {
    fn pairs(&self) -> anyhow::Result<Vec<(TargetId, TargetId)>> {
        let targets = match &self.pairs {
            None => self.targets.clone(),
            Some(file) => {
                let mut text = String::new();
                if file.as_os_str() == "-" {
                    std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
                } else {
                    let read = std::fs::read_to_string(file);
                    text = read.with_context(|| format!("cannot read {}", file.display()))?;
                }
                text.split_whitespace().map(str::parse).collect::<Result<Vec<TargetId>, _>>()?
            }
        };
        anyhow::ensure!(!targets.is_empty() && targets.len() % 2 == 0, "targets come two and two");
        Ok(targets.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }
}

async fn list(config: &Path, json: bool, after: Option<&str>, limit: i64) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(config).await?;
    let (mut connection, views) = (desk.store.snapshot().await?, desk.views());
    let page = flow::suggested_pairs(&mut connection, &views, &desk.office, after, limit).await;
    let page = page.map_err(offline::failed);
    drop(connection);
    desk.store.close().await;
    let page = page?;
    let mut text = String::new();
    for pair in &page.pairs {
        let [one, other] = &pair.owners;
        writeln!(text, "{} ({one})  {} ({other})  {}", pair.one, pair.other, pair.reasons.join("; "))?;
    }
    match &page.next {
        Some(next) => writeln!(text, "More: duplicates list --after {next}")?,
        None if page.pairs.is_empty() => writeln!(text, "Nothing looks alike that nobody has decided on.")?,
        None => {}
    }
    print(json, &page, &text)
}

async fn decide(
    config: &Path,
    json: bool,
    act: Act,
    pairs: Vec<(TargetId, TargetId)>,
    undone: Option<CommandId>,
    by: By,
) -> anyhow::Result<ExitCode> {
    let By { reason, officer, id, statement_key, dry_run } = by;
    let key = statement_key.map(|file| read_key(config, &file)).transpose()?;
    let desk = Desk::open(config).await?;
    let (command, salt) = desk.named(id).await?;
    let signature = key.map(|key| {
        let statement = DuplicatesStatement {
            agency: desk.office.clone(),
            command,
            officer: officer.clone(),
            act,
            reason: reason.clone(),
            pairs: pairs.clone(),
            undone,
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        let digests = vec![statement_digest(&salt, &bytes)];
        signature(&key, &BatchStatement { agency: desk.office.clone(), command, digests })
    });
    let named = pairs.clone();
    let request =
        DuplicatesRequest { command, salt, officer, act, reason, pairs, undone, dry_run, signature };
    let target_ids = desk.store.target_ids().clone();
    let keys = StatementKeys::default();
    let parsed = Duplicates::parse(desk.office, request, &keys, target_ids, Policies::default());
    let parsed = parsed.map_err(|refusal| offline::refused(&refusal))?;
    let judged = offline::run_on(&desk.config, desk.store, parsed).await?;
    report(json, dry_run, command, &named, &judged)
}

/// Each pair's answer; exit code 1 if one was refused.
fn report(
    json: bool,
    dry_run: bool,
    command: CommandId,
    pairs: &[(TargetId, TargetId)],
    judged: &Judged,
) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    for (n, answer) in judged.answers.iter().enumerate() {
        let (one, other) = match pairs.get(n) {
            Some((one, other)) => (one.to_string(), other.to_string()),
            None => (answer.target_id.clone(), answer.name_id.clone()),
        };
        match &answer.refusal {
            Some(refusal) => writeln!(text, "{one} {other}  refused: {}", offline::refused(refusal))?,
            None if answer.owner_agency_id.is_empty() => writeln!(text, "{one} {other}  noted")?,
            None => writeln!(
                text,
                "{} {}  {}, round {}, {}{}",
                answer.target_id,
                answer.name_id,
                words::stage(answer.stage()),
                answer.round,
                answer.owner_agency_id,
                if answer.name_owner_agency_id.is_empty() {
                    String::new()
                } else {
                    format!("; the other one: {}", answer.name_owner_agency_id)
                },
            )?,
        }
    }
    let refused = judged.answers.iter().filter(|answer| answer.refusal.is_some()).count();
    let done = if dry_run { "would be done; nothing was" } else { "done" };
    writeln!(text, "{} {done}, {refused} refused. Decision {command}.", judged.answers.len() - refused)?;
    let value = json!({
        "dry_run": dry_run, "decision": command.to_string(), "repeated": judged.repeated,
        "leaf": (judged.recorded_at_us != 0).then_some(judged.leaf_index),
        "answers": judged.answers.iter().map(|answer| json!({
            "target": answer.target_id, "name": answer.name_id, "owner": answer.owner_agency_id,
            "name_owner": answer.name_owner_agency_id, "round": answer.round,
            "refused": answer.refusal.as_ref().map(|refusal| json!({
                "code": refusal.code().as_str_name().trim_start_matches("REFUSAL_CODE_"), "reason": refusal.reason,
            })),
        })).collect::<Vec<_>>(),
    });
    print(json, &value, &text)?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
