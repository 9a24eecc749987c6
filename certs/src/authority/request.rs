//! Certificate requests (PKCS #10, RFC 2986): ours for another authority, and others' for ours.

use rcgen::{PublicKeyData as _, SubjectPublicKeyInfo};
use rustls::pki_types::{CertificateSigningRequestDer, pem::PemObject as _};
use x509_parser::{
    certification_request::X509CertificationRequest,
    extensions::{GeneralName, ParsedExtension},
    prelude::FromDer as _,
};

use super::{AuthorityError, Curve, PrivateKey, Subject};
use crate::{Identity, IdentityError, KeyFingerprint, TrustDomain};

/// A certificate request whose signature fits its key.
#[derive(Debug)]
pub struct Request {
    pub(crate) key: SubjectPublicKeyInfo,
    uris: Vec<String>,
}

impl Request {
    /// Writes a request for this subject and key, as PEM.
    ///
    /// # Errors
    /// What failed.
    pub fn write(
        subject: &Subject,
        domain: &TrustDomain,
        key: &PrivateKey,
    ) -> Result<String, AuthorityError> {
        Ok(subject.params(domain)?.serialize_request(key.pair())?.pem()?)
    }

    /// Reads a request from PEM. Of what it asks for, only the key and the URI name are looked at: everything else
    /// in a certificate is the authority's to say.
    ///
    /// # Errors
    /// [`AuthorityError::Request`] if it is none or not signed by its own key.
    pub fn read(pem: &[u8]) -> Result<Self, AuthorityError> {
        let der = CertificateSigningRequestDer::from_pem_slice(pem).map_err(|_| AuthorityError::Request)?;
        Self::from_der(&der)
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<Self, AuthorityError> {
        let (_, request) = X509CertificationRequest::from_der(der).map_err(|_| AuthorityError::Request)?;
        let key = public_key(request.certification_request_info.subject_pki.raw)?;
        request.verify_signature().map_err(|_| AuthorityError::Request)?;
        let mut uris = Vec::new();
        for extension in request.requested_extensions().into_iter().flatten() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension {
                uris.extend(names.general_names.iter().filter_map(|name| match name {
                    GeneralName::URI(uri) => Some((*uri).to_owned()),
                    _ => None,
                }));
            }
        }
        Ok(Self { key, uris })
    }

    /// The name that it asks for, if it asks for one.
    ///
    /// # Errors
    /// The name is not one of this trust domain, or there are several.
    pub fn identity(&self, domain: &TrustDomain) -> Result<Option<Identity>, IdentityError> {
        match &self.uris[..] {
            [] => Ok(None),
            [uri] => Identity::from_uri(uri, domain).map(Some),
            _ => Err(IdentityError::SeveralUris),
        }
    }

    pub(crate) fn uris(&self) -> &[String] {
        &self.uris
    }

    /// The public key's fingerprint.
    pub fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint::of_spki(&self.key.subject_public_key_info())
    }
}

/// A public key of ours.
pub(crate) fn public_key(spki: &[u8]) -> Result<SubjectPublicKeyInfo, AuthorityError> {
    let key = SubjectPublicKeyInfo::from_der(spki).map_err(|_| AuthorityError::Algorithm)?;
    let ours = [Curve::P256, Curve::P384].iter().any(|curve| key.algorithm() == curve.algorithm());
    if ours { Ok(key) } else { Err(AuthorityError::Algorithm) }
}
