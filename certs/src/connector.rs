//! From an address to a connection with the hub, as tonic's endpoint wants it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use crate::{ClientTls, ConnectionAge, PeerIo, Proxy, ProxyError};

/// An office's line may be slow, but a hub that needs longer is away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Where an address names no port.
const HTTPS_PORT: u16 = 443;

/// There is no connection with the hub.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address has no host, or one that cannot stand in a certificate.
    #[error("the hub's address has no usable host name")]
    HostName,
    /// The host (or the proxy) cannot be found or reached.
    #[error("the {target} cannot be reached: {source}")]
    Unreachable {
        /// Hub or proxy.
        target: &'static str,
        /// Why.
        source: io::Error,
    },
    /// It took too long.
    #[error("connecting took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The proxy did not make the connection.
    #[error("{0}")]
    Proxy(#[from] ProxyError),
    /// The TLS handshake failed, on either side.
    #[error("the TLS handshake failed: {0}")]
    Tls(#[source] io::Error),
    /// The hub closed the connection without a word.
    #[error("the hub closed the connection after the handshake")]
    ClosedByHub,
    /// The hub has enough connections of this agency.
    #[error("the hub refuses further connections of this agency")]
    TooManyConnections,
    /// The other end is not a hub.
    #[error("the other end does not speak HTTP/2")]
    NotHttp2,
}

/// Makes connections with the hub; a tower service for tonic's `Endpoint::connect_with_connector`.
#[derive(Debug, Clone)]
pub struct Connector {
    tls: ClientTls,
    proxy: Option<Proxy>,
    server_name: Option<String>,
    timeout: Duration,
    age: ConnectionAge,
}

impl ClientTls {
    /// A connector with these credentials.
    pub fn connector(&self) -> Connector {
        Connector {
            tls: self.clone(),
            proxy: None,
            server_name: None,
            timeout: CONNECT_TIMEOUT,
            age: ConnectionAge::default(),
        }
    }
}

impl Connector {
    /// Goes through an HTTP CONNECT proxy.
    #[must_use]
    pub fn with_proxy(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    /// Checks the hub's certificate against this name instead of the address's, for tunnels.
    #[must_use]
    pub fn with_server_name(self, server_name: Option<String>) -> Self {
        Self { server_name, ..self }
    }

    /// Gives up after this time.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Cuts the connection at this age.
    #[must_use]
    pub fn with_connection_age(self, age: ConnectionAge) -> Self {
        Self { age, ..self }
    }

    /// Connects to the hub at this address; scheme and path do not matter, TLS is always spoken.
    ///
    /// # Errors
    /// Why there is no connection; [`explain`](crate::explain) puts it into one word.
    pub async fn connect(&self, uri: &Uri) -> Result<PeerIo<TcpStream>, ConnectError> {
        let host = uri.host().ok_or(ConnectError::HostName)?.trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(HTTPS_PORT);
        let connect = async {
            let io = self.transport(host, port).await?;
            self.tls.handshake(io, self.server_name.as_deref().unwrap_or(host), self.age).await
        };
        tokio::time::timeout(self.timeout, connect).await.unwrap_or(Err(ConnectError::TimedOut(self.timeout)))
    }

    async fn transport(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let Some(proxy) = &self.proxy else { return open("hub", host, port).await };
        let mut io = open("proxy", &proxy.host, proxy.port).await?;
        proxy.tunnel(&mut io, host, port).await?;
        Ok(io)
    }
}

async fn open(target: &'static str, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
    let unreachable = |source| ConnectError::Unreachable { target, source };
    let io = TcpStream::connect((host, port)).await.map_err(unreachable)?;
    io.set_nodelay(true).map_err(unreachable)?;
    Ok(io)
}

impl Service<Uri> for Connector {
    type Response = TokioIo<PeerIo<TcpStream>>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(&uri).await.map(TokioIo::new) })
    }
}
