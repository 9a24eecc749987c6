//! A TLS connection that knows its peer and ends when its time or its certificate does.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};
use tokio_rustls::TlsStream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

use crate::{ConnectionAge, CutReason, Peer, live::Place};

/// What a connection runs over: TCP, or a pipe in a simulation.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The other end's network address, where there is one.
    fn peer_address(&self) -> Option<SocketAddr>;
}

impl Transport for TcpStream {
    fn peer_address(&self) -> Option<SocketAddr> {
        self.peer_addr().ok()
    }
}

impl Transport for tokio::io::DuplexStream {
    fn peer_address(&self) -> Option<SocketAddr> {
        None
    }
}

/// An established connection with a verified peer, on either side.
///
/// Reads and writes fail once the connection is cut: the certificate was revoked or ran out, its trust anchor or
/// registered key was removed, or the connection reached its greatest age.
pub struct PeerIo<S> {
    stream: TlsStream<S>,
    place: Place,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    age: Pin<Box<Sleep>>,
}

impl<S: Transport> PeerIo<S> {
    pub(crate) fn new(stream: TlsStream<S>, place: Place, age: ConnectionAge) -> Self {
        let cut = Box::pin(place.entry.cut.token().clone().cancelled_owned());
        Self { stream, place, cut, age: Box::pin(tokio::time::sleep(age.get())) }
    }

    /// The other end.
    pub fn peer(&self) -> &Arc<Peer> {
        &self.place.entry.peer
    }

    /// The TLS parameters in use, e.g. `TLS13_AES_256_GCM_SHA384` and `secp256r1MLKEM768`.
    pub fn parameters(&self) -> (Option<rustls::CipherSuite>, Option<rustls::NamedGroup>) {
        let (_, session) = self.stream.get_ref();
        (
            session.negotiated_cipher_suite().map(|suite| suite.suite()),
            session.negotiated_key_exchange_group().map(|group| group.name()),
        )
    }

    /// Fails once the connection is cut; otherwise has this task woken when it is.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.age.as_mut().poll(cx).is_ready() {
            self.place.entry.cut(CutReason::TooOld);
        }
        if self.cut.as_mut().poll(cx).is_ready() {
            let reason = self.place.entry.cut.reason().unwrap_or(CutReason::Closed);
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, reason));
        }
        Ok(())
    }
}

impl<S: Transport> Connected for PeerIo<S> {
    type ConnectInfo = Arc<Peer>;

    fn connect_info(&self) -> Arc<Peer> {
        Arc::clone(self.peer())
    }
}

impl<S: Transport> AsyncRead for PeerIo<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        Pin::new(&mut this.stream).poll_read(cx, buf)
    }
}

impl<S: Transport> AsyncWrite for PeerIo<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check(cx)?;
        Pin::new(&mut this.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.check(cx)?;
        Pin::new(&mut this.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl<S> fmt::Debug for PeerIo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerIo").field("peer", &self.place.entry.peer).finish_non_exhaustive()
    }
}
