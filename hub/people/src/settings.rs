//! What the configuration says about an issuer.

use std::{collections::BTreeMap, io, path::PathBuf};

use meldeverbund_certs::Proxy;
use meldeverbund_proto::AgencyId;
use openidconnect::url::{Host, Url};
use serde::Deserialize;

use crate::Role;

/// An issuer of officers' tokens, and the one agency that it speaks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSettings {
    /// Its identifier, exactly as its metadata and tokens write it: an https address.
    pub issuer: String,
    /// The agency whose officers it knows. Its tokens can name nobody else's.
    pub agency: AgencyId,
    /// What we are called there.
    pub client_id: String,
    /// The file with our secret there; none: we are a public client, and PKCE alone protects the code.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for at sign-in beside `openid` and `profile`, e.g. `groups`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The audience of bearer tokens, where that is not the client id.
    #[serde(default)]
    pub audience: Option<String>,
    /// Other clients of the issuer, e.g. a command line's, that may get tokens for people to show here (`azp`).
    #[serde(default)]
    pub authorized_parties: Vec<String>,
    /// PEM file with the authorities that vouch for the issuer's own TLS certificate.
    #[serde(default)]
    pub trust_anchors: Option<PathBuf>,
    /// An HTTP CONNECT proxy on the way to it.
    #[serde(default)]
    pub proxy: Option<Proxy>,
    /// Where a token lists the person's groups: a JSON pointer (RFC 6901), e.g. `/realm_access/roles`.
    #[serde(default = "default_roles_claim")]
    pub roles_claim: String,
    /// Which group means which role, exactly as the issuer writes it. Other groups mean nothing.
    pub roles: BTreeMap<String, Role>,
    /// Where a token lists a prosecutor's own proceedings: a JSON pointer, e.g. `/proceedings`; none: nobody has any.
    #[serde(default)]
    pub proceedings_claim: Option<String>,
    /// The person was authenticated at one of these levels (`acr`); none: at any.
    #[serde(default)]
    pub acr: Vec<String>,
    /// The person was authenticated by all of these methods (`amr`, RFC 8176), e.g. `mfa`.
    #[serde(default)]
    pub amr: Vec<String>,
    /// The longest time since the person was authenticated, s; none: it is not asked.
    #[serde(default)]
    pub max_age_s: Option<u64>,
    /// Development alone: plain http to this machine's loopback address.
    #[serde(default)]
    pub insecure_loopback: bool,
}

/// An issuer's settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Not an https address without query and fragment (OpenID Connect Discovery 3).
    #[error("issuer {0}: must be an https address without user, query and fragment")]
    Issuer(String),
    /// Two agencies cannot share an issuer.
    #[error("issuer {0}: configured twice")]
    Twice(String),
    /// We have no name there.
    #[error("issuer {0}: client_id and audience must not be empty")]
    Client(String),
    /// Nobody could sign in.
    #[error("issuer {0}: no group is mapped to a role")]
    NoRoles(String),
    /// Not a JSON pointer.
    #[error("issuer {0}: roles_claim must be a JSON pointer that starts with /")]
    RolesClaim(String),
    /// Not a JSON pointer.
    #[error("issuer {0}: proceedings_claim must be a JSON pointer that starts with /")]
    ProceedingsClaim(String),
    /// The client secret cannot be read, or is empty.
    #[error("client secret {path}: {source}")]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// Nobody vouches for the issuer's certificate.
    #[error("issuer {0}: trust_anchors is missing")]
    NoTrustAnchors(String),
    /// The trust anchors cannot be read.
    #[error("trust anchors {path}: {source}")]
    TrustAnchors {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The flag is for plain http to this machine alone.
    #[error("issuer {0}: insecure_loopback is for http://127.0.0.1, http://[::1] and http://localhost alone")]
    NotLoopback(String),
}

impl IssuerSettings {
    /// Checks what can be checked without asking anybody; gives the issuer's address.
    pub(crate) fn check(&self) -> Result<Url, SettingsError> {
        let name = || self.issuer.clone();
        let url = Url::parse(&self.issuer).map_err(|_| SettingsError::Issuer(name()))?;
        let plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && url.host().is_some();
        if self.insecure_loopback && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(SettingsError::NotLoopback(name()));
        }
        if !plain || (url.scheme() != "https" && !self.insecure_loopback) {
            return Err(SettingsError::Issuer(name()));
        }
        if self.client_id.is_empty() || self.audience.as_ref().is_some_and(String::is_empty) {
            return Err(SettingsError::Client(name()));
        }
        if self.roles.is_empty() {
            return Err(SettingsError::NoRoles(name()));
        }
        if !self.roles_claim.starts_with('/') {
            return Err(SettingsError::RolesClaim(name()));
        }
        if self.proceedings_claim.as_ref().is_some_and(|claim| !claim.starts_with('/')) {
            return Err(SettingsError::ProceedingsClaim(name()));
        }
        Ok(url)
    }
}

/// Whether the address is on this machine, without asking a name server.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn default_roles_claim() -> String {
    "/groups".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str) -> IssuerSettings {
        toml::from_str(&format!(
            "issuer = '{issuer}'\nagency = 'de-nw-lka'\nclient_id = 'meldeverbund'\nroles = {{ desk = 'desk-officer' }}"
        ))
        .unwrap()
    }

    #[test]
    fn an_issuer_is_an_https_address() {
        assert!(settings("https://login.lka.example/realms/nw").check().is_ok());
        let bad = [
            "http://login.lka.example",
            "http://127.0.0.1:1",
            "https://a.example/?x=1",
            "https://a.example/#x",
            "https://user@a.example/",
            "login.example",
        ];
        for issuer in bad {
            assert!(matches!(settings(issuer).check(), Err(SettingsError::Issuer(_))), "{issuer}");
        }
    }

    #[test]
    fn the_flag_opens_the_loopback_and_nothing_else() {
        for (issuer, is_ok) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/", true),
            ("http://localhost:8080", true),
            ("http://login.example", false),
            ("http://127.0.0.1.example", false),
            ("https://127.0.0.1", false),
        ] {
            let flagged = IssuerSettings { insecure_loopback: true, ..settings(issuer) };
            assert_eq!(flagged.check().is_ok(), is_ok, "{issuer}");
        }
    }

    #[test]
    fn what_nobody_could_use_is_refused() {
        let good = settings("https://login.example");
        let empty = IssuerSettings { roles: BTreeMap::new(), ..good.clone() };
        assert!(matches!(empty.check(), Err(SettingsError::NoRoles(_))));
        let nameless = IssuerSettings { client_id: String::new(), ..good.clone() };
        assert!(matches!(nameless.check(), Err(SettingsError::Client(_))));
        let dotted = IssuerSettings { roles_claim: "realm.roles".into(), ..good.clone() };
        assert!(matches!(dotted.check(), Err(SettingsError::RolesClaim(_))));
        let dotted = IssuerSettings { proceedings_claim: Some("realm.files".into()), ..good };
        assert!(matches!(dotted.check(), Err(SettingsError::ProceedingsClaim(_))));
    }
}
