//! rustls' certificate verifiers, each with one more check: the name.

mod hub;
mod node;

pub(crate) use hub::HubVerifier;
pub(crate) use node::NodeVerifier;

use std::sync::Mutex;

use rustls::{
    CertificateError, Error,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::{Identity, IdentityError};

/// What a verifier decided against, in its own words: the alert that TLS can send says less.
pub(crate) type RefusalNote = std::sync::Arc<Mutex<Option<IdentityError>>>;

tokio::task_local! {
    /// Set around a handshake; the verifier runs inside it.
    pub(crate) static REFUSAL: RefusalNote;
}

/// Looks at a certificate again, while its connection is live.
pub(crate) trait Recheck: Send + Sync + 'static {
    /// The name that the chain still stands for at `now`.
    fn recheck(
        &self,
        chain: &[CertificateDer<'static>],
        server_name: Option<&ServerName<'static>>,
        now: UnixTime,
    ) -> Result<Identity, Error>;
}

/// Verdicts whose own alert would mislead the other side.
fn named(error: Error) -> Error {
    match &error {
        // An authority's certificate in a holder's place: `unsupported_certificate`, not `certificate_unknown`.
        Error::InvalidCertificate(CertificateError::Other(other))
            if other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity) =>
        {
            CertificateError::InvalidPurpose.into()
        }
        // Issued under the name of a trust anchor with another key: `unknown_ca`, not `decrypt_error`.
        Error::InvalidCertificate(CertificateError::BadSignature) => CertificateError::UnknownIssuer.into(),
        _ => error,
    }
}
