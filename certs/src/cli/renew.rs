//! `renew`: a certificate's successor.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use clap::Args;

use super::{
    CliError,
    ca::{Ca, certificate, days, issued_report},
    folder::Output,
    output::Report,
};
use crate::{authority::Curve, publish::Secrecy};

/// Issue a certificate's successor: the same names, the same key or a new one.
#[derive(Debug, Args)]
pub(super) struct Renew {
    #[command(flatten)]
    ca: Ca,
    /// The certificate to renew; its successor takes its place unless --out says otherwise.
    #[arg(long)]
    certificate: PathBuf,
    /// Make a new key and write it into this file.
    #[arg(long)]
    new_key: Option<PathBuf>,
    /// A new key's curve: p256 or p384.
    #[arg(long, default_value = "p256", requires = "new_key")]
    curve: Curve,
    /// How long the successor is valid; by default as long as its predecessor.
    #[arg(long, value_parser = days)]
    days: Option<Duration>,
    /// Write the successor here instead.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Renew {
    pub(super) fn run(&self, now: SystemTime) -> Result<Report, CliError> {
        let authority = self.ca.open()?;
        let old = certificate(&self.certificate)?;
        let out = self.out.as_deref().unwrap_or(&self.certificate);
        let curve = self.new_key.as_ref().map(|_| self.curve);
        let issued = authority.renew(&old, curve, self.days, now)?;
        let mut output = Output::new(true, &[])?;
        // Whoever reads between the two writes finds a pair that does not fit, keeps the earlier one and looks again.
        if let (Some(path), Some(key)) = (&self.new_key, &issued.key) {
            output.add(path, key.pem(), Secrecy::Owner);
        }
        output.add(out, issued.certificate.clone(), Secrecy::Public);
        let written = output.write()?;
        Ok(issued_report(&issued, authority.domain(), &written))
    }
}
