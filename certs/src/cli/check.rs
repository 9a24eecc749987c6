//! `show --check`: would hub or node start with this certificate?

use std::{path::Path, time::SystemTime};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::json;

use super::{
    CliError, describe, folder,
    output::{Report, instant},
};
use crate::{
    TlsFiles, TlsState, TlsWarning, TrustDomain, facts,
    files::RawFiles,
    material::{Material, Usage},
};

pub(super) fn run(
    certificate: &Path,
    key: &Path,
    trust: &Path,
    revocations: Option<&Path>,
    domain: Option<&TrustDomain>,
    now: SystemTime,
) -> Result<Report, CliError> {
    let files = TlsFiles {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        trust_anchors: trust.to_owned(),
        revocations: revocations.map(Path::to_owned),
        overdue_revocations: Default::default(),
    };
    let (claimed, usage) = claims(certificate)?;
    let domain = domain.cloned().or(claimed).ok_or(CliError::NoDomain)?;
    let material = Material::parse(&files, &RawFiles::read(&files)?, &domain, usage, now)?;
    let state = TlsState::of(&material, now, None);
    let warnings = state.warnings(now);
    let role = if usage == Usage::Server { "hub" } else { "node" };
    let name = state.identity.as_ref().map(ToString::to_string);
    let mut lines = vec![
        format!("role          {role}"),
        format!("name          {}", name.as_deref().unwrap_or("none; register the public key")),
        format!("trust domain  {domain}"),
        format!("serial        {}", state.certificate.serial),
        format!("public key    {}", state.certificate.public_key),
        format!("valid until   {}", instant(state.not_after())),
        "Key, certificate and trust anchors fit together.".to_owned(),
    ];
    lines.extend(warnings.iter().map(|warning| format!("warning: {warning}")));
    let json = json!({
        "fits": true, "role": role, "name": name, "trust_domain": domain, "serial": state.certificate.serial,
        "public_key": state.certificate.public_key, "not_after": instant(state.not_after()),
        "warnings": warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    let bad = warnings.iter().any(TlsWarning::stops_connections);
    Ok(Report { lines, json, bad })
}

/// The trust domain and the use that the certificate claims.
fn claims(path: &Path) -> Result<(Option<TrustDomain>, Usage), CliError> {
    let none = || CliError::NoCertificate(path.display().to_string());
    let der = CertificateDer::from_pem_slice(&folder::read(path)?).map_err(|_| none())?;
    let certificate = facts::parse(&der).map_err(|_| none())?;
    let uris = facts::uri_names(&certificate).map_err(|_| none())?;
    let domain = uris.iter().find_map(|uri| describe::trust_domain(uri));
    let serves = certificate.extended_key_usage().ok().flatten().is_some_and(|usage| usage.value.server_auth);
    Ok((domain, if serves { Usage::Server } else { Usage::Client }))
}
