//! The daemon, and whether it knows who is asking.

use meldeverbund_proto::node::v1::StatusRequest;
use tonic::Code;

use super::Findings;
use crate::{
    cli::{context::Context, error::CliError},
    text::say,
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
