//! `doctor`: looks at everything that the hub needs, and names the cause of what is wrong.

use std::{path::Path, process::ExitCode};

use meldeverbund_certs::RegisteredKeys;
use serde::Serialize;
use tokio::net::TcpListener;

use super::{offline, output::causes};
use crate::{
    clock::{Clock, now_us},
    flow::{Hub, Probe, missing},
    ledger::{Ledger, Standing},
    serve::{Config, load_tls},
    store::{AgencyRow, LedgerKeyRow, Store},
};

/// Free bytes on the database's disk below which a seizure may not fit.
const LOW_DISK_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
struct Finding {
    looked_at: &'static str,
    verdict: Verdict,
    said: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Good,
    Warning,
    Bad,
}

pub(super) async fn run(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let findings = match Config::read(path) {
        Err(error) => vec![bad("configuration", error)],
        Ok(config) => {
            let mut findings = vec![good("configuration", path.display().to_string())];
            findings.extend(certificate(&config));
            findings.push(disk(&config));
            findings.extend(database(&config).await);
            findings.push(port(&config).await);
            findings
        }
    };
    let sick = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    if json {
        println!("{}", serde_json::to_string(&findings)?);
    } else {
        for Finding { looked_at, verdict, said } in &findings {
            let mark = match verdict {
                Verdict::Good => "ok     ",
                Verdict::Warning => "warning",
                Verdict::Bad => "BAD    ",
            };
            println!("{mark}  {looked_at}: {said}");
        }
    }
    Ok(if sick { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn certificate(config: &Config) -> Vec<Finding> {
    let clock = Clock::system();
    let state = match load_tls(config, RegisteredKeys::default(), clock.clone()) {
        Ok(tls) => tls.state(),
        Err(error) => return vec![bad("certificates", anyhow::Error::from(error))],
    };
    let warnings = state.warnings(clock.now());
    if warnings.is_empty() {
        return vec![good("certificates", "valid, trusted, in time")];
    }
    let found = warnings.iter().map(|warning| {
        let verdict = if warning.stops_connections() { Verdict::Bad } else { Verdict::Warning };
        Finding { looked_at: "certificates", verdict, said: warning.to_string() }
    });
    found.collect()
}

fn disk(config: &Config) -> Finding {
    // A server's disk is the server's; the mark is this machine's.
    let (file, what) = match config.database.file() {
        Some(path) => (path, "the database"),
        None => (&*config.ledger.mark, "the hub's own files"),
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(folder) {
        Err(error) => bad("disk", format!("{}: {error}", folder.display())),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let said = format!("{} MiB free for {what}", free / (1024 * 1024));
            let verdict = if free < LOW_DISK_BYTES { Verdict::Warning } else { Verdict::Good };
            Finding { looked_at: "disk", verdict, said }
        }
    }
}

async fn database(config: &Config) -> Vec<Finding> {
    let store = match Store::open(&config.database).await {
        Ok(store) => store,
        Err(error) => return vec![bad("database", anyhow::Error::from(error))],
    };
    let ledger = ledger(config, &store).await.unwrap_or_else(|error| bad("ledger", error));
    let waits = reconciliation(&store).await.unwrap_or_else(|error| Some(bad("reconciliation", error)));
    let registered = agencies(config, &store).await.unwrap_or_else(|error| vec![bad("agencies", error)]);
    let written = match write(config, store).await {
        Ok(()) => good("database", "opens, fits this version, can be written"),
        Err(error) => bad("database", error),
    };
    [written, ledger].into_iter().chain(waits).chain(registered).collect()
}

async fn agencies(config: &Config, store: &Store) -> anyhow::Result<Vec<Finding>> {
    let rows = AgencyRow::all(&mut *store.reader().await?).await?;
    let mut findings = vec![good("agencies", format!("{} registered", rows.len()))];
    if rows.iter().all(|row| row.agency.id != config.agency) {
        let said = format!("{} itself is not registered; see `agency add`", config.agency);
        findings.push(Finding { looked_at: "agencies", verdict: Verdict::Warning, said });
    }
    if rows.iter().any(|row| row.registered_at_us > now_us(&Clock::system())) {
        findings.push(bad("clock", "agencies were registered in the future: the clock is, or was, wrong"));
    }
    Ok(findings)
}

/// Whether grants wait for somebody after a restore.
async fn reconciliation(store: &Store) -> anyhow::Result<Option<Finding>> {
    let missing = missing(&mut *store.reader().await?).await?;
    let said = format!(
        "grants wait until these have handed in again what was lost: {}; see `agency release`",
        missing.join(", ")
    );
    let finding = Finding { looked_at: "reconciliation", verdict: Verdict::Warning, said };
    Ok((!missing.is_empty()).then_some(finding))
}

/// Looks at the key and the high-water mark; makes neither.
async fn ledger(config: &Config, store: &Store) -> anyhow::Result<Finding> {
    let mut reader = store.reader().await?;
    if LedgerKeyRow::all(&mut reader).await?.is_empty() {
        return Ok(good("ledger", "has no key yet: the first start makes it"));
    }
    let ledger = Ledger::open(&config.ledger_files(), &mut reader).await?;
    Ok(match (ledger.standing(), ledger.mark(&mut reader).await?) {
        (Standing::Behind(behind), _) => bad("ledger", format!("{behind}; see `ledger new-epoch`")),
        (Standing::Sound, None) => {
            let said = "there is no high-water mark: whether the database was restored cannot be known";
            Finding { looked_at: "ledger", verdict: Verdict::Warning, said: said.into() }
        }
        (Standing::Sound, Some(mark)) => {
            good("ledger", format!("holds what was signed: epoch {}, {} leaves", mark.epoch, mark.size))
        }
    })
}

async fn write(config: &Config, store: Store) -> anyhow::Result<()> {
    let (hub, tasks) = Hub::start(store, Clock::system(), &config.ledger_files()).await?;
    let outcome = hub.run(Probe).await;
    drop(hub);
    tasks.end().await;
    outcome.map_err(offline::failed)
}

async fn port(config: &Config) -> Finding {
    match TcpListener::bind(config.listen).await {
        Ok(_) => Finding {
            looked_at: "listen",
            verdict: Verdict::Warning,
            said: format!("nobody listens on {}: the hub is not running", config.listen),
        },
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            good("listen", format!("{} is taken, by the running hub if all is well", config.listen))
        }
        Err(error) => bad("listen", format!("{}: {error}", config.listen)),
    }
}

fn good(looked_at: &'static str, said: impl Into<String>) -> Finding {
    Finding { looked_at, verdict: Verdict::Good, said: said.into() }
}

fn bad(looked_at: &'static str, error: impl Into<Said>) -> Finding {
    let Said(said) = error.into();
    Finding { looked_at, verdict: Verdict::Bad, said }
}

/// An error with its causes, in one line.
struct Said(String);

impl From<anyhow::Error> for Said {
    fn from(error: anyhow::Error) -> Self {
        Self(causes(&error))
    }
}

impl From<String> for Said {
    fn from(said: String) -> Self {
        Self(said)
    }
}

impl From<&str> for Said {
    fn from(said: &str) -> Self {
        Self(said.into())
    }
}

impl From<crate::serve::ConfigError> for Said {
    fn from(error: crate::serve::ConfigError) -> Self {
        Self(error.to_string())
    }
}
