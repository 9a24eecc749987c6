//! Why an issuer could not be asked.

use std::{io, time::Duration};

use meldeverbund_certs::ProxyError;

/// An issuer's metadata or keys could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// It could not be reached, or did not speak HTTP.
    #[error("the issuer could not be reached: {0}")]
    Fetch(#[from] FetchError),
    /// It answered with another status than 200. A redirect is one: none is followed.
    #[error("the issuer answered with HTTP status {0}")]
    Status(u16),
    /// The answer is not what OpenID Connect Discovery asks for.
    #[error("the issuer's answer is malformed")]
    Malformed,
    /// The metadata are another issuer's.
    #[error("the issuer's metadata name another issuer")]
    OtherIssuer,
    /// It failed a moment ago and is left in peace.
    #[error("the issuer could not be asked a moment ago; it is asked again in at most {0:?}")]
    Resting(Duration),
}

/// One request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Not https, and not the loopback that a test allows.
    #[error("only https addresses are asked")]
    Scheme,
    /// The address has no host that TLS could verify.
    #[error("the address has no usable host")]
    Host,
    /// No connection.
    #[error("no connection: {0}")]
    Connect(#[source] io::Error),
    /// The proxy made none.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// No TLS 1.3 with a certificate under the issuer's own trust anchors.
    #[error("TLS: {0}")]
    Tls(#[source] io::Error),
    /// No HTTP.
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// The answer broke off or is larger than any honest one.
    #[error("the answer broke off or is too large")]
    Body,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
}
