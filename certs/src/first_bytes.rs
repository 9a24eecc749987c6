//! Waiting for the hub's verdict on our certificate.
//!
//! Under TLS 1.3 a client's handshake ends before the server has looked at the client's certificate (RFC 8446
//! appendix E.1.2), so a refusal arrives where the first answer was expected. An HTTP/2 server speaks first (its
//! SETTINGS, RFC 9113 3.4): waiting for these bytes turns a refusal into an error of the connect, with its alert.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;

use crate::{ConnectError, farewell};

/// A server that accepts us but does not speak first is odd, not wrong: after this time we go on without.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn wait<S>(stream: &mut TlsStream<S>) -> Result<(), ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match tokio::time::timeout(PATIENCE, stream.fill_buf()).await {
        Ok(Ok([])) => Err(ConnectError::ClosedByHub),
        Ok(Ok(bytes)) if farewell::is_too_many_connections(bytes) => Err(ConnectError::TooManyConnections),
        Ok(Ok(_)) | Err(_) => Ok(()),
        Ok(Err(error)) => Err(ConnectError::Tls(error)),
    }
}
