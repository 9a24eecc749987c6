//! One handshake on the hub's side, from the open transport to the peer or a refusal.

use std::{io, sync::Arc};

use rustls::CertificateError;
use tokio_rustls::{TlsAcceptor, TlsStream, server};

use crate::{
    AcceptLimits, IdentityError, PeerIo, ServerTls, Transport,
    credentials::Unadmitted,
    farewell,
    provider::ALPN,
    verifier::{REFUSAL, RefusalNote},
};

/// A connection that led to nothing.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the handshake took too long")]
    TimedOut,
    #[error("{0}")]
    Handshake(io::Error),
    #[error("{0}")]
    Name(IdentityError),
    #[error("the client does not speak HTTP/2")]
    NotHttp2,
    #[error(transparent)]
    Unadmitted(#[from] Unadmitted),
}

/// The peer, or `None` after the one log line about its refusal.
pub(crate) async fn greet<S: Transport>(io: S, tls: &ServerTls, limits: &AcceptLimits) -> Option<PeerIo<S>> {
    let address = io.peer_address();
    match handshake(io, tls, limits).await {
        Ok(peer) => {
            metrics::counter!("meldeverbund_tls_connections_accepted_total").increment(1);
            Some(peer)
        }
        Err(refused) => {
            let reason = refused.label();
            metrics::counter!("meldeverbund_tls_connections_refused_total", "reason" => reason).increment(1);
            let address = address.map(tracing::field::display);
            tracing::info!(address, reason, detail = %refused, "connection refused");
            None
        }
    }
}

async fn handshake<S: Transport>(
    io: S,
    tls: &ServerTls,
    limits: &AcceptLimits,
) -> Result<PeerIo<S>, Refused> {
    let address = io.peer_address();
    let stream = tls_handshake(io, tls, limits).await?;
    if stream.get_ref().1.alpn_protocol() != Some(ALPN) {
        return Err(Refused::NotHttp2);
    }
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let chain = chain.iter().map(|der| der.clone().into_owned()).collect();
    match tls.0.admit(chain, None, address, limits.connections_per_agency) {
        Ok(place) => Ok(PeerIo::new(TlsStream::Server(stream), place, limits.max_connection_age)),
        Err(Unadmitted::TooMany(too_many)) => {
            farewell::too_many_connections(stream).await;
            Err(Unadmitted::TooMany(too_many).into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn tls_handshake<S: Transport>(
    io: S,
    tls: &ServerTls,
    limits: &AcceptLimits,
) -> Result<server::TlsStream<S>, Refused> {
    let note = RefusalNote::default();
    let accept = TlsAcceptor::from(tls.config()).accept(io).into_fallible();
    let accept = REFUSAL.scope(Arc::clone(&note), accept);
    match tokio::time::timeout(limits.handshake_timeout, accept).await {
        Err(_) => Err(Refused::TimedOut),
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err((error, io))) => {
            farewell::linger(io).await;
            let named = note.lock().ok().and_then(|note| *note);
            Err(named.map_or(Refused::Handshake(error), Refused::Name))
        }
    }
}

impl Refused {
    /// One word of a closed list, for metrics.
    fn label(&self) -> &'static str {
        match self {
            Self::TimedOut => "timeout",
            Self::Name(_) => "name",
            Self::NotHttp2 => "not-http2",
            Self::Unadmitted(Unadmitted::TooMany(_)) => "too-many-connections",
            Self::Unadmitted(Unadmitted::Certificate(error)) => label(error),
            Self::Handshake(error) => {
                let error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
                error.map_or("broken", label)
            }
        }
    }
}

fn label(error: &rustls::Error) -> &'static str {
    use CertificateError as E;
    match error {
        rustls::Error::NoCertificatesPresented => "no-certificate",
        rustls::Error::InvalidCertificate(error) => match error {
            E::Revoked => "revoked",
            E::Expired | E::ExpiredContext { .. } => "expired",
            E::NotValidYet | E::NotValidYetContext { .. } => "not-yet-valid",
            E::UnknownIssuer => "unknown-authority",
            E::UnknownRevocationStatus => "unknown-revocation",
            E::ExpiredRevocationList | E::ExpiredRevocationListContext { .. } => "overdue-revocation",
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => "purpose",
            E::ApplicationVerificationFailure => "name",
            _ => "certificate",
        },
        rustls::Error::InvalidCertRevocationList(_) => "unknown-revocation",
        rustls::Error::PeerIncompatible(_) => "parameters",
        rustls::Error::AlertReceived(_) => "refused-by-client",
        _ => "protocol",
    }
}
