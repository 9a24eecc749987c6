//! `revoke`: certificates that must not be used any more.

use std::{path::PathBuf, time::SystemTime};

use clap::Args;
use meldeverbund_proto::{AgencyId, NodeName};
use serde_json::json;

use super::{
    CliError,
    ca::{Ca, certificate, status},
    output::Report,
};
use crate::{
    CertificateFacts, Serial,
    authority::{Authority, AuthorityError, Record, RevocationReason},
};

/// Revoke a certificate, or all that an agency or node has in force, and publish the next list.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    ca: Ca,
    #[command(flatten)]
    which: Which,
    /// Only this node of the agency.
    #[arg(long, requires = "agency")]
    node: Option<NodeName>,
    /// unspecified, key-compromise, affiliation-changed, superseded, cessation-of-operation, privilege-withdrawn.
    #[arg(long, default_value = "unspecified")]
    reason: RevocationReason,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The certificate's number.
    #[arg(long)]
    serial: Option<Serial>,
    /// The certificate's file.
    #[arg(long)]
    certificate: Option<PathBuf>,
    /// Everything that this agency has in force.
    #[arg(long)]
    agency: Option<AgencyId>,
}

impl Revoke {
    pub(super) fn run(&self, now: SystemTime) -> Result<Report, CliError> {
        let authority = self.ca.open()?;
        let serials = match &self.which {
            Which { serial: Some(serial), .. } => vec![serial.clone()],
            Which { certificate: Some(path), .. } => {
                vec![CertificateFacts::read(&certificate(path)?).map_err(AuthorityError::from)?.serial]
            }
            Which { agency, .. } => self.in_force(&authority, agency.as_ref(), now)?,
        };
        let mut records = Vec::new();
        for serial in &serials {
            records.push(authority.revoke(serial, self.reason, now)?);
        }
        let list = authority.revocations_file();
        let mut lines: Vec<_> = records
            .iter()
            .map(|record| format!("revoked       {} {}/{}", record.serial, record.agency, record.node))
            .collect();
        lines.push(format!("published     {}", list.display()));
        lines.push("Bring the list to the hub and the nodes; they take it up by themselves.".to_owned());
        Ok(Report::new(lines, json!({ "revoked": records, "revocations": list })))
    }

    fn in_force(
        &self,
        authority: &Authority,
        agency: Option<&AgencyId>,
        now: SystemTime,
    ) -> Result<Vec<Serial>, CliError> {
        let agency = agency.map_or("", AgencyId::as_str);
        let records = authority.records()?;
        let node = |record: &Record| self.node.as_ref().is_none_or(|node| record.node == node.as_str());
        let in_force: Vec<_> = records
            .iter()
            .filter(|record| record.agency == agency && node(record) && status(record, now) == "in force")
            .map(|record| record.serial.clone())
            .collect();
        if in_force.is_empty() { Err(CliError::NothingInForce(agency.to_owned())) } else { Ok(in_force) }
    }
}
