//! What ends a live connection besides a reload: time, registered keys, the operator.

use std::{collections::HashMap, time::Duration};

use meldeverbund_certs::AcceptLimits;
use tokio::io::AsyncReadExt as _;

use crate::{
    harness::{DAY, Federation, identity, is_alive, soon},
    stranger::{config, connect, signed, usual, usual_provider},
};

#[tokio::test]
async fn an_expired_certificate() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    let order = federation.order("de-nw-lka").valid_for(DAY);
    let mut short = hub.connect(&federation.client(&federation.issue("short", &order))).await.unwrap();
    let mut long = hub.connect(&federation.client(&federation.node_files("de-by-lka"))).await.unwrap();

    federation.clock.advance(DAY - Duration::from_secs(1));
    hub.tls.reload().unwrap();
    assert!(is_alive(&mut short).await);
    federation.clock.advance(Duration::from_secs(2));
    // No file changed; the watch's look at live connections is enough.
    assert!(!hub.tls.reload().unwrap());
    let (agency, error) = hub.ended().await;
    assert_eq!((agency.as_str(), error.to_string().contains("no longer valid")), ("de-nw-lka", true));
    assert!(!is_alive(&mut short).await);
    assert!(is_alive(&mut long).await);
}

#[tokio::test]
async fn a_key_no_longer_registered_or_registered_for_another() {
    for next in [None, Some("de-he-lka")] {
        let federation = Federation::new();
        let mut hub = federation.hub().await;
        let own = signed(&federation.authority, &usual(&[]));
        let key = meldeverbund_certs::CertificateFacts::read(&own.chain[0]).unwrap().public_key;
        federation.registered.replace(HashMap::from([(key, identity("de-by-lka", "main"))]));
        let mut io = connect(&hub, config(&federation, usual_provider(), Some(own))).await.unwrap();
        let mut named = hub.connect(&federation.client(&federation.node_files("de-nw-lka"))).await.unwrap();

        let keys = next.map(|agency| (key, identity(agency, "main"))).into_iter().collect();
        federation.registered.replace(keys);
        let (agency, error) = hub.ended().await;
        assert_eq!((agency.as_str(), error.to_string().contains("no longer trusted")), ("de-by-lka", true));
        assert!(soon(io.read_u8()).await.is_err());
        assert!(is_alive(&mut named).await);
    }
}

#[tokio::test]
async fn the_greatest_age() {
    let federation = Federation::new();
    let max_connection_age = Duration::from_millis(50).try_into().unwrap();
    let mut hub = federation.hub_with(AcceptLimits { max_connection_age, ..Default::default() }).await;
    let mut io = hub.connect(&federation.client(&federation.node_files("de-nw-lka"))).await.unwrap();
    // Nobody writes or reads: the connection ends by itself.
    let (_, error) = hub.ended().await;
    assert!(error.to_string().contains("greatest age"), "{error}");
    assert!(!is_alive(&mut io).await);
    assert!(hub.tls.connections().is_empty());
}

#[tokio::test]
async fn the_nodes_own_greatest_age() {
    let federation = Federation::new();
    let hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let connector = client.connector().with_connection_age(Duration::from_millis(50).try_into().unwrap());
    let mut io = connector.connect(&hub.uri()).await.unwrap();
    let error = soon(io.read_to_end(&mut Vec::new())).await.unwrap_err();
    assert!(error.to_string().contains("greatest age"), "{error}");
}

#[tokio::test]
async fn the_operator() {
    let federation = Federation::new();
    let mut hub = federation.hub().await;
    let client = federation.client(&federation.node_files("de-nw-lka"));
    let mut io = hub.connect(&client).await.unwrap();
    let mut other = hub.connect(&federation.client(&federation.node_files("de-by-lka"))).await.unwrap();
    hub.tls.cut(&"de-nw-lka".parse().unwrap());
    assert_eq!(hub.ended().await.0, "de-nw-lka");
    assert!(!is_alive(&mut io).await);
    assert!(is_alive(&mut other).await);
    // It is no ban: the agency's rights are the hub's registry's to say.
    hub.connect(&client).await.unwrap();
}
