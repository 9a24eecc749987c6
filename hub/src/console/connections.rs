//! Browsers' connections: TLS in tasks of their own, with limits of number and time.

use std::{sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A browser opens about six; the central office has some dozens of people.
const CONNECTIONS: usize = 512;
/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A connection on which no request comes is closed; a browser opens another unseen.
const QUIET: Duration = Duration::from_secs(30);
/// The backstop for whoever reads an answer byte by byte.
const AGE: Duration = Duration::from_secs(15 * 60);
/// After an error of the operating system, e.g. no more files: not again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves browsers until `stop`, and then what they asked already.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    router: Router,
    stop: CancellationToken,
) {
    let (acceptor, room, connections) =
        (TlsAcceptor::from(tls), Arc::new(Semaphore::new(CONNECTIONS)), TaskTracker::new());
    loop {
        let next = async {
            // Whoever comes while all places are taken waits in the listener's queue.
            let place = Arc::clone(&room).acquire_owned().await.expect("the semaphore is never closed");
            listener.accept().await.map(|(tcp, _)| (tcp, place))
        };
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = next => accepted,
        };
        match accepted {
            Ok((tcp, place)) => {
                connections.spawn(one(tcp, place, acceptor.clone(), router.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a browser's connection could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
    connections.close();
    connections.wait().await;
}

async fn one(
    tcp: TcpStream,
    _place: OwnedSemaphorePermit,
    acceptor: TlsAcceptor,
    router: Router,
    stop: CancellationToken,
) {
    // Who hangs up, or speaks something else, is no news.
    let Ok(Ok(tls)) = timeout(HANDSHAKE, acceptor.accept(tcp)).await else { return };
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(QUIET)
        .serve_connection(TokioIo::new(tls), service);
    let mut connection = std::pin::pin!(connection);
    let ended: Result<Result<(), hyper::Error>, _> = timeout(AGE, async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    })
    .await;
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "a browser's connection broke");
    }
}
