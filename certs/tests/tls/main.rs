//! Handshakes over real TCP on loopback, with this crate on both ends unless a test says otherwise.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accepting;
mod cuts;
mod files;
mod grpc;
mod harness;
mod hub_identity;
mod parameters;
mod proxy;
mod refusals;
mod reload;
mod stranger;

use harness::{Federation, is_alive};

#[tokio::test]
async fn node_and_hub_know_each_other() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));

    let mut io = hub.connect(&client).await.unwrap();
    assert_eq!(io.peer().identity().to_string(), "de-bka/hub");
    assert!(is_alive(&mut io).await);

    let peer = hub.arrived().await;
    assert_eq!(peer.identity().to_string(), "de-nw-lka/main");
    assert_eq!(peer.serial, client.state().certificate.serial);
    assert_eq!(peer.public_key, client.state().certificate.public_key);
    assert!(peer.address.is_some());
    assert_eq!(hub.tls.connections()[&peer.agency], 1);
    drop(io);
}
