//! The hub's accept loop: from a stream of transports to a stream of peers.

use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt as _};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{AcceptLimits, PeerIo, ServerTls, Transport, greet::greet};

/// Peers that wait for the server to take them; it takes one in microseconds.
const READY: usize = 16;
/// After a failed accept (out of file descriptors, mostly) a moment passes before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Yields connections whose client certificate was verified and names an agency.
///
/// Handshakes run beside each other, each with a time limit; a slow one never holds up the next. The stream ends
/// when `stop` is cancelled or `listener` ends; connections already yielded live on. Must be called inside a tokio
/// runtime.
pub fn incoming<S: Transport>(
    listener: impl Stream<Item = io::Result<S>> + Send + 'static,
    tls: ServerTls,
    limits: AcceptLimits,
    stop: &CancellationToken,
) -> Incoming<S> {
    let (ready, peers) = mpsc::channel(READY);
    let stop = stop.child_token();
    let dropped = stop.clone().drop_guard();
    tokio::spawn(accept(Box::pin(listener), tls, limits, ready, stop));
    Incoming { peers, _dropped: dropped }
}

/// The stream of [`incoming`]: each item is a connection with a verified peer; errors never come.
pub struct Incoming<S> {
    peers: mpsc::Receiver<PeerIo<S>>,
    /// Ends the accept loop when nobody listens any more.
    _dropped: DropGuard,
}

impl<S> fmt::Debug for Incoming<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incoming")
    }
}

impl<S> Stream for Incoming<S> {
    type Item = io::Result<PeerIo<S>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.peers.poll_recv(cx).map(|peer| peer.map(Ok))
    }
}

async fn accept<S: Transport>(
    mut listener: Pin<Box<impl Stream<Item = io::Result<S>>>>,
    tls: ServerTls,
    limits: AcceptLimits,
    ready: mpsc::Sender<PeerIo<S>>,
    stop: CancellationToken,
) {
    let mut registered = tls.registered().changes();
    let mut handshakes = Handshakes::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Ok(()) = registered.changed() => tls.0.recheck(),
            Some(_) = handshakes.tasks.join_next() => {}
            accepted = listener.next() => match accepted {
                None => break,
                Some(Ok(io)) => {
                    let (tls, ready) = (tls.clone(), ready.clone());
                    handshakes.start(limits.pending_handshakes, async move {
                        if let Some(peer) = greet(io, &tls, &limits).await {
                            // Nobody waits any more: the connection closes.
                            let _ = ready.send(peer).await;
                        }
                    });
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    let _ = stop.run_until_cancelled(tokio::time::sleep(ACCEPT_PAUSE)).await;
                }
            },
        }
    }
    // The socket closes at once; handshakes under way end first if the listener ended by itself.
    drop(listener);
    while stop.run_until_cancelled(handshakes.tasks.join_next()).await.flatten().is_some() {}
}

/// The unfinished handshakes, oldest first.
#[derive(Default)]
struct Handshakes {
    tasks: JoinSet<()>,
    order: VecDeque<AbortHandle>,
}

impl Handshakes {
    /// Above the cap the oldest gives way: whoever opens connections and stays silent displaces himself, while an
    /// honest handshake is over in milliseconds.
    fn start(&mut self, cap: usize, handshake: impl Future<Output = ()> + Send + 'static) {
        self.order.retain(|handle| !handle.is_finished());
        while self.order.len() >= cap.max(1) {
            if let Some(oldest) = self.order.pop_front() {
                oldest.abort();
            }
        }
        self.order.push_back(self.tasks.spawn(handshake));
    }
}
