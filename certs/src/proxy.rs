//! Reaching the hub through an HTTP CONNECT proxy (RFC 9110 9.3.6).

use std::{fmt, io, str::FromStr};

use http::Uri;
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

/// A proxy's answer to CONNECT is a few hundred bytes.
const ANSWER_BYTES: usize = 16 * 1024;

/// A proxy: `http://[user:password@]host:port`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The value of `Proxy-Authorization`; holds a password and is shown nowhere.
    authorization: Option<String>,
}

/// The text is no proxy address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is written http://host:port or http://user:password@host:port")]
pub struct ProxyAddressError;

/// The proxy did not make the connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The proxy answered with another status than 2xx.
    #[error("the proxy refused the connection with HTTP status {0}")]
    Refused(u16),
    /// The proxy wants a user and password, or other ones.
    #[error("the proxy asks for a user and password (HTTP status 407)")]
    Unauthorized,
    /// The proxy's answer is not HTTP.
    #[error("the proxy did not answer in HTTP")]
    NotHttp,
    /// The connection to the proxy failed.
    #[error("the connection to the proxy failed: {0}")]
    Io(#[from] io::Error),
}

impl Proxy {
    /// A connection to `host` and `port`, made by the proxy.
    ///
    /// # Errors
    /// The proxy cannot be reached, or does not make it.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ProxyError> {
        let mut tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
        self.tunnel(&mut tcp, host, port).await?;
        Ok(tcp)
    }

    /// Asks the proxy for a connection to `host` and `port`.
    pub(crate) async fn tunnel<S>(&self, io: &mut S, host: &str, port: u16) -> Result<(), ProxyError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(authorization) = &self.authorization {
            request += &format!("Proxy-Authorization: {authorization}\r\n");
        }
        request += "\r\n";
        io.write_all(request.as_bytes()).await?;
        io.flush().await?;
        match answer_status(io).await? {
            200..=299 => Ok(()),
            407 => Err(ProxyError::Unauthorized),
            status => Err(ProxyError::Refused(status)),
        }
    }
}

/// Reads the answer's head byte by byte: whatever follows belongs to the hub.
async fn answer_status(io: &mut (impl AsyncRead + Unpin)) -> Result<u16, ProxyError> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == ANSWER_BYTES {
            return Err(ProxyError::NotHttp);
        }
        match io.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(ProxyError::NotHttp),
            Err(error) => return Err(error.into()),
        }
    }
    let line = head.split(|b| *b == b'\r').next().unwrap_or_default();
    let mut words = line.split(|b| *b == b' ');
    let version = words.next().unwrap_or_default();
    let status = words.next().and_then(|word| std::str::from_utf8(word).ok()).and_then(|w| w.parse().ok());
    match status {
        Some(status @ 100..=599) if version.starts_with(b"HTTP/1.") => Ok(status),
        _ => Err(ProxyError::NotHttp),
    }
}

impl FromStr for Proxy {
    type Err = ProxyAddressError;

    fn from_str(text: &str) -> Result<Self, ProxyAddressError> {
        let uri: Uri = text.parse().map_err(|_| ProxyAddressError)?;
        let authority = uri.authority().ok_or(ProxyAddressError)?;
        if uri.scheme_str() != Some("http") || uri.path() != "/" || uri.query().is_some() {
            return Err(ProxyAddressError);
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| user);
        let authorization = user
            .map(|user| format!("Basic {}", data_encoding::BASE64.encode(percent_decoded(user).as_slice())));
        match authority.port_u16() {
            Some(port) if !host.is_empty() => Ok(Self { host, port, authorization }),
            _ => Err(ProxyAddressError),
        }
    }
}

/// A password with `@` or `:` is written with percent escapes.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        match escape {
            Some(byte) => {
                bytes.extend(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

impl TryFrom<String> for Proxy {
    type Error = ProxyAddressError;

    fn try_from(text: String) -> Result<Self, ProxyAddressError> {
        text.parse()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_never_shown_with_their_password() {
        let proxy: Proxy = "http://user:p%40ss@proxy.example:3128".parse().unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 3128));
        assert_eq!(proxy.authorization.as_deref(), Some("Basic dXNlcjpwQHNz"));
        assert_eq!(format!("{proxy} {proxy:?}"), "http://proxy.example:3128 http://proxy.example:3128");
        assert_eq!("http://[::1]:80".parse::<Proxy>().unwrap().host, "::1");
        for bad in
            ["", "proxy.example:80", "https://proxy.example:80", "http://proxy.example", "http://h:1/x"]
        {
            assert_eq!(bad.parse::<Proxy>(), Err(ProxyAddressError), "{bad}");
        }
    }
}
