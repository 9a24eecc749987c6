//! Why credentials on disk cannot be used; every text names the file.

use std::{io, path::PathBuf};

use rustls::pki_types::pem;

use crate::{Identity, IdentityError};

/// Credentials on disk cannot be taken up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than such a file can be.
    #[error("{}: larger than {limit_bytes} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_bytes: u64,
    },
    /// The file is not PEM, or only half written.
    #[error("{}: not a complete PEM file: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// The file has no section of the kind it is read for.
    #[error("{}: holds no {kind}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        kind: &'static str,
    },
    /// The private key is protected by a passphrase, which nobody could enter at night.
    #[error("{}: the private key is encrypted; store it in the clear and protect the file", path.display())]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
    /// Not ECDSA on P-256 or P-384.
    #[error("{}: the key is not ECDSA on P-256 or P-384", path.display())]
    Algorithm {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not belong together.
    #[error("{}: the private key does not belong to the certificate in {}", key.display(), certificate.display())]
    KeyMismatch {
        /// The private key's file.
        key: PathBuf,
        /// The certificate's file.
        certificate: PathBuf,
    },
    /// A trust anchor is no certificate authority's certificate.
    #[error("{}: certificate {number} is not a certificate authority's", path.display())]
    NotAnAuthority {
        /// The file.
        path: PathBuf,
        /// Which certificate in the file, from 1.
        number: usize,
    },
    /// A trust anchor cannot be used.
    #[error("{}: certificate {number} cannot be a trust anchor: {source}", path.display())]
    Anchor {
        /// The file.
        path: PathBuf,
        /// Which certificate in the file, from 1.
        number: usize,
        /// Why.
        source: rustls::Error,
    },
    /// Two trust anchors with one name and two keys: revocation lists could not be told apart.
    #[error("{}: two trust anchors share the name \"{name}\"", path.display())]
    SameName {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The own certificate is not one that the own trust anchors vouch for.
    #[error("{}: not valid under the trust anchors in {}: {source}", certificate.display(), anchors.display())]
    Chain {
        /// The certificate's file.
        certificate: PathBuf,
        /// The trust anchors' file.
        anchors: PathBuf,
        /// Why.
        source: webpki::Error,
    },
    /// The own certificate's name is not one of this federation.
    #[error("{}: {source}", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Why.
        source: IdentityError,
    },
    /// A new certificate names someone else.
    #[error("{}: names {is}, but this process runs as {was}", path.display())]
    IdentityChanged {
        /// The file.
        path: PathBuf,
        /// The identity in use.
        was: Identity,
        /// The identity in the file.
        is: String,
    },
    /// A new certificate is not valid now.
    #[error("{}: the new certificate is {fault}", path.display())]
    NotNow {
        /// The file.
        path: PathBuf,
        /// In which way.
        fault: &'static str,
    },
    /// A revocation list cannot be used.
    #[error("{}: revocation list {number} cannot be used: {source}", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// Which list in the file, from 1.
        number: usize,
        /// Why.
        source: webpki::Error,
    },
    /// A revocation list was not signed by the authority it names.
    #[error("{}: the revocation list of \"{issuer}\" is not signed by that authority", path.display())]
    ListSignature {
        /// The file.
        path: PathBuf,
        /// The authority.
        issuer: String,
    },
    /// An authority without a revocation list: all its certificates would be refused.
    #[error("{}: has no revocation list of the authority \"{issuer}\"", path.display())]
    ListMissing {
        /// The file.
        path: PathBuf,
        /// The authority.
        issuer: String,
    },
    /// The lists do not say whether the own certificate is revoked; they would not for peers either.
    #[error("{}: cannot tell whether the certificate in {} is revoked: {source}", revocations.display(), certificate.display())]
    Undecided {
        /// The certificate's file.
        certificate: PathBuf,
        /// The revocation lists' file.
        revocations: PathBuf,
        /// Why.
        source: webpki::Error,
    },
    /// A revocation list with a lower number than the one in use: an old file came back.
    #[error("{}: the revocation list of \"{issuer}\" is older than the one in use", path.display())]
    ListOlder {
        /// The file.
        path: PathBuf,
        /// The authority.
        issuer: String,
    },
    /// rustls does not take the configuration.
    #[error("the TLS configuration is not usable: {0}")]
    Config(#[from] rustls::Error),
    /// rustls does not take the trust anchors or revocation lists.
    #[error("the verifier is not usable: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}
