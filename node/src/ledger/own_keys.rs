//! This office's own keys: one signs what it hands in and decides, the other vouches for the ledger's checkpoints.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use meldeverbund_proto::{
    AgencyId,
    note::{SecretKeyError, SigningKey, VerifierKey, statement_key_name, witness_key_name},
};

use crate::{clock::Random, config::Config};

/// File of the key that signs submissions and decisions.
pub(crate) const STATEMENT_FILE: &str = "statement.key";

/// File of the key that cosigns checkpoints.
const WITNESS_FILE: &str = "witness.key";

/// The office's keys. Neither is shown by anything but its public half.
#[derive(Debug)]
pub struct OwnKeys {
    /// Signs submissions and decisions.
    pub statement: SigningKey,
    /// Cosigns checkpoints.
    pub witness: SigningKey,
}

/// A key's file cannot be used; never says what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or made.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no key.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SecretKeyError,
    },
}

impl OwnKeys {
    /// The keys in the data folder; makes those that are not there.
    ///
    /// # Errors
    /// If a file cannot be read, made, or is no key.
    pub fn load_or_make(config: &Config, random: &Random) -> Result<Self, KeyFileError> {
        for (file, name) in files(config) {
            match fs::exists(&file) {
                Ok(true) => {}
                Ok(false) => {
                    make(&file, &name, random).map_err(|source| KeyFileError::File { path: file, source })?;
                }
                Err(source) => return Err(KeyFileError::File { path: file, source }),
            }
        }
        Self::load(config)
    }

    /// The keys in the data folder.
    ///
    /// # Errors
    /// If a file cannot be read, or is no key.
    pub fn load(config: &Config) -> Result<Self, KeyFileError> {
        let [statement, witness] = files(config).map(|(file, name)| load(&file, &name));
        Ok(Self { statement: statement?, witness: witness? })
    }

    /// What verifies this office's statements.
    pub fn statement_vkey(&self) -> VerifierKey {
        self.statement.vkey()
    }

    /// What verifies this office's cosignatures.
    pub fn witness_vkey(&self) -> VerifierKey {
        self.witness.witness_vkey()
    }
}

fn files(config: &Config) -> [(PathBuf, String); 2] {
    let (domain, agency): (&str, &AgencyId) = (config.hub.trust_domain.as_str(), &config.agency);
    [
        (config.data_dir.join(STATEMENT_FILE), statement_key_name(domain, agency)),
        (config.data_dir.join(WITNESS_FILE), witness_key_name(domain, agency)),
    ]
}

fn load(file: &Path, name: &str) -> Result<SigningKey, KeyFileError> {
    let path = || file.to_owned();
    let pem = fs::read_to_string(file).map_err(|source| KeyFileError::File { path: path(), source })?;
    SigningKey::from_pem(name, &pem).map_err(|source| KeyFileError::Key { path: path(), source })
}

/// Written whole under another name first: a crash leaves no half of a key.
fn make(file: &Path, name: &str, random: &Random) -> io::Result<()> {
    let key = SigningKey::from_seed(name, &random.bytes()).map_err(io::Error::other)?;
    let half = file.with_extension("new");
    let _ = fs::remove_file(&half);
    let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
    out.write_all(key.to_pem().as_bytes())?;
    out.sync_all()?;
    fs::rename(&half, file)?;
    fs::File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn config(folder: &Path) -> Config {
        let sample = include_str!("../../node.sample.toml");
        let file = folder.join("node.toml");
        fs::write(&file, sample.replace("data_dir = \"data\"", "data_dir = \".\"")).unwrap();
        Config::load(&file).unwrap()
    }

    #[test]
    fn keys_are_made_once_and_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        assert!(OwnKeys::load(&config).is_err());
        let made = OwnKeys::load_or_make(&config, &Random::seeded(1)).unwrap();
        let again = OwnKeys::load_or_make(&config, &Random::seeded(2)).unwrap();
        assert_eq!(made.statement_vkey(), again.statement_vkey());
        assert_eq!(made.witness_vkey(), again.witness_vkey());
        assert_eq!(made.statement_vkey().name(), "meldeverbund.example/statement/de-nw-lka");
        assert_eq!(made.witness_vkey().name(), "meldeverbund.example/witness/de-nw-lka");
        assert_ne!(made.statement_vkey().public_key(), made.witness_vkey().public_key());
        for file in ["statement.key", "witness.key"] {
            let mode = fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        fs::write(folder.path().join("witness.key"), "secret words").unwrap();
        let error = OwnKeys::load_or_make(&config, &Random::seeded(1)).unwrap_err().to_string();
        assert!(error.contains("witness.key") && !error.contains("secret"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("witness.key")).unwrap(), "secret words");
    }
}
