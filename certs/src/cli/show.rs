//! `show`: what a file holds, and whether it fits.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use clap::Args;
use rustls::pki_types::{
    CertificateDer,
    pem::{PemObject as _, SectionKind},
};
use serde_json::{Value, json};

use super::{CliError, check, describe, folder, output::Report};
use crate::TrustDomain;

/// Show certificates, requests, revocation lists and keys; with --check, whether a certificate fits and can be used.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// PEM files (a certificate may be DER).
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Check the one certificate file against --key and --trust as hub and node do when they start.
    #[arg(long, requires_all = ["key", "trust"])]
    check: bool,
    /// The private key that belongs to the certificate.
    #[arg(long, requires = "check")]
    key: Option<PathBuf>,
    /// The trust anchors.
    #[arg(long, requires = "check")]
    trust: Option<PathBuf>,
    /// The revocation lists.
    #[arg(long, requires = "check")]
    revocations: Option<PathBuf>,
    /// The trust domain; by default the one that the certificate names.
    #[arg(long, requires = "check")]
    trust_domain: Option<TrustDomain>,
}

impl Show {
    pub(super) fn run(&self, now: SystemTime) -> Result<Report, CliError> {
        if let (true, Some(key), Some(trust)) = (self.check, &self.key, &self.trust) {
            let [file] = &self.files[..] else {
                return Err(CliError::Usage("--check takes one certificate file"));
            };
            return check::run(
                file,
                key,
                trust,
                self.revocations.as_deref(),
                self.trust_domain.as_ref(),
                now,
            );
        }
        let mut files = Vec::new();
        for path in &self.files {
            files.push((path.clone(), folder::read(path)?));
        }
        report(&files, now)
    }
}

/// Describes everything in these files.
pub(super) fn report(files: &[(PathBuf, Vec<u8>)], now: SystemTime) -> Result<Report, CliError> {
    let (mut lines, mut items) = (Vec::new(), Vec::new());
    for (path, bytes) in files {
        let found = describe(path, bytes, now)?;
        for mut item in found {
            lines.push(format!("{} in {}", item["kind"].as_str().unwrap_or_default(), path.display()));
            lines.extend(text(&item));
            item["file"] = json!(path);
            items.push(item);
        }
    }
    Ok(Report::new(lines, json!({ "items": items })))
}

fn describe(path: &Path, bytes: &[u8], now: SystemTime) -> Result<Vec<Value>, CliError> {
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes);
    let mut found: Vec<Value> = sections
        .filter_map(|item| item.ok().and_then(|(kind, der)| describe::section(kind, &der, now)))
        .collect();
    if found.is_empty() && bytes.first() == Some(&0x30) {
        found.extend(describe::certificate(&CertificateDer::from(bytes), now));
    }
    if found.is_empty() { Err(CliError::NothingToShow(path.display().to_string())) } else { Ok(found) }
}

/// The order in which people read the fields.
const FIELDS: [&str; 18] = [
    "name",
    "uris",
    "hosts",
    "purposes",
    "authority",
    "subject",
    "issuer",
    "serial",
    "number",
    "not_before",
    "not_after",
    "this_update",
    "next_update",
    "status",
    "key",
    "public_key",
    "revoked",
    "file",
];

/// One line for each field that says something.
fn text(item: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for field in FIELDS {
        let label = field.replace('_', " ");
        let values = match &item[field] {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        lines.extend(values.iter().filter_map(line).map(|value| format!("  {label:<13} {value}")));
    }
    lines
}

fn line(value: &Value) -> Option<String> {
    let part = |field: &str| value[field].as_str().unwrap_or_default();
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some("yes".to_owned()),
        Value::String(text) => Some(text.clone()),
        Value::Object(entry) if entry.contains_key("serial") => {
            Some(format!("{}  {}  {}", part("serial"), part("revoked_at"), part("reason")))
        }
        Value::Object(_) => Some(format!("{}/{} in {}", part("agency"), part("node"), part("trust_domain"))),
        other => Some(other.to_string()),
    }
}
