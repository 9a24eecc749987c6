//! Renewing: the successor of a certificate.

use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;

use super::{
    Authority, AuthorityError, BACKDATED, Curve, Host, Issued, Order, Role, Subject, issue::VALIDITY,
    request::public_key,
};
use crate::{CertificateFacts, IdentityError, facts};

impl Authority {
    /// Issues the successor of one of this authority's certificates: same name, same hosts, and the same key
    /// unless `new_key` names a curve.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssued`] or [`AuthorityError::Revoked`]; otherwise what failed.
    pub fn renew(
        &self,
        certificate: &CertificateDer<'_>,
        new_key: Option<Curve>,
        validity: Option<Duration>,
        now: SystemTime,
    ) -> Result<Issued, AuthorityError> {
        let facts = CertificateFacts::read(certificate)?;
        let parsed = facts::parse(certificate)?;
        let authority = facts::parse(&self.certificate)?;
        let records = self.records()?;
        let record = records.iter().find(|record| record.serial == facts.serial);
        let ours = parsed.verify_signature(Some(authority.public_key())).is_ok();
        let record =
            record.filter(|_| ours).ok_or_else(|| AuthorityError::NotIssued(facts.serial.clone()))?;
        if record.revoked.is_some() {
            return Err(AuthorityError::Revoked(facts.serial));
        }
        let identity = facts::name_in(certificate, &self.domain)?.ok_or(AuthorityError::NoName)?;
        let role = if record.hub { Role::Hub { hosts: hosts(certificate)? } } else { Role::Node };
        let term = facts.not_after.duration_since(facts.not_before + BACKDATED).unwrap_or(VALIDITY);
        let order = Order::new(Subject { identity, role }).valid_for(validity.unwrap_or(term));
        match new_key {
            Some(curve) => self.issue(&order, curve, now),
            None => {
                let (certificate, record) = self.sign(&order, &public_key(parsed.public_key().raw)?, now)?;
                Ok(Issued { certificate, key: None, record })
            }
        }
    }
}

fn hosts(certificate: &CertificateDer<'_>) -> Result<Vec<Host>, AuthorityError> {
    let parsed = facts::parse(certificate)?;
    let names = parsed.subject_alternative_name().map_err(|_| IdentityError::Unreadable)?;
    let names = names.map_or(&[][..], |names| &names.value.general_names);
    let host = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(Host::Dns((*name).to_owned())),
        GeneralName::IPAddress(bytes) => facts::address(bytes).map(Host::Address),
        _ => None,
    };
    Ok(names.iter().filter_map(host).collect())
}
