//! What the authority issued and revoked, in one file that is replaced as a whole.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{AuthorityError, RevocationReason};
use crate::{
    Serial, TrustDomain,
    publish::{self, Secrecy},
};

const FILE: &str = "register.json";
const LOCK_FILE: &str = "register.lock";
const FORMAT: u32 = 1;

/// The authority's memory.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    format: u32,
    pub(crate) domain: TrustDomain,
    pub(crate) list_term_s: u64,
    /// The number of the last revocation list.
    pub(crate) list_number: u64,
    pub(crate) issued: Vec<Record>,
}

/// One issued certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its number.
    pub serial: Serial,
    /// The agency it names.
    pub agency: String,
    /// The node it names.
    pub node: String,
    /// Whether it is the hub's.
    pub hub: bool,
    /// Valid from, in seconds since 1970.
    pub not_before_s: u64,
    /// Valid up to, in seconds since 1970.
    pub not_after_s: u64,
    /// Revoked, when and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// When and why a certificate was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// When, in seconds since 1970.
    pub at_s: u64,
    /// Why.
    pub reason: RevocationReason,
}

impl Register {
    pub(crate) fn new(domain: TrustDomain, list_term: Duration) -> Self {
        Self { format: FORMAT, domain, list_term_s: list_term.as_secs(), list_number: 0, issued: Vec::new() }
    }

    pub(crate) fn create(&self, folder: &Path) -> Result<(), AuthorityError> {
        let path = folder.join(FILE);
        publish::create(&path, &self.json(), Secrecy::Public).map_err(AuthorityError::new_file(&path))
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, AuthorityError> {
        let path = folder.join(FILE);
        let bytes = fs::read(&path).map_err(AuthorityError::file(&path))?;
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(register) if register.format == FORMAT => Ok(register),
            _ => Err(AuthorityError::Broken { path }),
        }
    }

    /// Changes the register; two processes take turns. The replaced file is the commit point.
    pub(crate) fn change<T>(
        folder: &Path,
        change: impl FnOnce(&mut Self) -> Result<T, AuthorityError>,
    ) -> Result<T, AuthorityError> {
        let path = folder.join(LOCK_FILE);
        let lock = File::create(&path).map_err(AuthorityError::file(&path))?;
        lock.lock().map_err(AuthorityError::file(&path))?;
        let mut register = Self::read(folder)?;
        let result = change(&mut register)?;
        let path = folder.join(FILE);
        publish::replace(&path, &register.json(), Secrecy::Public).map_err(AuthorityError::file(&path))?;
        Ok(result)
    }

    fn json(&self) -> Vec<u8> {
        let mut json =
            serde_json::to_vec_pretty(self).expect("a register has text keys and plain values only");
        json.push(b'\n');
        json
    }
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
