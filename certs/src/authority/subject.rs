//! Whom a certificate is for.

use std::{fmt, net::IpAddr, str::FromStr};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType,
};
use rustls::pki_types::DnsName;

use super::AuthorityError;
use crate::{Identity, TrustDomain};

/// An agency's node, or the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub identity: Identity,
    /// What it does.
    pub role: Role,
}

/// What a certificate is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// A node: connects to the hub.
    Node,
    /// The hub: nodes connect to it, under these names and addresses.
    Hub {
        /// Host names and addresses; none means that the URI name alone identifies the hub.
        hosts: Vec<Host>,
    },
}

/// A name or address under which the hub is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A DNS name.
    Dns(String),
    /// An IP address.
    Address(IpAddr),
}

impl Subject {
    /// A certificate's contents for this subject, without key and validity.
    pub(crate) fn params(&self, domain: &TrustDomain) -> Result<CertificateParams, AuthorityError> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, self.identity.agency.as_str());
        name.push(DnType::CommonName, self.identity.node.as_str());
        params.distinguished_name = name;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.subject_alt_names = vec![SanType::URI(self.identity.uri(domain).try_into()?)];
        match &self.role {
            Role::Node => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            Role::Hub { hosts } => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                for host in hosts {
                    params.subject_alt_names.push(match host {
                        Host::Dns(name) => SanType::DnsName(name.clone().try_into()?),
                        Host::Address(address) => SanType::IpAddress(*address),
                    });
                }
            }
        }
        Ok(params)
    }
}

impl FromStr for Host {
    type Err = AuthorityError;

    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        match DnsName::try_from(text) {
            Ok(name) => Ok(Self::Dns(name.as_ref().to_owned())),
            Err(_) => Err(AuthorityError::Host(text.to_owned())),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}
