//! `node.toml`: one file, every setting documented in `node.sample.toml`.

mod hub;
mod ledger;
mod load;
mod notices;
mod parsed;
mod sign_in;

use std::path::PathBuf;

use meldeverbund_certs::TlsFiles;
use meldeverbund_proto::AgencyId;
use serde::Deserialize;

pub use hub::Hub;
pub use ledger::Ledger;
pub(crate) use ledger::witness_agency;
pub use load::ConfigError;
pub use notices::{LegalBasis, Notices, ProviderEntry, Reasons};
pub use sign_in::SignIn;

/// All settings. Relative paths are taken from the configuration file's folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file it was read from; officers are read again from it when it changes.
    #[serde(skip)]
    pub file: PathBuf,
    /// This agency.
    #[serde(deserialize_with = "parsed::parsed")]
    pub agency: AgencyId,
    /// What this agency is in the federation.
    #[serde(default)]
    pub role: Role,
    /// The folder of the store.
    pub data_dir: PathBuf,
    /// The hub.
    pub hub: Hub,
    /// This node's credentials.
    pub tls: TlsFiles,
    /// The officers' socket.
    #[serde(default)]
    pub desk: Desk,
    /// Who may work at the desk.
    #[serde(default)]
    pub officers: Vec<Officer>,
    /// Sending and following.
    #[serde(default)]
    pub sync: Sync,
    /// Whom this office believes about the ledger.
    #[serde(default)]
    pub ledger: Ledger,
    /// Questions of liaison bodies.
    #[serde(default)]
    pub liaison: Liaison,
    /// Where officers sign in whose questions go out; none: they bring a token of their own.
    #[serde(default)]
    pub sign_in: Option<SignIn>,
    /// The log.
    #[serde(default)]
    pub log: Log,
    /// What notices to providers say.
    #[serde(default)]
    pub notices: Notices,
    /// The providers that are known by name.
    #[serde(default)]
    pub providers: Vec<ProviderEntry>,
}

/// What an agency is in the federation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An office with cases of its own, or the central office: hands in and decides.
    #[default]
    Office,
    /// A liaison body: asks, and hands in nothing.
    Liaison,
}

/// Questions of liaison bodies: those that are asked here, and those that were asked about this office's targets.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Liaison {
    /// Days after which they are erased; none: at the end of the year after the one in which they were asked.
    pub keep_days: Option<u32>,
}

/// The officers' socket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Desk {
    /// The socket's path; by default `desk.sock` in `data_dir`.
    pub socket: PathBuf,
    /// The socket's mode, `0600` or `0660`.
    #[serde(deserialize_with = "parsed::mode")]
    pub socket_mode: u32,
    /// No rows are taken while less than this is free on the disk.
    pub min_free_mib: u64,
}

/// A person at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// The number of the person's account.
    pub uid: u32,
    /// The person's name as it stands in the records.
    pub name: String,
}

/// Sending and following.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    /// Submissions under way at once.
    pub window: usize,
    /// First pause after a failure.
    pub pause_min_ms: u64,
    /// Longest pause after failures.
    pub pause_max_ms: u64,
    /// How often the hub is told how far the feed has been applied.
    pub acknowledge_s: u64,
    /// How long running work may take at the end.
    pub drain_s: u64,
    /// How often changed certificate files are looked for.
    pub reload_s: u64,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `human` or `json`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`, or directives of `tracing-subscriber`.
    pub level: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object per line.
    Json,
}

impl Default for Desk {
    fn default() -> Self {
        Self { socket: PathBuf::from("desk.sock"), socket_mode: 0o600, min_free_mib: 64 }
    }
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            window: 4,
            pause_min_ms: 500,
            pause_max_ms: 60_000,
            acknowledge_s: 30,
            drain_s: 10,
            reload_s: 10,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Human, level: String::from("info") }
    }
}
