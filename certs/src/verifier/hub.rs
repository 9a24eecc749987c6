//! A node's view of the hub's certificate.

use std::sync::Arc;

use meldeverbund_proto::AgencyId;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{Recheck, named};
use crate::{
    Identity, IdentityError, OverdueRevocations, TlsError,
    facts::{NameRule, names_hosts},
    material::Material,
    provider::provider,
};

/// webpki's verdict on chain, validity, purpose and revocation, and then ours: the name of the expected agency.
///
/// Host names are checked by the ordinary rules if the certificate has any. A certificate without them is the
/// hub's under whatever address it is reached; its URI name alone says whose it is.
#[derive(Debug)]
pub(crate) struct HubVerifier {
    inner: Arc<WebPkiServerVerifier>,
    names: NameRule,
    expected: AgencyId,
}

impl HubVerifier {
    pub(crate) fn new(
        material: &Material,
        names: NameRule,
        expected: AgencyId,
        overdue: OverdueRevocations,
    ) -> Result<Self, TlsError> {
        let mut builder =
            WebPkiServerVerifier::builder_with_provider(Arc::clone(&material.roots), provider())
                .with_crls(material.list_ders());
        if overdue == OverdueRevocations::Refuse {
            builder = builder.enforce_revocation_expiration();
        }
        Ok(Self { inner: builder.build()?, names, expected })
    }

    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Identity, Error> {
        match self.inner.verify_server_cert(end_entity, intermediates, server_name, &[], now) {
            Ok(_) => {}
            // webpki looks at host names last: with this verdict everything else was good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !names_hosts(end_entity).map_err(refuse)? => {}
            Err(error) => return Err(named(error)),
        }
        let identity = self.names.identify(end_entity).map_err(refuse)?;
        if identity.agency == self.expected {
            Ok(identity)
        } else {
            Err(refuse(IdentityError::UnexpectedAgency))
        }
    }
}

/// The reason travels inside the error: on this side the caller gets to see it.
fn refuse(error: IdentityError) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
}

impl Recheck for HubVerifier {
    fn recheck(
        &self,
        chain: &[CertificateDer<'static>],
        server_name: Option<&ServerName<'static>>,
        now: UnixTime,
    ) -> Result<Identity, Error> {
        let (leaf, intermediates) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        let server_name = server_name.ok_or(Error::UnsupportedNameType)?;
        self.verify(leaf, intermediates, server_name, now)
    }
}

impl ServerCertVerifier for HubVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.verify(end_entity, intermediates, server_name, now).map(|_| ServerCertVerified::assertion())
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
