//! What the authority's commands share.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use clap::Args;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::json;

use super::{
    CliError, folder,
    output::{Report, seconds_instant},
};
use crate::{
    TrustDomain,
    authority::{Authority, Issued, Record},
};

/// The authority.
#[derive(Debug, Args)]
pub(super) struct Ca {
    /// The authority's folder.
    #[arg(long, default_value = "ca")]
    pub(super) ca: PathBuf,
}

impl Ca {
    pub(super) fn open(&self) -> Result<Authority, CliError> {
        Ok(Authority::open(&self.ca)?)
    }
}

/// What became of a certificate.
pub(super) fn status(record: &Record, now: SystemTime) -> &'static str {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    match record {
        Record { revoked: Some(_), .. } => "revoked",
        Record { not_after_s, .. } if *not_after_s < now => "expired",
        _ => "in force",
    }
}

/// What `issue` and `renew` say.
pub(super) fn issued_report(issued: &Issued, domain: &TrustDomain, written: &[String]) -> Report {
    let Record { serial, agency, node, hub, not_after_s, .. } = &issued.record;
    let until = seconds_instant(*not_after_s);
    let mut lines = vec![
        format!("issued to     {agency}/{node}{}", if *hub { " (hub)" } else { "" }),
        format!("trust domain  {domain}"),
        format!("serial        {serial}"),
        format!("valid until   {until}"),
    ];
    lines.extend(written.iter().map(|file| format!("written       {file}")));
    let json = json!({
        "agency": agency, "node": node, "hub": hub, "trust_domain": domain, "serial": serial,
        "not_after": until, "written": written,
    });
    Report::new(lines, json)
}

/// The first certificate in a PEM file.
pub(super) fn certificate(path: &Path) -> Result<CertificateDer<'static>, CliError> {
    let pem = folder::read(path)?;
    CertificateDer::from_pem_slice(&pem).map_err(|_| CliError::NoCertificate(path.display().to_string()))
}

/// A number of days on the command line.
pub(super) fn days(text: &str) -> Result<Duration, String> {
    /// A hundred years: beyond them X.509 times need care, and nobody means it.
    const MOST: u64 = 36_500;
    match text.parse::<u64>() {
        Ok(days @ 1..=MOST) => Ok(Duration::from_secs(days * 24 * 3600)),
        _ => Err(format!("a number of days from 1 to {MOST}")),
    }
}
