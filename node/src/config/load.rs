//! Reads the file, then the environment over it.

use std::path::{Path, PathBuf};

use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};

use super::{Config, ProviderEntry, Sync};

/// Variables of the environment that set something: `MELDEVERBUND_NODE_HUB__ADDRESS` is `[hub] address`.
const PREFIX: &str = "MELDEVERBUND_NODE_";

/// Variables with that prefix that are no settings.
const OTHERS: [&str; 2] = ["config", "socket"];

/// Longest path of a Unix socket (sockaddr_un, 108 bytes with the closing zero).
const SOCKET_PATH_BYTES: usize = 107;

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A setting is missing, unknown or wrong.
    #[error("{}: {source}", path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// Which setting, and why.
        source: Box<figment::Error>,
    },
    /// A setting is outside its range.
    #[error("{}: {key} {rule}", path.display())]
    Range {
        /// The file.
        path: PathBuf,
        /// Which setting.
        key: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

impl Config {
    /// Reads a configuration file and the environment.
    ///
    /// # Errors
    /// Which setting is wrong, and why.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with(path, Env::prefixed(PREFIX).ignore(&OTHERS).split("__"))
    }

    fn load_with(path: &Path, environment: Env) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut config: Self = Figment::from(Toml::string(&text))
            .merge(environment)
            .extract()
            .map_err(|source| ConfigError::Setting { path: path.to_owned(), source: Box::new(source) })?;
        config.resolve(file.parent().unwrap_or(Path::new("/")));
        config.file = file;
        config.check()?;
        Ok(config)
    }

    /// Takes relative paths from the file's folder, the socket's from the data folder.
    fn resolve(&mut self, folder: &Path) {
        self.data_dir = folder.join(&self.data_dir);
        self.desk.socket = self.data_dir.join(&self.desk.socket);
        let tls = &mut self.tls;
        for path in [&mut tls.certificate, &mut tls.key, &mut tls.trust_anchors] {
            *path = folder.join(&*path);
        }
        if let Some(path) = &mut tls.revocations {
            *path = folder.join(&*path);
        }
        if let Some(path) = self.sign_in.as_mut().and_then(|sign_in| sign_in.trust_anchors.as_mut()) {
            *path = folder.join(&*path);
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let Sync { window, pause_min_ms, pause_max_ms, acknowledge_s, reload_s, .. } = self.sync;
        let rules: [(bool, &'static str, &'static str); 17] = [
            (
                self.hub.is_addressed_once(),
                "hub.address or hub.addresses",
                "must say where the hub is: one of the two, not both",
            ),
            (self.hub.has_sound_addresses(), "hub.addresses", "must be 1 to 16 addresses, each of them once"),
            ((1..=64).contains(&window), "sync.window", "must be 1 to 64"),
            (
                (10..=pause_max_ms).contains(&pause_min_ms),
                "sync.pause_min_ms",
                "must be 10 to sync.pause_max_ms",
            ),
            (pause_max_ms <= 3_600_000, "sync.pause_max_ms", "must be at most one hour"),
            (acknowledge_s >= 1, "sync.acknowledge_s", "must be at least 1"),
            (reload_s >= 1, "sync.reload_s", "must be at least 1"),
            ((1..=48).contains(&self.hub.connection_age_h), "hub.connection_age_h", "must be 1 to 48"),
            (self.hub.connect_timeout_ms >= 100, "hub.connect_timeout_ms", "must be at least 100"),
            (
                self.desk.socket.as_os_str().len() <= SOCKET_PATH_BYTES,
                "desk.socket",
                "must be a path of at most 107 bytes",
            ),
            (
                self.ledger.has_hub_keys_of(&self.hub.trust_domain),
                "ledger.hub_keys",
                "must each be a key of this federation's ledger, as the hub's `ledger keys` prints it",
            ),
            (
                self.ledger.has_witnesses_of(&self.hub.trust_domain),
                "ledger.witnesses",
                "must be at most 64 witness keys of this federation's agencies, as their nodes' `keys` prints them",
            ),
            (
                self.ledger.has_each_witness_once(),
                "ledger.witnesses",
                "must not name one public key under two agencies: one vote would count twice",
            ),
            (
                self.liaison.keep_days.is_none_or(|days| (1..=3_650).contains(&days)),
                "liaison.keep_days",
                "must be 1 to 3650",
            ),
            ((1..=365).contains(&self.notices.reply_by_days), "notices.reply_by_days", "must be 1 to 365"),
            (self.notices.letter_links <= 100_000, "notices.letter_links", "must be at most 100000"),
            (
                self.providers.iter().all(ProviderEntry::is_sound),
                "providers",
                "must each have a name, and hosts without scheme, port and path",
            ),
        ];
        match rules.into_iter().find(|(kept, ..)| !kept) {
            Some((_, key, rule)) => Err(ConfigError::Range { path: self.file.clone(), key, rule }),
            None => Ok(()),
        }
    }

    /// The store's file.
    pub fn store_path(&self) -> PathBuf {
        self.data_dir.join("node.sqlite")
    }

    /// The file whose lock says that a daemon runs on this folder.
    pub fn lock_path(&self) -> PathBuf {
        self.data_dir.join("node.lock")
    }
}

#[cfg(test)]
mod tests {
    use figment::error::Kind;
    use meldeverbund_proto::note::SigningKey;

    use super::*;

    const SAMPLE: &str = include_str!("../../node.sample.toml");

    const SHORTEST: &str = r#"
        agency = "de-nw-lka"
        data_dir = "data"
        officers = [{ uid = 1000, name = "Erika Muster" }]
        [hub]
        address = "https://hub.meldeverbund.example:7443"
        agency = "de-bka"
        trust_domain = "meldeverbund.example"
        [tls]
        certificate = "node.pem"
        key = "node.key"
        trust_anchors = "ca.pem"
    "#;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        std::fs::write(&file, text).unwrap();
        let mut config = Config::load_with(&file, Env::prefixed("NONE_OF_OURS_"))?;
        // Two folders, one configuration.
        config.file = PathBuf::new();
        for path in [&mut config.data_dir, &mut config.desk.socket, &mut config.tls.certificate] {
            *path = path.strip_prefix(folder.path()).unwrap().to_owned();
        }
        config.tls.key = PathBuf::new();
        config.tls.trust_anchors = PathBuf::new();
        Ok(config)
    }

    #[test]
    fn the_sample_shows_the_defaults() {
        let (sample, shortest) = (load(SAMPLE).unwrap(), load(SHORTEST).unwrap());
        assert_eq!(format!("{sample:#?}"), format!("{shortest:#?}"));
        assert_eq!(sample.desk.socket, Path::new("data/desk.sock"));
    }

    #[test]
    fn the_sample_names_every_setting() {
        let sample = with_examples();
        for table in [
            "",
            "[hub]",
            "[tls]",
            "[desk]",
            "[sync]",
            "[ledger]",
            "[liaison]",
            "[log]",
            "[[officers]]",
            "[notices]",
            "[notices.reasons]",
            "[notices.legal_bases.dsa-16]",
            "[[providers]]",
            "[sign_in]",
        ] {
            let wrong = if table.is_empty() {
                format!("nonsense = 1\n{sample}")
            } else {
                sample.replace(&format!("\n{table}\n"), &format!("\n{table}\nnonsense = 1\n"))
            };
            let Err(ConfigError::Setting { source, .. }) = load(&wrong) else {
                panic!("{table}: nonsense is taken")
            };
            let Kind::UnknownField(_, known) = source.kind else { panic!("{table}: {source}") };
            for setting in known {
                let shown = [
                    format!("\n{setting} = "),
                    format!("\n# {setting} = "),
                    format!("\n[{setting}]"),
                    format!("\n[[{setting}]]"),
                    format!("\n[notices.{setting}"),
                ];
                let shown = shown.iter().any(|line| sample.contains(line));
                assert!(shown, "{table} {setting} is not explained");
            }
        }
    }

    /// The sample with the examples of its part about notices in force.
    fn with_examples() -> String {
        let (before, notices) = SAMPLE.split_once("\n[notices]\n").unwrap();
        let line = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with('[') || rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        };
        format!("{before}\n[notices]\n{}", notices.lines().map(line).collect::<String>())
    }

    #[test]
    fn the_sample_s_notices_can_be_put_in_force() {
        let Config { notices, providers, .. } = load(&with_examples()).unwrap();
        assert_eq!(notices.legal_bases.keys().collect::<Vec<_>>(), ["dsa-16", "order"]);
        for text in [&notices.legal_bases["dsa-16"].text, &notices.reasons.stgb_184b, &notices.user_notice] {
            assert!(text.contains("PLATZHALTER"), "the words are the administration's: {text}");
        }
        assert_eq!(providers[0].to_provider().hosts, ["files.example", "cdn.files.example"]);
    }

    #[test]
    fn a_setting_outside_its_range_is_named() {
        for (table, setting, key) in [
            ("[sync]", "window = 0", "sync.window"),
            ("[sync]", "pause_min_ms = 70000", "sync.pause_min_ms"),
            ("[sync]", "acknowledge_s = 0", "sync.acknowledge_s"),
            ("[notices]", "reply_by_days = 0", "notices.reply_by_days"),
            ("[notices]", "letter_links = 1000000", "notices.letter_links"),
            ("[[providers]]", "name = \"A\"\nhosts = [\"https://a.example\"]", "providers"),
        ] {
            let error = load(&format!("{SHORTEST}{table}\n{setting}\n")).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
        let several = SHORTEST
            .replace("address = ", "addresses = [")
            .replace(":7443\"", ":7443\", \"https://b.example:7443\"]");
        assert_eq!(load(&several).unwrap().hub.addresses().len(), 2);
        let none = SHORTEST.replace("address = \"https://hub.meldeverbund.example:7443\"", "");
        let both = several.replace("[hub]", "[hub]\naddress = \"https://a.example:1\"");
        for wrong in [none, both] {
            let error = load(&wrong).unwrap_err().to_string();
            assert!(error.contains("hub.address or hub.addresses"), "{error}");
        }
        for wrong in ["https://HUB.meldeverbund.example:7443", "http://b.example:7443"] {
            let error = load(&several.replace("https://b.example:7443", wrong)).unwrap_err().to_string();
            assert!(error.contains("hub.addresses"), "{error}");
        }
        for wrong in [
            SHORTEST.replace("https://", "http://"),
            SHORTEST.replace("de-nw-lka", "DE NW"),
            format!("{SHORTEST}[desk]\nsocket_mode = \"0666\"\n"),
            format!("{SHORTEST}[log]\nformat = \"xml\"\n"),
        ] {
            assert!(matches!(load(&wrong), Err(ConfigError::Setting { .. })));
        }
        let witness = |agency: &str| {
            let name = format!("meldeverbund.example/witness/{agency}");
            SigningKey::from_seed(&name, &[1; 32]).unwrap().witness_vkey().to_string()
        };
        let twins = [witness("de-nw-lka"), witness("de-by-lka")];
        load(&format!("{SHORTEST}[ledger]\nwitnesses = {:?}\n", &twins[..1])).unwrap();
        let shared = load(&format!("{SHORTEST}[ledger]\nwitnesses = {twins:?}\n")).unwrap_err().to_string();
        assert!(shared.contains("ledger.witnesses") && shared.contains("under two agencies"), "{shared}");
        let long = format!("{SHORTEST}[desk]\nsocket = \"{}\"\n", "x".repeat(120));
        assert!(load(&long).unwrap_err().to_string().contains("desk.socket"));
    }
}
