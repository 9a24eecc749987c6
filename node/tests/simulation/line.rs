//! A node's line to the hub: a pipe in memory through a relay that breaks it where an operation says.
//!
//! No TLS: the relay has to see where a message begins and ends, and the clock jumps by weeks, which certificates are
//! not made for. The handshake, and who is let in, are shown elsewhere (`tests/node/federation.rs`, `certs/tests`).

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use http::Uri;
use hyper_util::rt::TokioIo;
use meldeverbund_certs::{KeyFingerprint, Peer, Serial};
use meldeverbund_node::{
    clock::Clock,
    line::Trouble,
    sync::{Dial, Dialling},
};
use meldeverbund_proto::node::v1::HubLineCause;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf},
    runtime::Handle,
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint, server::Connected};
use tower::service_fn;

/// Bytes on their way in a pipe.
const PIPE_BYTES: usize = 64 * 1_024;

/// What a client of HTTP/2 says first (RFC 9113, 3.4).
const PREFACE_BYTES: usize = 24;

/// The header of an HTTP/2 frame: length in its first three bytes, type in the fourth (RFC 9113, 4.1).
const HEADER_BYTES: usize = 9;

/// The type of frames that carry messages.
const DATA: u8 = 0;

/// Where a line breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before the next message of the node has passed.
    Request,
    /// In the middle of it.
    InRequest,
    /// Before the next message of the hub has passed: what it answers to has been read.
    Answer,
    /// In the middle of it.
    InAnswer,
}

/// Where nodes find the hub; none: it is not there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exchange(Arc<Mutex<Option<mpsc::UnboundedSender<io::Result<Pipe>>>>>);

/// The hub's end of a line.
#[derive(Debug)]
pub(crate) struct Pipe {
    end: DuplexStream,
    peer: Arc<Peer>,
}

/// One node's line.
#[derive(Debug)]
pub(crate) struct Line {
    exchange: Exchange,
    peer: Arc<Peer>,
    relays: Handle,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    is_up: bool,
    armed: Option<Cut>,
    /// Ends the relays of now.
    relays: CancellationToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    ToHub,
    ToNode,
}

impl Exchange {
    /// The hub is there: its connections come out of this.
    pub(crate) fn open(&self) -> mpsc::UnboundedReceiver<io::Result<Pipe>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.0.lock().unwrap() = Some(sender);
        receiver
    }

    /// The hub is gone.
    pub(crate) fn close(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn connect(&self, pipe: Pipe) -> bool {
        self.0.lock().unwrap().as_ref().is_some_and(|hub| hub.send(Ok(pipe)).is_ok())
    }
}

impl Line {
    /// A line whose relays run on `relays`.
    pub(crate) fn new(
        agency: &str,
        node: &str,
        exchange: Exchange,
        clock: &Clock,
        relays: Handle,
    ) -> Arc<Self> {
        let peer = Peer {
            agency: agency.parse().unwrap(),
            node: node.parse().unwrap(),
            serial: Serial::from_random([1; 16]),
            public_key: KeyFingerprint::from_bytes([1; 32]),
            not_after: clock.now(),
            address: None,
        };
        let state = State { is_up: true, armed: None, relays: CancellationToken::new() };
        Arc::new(Self { exchange, peer: Arc::new(peer), relays, state: Arc::new(Mutex::new(state)) })
    }

    /// Who is at the node's end.
    pub(crate) fn peer(&self) -> Arc<Peer> {
        Arc::clone(&self.peer)
    }

    /// The line breaks so at the next occasion; the next connection comes through.
    pub(crate) fn arm(&self, cut: Cut) {
        self.state.lock().unwrap().armed = Some(cut);
    }

    /// The line is down until [`heal`](Self::heal).
    pub(crate) fn down(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_up = false;
        state.relays.cancel();
    }

    /// The line works, and goes on working.
    pub(crate) fn heal(&self) {
        let mut state = self.state.lock().unwrap();
        (state.is_up, state.armed) = (true, None);
    }

    pub(crate) fn is_up(&self) -> bool {
        self.state.lock().unwrap().is_up
    }

    async fn connect(&self) -> Result<Channel, Trouble> {
        let away = |detail: &str| Trouble {
            cause: HubLineCause::Unreachable,
            detail: detail.to_owned(),
            refusal: None,
        };
        let Some(end) = self.open() else { return Err(away("nobody is there")) };
        let mut end = Some(TokioIo::new(end));
        let connector = service_fn(move |_| {
            let end = end.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected));
            async move { end }
        });
        let connected = Endpoint::from_static("http://hub.invalid").connect_with_connector(connector).await;
        connected.map_err(|error| away(&error.to_string()))
    }

    /// The node's end of a new connection; none: there is no way through.
    fn open(&self) -> Option<DuplexStream> {
        let (node, at_node) = tokio::io::duplex(PIPE_BYTES);
        let (at_hub, end) = tokio::io::duplex(PIPE_BYTES);
        let relays = CancellationToken::new();
        {
            let mut state = self.state.lock().unwrap();
            if !state.is_up {
                return None;
            }
            // A node has one connection at a time.
            std::mem::replace(&mut state.relays, relays.clone()).cancel();
        }
        if !self.exchange.connect(Pipe { end, peer: self.peer() }) {
            return None;
        }
        let (from_node, to_node) = tokio::io::split(at_node);
        let (from_hub, to_hub) = tokio::io::split(at_hub);
        let state = || Arc::clone(&self.state);
        let there = Relay { way: Way::ToHub, state: state(), from: from_node, to: to_hub };
        let back = Relay { way: Way::ToNode, state: state(), from: from_hub, to: to_node };
        self.relays.spawn(there.run(relays.clone()));
        self.relays.spawn(back.run(relays));
        Some(node)
    }
}

impl Dial for Line {
    fn dial<'a>(&'a self, _: &'a Uri) -> Dialling<'a> {
        Box::pin(self.connect())
    }
}

/// One direction of a connection.
struct Relay<R, W> {
    way: Way,
    state: Arc<Mutex<State>>,
    from: R,
    to: W,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Relay<R, W> {
    /// Carries frames until an end is closed or the line breaks; then both directions end.
    async fn run(mut self, relays: CancellationToken) {
        let ended = relays.clone().drop_guard();
        // An end that is closed is an ordinary end.
        let _ = relays.run_until_cancelled(self.carry()).await;
        drop(ended);
    }

    async fn carry(&mut self) -> io::Result<()> {
        if self.way == Way::ToHub {
            let mut preface = [0; PREFACE_BYTES];
            self.from.read_exact(&mut preface).await?;
            self.to.write_all(&preface).await?;
        }
        loop {
            let mut frame = vec![0; HEADER_BYTES];
            self.from.read_exact(&mut frame).await?;
            let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]) as usize;
            frame.resize(HEADER_BYTES + length, 0);
            self.from.read_exact(&mut frame[HEADER_BYTES..]).await?;
            if frame[3] == DATA && length > 0 {
                match self.strike() {
                    Some(Cut::Request | Cut::Answer) => return Ok(()),
                    Some(Cut::InRequest | Cut::InAnswer) => {
                        frame.truncate(HEADER_BYTES + length / 2);
                        return self.to.write_all(&frame).await;
                    }
                    None => {}
                }
            }
            self.to.write_all(&frame).await?;
        }
    }

    /// Whether the line breaks at this message.
    fn strike(&self) -> Option<Cut> {
        let mut state = self.state.lock().unwrap();
        let way = match state.armed? {
            Cut::Request | Cut::InRequest => Way::ToHub,
            Cut::Answer | Cut::InAnswer => Way::ToNode,
        };
        if way == self.way { state.armed.take() } else { None }
    }
}

impl Connected for Pipe {
    type ConnectInfo = Arc<Peer>;

    fn connect_info(&self) -> Arc<Peer> {
        Arc::clone(&self.peer)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.end).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.end).poll_shutdown(context)
    }
}
