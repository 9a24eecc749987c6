//! Where officers sign in whose questions go out.

use std::{collections::BTreeMap, path::PathBuf};

use meldeverbund_certs::Proxy;
use meldeverbund_people::{IssuerSettings, Role};
use meldeverbund_proto::AgencyId;
use serde::Deserialize;

/// The body's own issuer, at which this node is a public client: a secret in a program that every officer can read is none
/// (RFC 8252, 8.5).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Its identifier: an https address.
    pub issuer: String,
    /// What this node is called there; the tokens' audience, which the hub expects.
    pub client_id: String,
    /// What is asked for beside `openid` and `profile`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// PEM file with the authorities that vouch for the issuer's own TLS certificate.
    #[serde(default)]
    pub trust_anchors: Option<PathBuf>,
    /// An HTTP CONNECT proxy on the way to it.
    #[serde(default)]
    pub proxy: Option<Proxy>,
    /// Where a token lists the person's groups.
    #[serde(default = "default_roles_claim")]
    pub roles_claim: String,
    /// Which group means which role.
    pub roles: BTreeMap<String, Role>,
    /// The person is authenticated at one of these levels.
    #[serde(default)]
    pub acr: Vec<String>,
    /// The port of the return address; 0: any that is free.
    #[serde(default)]
    pub port: u16,
    /// Development alone: plain http to this machine's loopback address.
    #[serde(default)]
    pub insecure_loopback: bool,
}

impl SignIn {
    /// The issuer, as the people's checks know it.
    pub fn issuer_of(&self, agency: &AgencyId) -> IssuerSettings {
        let Self { issuer, client_id, scopes, trust_anchors, proxy, roles_claim, roles, acr, .. } =
            self.clone();
        IssuerSettings {
            issuer,
            agency: agency.clone(),
            client_id,
            client_secret_file: None,
            scopes,
            audience: None,
            authorized_parties: Vec::new(),
            trust_anchors,
            proxy,
            roles_claim,
            proceedings_claim: None,
            roles,
            acr,
            amr: Vec::new(),
            max_age_s: None,
            insecure_loopback: self.insecure_loopback,
        }
    }
}

fn default_roles_claim() -> String {
    "/groups".to_owned()
}
