//! Revoking, and the list that says so (RFC 5280 section 5).

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevokedCertParams, SerialNumber};
use serde::{Deserialize, Serialize};

use super::{
    Authority, AuthorityError, Record, Revocation,
    register::{Register, seconds},
};
use crate::{
    Serial,
    publish::{self, Secrecy},
};

/// Why a certificate was revoked (RFC 5280 5.3.1, those that apply to a node or hub).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// No reason given.
    #[default]
    Unspecified,
    /// The private key is or may be known to others.
    KeyCompromise,
    /// The holder now belongs elsewhere.
    AffiliationChanged,
    /// Another certificate takes its place.
    Superseded,
    /// The node was shut down.
    CessationOfOperation,
    /// The agency may no longer take part.
    PrivilegeWithdrawn,
}

/// The text names no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the reason is unspecified, key-compromise, affiliation-changed, superseded, cessation-of-operation or \
     privilege-withdrawn"
)]
pub struct ReasonError;

impl Authority {
    /// Revokes a certificate and publishes the next list; revoking again publishes again and changes nothing else.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssued`] if the number is not one of this authority's; otherwise what failed.
    pub fn revoke(
        &self,
        serial: &Serial,
        reason: RevocationReason,
        now: SystemTime,
    ) -> Result<Record, AuthorityError> {
        let record = Register::change(&self.folder, |register| {
            let record = register.issued.iter_mut().find(|record| record.serial == *serial);
            let record = record.ok_or_else(|| AuthorityError::NotIssued(serial.clone()))?;
            record.revoked.get_or_insert(Revocation { at_s: seconds(now), reason });
            Ok(record.clone())
        })?;
        self.publish_list(now)?;
        Ok(record)
    }

    /// Signs and publishes the next revocation list, with the usual term.
    ///
    /// # Errors
    /// What failed.
    pub fn publish_list(&self, now: SystemTime) -> Result<(), AuthorityError> {
        self.publish_list_for(None, now)
    }

    /// Signs and publishes the next revocation list for this long.
    ///
    /// # Errors
    /// What failed.
    pub fn publish_list_for(&self, term: Option<Duration>, now: SystemTime) -> Result<(), AuthorityError> {
        Register::change(&self.folder, |register| {
            register.list_number += 1;
            let term = term.unwrap_or(Duration::from_secs(register.list_term_s));
            let list = list_params(register, term, now).signed_by(&self.issuer)?;
            let path = self.revocations_file();
            // Inside the lock, so that a lower number never follows a higher one onto the disk. If the register
            // cannot be written after this, the next list has the same number and at least the same entries.
            publish::replace(&path, list.pem()?.as_bytes(), Secrecy::Public)
                .map_err(AuthorityError::file(&path))
        })
    }
}

fn list_params(register: &Register, term: Duration, now: SystemTime) -> CertificateRevocationListParams {
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let revoked = register.issued.iter().filter_map(|record| {
        let revocation = record.revoked.as_ref()?;
        Some(RevokedCertParams {
            serial_number: SerialNumber::from_slice(record.serial.as_bytes()),
            revocation_time: at(revocation.at_s).into(),
            reason_code: Some(revocation.reason.into()),
            invalidity_date: None,
        })
    });
    CertificateRevocationListParams {
        this_update: now.into(),
        next_update: (now + term).into(),
        crl_number: SerialNumber::from(register.list_number),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

impl From<RevocationReason> for rcgen::RevocationReason {
    fn from(reason: RevocationReason) -> Self {
        match reason {
            RevocationReason::Unspecified => Self::Unspecified,
            RevocationReason::KeyCompromise => Self::KeyCompromise,
            RevocationReason::AffiliationChanged => Self::AffiliationChanged,
            RevocationReason::Superseded => Self::Superseded,
            RevocationReason::CessationOfOperation => Self::CessationOfOperation,
            RevocationReason::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
        }
    }
}

impl FromStr for RevocationReason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, ReasonError> {
        serde_json::from_value(text.into()).map_err(|_| ReasonError)
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
