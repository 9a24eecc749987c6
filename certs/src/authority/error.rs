//! Why the authority cannot do what it was asked.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{IdentityError, Serial};

/// The authority cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that would be overwritten.
    #[error("{}: exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file does not hold what it should.
    #[error("{}: cannot be understood", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
    /// The authority's own certificate ran out.
    #[error("the authority's own certificate has expired")]
    AuthorityExpired,
    /// The validity asked for ends before it begins.
    #[error("the validity must be longer than nothing")]
    NoValidity,
    /// The request is not a certificate request with a valid signature by its own key.
    #[error("not a certificate request whose signature fits its key")]
    Request,
    /// The key is not ECDSA on P-256 or P-384.
    #[error("the key is not ECDSA on P-256 or P-384")]
    Algorithm,
    /// A name in the request or certificate is not one of this federation.
    #[error("{0}")]
    Name(#[from] IdentityError),
    /// The request names someone else than the order.
    #[error("the request names {requested}, but the order {ordered}")]
    OtherName {
        /// In the request.
        requested: String,
        /// In the order.
        ordered: String,
    },
    /// The request has no name and the order gives none either.
    #[error("the request names nobody; say for which agency and node it is")]
    NoName,
    /// This authority did not issue the certificate.
    #[error("certificate {0} was not issued by this authority")]
    NotIssued(Serial),
    /// The certificate is revoked and can have no successor.
    #[error("certificate {0} is revoked; issue a new one with a new key")]
    Revoked(Serial),
    /// A host name is neither a DNS name nor an address.
    #[error("\"{0}\" is neither a DNS name nor an IP address")]
    Host(String),
    /// The certificate library failed.
    #[error("{0}")]
    Rcgen(#[from] rcgen::Error),
}

impl AuthorityError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }

    pub(crate) fn new_file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::File { path, source },
        }
    }
}
