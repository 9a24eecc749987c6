//! What a command prints: lines for people, one JSON object for programs.

use std::{
    io::Write as _,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A command's result.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) lines: Vec<String>,
    pub(super) json: Value,
    /// What was looked at is not as it should be.
    pub(super) bad: bool,
}

impl Report {
    pub(super) fn new(lines: Vec<String>, json: Value) -> Self {
        Self { lines, json, bad: false }
    }

    pub(super) fn print(&self, as_json: bool) -> ExitCode {
        let mut text = if as_json { self.json.to_string() } else { self.lines.join("\n") };
        text.push('\n');
        // A reader that went away (`| head`) wants no more.
        let _ = std::io::stdout().write_all(text.as_bytes());
        if self.bad { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

pub(super) fn print_error(error: &str, as_json: bool) {
    let text = if as_json { json!({ "error": error }).to_string() } else { format!("error: {error}") };
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// An instant as RFC 3339 in UTC; X.509 knows no fractions of a second.
pub(super) fn instant(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    seconds_instant(seconds)
}

/// The same for seconds since 1970.
pub(super) fn seconds_instant(seconds: u64) -> String {
    let time = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds);
    time.format(&Rfc3339).unwrap_or_else(|_| seconds.to_string())
}
