//! Issuing and renewing certificates.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use rcgen::{PublicKeyData, SerialNumber};

use super::{
    Authority, AuthorityError, BACKDATED, Curve, DAY, Host, PrivateKey, Record, Request, Role, Subject,
    register::{Register, seconds},
};
use crate::{
    Identity, Serial, TlsFiles,
    publish::{self, Secrecy},
};

/// A year: short enough that a forgotten node ends, long enough for a yearly round.
pub(super) const VALIDITY: Duration = Duration::from_secs(365 * DAY.as_secs());

/// What to issue.
#[derive(Debug, Clone)]
pub struct Order {
    /// For whom.
    pub subject: Subject,
    /// For how long; never beyond the authority's own certificate.
    pub validity: Duration,
    /// Under which number.
    pub serial: Serial,
}

/// An issued certificate.
#[derive(Debug)]
pub struct Issued {
    /// The certificate, as PEM.
    pub certificate: String,
    /// The private key, if it was made here.
    pub key: Option<PrivateKey>,
    /// What the register keeps.
    pub record: Record,
}

impl Order {
    /// A node's certificate for a year, under a new number.
    pub fn node(identity: Identity) -> Self {
        Self::new(Subject { identity, role: Role::Node })
    }

    /// The hub's certificate for a year, under a new number.
    pub fn hub(identity: Identity, hosts: Vec<Host>) -> Self {
        Self::new(Subject { identity, role: Role::Hub { hosts } })
    }

    /// A certificate for a year, under a new number.
    pub fn new(subject: Subject) -> Self {
        Self { subject, validity: VALIDITY, serial: Serial::generate() }
    }

    /// The same order with another validity.
    #[must_use]
    pub fn valid_for(self, validity: Duration) -> Self {
        Self { validity, ..self }
    }
}

impl Authority {
    /// Issues a certificate with a new private key.
    ///
    /// # Errors
    /// What failed.
    pub fn issue(&self, order: &Order, curve: Curve, now: SystemTime) -> Result<Issued, AuthorityError> {
        let key = PrivateKey::generate(curve)?;
        let (certificate, record) = self.sign(order, key.pair(), now)?;
        Ok(Issued { certificate, key: Some(key), record })
    }

    /// Issues a certificate with a new private key and writes both into a folder, beside nothing else; the result
    /// names them and this authority's own files. For tests and for trying out.
    ///
    /// # Errors
    /// What failed.
    pub fn issue_into(
        &self,
        folder: &Path,
        order: &Order,
        curve: Curve,
        now: SystemTime,
    ) -> Result<TlsFiles, AuthorityError> {
        let issued = self.issue(order, curve, now)?;
        fs::create_dir_all(folder).map_err(AuthorityError::file(folder))?;
        let files = TlsFiles {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
            trust_anchors: self.certificate_file(),
            revocations: Some(self.revocations_file()),
            overdue_revocations: Default::default(),
        };
        let key = issued.key.as_ref().map(PrivateKey::pem).unwrap_or_default();
        publish::replace(&files.key, key.as_bytes(), Secrecy::Owner)
            .map_err(AuthorityError::file(&files.key))?;
        publish::replace(&files.certificate, issued.certificate.as_bytes(), Secrecy::Public)
            .map_err(AuthorityError::file(&files.certificate))?;
        Ok(files)
    }

    /// Issues a certificate for a request's key. Names come from the order, never from the request; a request that
    /// names someone else is refused.
    ///
    /// # Errors
    /// What failed.
    pub fn issue_request(
        &self,
        order: &Order,
        request: &Request,
        now: SystemTime,
    ) -> Result<Issued, AuthorityError> {
        let ordered = &order.subject.identity;
        if let Some(requested) = request.identity(&self.domain)?
            && requested != *ordered
        {
            let (requested, ordered) = (requested.to_string(), ordered.to_string());
            return Err(AuthorityError::OtherName { requested, ordered });
        }
        let (certificate, record) = self.sign(order, &request.key, now)?;
        Ok(Issued { certificate, key: None, record })
    }

    pub(super) fn sign(
        &self,
        order: &Order,
        key: &impl PublicKeyData,
        now: SystemTime,
    ) -> Result<(String, Record), AuthorityError> {
        if now >= self.not_after {
            return Err(AuthorityError::AuthorityExpired);
        }
        if order.validity < Duration::from_secs(1) {
            return Err(AuthorityError::NoValidity);
        }
        let (not_before, not_after) = (now - BACKDATED, self.not_after.min(now + order.validity));
        let mut params = order.subject.params(&self.domain)?;
        params.not_before = not_before.into();
        params.not_after = not_after.into();
        params.serial_number = Some(SerialNumber::from_slice(order.serial.as_bytes()));
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(key, &self.issuer)?;
        let record = Record {
            serial: order.serial.clone(),
            agency: order.subject.identity.agency.to_string(),
            node: order.subject.identity.node.to_string(),
            hub: matches!(order.subject.role, Role::Hub { .. }),
            not_before_s: seconds(not_before),
            not_after_s: seconds(not_after),
            revoked: None,
        };
        // Registered before anyone holds it: a certificate that the register does not know could not be revoked.
        Register::change(&self.folder, |register| {
            register.issued.push(record.clone());
            Ok(())
        })?;
        Ok((certificate.pem(), record))
    }
}
