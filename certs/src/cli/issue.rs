//! `issue`: a certificate for a node or the hub.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::Args;

use super::{
    CliError,
    ca::{Ca, days, issued_report},
    folder::{self, Output},
    output::Report,
    request::Names,
};
use crate::{
    authority::{AuthorityError, Curve, Order, Request, Subject},
    publish::Secrecy,
};

/// Issue a certificate, with a new key or for a request.
#[derive(Debug, Args)]
pub(super) struct Issue {
    #[command(flatten)]
    ca: Ca,
    #[command(flatten)]
    names: Names,
    /// The request (CSR) that brings the public key; without it a private key is made.
    #[arg(long)]
    csr: Option<PathBuf>,
    /// A new key's curve: p256 or p384.
    #[arg(long, default_value = "p256", conflicts_with = "csr")]
    curve: Curve,
    /// How long the certificate is valid.
    #[arg(long, default_value = "365", value_parser = days)]
    days: Duration,
    /// The folder to write into; by default named after agency and node.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
}

impl Issue {
    pub(super) fn run(&self, now: SystemTime) -> Result<Report, CliError> {
        let authority = self.ca.open()?;
        let request = match &self.csr {
            Some(path) => Some(Request::read(&folder::read(path)?)?),
            None => None,
        };
        let identity = match (self.names.identity()?, &request) {
            (Some(identity), _) => identity,
            (None, Some(request)) => {
                let requested = request.identity(authority.domain()).map_err(AuthorityError::from)?;
                requested.ok_or(AuthorityError::NoName)?
            }
            (None, None) => return Err(CliError::Usage("give --agency and --node, or a request with --csr")),
        };
        let default = PathBuf::from(format!("{}-{}", identity.agency, identity.node));
        let out = self.out.clone().unwrap_or(default);
        let file = |name: &str| out.join(name);
        let (certificate, key) = (file("certificate.pem"), file("key.pem"));
        let mut planned = vec![&*certificate];
        if request.is_none() {
            planned.push(&*key);
        }
        let mut output = Output::new(self.force, &planned)?;

        let order = Order::new(Subject { identity, role: self.names.role() }).valid_for(self.days);
        let issued = match &request {
            Some(request) => authority.issue_request(&order, request, now)?,
            None => authority.issue(&order, self.curve, now)?,
        };
        if let Some(made) = &issued.key {
            output.add(&key, made.pem(), Secrecy::Owner);
        }
        output.add(&certificate, issued.certificate.clone(), Secrecy::Public);
        let mut written = output.write()?;
        // Copies that may be there from an earlier certificate: the newer is the right one.
        let mut copies = Output::new(true, &[])?;
        copies.add(&file("trust_anchors.pem"), folder::read(&authority.certificate_file())?, Secrecy::Public);
        copies.add(&file("revocations.pem"), folder::read(&authority.revocations_file())?, Secrecy::Public);
        written.extend(copies.write()?);
        Ok(issued_report(&issued, authority.domain(), &written))
    }
}
