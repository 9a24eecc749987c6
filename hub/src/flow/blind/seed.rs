//! The seed of the epochs' keys: a file beside the ledger's key, the same on each hub, and never in the database.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use meldeverbund_blind::EpochKey;
use zeroize::Zeroizing;

use crate::{
    ledger::private,
    store::{BlindEpochRow, StoreError},
};

/// What the file begins with; the second line is the seed.
const TITLE: &str = "meldeverbund blind seed v1";

/// The seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read or made.
    #[error("the seed of blind questions {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is none.
    #[error("{path} is no seed of blind questions: two lines, `{TITLE}` and 64 hexadecimal digits")]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// The file is not there, and there are epochs whose keys were made of it.
    #[error(
        "the seed of blind questions {path} is not there, and epoch {epoch} was made of it: put it back from its copy, or end the \
         live epochs with `meldeverbund-hub blind end-epochs`"
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// The newest epoch.
        epoch: u32,
    },
    /// The file is another one than that which a live epoch's key was made of.
    #[error(
        "{path} is not the seed that the key of epoch {epoch} of blind questions was made of: every hub needs the same file"
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// The epoch.
        epoch: u32,
    },
    /// The database.
    #[error("the database")]
    Store(#[from] StoreError),
}

/// The seed.
pub(super) struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// The seed in this file; made of these random bytes if there is none, and no live epoch.
    pub(super) fn open(path: &Path, live: &[BlindEpochRow], random: [u8; 32]) -> Result<Self, SeedError> {
        let seed = match (Self::read(path)?, live.first()) {
            (Some(seed), _) => seed,
            (None, None) => Self::make(path, Zeroizing::new(random))?,
            (None, Some(row)) => {
                return Err(SeedError::Missing { path: path.to_owned(), epoch: row.epoch });
            }
        };
        let is_other = |row: &&BlindEpochRow| {
            row.nonce.is_some_and(|nonce| seed.key(&nonce, row.epoch).public().to_bytes() != row.public_key)
        };
        match live.iter().find(is_other) {
            Some(row) => Err(SeedError::Other { path: path.to_owned(), epoch: row.epoch }),
            None => Ok(seed),
        }
    }

    /// The key of an epoch.
    pub(super) fn key(&self, nonce: &[u8; 32], epoch: u32) -> EpochKey {
        EpochKey::derive(&self.0, nonce, epoch)
    }

    fn read(path: &Path) -> Result<Option<Self>, SeedError> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => {
                Zeroizing::new(other.map_err(|source| SeedError::File { path: path.to_owned(), source })?)
            }
        };
        let form = || SeedError::Form { path: path.to_owned() };
        let digits = text.strip_prefix(TITLE).and_then(|rest| rest.strip_prefix('\n')).ok_or_else(form)?;
        let mut seed = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits.trim_end(), &mut seed[..]).map_err(|_| form())?;
        Ok(Some(Self(seed)))
    }

    fn make(path: &Path, seed: Zeroizing<[u8; 32]>) -> Result<Self, SeedError> {
        let text = Zeroizing::new(format!("{TITLE}\n{}\n", hex::encode(&seed[..])));
        match private::create(path, &text) {
            Ok(()) => Ok(Self(seed)),
            // Somebody was quicker: his seed counts.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::read(path)?.ok_or_else(|| SeedError::Form { path: path.to_owned() })
            }
            Err(source) => Err(SeedError::File { path: path.to_owned(), source }),
        }
    }
}

/// Without the seed.
impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(seed: u8) -> BlindEpochRow {
        BlindEpochRow {
            epoch: 3,
            public_key: EpochKey::derive(&[seed; 32], &[2; 32], 3).public().to_bytes(),
            nonce: Some([2; 32]),
            filter_digest: [0; 32],
            entries: 0,
            leaf: 0,
            from_us: 0,
            until_us: None,
            newest_increment: 0,
            added: 0,
            seen_leaf: 0,
        }
    }

    #[test]
    fn a_seed_is_made_once_and_belongs_to_its_epochs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.key.blind");
        let missing = Seed::open(&path, &[epoch(1)], [1; 32]).unwrap_err();
        assert!(matches!(missing, SeedError::Missing { epoch: 3, .. }), "{missing}");
        let made = Seed::open(&path, &[], [1; 32]).unwrap();
        let again = Seed::open(&path, &[epoch(1)], [9; 32]).unwrap();
        assert_eq!(made.0, again.0, "it is not made again");
        let other = Seed::open(&path, &[epoch(7)], [9; 32]).unwrap_err();
        assert!(matches!(other, SeedError::Other { epoch: 3, .. }), "{other}");
        assert!(!format!("{made:?}").contains('1'));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        for bad in ["", TITLE, "meldeverbund blind seed v1\n00\n", "other\n"] {
            fs::write(&path, bad).unwrap();
            assert!(matches!(Seed::open(&path, &[], [1; 32]), Err(SeedError::Form { .. })));
        }
    }
}
