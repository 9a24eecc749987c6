//! The hub's view of a node's certificate.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::{REFUSAL, Recheck, named};
use crate::{
    Identity, IdentityError, OverdueRevocations, TlsError, facts::NameRule, material::Material,
    provider::provider,
};

/// webpki's verdict on chain, validity, purpose and revocation, and then ours on the name.
#[derive(Debug)]
pub(crate) struct NodeVerifier {
    inner: Arc<dyn ClientCertVerifier>,
    names: NameRule,
}

impl NodeVerifier {
    pub(crate) fn new(
        material: &Material,
        names: NameRule,
        overdue: OverdueRevocations,
    ) -> Result<Self, TlsError> {
        let mut builder =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&material.roots), provider())
                .with_crls(material.list_ders());
        if overdue == OverdueRevocations::Refuse {
            builder = builder.enforce_revocation_expiration();
        }
        Ok(Self { inner: builder.build()?, names })
    }

    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Identity, Error> {
        self.inner.verify_client_cert(end_entity, intermediates, now).map_err(named)?;
        self.names.identify(end_entity).map_err(refuse)
    }
}

/// The chain is good but nobody we know: the alert is `access_denied` (RFC 8446 6.2), the reason stays here.
fn refuse(error: IdentityError) -> Error {
    let _ = REFUSAL.try_with(|note| {
        if let Ok(mut note) = note.lock() {
            *note = Some(error);
        }
    });
    Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
}

impl Recheck for NodeVerifier {
    fn recheck(
        &self,
        chain: &[CertificateDer<'static>],
        _server_name: Option<&ServerName<'static>>,
        now: UnixTime,
    ) -> Result<Identity, Error> {
        let (leaf, intermediates) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        self.verify(leaf, intermediates, now)
    }
}

impl ClientCertVerifier for NodeVerifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(end_entity, intermediates, now).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
