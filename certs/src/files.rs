//! The files that hold credentials, and their contents as read.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::TlsError;

/// A certificate chain, a key or a set of trust anchors has a few kilobytes.
const CREDENTIAL_BYTES: u64 = 1 << 20;
/// Revocation lists of a large PKI reach some megabytes.
const REVOCATIONS_BYTES: u64 = 16 << 20;

/// Where one side's credentials lie: a `[tls]` table. All files are PEM; certificate and key may share one file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The own certificate, followed by intermediate certificates if there are any.
    pub certificate: PathBuf,
    /// The own private key.
    pub key: PathBuf,
    /// The authorities whose certificates are trusted, of the other side and of our own.
    pub trust_anchors: PathBuf,
    /// The revocation lists, one of each trust anchor; without this file nothing is ever revoked.
    #[serde(default)]
    pub revocations: Option<PathBuf>,
    /// What to do with a revocation list whose next update is overdue.
    #[serde(default)]
    pub overdue_revocations: OverdueRevocations,
}

/// What happens once a revocation list's next update is overdue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverdueRevocations {
    /// Keep using the list and warn: a forgotten list stops nobody's work.
    #[default]
    Accept,
    /// Refuse every certificate of that authority until a new list is there.
    Refuse,
}

/// The files' bytes at one instant.
pub(crate) struct RawFiles {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
    pub(crate) trust_anchors: Vec<u8>,
    pub(crate) revocations: Option<Vec<u8>>,
    /// Everyone on the machine can read the private key.
    pub(crate) key_is_exposed: bool,
}

impl RawFiles {
    pub(crate) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        Ok(Self {
            certificate: read(&files.certificate, CREDENTIAL_BYTES)?,
            key: read(&files.key, CREDENTIAL_BYTES)?,
            trust_anchors: read(&files.trust_anchors, CREDENTIAL_BYTES)?,
            revocations: files
                .revocations
                .as_deref()
                .map(|path| read(path, REVOCATIONS_BYTES))
                .transpose()?,
            key_is_exposed: is_exposed(&files.key),
        })
    }

    /// One digest over all contents: what "changed" means. Time stamps are not looked at: they lie after a restore
    /// and stay the same within one tick.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let parts =
            [Some(&self.certificate), Some(&self.key), Some(&self.trust_anchors), self.revocations.as_ref()];
        for part in parts {
            let part = part.map_or(&[][..], |bytes| bytes);
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, TlsError> {
    let failed = |source| TlsError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(limit_bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(TlsError::TooLarge { path: path.to_owned(), limit_bytes });
    }
    Ok(bytes)
}

#[cfg(unix)]
fn is_exposed(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS_READ: u32 = 0o004;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & OTHERS_READ != 0)
}

#[cfg(not(unix))]
fn is_exposed(_path: &Path) -> bool {
    false
}
