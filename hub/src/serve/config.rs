//! The hub's configuration: one file, every setting documented in `hub/hub.sample.toml`.

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};
use meldeverbund_certs::{AcceptLimits, TlsFiles, TrustDomain};
use meldeverbund_domain::{blind, liaison, retention::Terms};
use meldeverbund_people::IssuerSettings;
use meldeverbund_proto::AgencyId;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{ConsoleSettings, FigureSettings};
use crate::{
    ledger::LedgerFiles,
    rpc::{PersonSettings, RateLimits},
    store::Database,
};

/// Environment variables that override the file: `MELDEVERBUND_HUB_LISTEN`, `MELDEVERBUND_HUB_LOG__FORMAT`.
const ENVIRONMENT: &str = "MELDEVERBUND_HUB_";

/// The one variable of that form that is no setting: it names the file.
const CONFIG: &str = "config";

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("configuration {path}: {source}")]
pub struct ConfigError {
    /// The file.
    path: PathBuf,
    /// Which setting, and why.
    source: Box<figment::Error>,
}

/// Everything that can be set. Relative paths are relative to the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where nodes connect.
    pub listen: SocketAddr,
    /// The central office's own agency id; its certificate must name it.
    #[serde(deserialize_with = "from_text")]
    pub agency: AgencyId,
    /// The federation's name in certificates.
    #[serde(deserialize_with = "from_text")]
    pub trust_domain: TrustDomain,
    /// The database: a file, made on the first start, or a server's.
    #[serde(default = "default_database")]
    pub database: Database,
    /// Certificate, key, trust anchors, revocations.
    pub tls: TlsFiles,
    /// Who signs the ledger, and what was signed last.
    #[serde(default)]
    pub ledger: LedgerSettings,
    /// How often the files of `tls` are looked at, ms.
    #[serde(default = "default_tls_reload_ms")]
    pub tls_reload_ms: u64,
    /// Limits of connections.
    #[serde(default)]
    pub connections: AcceptLimits,
    /// Limits of what comes over them.
    #[serde(default)]
    pub limits: Limits,
    /// Where Prometheus and probes ask; none: nowhere.
    #[serde(default)]
    pub metrics_listen: Option<SocketAddr>,
    /// How long records are kept; what has no term is kept.
    #[serde(default)]
    pub retention: Terms,
    /// Who vouches for officers: each issuer for those of one agency.
    #[serde(default)]
    pub issuers: Vec<IssuerSettings>,
    /// What a person, not a machine, must decide: for each agency that asks for it.
    #[serde(default)]
    pub persons: Vec<PersonSettings>,
    /// How much liaison bodies may ask, for what, and how long that is kept.
    #[serde(default)]
    pub liaison: liaison::Settings,
    /// Blind questions: on with a legal basis.
    #[serde(default)]
    pub blind: blind::Settings,
    /// The central office's pages; none: it has none.
    #[serde(default)]
    pub console: Option<ConsoleSettings>,
    /// What of figures may be published.
    #[serde(default)]
    pub figures: FigureSettings,
    /// How logs are written.
    #[serde(default)]
    pub log: Log,
    /// How long calls in progress may take after SIGTERM, ms.
    #[serde(default = "default_drain_ms")]
    pub drain_ms: u64,
}

/// Who signs the ledger, and what was signed last.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerSettings {
    /// The hub's key for checkpoints; made on the first start.
    pub key: PathBuf,
    /// The newest signed checkpoint; not to be restored with the database.
    pub mark: PathBuf,
    /// How often a checkpoint is published for its witnesses if the ledger has grown, ms.
    pub publish_ms: u64,
}

/// Limits of what comes over a connection. Limits of the contract itself stand in `meldeverbund_proto::limits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls in progress on one connection.
    pub streams_per_connection: u32,
    /// Unanswered submissions on one stream before no more are read.
    pub submissions_in_flight: u32,
    /// Commands per agency and second.
    pub commands_per_second: NonZeroU32,
    /// Commands of an agency at once.
    pub commands_at_once: NonZeroU32,
}

/// How logs are written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// What is logged, e.g. `info` or `meldeverbund_hub=debug,warn`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line for people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the file and the environment.
    ///
    /// # Errors
    /// Which setting is missing, unknown or malformed.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let failed = |source| ConfigError { path: path.to_owned(), source: Box::new(source) };
        if !path.is_file() {
            return Err(failed(figment::Error::from("the file is not there".to_owned())));
        }
        let figment =
            Figment::from(Toml::file(path)).merge(Env::prefixed(ENVIRONMENT).ignore(&[CONFIG]).split("__"));
        let mut config: Self = figment.extract().map_err(failed)?;
        config.liaison.check().map_err(|error| failed(figment::Error::from(error.to_string())))?;
        config.blind.check().map_err(|error| failed(figment::Error::from(error.to_string())))?;
        PersonSettings::check(&config.persons, &config.issuers)
            .map_err(|error| failed(figment::Error::from(error.to_string())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let own = [
            &mut config.tls.certificate,
            &mut config.tls.key,
            &mut config.tls.trust_anchors,
            &mut config.ledger.key,
            &mut config.ledger.mark,
        ];
        config.database = config.database.in_folder(folder);
        let key = config.console.as_mut().and_then(|console| console.statement_key.as_mut());
        key.into_iter().for_each(|file| *file = folder.join(&file));
        let anchors = config
            .issuers
            .iter_mut()
            .flat_map(|issuer| [&mut issuer.trust_anchors, &mut issuer.client_secret_file]);
        anchors.flatten().for_each(|file| *file = folder.join(&file));
        own.into_iter().chain(&mut config.tls.revocations).for_each(|file| *file = folder.join(&file));
        Ok(config)
    }

    /// The seed of the keys of blind questions: beside the ledger's key, of which copies are kept and shared in the same way.
    pub fn blind_seed(&self) -> PathBuf {
        let mut path = self.ledger.key.clone().into_os_string();
        path.push(".blind");
        path.into()
    }

    /// The ledger's files.
    pub fn ledger_files(&self) -> LedgerFiles {
        LedgerFiles {
            trust_domain: self.trust_domain.to_string(),
            key: self.ledger.key.clone(),
            mark: self.ledger.mark.clone(),
        }
    }
}

impl LedgerSettings {
    /// Files in this folder, everything else as by default.
    pub fn in_folder(folder: &Path) -> Self {
        let Self { key, mark, publish_ms } = Self::default();
        Self { key: folder.join(key), mark: folder.join(mark), publish_ms }
    }
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self { key: "ledger.key".into(), mark: "ledger.mark".into(), publish_ms: 1_000 }
    }
}

impl Limits {
    /// The rates among the limits.
    pub fn rates(&self) -> RateLimits {
        let Self { commands_per_second, commands_at_once, .. } = *self;
        RateLimits { commands_per_second, commands_at_once }
    }
}

impl Default for Limits {
    fn default() -> Self {
        const fn number(n: u32) -> NonZeroU32 {
            NonZeroU32::new(n).expect("the defaults are not 0")
        }
        // A submission carries up to 1,000 referrals: these rates stop a runaway client, never a seizure.
        Self {
            streams_per_connection: 32,
            submissions_in_flight: 8,
            commands_per_second: number(500),
            commands_at_once: number(1_000),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Human, filter: "info".into() }
    }
}

fn default_database() -> Database {
    Path::new("hub.sqlite").into()
}

fn default_tls_reload_ms() -> u64 {
    1_000
}

fn default_drain_ms() -> u64 {
    20_000
}

fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use meldeverbund_domain::retention::Class;

    use super::*;

    fn sample() -> Config {
        Config::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/hub.sample.toml"))).unwrap()
    }

    #[test]
    fn the_sample_shows_the_defaults() {
        let config = sample();
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.connections, AcceptLimits::default());
        assert_eq!(config.log, Log::default());
        assert_eq!(config.figures, FigureSettings::default());
        assert!(config.ledger.key.ends_with(LedgerSettings::default().key));
        assert!(config.ledger.mark.ends_with(LedgerSettings::default().mark));
        assert_eq!(config.ledger.publish_ms, LedgerSettings::default().publish_ms);
        assert_eq!(config.retention, Terms::default(), "without a legal basis nothing goes");
        assert_eq!(config.tls_reload_ms, default_tls_reload_ms());
        assert_eq!(config.drain_ms, default_drain_ms());
        assert!(config.database.file().unwrap().ends_with("hub.sqlite"));
        assert_eq!(config.agency.as_str(), "de-bka");
    }

    #[test]
    fn the_sample_documents_every_setting() {
        let text = include_str!("../../hub.sample.toml");
        let mut documented = false;
        for line in text.lines() {
            let setting = !line.trim().is_empty() && !line.starts_with('#') && !line.starts_with('[');
            assert!(!setting || documented, "a comment must stand above: {line}");
            documented = line.starts_with('#');
        }
    }

    #[test]
    fn a_term_has_a_length_and_a_legal_basis() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        let sample = include_str!("../../hub.sample.toml");
        let read = |retention: &str| {
            std::fs::write(&path, format!("{sample}\n{retention}")).unwrap();
            Config::read(&path).map(|config| config.retention).map_err(|error| error.to_string())
        };
        let examples: String =
            sample.lines().filter_map(|line| Some(line.strip_prefix("#: ")?.to_owned() + "\n")).collect();
        let terms = read(&examples).unwrap();
        let classes: Vec<_> = terms.in_force().map(|(class, _)| class).collect();
        assert_eq!(classes, Class::ALL, "the sample shows each class");
        let term = read("[retention.case]\nmonths = 24\nbasis = \"BKAG § 77\"\n").unwrap().case.unwrap();
        assert_eq!((term.months(), term.basis()), (24, "BKAG § 77"));
        for (bad, named) in [
            ("[retention.case]\nmonths = 0\nbasis = \"BKAG § 77\"", "months must be 1 to 1200"),
            ("[retention.case]\nmonths = 1\nbasis = \" \"", "basis must name the provision"),
            ("[retention.case]\nmonths = 1", "basis"),
            ("[retention.cases]\nmonths = 1\nbasis = \"BKAG § 77\"", "cases"),
            ("[retention.case]\nmonths = 1\nbasis = \"BKAG § 77\"\ndays = 1", "days"),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.contains(named), "{bad}: {error}");
        }
    }

    #[test]
    fn an_unknown_or_malformed_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        let sample = include_str!("../../hub.sample.toml");
        for (from, to, named) in [
            ("drain_ms", "drain_seconds", "drain_seconds"),
            ("agency = \"de-bka\"", "agency = \"DE_BKA\"", "agency"),
            ("listen = ", "lisen = ", "listen"),
            ("max_connection_age_s = 86400", "max_connection_age_s = 999999", "connections"),
        ] {
            assert!(sample.contains(from), "{from}");
            std::fs::write(&path, sample.replacen(from, to, 1)).unwrap();
            let error = Config::read(&path).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(Config::read(&path).unwrap_err().to_string().contains("not there"));
    }
}
