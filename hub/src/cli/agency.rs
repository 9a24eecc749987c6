//! `agency`: who is a member of the federation.

use std::{path::Path, process::ExitCode};

use clap::{Subcommand, ValueEnum};
use meldeverbund_domain::AgencyState;
use meldeverbund_proto::{
    AgencyId,
    v1::{AgencyCard, AgencyKind},
};

use super::{
    key::{self, KeyVerb},
    offline,
    output::print,
    statement_key::{self, StatementKeyVerb},
    witness_key::{self, WitnessKeyVerb},
};
use crate::{
    flow::{AddAgency, ReleaseAgency, SetAgencyState},
    store::AgencyRow,
};

#[derive(Debug, Subcommand)]
pub(super) enum AgencyVerb {
    /// Register an agency.
    Add {
        /// Its id, e.g. de-nw-lka.
        agency: AgencyId,
        /// Its name as it is written on letters.
        #[arg(long)]
        name: String,
        /// The kind of body.
        #[arg(long)]
        kind: Kind,
        /// How to reach the unit on duty; shown to other agencies.
        #[arg(long)]
        contact: String,
    },
    /// List all agencies.
    List,
    /// Shut an agency out; what it owns stays its own.
    Suspend {
        /// Its id.
        agency: AgencyId,
        /// Why; kept in the ledger.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Let a suspended agency in again.
    Resume {
        /// Its id.
        agency: AgencyId,
        /// Why; kept in the ledger.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// After a restore: wait no longer for an agency that hands in nothing any more; grants go on without it.
    Release {
        /// Its id.
        agency: AgencyId,
        /// Why nothing is to be expected from it; kept in the ledger.
        #[arg(long)]
        reason: String,
        /// Who decides it; kept in the ledger.
        #[arg(long)]
        officer: String,
        /// Who confirms it, where the policy asks for a second person; kept in the ledger.
        #[arg(long, default_value = "")]
        second_officer: String,
    },
    /// Public keys of nodes whose administration issues no certificates with the federation's names.
    #[command(subcommand)]
    Key(KeyVerb),
    /// Keys with which agencies vouch for checkpoints.
    #[command(subcommand)]
    WitnessKey(WitnessKeyVerb),
    /// The keys with which agencies sign what they hand in.
    #[command(subcommand)]
    StatementKey(StatementKeyVerb),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// A state police office, or a federal force with cases of its own.
    StateOffice,
    /// The central office.
    CentralOffice,
    /// A liaison body: asks, hands in nothing.
    Liaison,
}

pub(super) async fn run(config: &Path, json: bool, verb: AgencyVerb) -> anyhow::Result<ExitCode> {
    match verb {
        AgencyVerb::Add { agency, name, kind, contact } => {
            let kind = wire(kind).into();
            let card = AgencyCard { agency_id: agency.to_string(), name, contact, kind };
            let command =
                AddAgency::parse(card, offline::salt()).map_err(|refusal| offline::refused(&refusal))?;
            let new = offline::run(config, command).await?;
            let text = if new { "is registered" } else { "was registered already" };
            print(
                json,
                &serde_json::json!({ "agency": agency.to_string(), "new": new }),
                &format!("{agency} {text}."),
            )
        }
        AgencyVerb::List => list(config, json).await,
        AgencyVerb::Suspend { agency, reason } => {
            set(config, json, agency, AgencyState::Suspended, reason).await
        }
        AgencyVerb::Resume { agency, reason } => set(config, json, agency, AgencyState::Active, reason).await,
        AgencyVerb::Release { agency, reason, officer, second_officer } => {
            let officers = [officer, second_officer];
            let command = ReleaseAgency::parse(agency.clone(), reason, officers, offline::salt());
            let command = command.map_err(|refusal| offline::refused(&refusal))?;
            let released = offline::run(config, command).await?;
            let text = if released { "is released" } else { "is not waited for" };
            let value = serde_json::json!({ "agency": agency.to_string(), "released": released });
            print(json, &value, &format!("{agency} {text}."))
        }
        AgencyVerb::Key(verb) => key::run(config, json, verb).await,
        AgencyVerb::WitnessKey(verb) => witness_key::run(config, json, verb).await,
        AgencyVerb::StatementKey(verb) => statement_key::run(config, json, verb).await,
    }
}

async fn set(
    config: &Path,
    json: bool,
    agency: AgencyId,
    state: AgencyState,
    reason: String,
) -> anyhow::Result<ExitCode> {
    let command = SetAgencyState::parse(agency.clone(), state, reason, offline::salt());
    let changed = offline::run(config, command.map_err(|refusal| offline::refused(&refusal))?).await?;
    let state = label(state);
    let text = format!("{agency} is {state}{}.", if changed { "" } else { " already" });
    print(
        json,
        &serde_json::json!({ "agency": agency.to_string(), "state": state, "changed": changed }),
        &text,
    )
}

async fn list(config: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let store = offline::open(config).await?;
    let rows = AgencyRow::all(&mut *store.reader().await?).await?;
    store.close().await;
    let values: Vec<_> = rows.iter().map(value).collect();
    let text: String = rows.iter().map(line).collect();
    print(json, &values, if rows.is_empty() { "No agency is registered; see `agency add`." } else { &text })
}

fn line(row: &AgencyRow) -> String {
    let (card, state) = (&row.card, label(row.agency.state));
    format!("{:<20} {:<16} {:<10} {}  ({})\n", card.agency_id, kind(row), state, card.name, card.contact)
}

fn value(row: &AgencyRow) -> serde_json::Value {
    let AgencyRow { card, .. } = row;
    serde_json::json!({
        "agency": card.agency_id, "name": card.name, "contact": card.contact, "kind": kind(row),
        "state": label(row.agency.state), "registered_at_us": row.registered_at_us,
    })
}

fn kind(row: &AgencyRow) -> &'static str {
    match row.agency.kind {
        AgencyKind::StateOffice => "state-office",
        AgencyKind::CentralOffice => "central-office",
        AgencyKind::Liaison => "liaison",
        AgencyKind::Unspecified => "unknown",
    }
}

fn label(state: AgencyState) -> &'static str {
    match state {
        AgencyState::Active => "active",
        AgencyState::Suspended => "suspended",
    }
}

fn wire(kind: Kind) -> AgencyKind {
    match kind {
        Kind::StateOffice => AgencyKind::StateOffice,
        Kind::CentralOffice => AgencyKind::CentralOffice,
        Kind::Liaison => AgencyKind::Liaison,
    }
}
