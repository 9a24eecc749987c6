//! One request to an issuer: https, no redirects, a bounded answer, in time.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use meldeverbund_certs::Proxy;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, url::Url};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use crate::{FetchError, settings::is_loopback};

/// Key sets with whole certificate chains are tens of kilobytes.
const ANSWER_BYTES: usize = 256 * 1024;
/// A person waits for it; an issuer that takes longer is as good as away.
const TIME: Duration = Duration::from_secs(5);

/// How one issuer is asked.
#[derive(Clone)]
pub(crate) enum Http {
    /// As it should be.
    Tls {
        /// Under the issuer's own trust anchors.
        tls: TlsConnector,
        /// On the way to it.
        proxy: Option<Proxy>,
    },
    /// Plain, to this machine alone; for development and tests.
    InsecureLoopback,
}

/// What a connection is, whatever it runs over.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}

impl Http {
    pub(crate) fn tls(config: rustls::ClientConfig, proxy: Option<Proxy>) -> Self {
        Self::Tls { tls: TlsConnector::from(Arc::new(config)), proxy }
    }

    /// Sends a request and reads the answer to its end. Whatever the status is, it is the caller's to judge.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        timeout(TIME, self.exchange(request)).await.map_err(|_| FetchError::Timeout)?
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| FetchError::Host)?;
        let io = TokioIo::new(self.connect(&url).await?);
        let (mut sender, connection) = http1::handshake(io).await?;
        // Dropped with this call, whatever becomes of it.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let (head, body) = sender.send_request(origin_form(request, &url)?).await?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await.map_err(|_| FetchError::Body)?;
        Ok(http::Response::from_parts(head, body.to_bytes().to_vec()))
    }

    async fn connect(&self, url: &Url) -> Result<Box<dyn Io>, FetchError> {
        let host = url.host_str().ok_or(FetchError::Host)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_or_known_default().ok_or(FetchError::Host)?;
        match self {
            Self::InsecureLoopback if url.scheme() == "http" && is_loopback(url) => {
                Ok(Box::new(TcpStream::connect((host, port)).await.map_err(FetchError::Connect)?))
            }
            Self::Tls { tls, proxy } if url.scheme() == "https" => {
                let name = ServerName::try_from(host.to_owned()).map_err(|_| FetchError::Host)?;
                let tcp = match proxy {
                    None => TcpStream::connect((host, port)).await.map_err(FetchError::Connect)?,
                    Some(proxy) => proxy.connect(host, port).await?,
                };
                Ok(Box::new(tls.connect(name, tcp).await.map_err(FetchError::Tls)?))
            }
            _ => Err(FetchError::Scheme),
        }
    }
}

/// The request as a server wants it (RFC 9112 3.2.1): path and query in its first line, the host in a header.
fn origin_form(request: HttpRequest, url: &Url) -> Result<http::Request<Full<Bytes>>, FetchError> {
    let (mut head, body) = request.into_parts();
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let host = HeaderValue::from_str(&host).map_err(|_| FetchError::Host)?;
    let path = head.uri.path_and_query().cloned().ok_or(FetchError::Host)?;
    head.uri = Uri::from(path);
    head.headers.insert(header::HOST, host);
    head.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(http::Request::from_parts(head, Full::from(body)))
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
