//! What one certificate says of itself.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use rustls::pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _, time::ASN1Time,
};

use crate::{
    Identity, IdentityError, KeyFingerprint, RegisteredKeys, Serial, TrustDomain, identity::is_spiffe,
};

/// A certificate's number, key and validity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The issuer's number for it.
    pub serial: Serial,
    /// The public key's fingerprint.
    pub public_key: KeyFingerprint,
    /// Valid from this instant.
    pub not_before: SystemTime,
    /// Valid up to this instant.
    pub not_after: SystemTime,
}

/// How a certificate becomes a name: one URI name of this trust domain, or a registered key.
#[derive(Debug, Clone)]
pub(crate) struct NameRule {
    pub(crate) domain: TrustDomain,
    pub(crate) registered: RegisteredKeys,
}

impl CertificateFacts {
    /// Reads a certificate; says nothing about whether anyone trusts it.
    ///
    /// # Errors
    /// [`IdentityError::Unreadable`] if it is no X.509 certificate.
    pub fn read(der: &CertificateDer<'_>) -> Result<Self, IdentityError> {
        let certificate = parse(der)?;
        Ok(Self {
            serial: Serial::from_bytes(certificate.raw_serial()),
            public_key: KeyFingerprint::of_spki(certificate.public_key().raw),
            not_before: system_time(certificate.validity().not_before),
            not_after: system_time(certificate.validity().not_after),
        })
    }
}

impl NameRule {
    /// The name that this certificate's holder may use.
    pub(crate) fn identify(&self, der: &CertificateDer<'_>) -> Result<Identity, IdentityError> {
        match name_in(der, &self.domain)? {
            Some(identity) => Ok(identity),
            None => {
                let key = KeyFingerprint::of_spki(parse(der)?.public_key().raw);
                self.registered.find(&key).ok_or(IdentityError::Unregistered)
            }
        }
    }
}

/// The name inside the certificate, or `None` if it carries no SPIFFE id at all.
///
/// A single URI name of another scheme is what a foreign PKI may write there for its own ends: it neither gives a
/// name nor stands in the way of a registered key. Two URI names are refused whatever they are (X509-SVID 2).
pub(crate) fn name_in(
    der: &CertificateDer<'_>,
    domain: &TrustDomain,
) -> Result<Option<Identity>, IdentityError> {
    let certificate = parse(der)?;
    match uri_names(&certificate)?[..] {
        [] => Ok(None),
        [uri] if is_spiffe(uri) => Identity::from_uri(uri, domain).map(Some),
        [_] => Ok(None),
        _ => Err(IdentityError::SeveralUris),
    }
}

/// Whether the certificate names hosts (DNS names or addresses).
pub(crate) fn names_hosts(der: &CertificateDer<'_>) -> Result<bool, IdentityError> {
    let certificate = parse(der)?;
    let names = certificate.subject_alternative_name().map_err(|_| IdentityError::Unreadable)?;
    Ok(names.is_some_and(|names| {
        names
            .value
            .general_names
            .iter()
            .any(|n| matches!(n, GeneralName::DNSName(_) | GeneralName::IPAddress(_)))
    }))
}

pub(crate) fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, IdentityError> {
    X509Certificate::from_der(der).map(|(_, certificate)| certificate).map_err(|_| IdentityError::Unreadable)
}

pub(crate) fn uri_names<'a>(certificate: &'a X509Certificate<'_>) -> Result<Vec<&'a str>, IdentityError> {
    let names = certificate.subject_alternative_name().map_err(|_| IdentityError::Unreadable)?;
    let names = names.map_or(&[][..], |names| &names.value.general_names);
    Ok(names.iter().filter_map(|n| if let GeneralName::URI(uri) = n { Some(*uri) } else { None }).collect())
}

/// The address in an alternative name: 4 or 16 bytes.
pub(crate) fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// X.509 times have whole seconds; what lies before 1970 is 1970.
pub(crate) fn system_time(time: ASN1Time) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(time.timestamp()).unwrap_or(0))
}
