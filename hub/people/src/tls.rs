//! TLS towards an issuer: 1.3 alone, and only the authorities that its configuration names.

use std::{io, path::Path, sync::Arc};

use meldeverbund_certs::Clock;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, pem::PemObject as _},
    version::TLS13,
};

use crate::SettingsError;

/// The federation's own parameters, but that an issuer's certificate may be signed with RSA: it comes from an
/// administration's PKI, which is not ours to choose.
pub(crate) fn client(trust_anchors: &Path, clock: &Clock) -> Result<ClientConfig, SettingsError> {
    let failed = |source| SettingsError::TrustAnchors { path: trust_anchors.to_owned(), source };
    let roots = read(trust_anchors).map_err(failed)?;
    let provider = CryptoProvider {
        signature_verification_algorithms: aws_lc_rs::default_provider().signature_verification_algorithms,
        ..CryptoProvider::clone(&meldeverbund_certs::provider())
    };
    let builder = ClientConfig::builder_with_details(Arc::new(provider), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| failed(io::Error::other(error)))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read(path: &Path) -> Result<RootCertStore, io::Error> {
    let pem = std::fs::read(path)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| io::Error::other("not PEM"))?;
        roots.add(certificate).map_err(io::Error::other)?;
    }
    if roots.is_empty() { Err(io::Error::other("no certificate in it")) } else { Ok(roots) }
}
