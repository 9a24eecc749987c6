//! The central office's decisions where no console exists yet: the same command, the same refusals as on the wire.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use meldeverbund_domain::moment::{self, MomentError};
use meldeverbund_proto::{
    AgencyId, CommandId, InstanceId, envelope,
    leaf::statement_digest,
    limits::TARGETS_PER_DECISION,
    note::{SigningKey, statement_key_name},
    statement::{BatchStatement, DecisionStatement},
    v1::{
        AssignOwner, Consent, DecideRequest, Decided, HoldReason, LiftHold, Overrule, OwnerBasis, PlaceHold,
        ResolveIntent, StatementSignature, decide_request::Decision,
    },
};
use rand::RngExt as _;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Desk, Ids, words};
use crate::{
    cli::{offline, output::print},
    clock::Clock,
    flow::{self, Policies, StatementKeys},
    serve::Config,
    store::key_id_text,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Decide {
    /// Record the competent body's decision who is responsible.
    Assign {
        /// Who is.
        #[arg(long)]
        to: AgencyId,
        /// On what that rests.
        #[arg(long)]
        basis: Basis,
        /// Who decided.
        #[arg(long)]
        decider: String,
        /// The decision's file reference.
        #[arg(long)]
        reference: String,
        #[command(flatten)]
        on: On,
    },
    /// Place a hold: not yet.
    Hold {
        /// Why.
        #[arg(long)]
        reason: Reason,
        /// Who decided it.
        #[arg(long)]
        authority: String,
        /// Until when: a day, or an instant with its offset; left out: the policy's term.
        #[arg(long, value_parser = instant)]
        until: Option<i64>,
        /// For which other body; left out: for the central office itself.
        #[arg(long, default_value = "")]
        on_behalf_of: String,
        /// The file reference.
        #[arg(long, default_value = "")]
        reference: String,
        /// A note; required with the reason `other`.
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        on: On,
    },
    /// Lift the central office's own holds.
    Lift {
        /// Which one; left out: all of its own.
        #[arg(long)]
        hold: Option<CommandId>,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        on: On,
    },
    /// End an agency's objection window in its place, where the policy allows it.
    Consent {
        /// Whose window.
        #[arg(long)]
        agency: AgencyId,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        on: On,
    },
    /// Set aside the records of an agency that is suspended.
    Overrule {
        /// Whose records.
        #[arg(long)]
        agency: AgencyId,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The file reference.
        #[arg(long)]
        reference: String,
        #[command(flatten)]
        on: On,
    },
    /// Say what became of a notice that failed or is in doubt.
    Resolve {
        /// The notice, as `target list` names it.
        #[arg(long)]
        intent: CommandId,
        /// It has left.
        #[arg(long, required_unless_present = "not_sent", conflicts_with = "not_sent")]
        sent: bool,
        /// It has not.
        #[arg(long)]
        not_sent: bool,
        /// When it left, if that is known.
        #[arg(long, value_parser = instant, requires = "sent")]
        sent_at: Option<i64>,
        /// How that is known.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        on: On,
    },
}

/// What every decision has.
#[derive(Debug, Args)]
pub(in crate::cli) struct On {
    #[command(flatten)]
    ids: Ids,
    /// The person who decides; kept in the ledger.
    #[arg(long)]
    officer: String,
    /// The central office's statement key (PKCS#8, PEM); required once one is registered for it: its decisions are
    /// signed like everybody's, wherever they are taken.
    #[arg(long, env = "MELDEVERBUND_STATEMENT_KEY")]
    statement_key: Option<PathBuf>,
    /// Answer as if, change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What a hold has that a liaison body asks for.
#[derive(Debug, Args)]
pub(in crate::cli) struct HoldOn {
    /// Why.
    #[arg(long, default_value = "foreign-request")]
    reason: Reason,
    /// Who decided it.
    #[arg(long)]
    authority: String,
    /// Until when; left out: as the liaison body asks for it, or else the policy's term.
    #[arg(long, value_parser = instant)]
    until: Option<i64>,
    /// The file reference.
    #[arg(long, default_value = "")]
    reference: String,
    /// A note; required with the reason `other`.
    #[arg(long, default_value = "")]
    note: String,
    /// The person who decides; kept in the ledger.
    #[arg(long)]
    officer: String,
    /// The central office's statement key (PKCS#8, PEM); required once one is registered for it.
    #[arg(long, env = "MELDEVERBUND_STATEMENT_KEY")]
    statement_key: Option<PathBuf>,
}

/// The hold on behalf of another body: the same decision as `target hold`, under an id that is given.
///
/// # Errors
/// If the statement key cannot be read.
pub(in crate::cli) fn asked_hold(
    config: &Path,
    office: &AgencyId,
    id: CommandId,
    target: String,
    on_behalf_of: String,
    asked_until_us: i64,
    hold: HoldOn,
) -> anyhow::Result<DecideRequest> {
    let HoldOn { reason, authority, until, reference, note, officer, statement_key } = hold;
    let until = until.or((asked_until_us != 0).then_some(asked_until_us));
    let on = On { ids: Ids::one(target.clone()), officer, statement_key, dry_run: false };
    let hold = Decide::Hold { reason, authority, until, on_behalf_of, reference, note, on };
    let (decision, On { officer, statement_key, .. }) = decision(hold);
    let key = statement_key.map(|file| read_key(config, &file)).transpose()?;
    let unsigned = DecideRequest {
        command_id: id.to_string(),
        officer,
        target_ids: vec![target],
        decision: Some(decision),
        ..DecideRequest::default()
    };
    Ok(signed(office, id, unsigned, key.as_ref()))
}

/// A decision of the command line's with a salt of its own, signed if there is a key.
fn signed(
    office: &AgencyId,
    id: CommandId,
    request: DecideRequest,
    key: Option<&SigningKey>,
) -> DecideRequest {
    let salt = offline::salt();
    let instance_id = COMMAND_LINE.to_string();
    let mut request = DecideRequest { salt: salt.as_bytes().to_vec(), instance_id, ..request };
    if let Some(key) = key {
        let mut statement = Vec::new();
        DecisionStatement { agency: office, request: &request }.encode(&mut statement);
        let digests = vec![statement_digest(&salt, &statement)];
        let batch = BatchStatement { agency: office.clone(), command: id, digests };
        request.signature = Some(signature(key, &batch));
    }
    request
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Basis {
    /// An agreement between agencies.
    Agreement,
    /// An assignment (BKAG § 36).
    Assignment,
    /// A prosecutor's decision (GVG § 143(3)).
    Prosecutor,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Reason {
    /// An investigation would suffer.
    Investigation,
    /// A covert measure would be given away.
    CovertMeasure,
    /// Evidence is still to be secured.
    Evidence,
    /// A victim is to be protected or identified first.
    Victim,
    /// A foreign authority asks for it.
    ForeignRequest,
    /// Another reason, stated in the note.
    Other,
}

fn instant(text: &str) -> Result<i64, MomentError> {
    moment::parse_us(text)
}

pub(super) async fn run(config: &Path, json: bool, verb: Decide) -> anyhow::Result<ExitCode> {
    let (decision, on) = decision(verb);
    let dry_run = on.dry_run;
    report(json, dry_run, &decide(config, decision, on).await?)
}

/// Takes the decision; the answers to its targets, slice by slice.
async fn decide(config: &Path, decision: Decision, on: On) -> anyhow::Result<Vec<(Vec<String>, Decided)>> {
    let On { ids, officer, statement_key, dry_run } = on;
    let key = statement_key.map(|file| read_key(config, &file)).transpose()?;
    let (targets, mut answered) = (ids.read()?, Vec::new());
    for some in targets.chunks(TARGETS_PER_DECISION) {
        let desk = Desk::open(config).await?;
        let id = command_id()?;
        let unsigned = DecideRequest {
            command_id: id.to_string(),
            officer: officer.clone(),
            target_ids: some.to_vec(),
            dry_run,
            decision: Some(decision.clone()),
            ..DecideRequest::default()
        };
        let request = signed(&desk.office, id, unsigned, key.as_ref());
        let keys = StatementKeys::default();
        let target_ids = desk.store.target_ids().clone();
        let command = flow::Decide::parse(desk.office, request, &keys, target_ids, Policies::default());
        let command = command.map_err(|refusal| offline::refused(&refusal))?;
        answered.push((some.to_vec(), offline::run_on(&desk.config, desk.store, command).await?));
    }
    Ok(answered)
}

/// The command line as a sender: it intends no notices, so that it needs no name of its own.
const COMMAND_LINE: InstanceId = InstanceId::from_bytes([0; 16]);

fn decision(verb: Decide) -> (Decision, On) {
    match verb {
        Decide::Assign { to, basis, decider, reference, on } => {
            let basis = match basis {
                Basis::Agreement => OwnerBasis::Agreement,
                Basis::Assignment => OwnerBasis::Assignment,
                Basis::Prosecutor => OwnerBasis::Prosecutor,
            };
            let (agency_id, basis) = (to.to_string(), basis.into());
            (Decision::AssignOwner(AssignOwner { agency_id, basis, decider, reference }), on)
        }
        Decide::Hold { reason, authority, until, on_behalf_of, reference, note, on } => {
            let reason = match reason {
                Reason::Investigation => HoldReason::Investigation,
                Reason::CovertMeasure => HoldReason::CovertMeasure,
                Reason::Evidence => HoldReason::Evidence,
                Reason::Victim => HoldReason::Victim,
                Reason::ForeignRequest => HoldReason::ForeignRequest,
                Reason::Other => HoldReason::Other,
            };
            let (reason, until_us) = (reason.into(), until.unwrap_or(0));
            let hold = PlaceHold { reason, authority, until_us, reference, note, on_behalf_of };
            (Decision::PlaceHold(hold), on)
        }
        Decide::Lift { hold, reason, on } => {
            let hold_id = hold.map(|id| id.to_string()).unwrap_or_default();
            (Decision::LiftHold(LiftHold { hold_id, reason }), on)
        }
        Decide::Consent { agency, reason, on } => {
            (Decision::Consent(Consent { agency_id: agency.to_string(), reason }), on)
        }
        Decide::Overrule { agency, reason, reference, on } => {
            (Decision::Overrule(Overrule { agency_id: agency.to_string(), reason, reference }), on)
        }
        Decide::Resolve { intent, sent, not_sent: _, sent_at, reason, on } => {
            let (intent_id, sent_at_us) = (intent.to_string(), sent_at.unwrap_or(0));
            (Decision::ResolveIntent(ResolveIntent { intent_id, was_sent: sent, sent_at_us, reason }), on)
        }
    }
}

pub(in crate::cli) fn read_key(config: &Path, file: &Path) -> anyhow::Result<SigningKey> {
    let config = Config::read(config)?;
    let pem = Zeroizing::new(
        std::fs::read_to_string(file).with_context(|| format!("--statement-key {}", file.display()))?,
    );
    let name = statement_key_name(config.trust_domain.as_str(), &config.agency);
    SigningKey::from_pem(&name, &pem).with_context(|| format!("--statement-key {}", file.display()))
}

pub(in crate::cli) fn signature(key: &SigningKey, batch: &BatchStatement) -> StatementSignature {
    let key_id = key_id_text(key.vkey().key_id());
    StatementSignature { key_id, signature: envelope::sign(key, batch).to_vec() }
}

pub(in crate::cli) fn command_id() -> anyhow::Result<CommandId> {
    let now = Clock::system().now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = u64::try_from(now.context("the clock stands before 1970")?.as_millis())?;
    let random: [u8; 10] = rand::rng().random();
    let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    Ok(CommandId::from_bytes(*uuid.as_bytes()))
}

/// Each target's answer; exit code 1 if one was refused.
fn report(json: bool, dry_run: bool, answered: &[(Vec<String>, Decided)]) -> anyhow::Result<ExitCode> {
    let answers = || answered.iter().flat_map(|(targets, decided)| targets.iter().zip(&decided.answers));
    let mut text = String::new();
    for (target, answer) in answers() {
        match &answer.refusal {
            Some(refusal) => writeln!(text, "{target}  refused: {}", offline::refused(refusal))?,
            None => writeln!(text, "{target}  {}, round {}", words::stage(answer.stage()), answer.round)?,
        }
    }
    let refused = answers().filter(|(_, answer)| answer.refusal.is_some()).count();
    let done = if dry_run { "would be changed; nothing was" } else { "changed" };
    writeln!(text, "{} {done}, {refused} refused.", answers().count() - refused)?;
    let value = json!({
        "dry_run": dry_run,
        "leaves": if dry_run { Vec::new() } else { answered.iter().map(|(_, one)| one.leaf_index).collect() },
        "answers": answers().map(|(target, answer)| json!({
            "target": target, "stage": words::stage(answer.stage()), "round": answer.round,
            "refused": answer.refusal.as_ref().map(|refusal| json!({
                "code": refusal.code().as_str_name().trim_start_matches("REFUSAL_CODE_"), "reason": refusal.reason,
            })),
            "under_way_since_us": answer.under_way_since_us,
        })).collect::<Vec<_>>(),
    });
    print(json, &value, &text)?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
