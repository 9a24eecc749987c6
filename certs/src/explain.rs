//! Why there is no connection with the hub, in one word, for `doctor` and for status.

use std::{error::Error, io};

use rustls::{AlertDescription, CertificateError};

use crate::{ConnectError, IdentityError, ProxyError};

/// The cause of a failed connection, as seen from the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ConnectFailure {
    /// The host name is unknown.
    #[error("the hub's host name cannot be found")]
    HostUnknown,
    /// Nothing answers at the address.
    #[error("the hub cannot be reached")]
    Unreachable,
    /// Connecting took too long.
    #[error("connecting took too long")]
    TimedOut,
    /// The proxy cannot be reached.
    #[error("the proxy cannot be reached")]
    ProxyUnreachable,
    /// The proxy refused the connection.
    #[error("the proxy refused the connection")]
    ProxyRefused,
    /// The proxy wants a user and password, or other ones.
    #[error("the proxy asks for a user and password")]
    ProxyUnauthorized,
    /// The hub says that our certificate is revoked.
    #[error("the hub refuses our certificate: revoked")]
    Revoked,
    /// The hub says that our certificate is not valid now: it ran out, is not valid yet, or the clocks differ.
    #[error("the hub refuses our certificate: expired or not valid yet; compare the clocks")]
    Expired,
    /// The hub does not know the authority of our certificate, or has no revocation list of it.
    #[error("the hub does not know the authority that issued our certificate")]
    UnknownAuthority,
    /// The hub trusts our certificate but it names nobody there: wrong trust domain or name, key not registered.
    #[error("the hub refuses the name in our certificate, and its key is not registered there")]
    WrongName,
    /// The hub says that our certificate is not for this use, or cannot be used.
    #[error("the hub refuses our certificate: not usable as a client certificate")]
    Unusable,
    /// The hub has enough connections of this agency.
    #[error("the hub refuses further connections of this agency")]
    TooManyConnections,
    /// The hub's certificate ran out, or our clock is ahead.
    #[error("the hub's certificate has expired, or our clock is ahead")]
    HubExpired,
    /// The hub's certificate is not valid yet, or our clock is behind.
    #[error("the hub's certificate is not valid yet, or our clock is behind")]
    HubNotYetValid,
    /// The hub's certificate is revoked.
    #[error("the hub's certificate is revoked")]
    HubRevoked,
    /// Our trust anchors do not vouch for the hub's certificate.
    #[error("our trust anchors do not know the authority of the hub's certificate")]
    HubUnknownAuthority,
    /// The hub's certificate names another agency, trust domain or host.
    #[error("the hub's certificate names someone else")]
    HubWrongName,
    /// The hub's certificate cannot be used for another reason.
    #[error("the hub's certificate is not usable")]
    HubUnusable,
    /// Our revocation list of the hub's authority is missing, overdue or not usable.
    #[error("our revocation list of the hub's authority is missing or overdue")]
    RevocationUnknown,
    /// The other end does not speak our TLS or HTTP/2: not a hub, or something in between.
    #[error("the other end does not speak TLS 1.3 with our parameters and HTTP/2: not a hub?")]
    NotAHub,
    /// The connection was there and broke.
    #[error("the connection broke")]
    Broken,
    /// None of these.
    #[error("the connection failed for another reason")]
    Other,
}

/// Finds the cause by walking the error's sources; give it tonic's transport error or status, or a
/// [`ConnectError`].
pub fn explain(error: &(dyn Error + 'static)) -> ConnectFailure {
    let mut next = Some(error);
    let mut cause = None;
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return connect(error);
        }
        // Of what lies around our own errors, the innermost says most.
        cause = look(error).or(cause);
        next = error.source();
    }
    cause.unwrap_or(ConnectFailure::Other)
}

fn look(error: &(dyn Error + 'static)) -> Option<ConnectFailure> {
    if let Some(error) = error.downcast_ref() {
        return Some(tls(error));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        // An io::Error's source skips the error inside it.
        let inner = error.get_ref().and_then(|inner| look(inner));
        return inner.or_else(|| flattened(error)).or_else(|| broken(error));
    }
    None
}

/// h2 hands an io::Error on as kind and text; the alert is in the text.
fn flattened(error: &io::Error) -> Option<ConnectFailure> {
    let text = error.to_string();
    let alerts = [
        AlertDescription::CertificateRevoked,
        AlertDescription::CertificateExpired,
        AlertDescription::UnknownCA,
        AlertDescription::AccessDenied,
        AlertDescription::BadCertificate,
        AlertDescription::UnsupportedCertificate,
        AlertDescription::CertificateUnknown,
        AlertDescription::CertificateRequired,
    ];
    let errors = alerts.into_iter().map(rustls::Error::AlertReceived);
    errors.into_iter().find(|alert| alert.to_string() == text).map(|alert| tls(&alert))
}

fn connect(error: &ConnectError) -> ConnectFailure {
    match error {
        ConnectError::HostName => ConnectFailure::HostUnknown,
        ConnectError::Unreachable { target: "proxy", .. } => ConnectFailure::ProxyUnreachable,
        ConnectError::Unreachable { source, .. } if source.raw_os_error().is_none() => {
            ConnectFailure::HostUnknown
        }
        ConnectError::Unreachable { .. } => ConnectFailure::Unreachable,
        ConnectError::TimedOut(_) => ConnectFailure::TimedOut,
        ConnectError::Proxy(ProxyError::Unauthorized) => ConnectFailure::ProxyUnauthorized,
        ConnectError::Proxy(ProxyError::Refused(_)) => ConnectFailure::ProxyRefused,
        ConnectError::Proxy(_) => ConnectFailure::ProxyUnreachable,
        ConnectError::Tls(source) => look(source).unwrap_or(ConnectFailure::Broken),
        ConnectError::TooManyConnections => ConnectFailure::TooManyConnections,
        ConnectError::ClosedByHub => ConnectFailure::Broken,
        ConnectError::NotHttp2 => ConnectFailure::NotAHub,
    }
}

fn tls(error: &rustls::Error) -> ConnectFailure {
    use rustls::Error as E;
    match error {
        E::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRevoked => ConnectFailure::Revoked,
            AlertDescription::CertificateExpired => ConnectFailure::Expired,
            AlertDescription::UnknownCA => ConnectFailure::UnknownAuthority,
            AlertDescription::AccessDenied => ConnectFailure::WrongName,
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::DecryptError => ConnectFailure::Unusable,
            _ => ConnectFailure::NotAHub,
        },
        E::InvalidCertificate(error) => certificate(error),
        E::InvalidCertRevocationList(_) => ConnectFailure::RevocationUnknown,
        E::NoCertificatesPresented => ConnectFailure::HubUnusable,
        _ => ConnectFailure::NotAHub,
    }
}

fn certificate(error: &CertificateError) -> ConnectFailure {
    use CertificateError as E;
    match error {
        E::Expired | E::ExpiredContext { .. } => ConnectFailure::HubExpired,
        E::NotValidYet | E::NotValidYetContext { .. } => ConnectFailure::HubNotYetValid,
        E::Revoked => ConnectFailure::HubRevoked,
        E::UnknownIssuer => ConnectFailure::HubUnknownAuthority,
        E::NotValidForName | E::NotValidForNameContext { .. } => ConnectFailure::HubWrongName,
        E::UnknownRevocationStatus | E::ExpiredRevocationList | E::ExpiredRevocationListContext { .. } => {
            ConnectFailure::RevocationUnknown
        }
        E::Other(other) if other.0.downcast_ref::<IdentityError>().is_some() => ConnectFailure::HubWrongName,
        _ => ConnectFailure::HubUnusable,
    }
}

fn broken(error: &io::Error) -> Option<ConnectFailure> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => Some(ConnectFailure::Unreachable),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(ConnectFailure::Broken),
        io::ErrorKind::TimedOut => Some(ConnectFailure::TimedOut),
        io::ErrorKind::InvalidData => Some(ConnectFailure::NotAHub),
        _ => None,
    }
}
