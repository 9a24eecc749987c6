//! The daemon, and whether it knows who is asking.

use meldeverbund_proto::node::v1::{LedgerState, StatusRequest};
use tonic::Code;

use super::Findings;
use crate::{
    cli::{context::Context, error::CliError, ledger::not_pinned},
    text::{self, say},
};

pub(super) async fn check(context: &Context, findings: &mut Findings) {
    let lang = findings.lang;
    let socket = context.socket().map_or_else(|_| String::new(), |socket| socket.display().to_string());
    let mut desk = match context.desk().await {
        Ok(desk) => desk,
        Err(CliError::NoDaemon(error)) => {
            let cause = match error.source.kind() {
                std::io::ErrorKind::PermissionDenied => "socket_closed",
                _ => "not_running",
            };
            let reason = &error.source;
            let text = say(
                lang,
                format!("unter {socket} antwortet niemand ({reason})"),
                format!("nobody answers at {socket} ({reason})"),
            );
            return findings.fault("daemon", cause, text);
        }
        Err(error) => return findings.fault("daemon", "not_running", error.to_string()),
    };
    match desk.status(StatusRequest {}).await {
        Ok(status) => {
            let status = status.into_inner();
            findings.ok("daemon", say(lang, format!("läuft unter {socket}"), format!("runs at {socket}")));
            findings.ok("officer", status.officer);
            ledger(status.ledger.as_ref(), findings);
            let waiting = status.queue.unwrap_or_default();
            if waiting.refused_submissions > 0 || !status.refused_cases.is_empty() {
                let text = say(
                    lang,
                    "Der Hub lehnt Pakete oder Vorgänge ab: meldeverbund-node status",
                    "The hub refuses submissions or cases: meldeverbund-node status",
                );
                findings.warning("daemon", "refused_work", text);
            }
        }
        Err(status) if status.code() == Code::PermissionDenied => {
            findings.ok("daemon", say(lang, format!("läuft unter {socket}"), format!("runs at {socket}")));
            findings.fault("officer", "not_mapped", status.message());
        }
        Err(status) => findings.fault("daemon", "not_answering", status.message()),
    }
}

/// Whether the hub keeps what it promised, as the witness found.
fn ledger(state: Option<&LedgerState>, findings: &mut Findings) {
    let Some(state) = state else { return };
    let lang = findings.lang;
    for alarm in &state.alarms {
        let text = format!("{} [{}]", text::ledger_alarm(lang, &alarm.kind), alarm.detail);
        if alarm.is_notice {
            findings.warning("ledger", "ledger_notice", text);
        } else {
            findings.fault("ledger", "ledger_alarm", text);
        }
    }
    if !state.hub_keys_pinned {
        findings.warning("ledger", "hub_key_not_pinned", not_pinned(lang, state).trim_start_matches("! "));
    }
    if !state.trouble.is_empty() {
        findings.warning("ledger", "ledger_not_followed", state.trouble.clone());
    } else if state.open_alarms == 0 {
        let size = state.newest.as_ref().map_or(0, |newest| newest.size);
        let (size, last) = (text::count(lang, size), text::count(lang, state.final_size));
        findings.ok(
            "ledger",
            say(
                lang,
                format!("geprüft bis Blatt {size}, endgültig bis {last}"),
                format!("verified up to leaf {size}, final up to {last}"),
            ),
        );
    }
}
