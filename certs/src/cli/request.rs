//! `request`: a key and a request for it, to send to the authority.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    CliError,
    folder::{self, Output},
    output::Report,
};
use crate::{
    Identity, TrustDomain,
    authority::{Curve, Host, PrivateKey, Request, Role, Subject},
    publish::Secrecy,
};
use meldeverbund_proto::{AgencyId, NodeName};

/// Whom a certificate is for.
#[derive(Debug, Args)]
pub(super) struct Names {
    /// The agency, e.g. de-nw-lka.
    #[arg(long)]
    pub(super) agency: Option<AgencyId>,
    /// The agency's node, e.g. main.
    #[arg(long)]
    pub(super) node: Option<NodeName>,
    /// A hub's certificate: for a server, not for a client.
    #[arg(long)]
    pub(super) hub: bool,
    /// A DNS name or IP address under which nodes reach the hub; may be repeated.
    #[arg(long, requires = "hub")]
    pub(super) host: Vec<Host>,
}

/// Make a private key and a certificate request (CSR) for an authority elsewhere.
#[derive(Debug, Args)]
pub(super) struct RequestCommand {
    /// The federation's trust domain.
    #[arg(long)]
    trust_domain: TrustDomain,
    #[command(flatten)]
    names: Names,
    /// The key's curve: p256 or p384.
    #[arg(long, default_value = "p256")]
    curve: Curve,
    /// Use the private key in this file instead of making one.
    #[arg(long, conflicts_with = "curve")]
    key: Option<PathBuf>,
    /// The folder to write key.pem and request.pem into.
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
}

impl Names {
    pub(super) fn identity(&self) -> Result<Option<Identity>, CliError> {
        match (&self.agency, &self.node) {
            (Some(agency), Some(node)) => Ok(Some(Identity { agency: agency.clone(), node: node.clone() })),
            (None, None) => Ok(None),
            _ => Err(CliError::Usage("--agency and --node belong together")),
        }
    }

    pub(super) fn role(&self) -> Role {
        if self.hub { Role::Hub { hosts: self.host.clone() } } else { Role::Node }
    }
}

impl RequestCommand {
    pub(super) fn run(&self) -> Result<Report, CliError> {
        let identity = self.names.identity()?.ok_or(CliError::Usage("give --agency and --node"))?;
        let (key_file, request_file) = (self.out.join("key.pem"), self.out.join("request.pem"));
        let planned =
            if self.key.is_some() { vec![&*request_file] } else { vec![&*key_file, &*request_file] };
        let mut output = Output::new(self.force, &planned)?;
        let key = match &self.key {
            Some(path) => PrivateKey::from_pem(&String::from_utf8_lossy(&folder::read(path)?))?,
            None => {
                let key = PrivateKey::generate(self.curve)?;
                output.add(&key_file, key.pem(), Secrecy::Owner);
                key
            }
        };
        let subject = Subject { identity: identity.clone(), role: self.names.role() };
        let request = Request::write(&subject, &self.trust_domain, &key)?;
        output.add(&request_file, request, Secrecy::Public);
        let written = output.write()?;
        let uri = identity.uri(&self.trust_domain);
        let mut lines = vec![
            format!("request for   {identity}"),
            format!("name          {uri}"),
            format!("public key    {}", key.fingerprint()),
        ];
        lines.extend(written.iter().map(|file| format!("written       {file}")));
        lines.push("Send the request to the authority; the key stays here.".to_owned());
        let json = json!({
            "agency": identity.agency.as_str(), "node": identity.node.as_str(), "uri": uri,
            "public_key": key.fingerprint(), "written": written,
        });
        Ok(Report::new(lines, json))
    }
}
