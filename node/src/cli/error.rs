//! Why a verb failed, in the officer's language, and the exit code that says so to programs.

use std::io;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{Exit, plan_error};
use crate::{
    backup::BackupError,
    client::NoDaemon,
    config::ConfigError,
    daemon::StartError,
    desk::SocketError,
    import::ImportError,
    init::InitError,
    ledger::KeyFileError,
    notice::{PlanError, WriteError, answer::FormError},
    sync::chain,
    text::{self, Lang, say},
};

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error("no configuration file")]
    NoConfig,
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("no daemon answers")]
    NoDaemon(#[from] NoDaemon),
    #[error("the daemon refused")]
    Desk(Box<Status>),
    #[error("the daemon broke off")]
    BrokeOff,
    #[error("the daemon broke off: {0}")]
    BrokenStream(Box<Status>),
    #[error("the input cannot be read")]
    Input(#[source] io::Error),
    #[error("the input changed while it was read")]
    InputChanged,
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
    #[error("the report cannot be written")]
    Report(#[source] io::Error),
    #[error(transparent)]
    Init(#[from] InitError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Serve(#[from] SocketError),
    #[error("the runtime cannot be made")]
    Runtime(#[source] io::Error),
    #[error("wrong value: {0}")]
    Value(String),
    #[error("{error}")]
    Plan {
        error: PlanError,
        /// The setting or option that cures it.
        setting: Option<String>,
    },
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the notices stand and have no files: {error}")]
    Stranded {
        error: WriteError,
        targets: u64,
        /// The selection as it was typed.
        selection: String,
    },
    #[error(transparent)]
    Form(#[from] FormError),
}

impl From<Status> for CliError {
    fn from(status: Status) -> Self {
        // The desk names its reason; a status without one is the line's, not the desk's.
        if status.get_details_error_info().is_some() {
            Self::Desk(Box::new(status))
        } else {
            Self::BrokenStream(Box::new(status))
        }
    }
}

impl CliError {
    /// Tells the person on standard error, and the program by the exit code.
    pub(super) fn report(&self, lang: Lang, json: bool) -> Exit {
        if let Self::Output(error) = self
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            // The reader has seen enough, as `head` does.
            return Exit::Done;
        }
        let text = self.text(lang);
        if json {
            let reason = self.reason();
            eprintln!("{}", serde_json::json!({ "error": text, "reason": reason }));
        } else {
            eprintln!("{text}");
        }
        self.exit()
    }

    pub(super) fn text(&self, lang: Lang) -> String {
        match self {
            Self::NoConfig => say(
                lang,
                "Keine Konfigurationsdatei gefunden; --config DATEI nennt sie.".into(),
                "No configuration file was found; name it with --config FILE.".into(),
            ),
            Self::NoDaemon(error) => no_daemon(lang, error),
            Self::Desk(status) => status.message().to_owned(),
            Self::BrokeOff | Self::BrokenStream(_) => say(
                lang,
                "Der Dienst des Knotens hat die Verbindung abgebrochen. Was er angenommen hat, ist gesichert; \
                 derselbe Befehl macht dort weiter."
                    .into(),
                "The node's daemon broke off. What it has taken is safe; the same command goes on from there.".into(),
            ),
            Self::Input(error) => {
                say(lang, format!("Die Liste lässt sich nicht lesen: {error}"), format!("The list cannot be read: {error}"))
            }
            Self::InputChanged => say(
                lang,
                "Die Liste wurde verändert, während sie gelesen wurde. Bitte noch einmal einreichen.".into(),
                "The list was changed while it was read. Please hand it in again.".into(),
            ),
            Self::Output(error) => {
                say(lang, format!("Die Ausgabe ist gestört: {error}"), format!("The output failed: {error}"))
            }
            Self::Report(error) => say(
                lang,
                format!("Der Bericht lässt sich nicht schreiben: {error}"),
                format!("The report cannot be written: {error}"),
            ),
            Self::Runtime(error) => error.to_string(),
            Self::Value(text) => text.clone(),
            Self::Config(error) => error.to_string(),
            Self::Import(error) => say(lang, error.german(), error.to_string()),
            Self::Plan { error, setting } => plan_error::text(lang, *error, setting.as_deref()),
            Self::Write(error) => write_error(lang, error),
            Self::Stranded { error, targets, selection } => stranded(lang, error, *targets, selection),
            Self::Form(error) => say(lang, error.german(), error.to_string()),
            Self::Init(error) => error.to_string(),
            Self::Backup(error) => chain(error),
            Self::KeyFile(error) => error.to_string(),
            Self::Start(error) => error.to_string(),
            Self::Serve(error) => error.to_string(),
        }
    }

    pub(super) fn reason(&self) -> String {
        match self {
            Self::Desk(status) => {
                status.get_details_error_info().map_or_else(String::new, |info| info.reason)
            }
            Self::NoDaemon(_) => "NO_DAEMON".into(),
            Self::BrokeOff | Self::BrokenStream(_) => "BROKE_OFF".into(),
            Self::NoConfig | Self::Config(_) | Self::KeyFile(_) => "CONFIG".into(),
            Self::Input(_) | Self::InputChanged | Self::Import(_) | Self::Form(_) => "INPUT".into(),
            Self::Plan { setting: Some(_), .. } => "CONFIG".into(),
            Self::Plan { setting: None, .. } => "PLAN".into(),
            Self::Write(_) => "OUTPUT".into(),
            Self::Stranded { .. } => "NO_FILES".into(),
            Self::Output(_) | Self::Report(_) => "OUTPUT".into(),
            Self::Init(_) | Self::Start(_) | Self::Serve(_) | Self::Runtime(_) => "START".into(),
            Self::Backup(_) => "BACKUP".into(),
            Self::Value(_) => "VALUE".into(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NoDaemon(error) if error.source.kind() == io::ErrorKind::PermissionDenied => {
                Exit::NotPermitted
            }
            Self::NoDaemon(_) | Self::BrokeOff | Self::BrokenStream(_) => Exit::NoDaemon,
            Self::Desk(_) if self.reason() == "HUB_AWAY" => Exit::HubAway,
            Self::Desk(status) => match status.code() {
                Code::PermissionDenied | Code::Unauthenticated => Exit::NotPermitted,
                Code::NotFound => Exit::Unknown,
                Code::Unavailable => Exit::NoDaemon,
                _ => Exit::Failed,
            },
            _ => Exit::Failed,
        }
    }
}

fn write_error(lang: Lang, error: &WriteError) -> String {
    match error {
        WriteError::Io(source) => say(lang, error.german(), format!("{error}: {source}")),
        _ => say(lang, error.german(), error.to_string()),
    }
}

/// The hub counts on notices whose files are not there.
fn stranded(lang: Lang, error: &WriteError, targets: u64, selection: &str) -> String {
    let (error, targets) = (write_error(lang, error), text::count(lang, targets));
    say(
        lang,
        format!(
            "{error}\nDie Ankündigungen stehen: bei {targets} Löschobjekten gilt eine Mitteilung als unterwegs und wird \
             ungewiss, wenn nichts geschieht.\n  Dateien noch einmal schreiben: meldeverbund-node notice export --resume \
             {selection} --out ORDNER\n  Oder aufgeben: meldeverbund-node notice failed {selection} --reason GRUND"
        ),
        format!(
            "{error}\nThe intents stand: on {targets} targets a notice counts as under way, and becomes in doubt if nothing \
             is done.\n  Write the files again: meldeverbund-node notice export --resume {selection} --out FOLDER\n  Or \
             give up: meldeverbund-node notice failed {selection} --reason TEXT"
        ),
    )
}

fn no_daemon(lang: Lang, error: &NoDaemon) -> String {
    let socket = error.socket.display();
    match error.source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => say(
            lang,
            format!(
                "Der Dienst des Knotens läuft nicht (unter {socket} antwortet niemand). Starten: meldeverbund-node serve"
            ),
            format!(
                "The node's daemon is not running (nobody answers at {socket}). Start it: meldeverbund-node serve"
            ),
        ),
        io::ErrorKind::PermissionDenied => say(
            lang,
            format!("Ihr Konto darf den Anschluss {socket} nicht benutzen."),
            format!("Your account may not use the socket {socket}."),
        ),
        _ => say(
            lang,
            format!("Der Dienst des Knotens ist unter {socket} nicht zu erreichen: {}", error.source),
            format!("The node's daemon cannot be reached at {socket}: {}", error.source),
        ),
    }
}
