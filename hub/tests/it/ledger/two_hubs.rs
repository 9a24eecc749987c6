//! Two hubs on one database never sign two histories.

use std::collections::HashMap;

use meldeverbund_hub::serve::Server;

use super::checkpoint;
use crate::harness::{Federation, Office, accepted, batch, connect_to};

#[tokio::test(flavor = "multi_thread")]
async fn taking_turns_they_never_fork() {
    let federation = Federation::start().await;
    federation.office("de-nw-lka").await.open_case("1/26").await;
    let other = Server::start(&federation.config, federation.clock.clone(), None).await.unwrap();
    let files = federation.credentials("de-nw-lka", "main");
    let mut offices = Vec::new();
    for address in [federation.server.address(), other.address()] {
        let channel = connect_to(address, &files, federation.clock.clone()).await.unwrap();
        offices.push(Office { agency: "de-nw-lka".parse().unwrap(), channel });
    }
    let hand_in = |office: Office, name: &'static str| async move {
        let mut given = Vec::new();
        for n in 0..30 {
            let links: Vec<_> = (0..7).map(|m| format!("https://{name}.test/{n}/{m}")).collect();
            let links: Vec<_> = links.iter().map(String::as_str).collect();
            given.push(accepted(office.submit(batch("1/26", &links)).await));
        }
        given
    };
    let one = tokio::spawn(hand_in(offices[0].clone(), "one"));
    let two = tokio::spawn(hand_in(offices[1].clone(), "two"));
    let given = [one.await.unwrap(), two.await.unwrap()].concat();
    let mut roots = HashMap::new();
    for accepted in &given {
        federation.proven(accepted).await;
        let signed = checkpoint(&accepted.receipt.as_ref().unwrap().checkpoint);
        let root = roots.entry(signed.size).or_insert(signed.root);
        assert_eq!(*root, signed.root, "one root a size, whoever signs");
    }
    let verified = federation.whole().await;
    assert_eq!(verified.leaves, 1 + 2 + 1 + 2 * 30 * 7);
    assert_eq!(verified.mark, Some(verified.leaves), "the mark is the newest, whoever raised it");
    drop(offices);
    other.end().await.unwrap();
    federation.end().await;
}
