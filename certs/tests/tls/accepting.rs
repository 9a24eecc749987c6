//! The accept loop under bad manners.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use meldeverbund_certs::{AcceptLimits, ConnectFailure, ServerTls, explain, incoming};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use crate::{
    harness::{Federation, closed, domain, is_alive, soon},
    stranger::{Credentials, config, open, usual_provider},
};

#[tokio::test]
async fn silent_connections_hold_up_nobody() {
    let federation = Federation::new();
    // Nobody is closed for being slow here, only for being one too many.
    let handshake_timeout = Duration::from_secs(3600);
    let limits = AcceptLimits { pending_handshakes: 2, handshake_timeout, ..Default::default() };
    let hub = federation.hub_with(limits).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(hub.address).await.unwrap());
    }
    // The cap is reached four times over: the oldest made room.
    let mut io = hub.connect(&federation.client(&federation.node_files("de-nw-lka"))).await.unwrap();
    assert!(is_alive(&mut io).await);
    assert_eq!(soon(silent[0].read(&mut [0])).await.unwrap(), 0, "the oldest was closed");
}

#[tokio::test]
async fn a_handshake_has_a_time_limit() {
    let federation = Federation::new();
    let limits = AcceptLimits { handshake_timeout: Duration::from_millis(50), ..Default::default() };
    let hub = federation.hub_with(limits).await;
    let mut silent = TcpStream::connect(hub.address).await.unwrap();
    // Half a record header is no handshake.
    silent.write_all(&[22, 3]).await.unwrap();
    assert_eq!(soon(silent.read(&mut [0])).await.unwrap(), 0);
}

#[tokio::test]
async fn an_agency_has_so_many_connections() {
    let federation = Federation::new();
    let mut hub = federation.hub_with(AcceptLimits { connections_per_agency: 2, ..Default::default() }).await;
    let files = federation.node_files("de-nw-lka");
    let client = federation.client(&files);
    let first = hub.connect(&client).await.unwrap();
    let mut second = hub.connect(&client).await.unwrap();
    let third = hub.connect(&client).await.unwrap_err();
    assert_eq!(explain(&third), ConnectFailure::TooManyConnections);
    // Whoever speaks another dialect of ours learns why in HTTP/2.
    let config = config(&federation, usual_provider(), Some(Credentials::read(&files)));
    let mut third = open(&hub, config).await.unwrap();
    let mut frames = Vec::new();
    soon(third.read_to_end(&mut frames)).await.unwrap();
    assert_eq!(frames[..9], [0, 0, 0, 4, 0, 0, 0, 0, 0], "empty SETTINGS");
    assert_eq!(frames[9..18], [0, 0, 8 + 35, 7, 0, 0, 0, 0, 0], "GOAWAY");
    assert_eq!(frames[18..26], [0, 0, 0, 0, 0, 0, 0, 0xb], "no stream, ENHANCE_YOUR_CALM");
    assert_eq!(&frames[26..], b"too many connections of this agency");
    assert!(is_alive(&mut second).await);
    // Others are not concerned, and an ended connection makes room.
    let _other = hub.connect(&federation.client(&federation.node_files("de-by-lka"))).await.unwrap();
    drop(first);
    // The hub notices the end when it reads it; until then the place is taken.
    assert_eq!(hub.ended().await.0, "de-nw-lka");
    hub.connect(&client).await.unwrap();
}

#[tokio::test]
async fn garbage_is_refused_and_the_loop_goes_on() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let mut tcp = TcpStream::connect(hub.address).await.unwrap();
    // More than the hub reads before it gives up: closed at once, the connection would be reset, and the reset
    // could overtake the alert.
    tcp.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    tcp.write_all(&[b'x'; 100_000]).await.unwrap();
    tcp.shutdown().await.unwrap();
    let mut answer = Vec::new();
    soon(tcp.read_to_end(&mut answer)).await.expect("an orderly end, not a reset");
    assert_eq!((answer[0], answer.len()), (21, 7), "an alert and nothing else");
    assert!(
        is_alive(&mut hub.connect(&federation.client(&federation.node_files("de-nw-lka"))).await.unwrap())
            .await
    );
}

/// The loop runs over any transport, which is what a simulation needs, and survives errors of the listener.
#[tokio::test]
async fn over_pipes() {
    let federation = Federation::new();
    let tls =
        ServerTls::load(&federation.hub_files, domain(), federation.registered.clone(), federation.clock());
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let listener = futures::stream::iter([Err(std::io::Error::other("no descriptors")), Ok(theirs)]);
    let stop = CancellationToken::new();
    let mut peers = incoming(listener, tls.unwrap(), AcceptLimits::default(), &stop);
    let node = tokio::spawn(async move { client.handshake(ours, "127.0.0.1", Default::default()).await });
    let mut io = soon(peers.next()).await.unwrap().unwrap();
    assert_eq!(io.peer().address, None);
    assert_eq!(Arc::clone(io.peer()).identity().to_string(), "de-nw-lka/main");
    io.write_all(b"first").await.unwrap();
    io.flush().await.unwrap();
    assert_eq!(node.await.unwrap().unwrap().peer().identity().to_string(), "de-bka/hub");
    // The listener ended: so does the stream, and not before.
    assert!(soon(peers.next()).await.is_none());
}

#[tokio::test]
async fn stopping_closes_the_door_and_leaves_the_guests() {
    let federation = Federation::new();
    let tls =
        ServerTls::load(&federation.hub_files, domain(), federation.registered.clone(), federation.clock());
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let listener = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let mut peers = incoming(listener, tls.unwrap(), AcceptLimits::default(), &stop);
    let uri = format!("https://{address}").parse().unwrap();
    let connector = client.connector();
    let connect = tokio::spawn(async move { connector.connect(&uri).await });
    let mut guest = soon(peers.next()).await.unwrap().unwrap();
    stop.cancel();
    assert!(soon(peers.next()).await.is_none());
    TcpStream::connect(address).await.expect_err("nobody listens");
    guest.write_all(b"still here").await.unwrap();
    guest.flush().await.unwrap();
    let io = connect.await.unwrap().unwrap();
    drop(guest);
    closed(io).await;
}
