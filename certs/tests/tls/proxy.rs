//! Through an HTTP CONNECT proxy.

use std::net::SocketAddr;

use meldeverbund_certs::{ConnectFailure, Proxy, explain};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::harness::{Federation, is_alive};

/// A proxy for one connection: answers CONNECT with `answer` and, if that is a 200, joins the two ends.
async fn proxy(answer: &'static str) -> (SocketAddr, oneshot::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, head) = oneshot::channel();
    tokio::spawn(async move {
        let (mut node, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(node.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap();
        let target = request.split(' ').nth(1).unwrap().to_owned();
        let _ = asked.send(request);
        node.write_all(answer.as_bytes()).await.unwrap();
        if answer.contains(" 200 ") {
            let mut hub = TcpStream::connect(target).await.unwrap();
            let _ = copy_bidirectional(&mut node, &mut hub).await;
        }
    });
    (address, head)
}

#[tokio::test]
async fn a_tunnel() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let (address, asked) = proxy("HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n").await;
    let proxy: Proxy = format!("http://officer:secret@{address}").parse().unwrap();
    let mut io = client.connector().with_proxy(Some(proxy)).connect(&hub.uri()).await.unwrap();
    let mut hello = [0; 5];
    io.read_exact(&mut hello).await.unwrap();
    assert!(is_alive(&mut io).await);
    assert_eq!(hub.arrived().await.identity().to_string(), "de-nw-lka/main");
    let request = asked.await.unwrap();
    let target = hub.address;
    assert_eq!(
        request,
        format!(
            "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\
             Proxy-Authorization: Basic b2ZmaWNlcjpzZWNyZXQ=\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn refusals() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    for (answer, failure) in [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ConnectFailure::ProxyRefused),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", ConnectFailure::ProxyRefused),
        ("HTTP/1.0 407 Proxy Authentication Required\r\n\r\n", ConnectFailure::ProxyUnauthorized),
        ("SSH-2.0-OpenSSH\r\n\r\n", ConnectFailure::ProxyUnreachable),
        ("", ConnectFailure::ProxyUnreachable),
    ] {
        let (address, _) = proxy(answer).await;
        let proxy = format!("http://{address}").parse().unwrap();
        let error = client.connector().with_proxy(Some(proxy)).connect(&hub.uri()).await.unwrap_err();
        assert_eq!(explain(&error), failure, "{answer}: {error}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn nobody_there() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    // Bound and closed again: nobody listens on this port.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = format!("http://{closed}").parse().unwrap();
    let error = client.connector().with_proxy(Some(proxy)).connect(&hub.uri()).await.unwrap_err();
    assert_eq!(explain(&error), ConnectFailure::ProxyUnreachable);
    let uri = format!("https://{closed}").parse().unwrap();
    let error = client.connector().connect(&uri).await.unwrap_err();
    assert_eq!(explain(&error), ConnectFailure::Unreachable);
}
