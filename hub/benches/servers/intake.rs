//! Intake over mutual TLS: beside bare SQL, and by two hubs beside one.

use meldeverbund_hub::serve::Server;
use meldeverbund_pgtest::Cluster;
use meldeverbund_proto::v1::SubmitRequest;
use tokio::time::Instant;

use crate::{
    Size,
    bare::Bare,
    common::{
        gauge::median,
        workload::{BATCH, CASE, hand_in, links, requests},
    },
    federation,
    harness::{Office, connect_to},
};

/// Connections of nodes, shared evenly by the hubs.
const CONNECTIONS: usize = 4;

/// Links a second through one connection and through four, and what that is of bare SQL's.
pub(crate) async fn beside_bare_sql(cluster: &Cluster, size: Size) {
    let mut bare = Bare::start(cluster, "bare_intake").await;
    let federation = federation(cluster, "hub_intake").await;
    let office = federation.office("de-nw-lka").await;
    office.open_case(CASE).await;
    let mut offices = Vec::new();
    while offices.len() < CONNECTIONS {
        offices.push(federation.connect("de-nw-lka", "main").await);
    }
    let mut ratios = Vec::new();
    for round in 0..size.rounds {
        // Each right beside the other, and both tables always of one size: the larger a table, the slower is its key.
        let links = |n| links(round, n, size.batches);
        let beside_one = bare.intake(&links(0)).await;
        let one = rate(std::slice::from_ref(&office), &links(1)).await;
        let beside_four = bare.intake(&links(2)).await;
        let four = rate(&offices, &links(3)).await;
        let [by_one, by_four] = [one / beside_one, four / beside_four];
        println!(
            "round {round}: bare SQL {beside_one:>7.0} links/s  1 connection {one:>7.0} ({by_one:.2})  \
             bare SQL {beside_four:>7.0}  4 connections {four:>7.0} ({by_four:.2})"
        );
        ratios.push([by_one, by_four]);
    }
    for (i, name) in ["1 connection", "4 connections"].into_iter().enumerate() {
        println!("median ratio, {name}: {:.2}", median(ratios.iter().map(|ratio| ratio[i])));
    }
    drop((office, offices));
    federation.end().await;
}

/// The same work by one hub and by two on one database, through as many connections.
pub(crate) async fn two_beside_one(cluster: &Cluster, size: Size) {
    let federation = federation(cluster, "two_hubs").await;
    let office = federation.office("de-nw-lka").await;
    office.open_case(CASE).await;
    let mut config = federation.config.clone();
    config.ledger.mark = federation.folder.path().join("another.mark");
    let another = Server::start(&config, federation.clock.clone(), None).await.unwrap();
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for n in 0..CONNECTIONS {
        let here = federation.connect("de-nw-lka", "main").await;
        let files = federation.credentials("de-nw-lka", "main");
        let channel = connect_to(another.address(), &files, federation.clock.clone()).await.unwrap();
        let there = Office { agency: here.agency.clone(), channel };
        one.push(here.clone());
        two.push(if n % 2 == 0 { here } else { there });
    }
    let mut ratios = Vec::new();
    // The table grows all the while, and intake slows with it: neither begins on an empty one, and each goes first in turn.
    rate(&two, &links(size.rounds, 0, size.batches)).await;
    for round in 0..size.rounds {
        let links = |n| links(round, n, size.batches);
        let (alone, together) = if round % 2 == 0 {
            let alone = rate(&one, &links(0)).await;
            (alone, rate(&two, &links(1)).await)
        } else {
            let together = rate(&two, &links(1)).await;
            (rate(&one, &links(0)).await, together)
        };
        println!(
            "round {round}: one hub {alone:>7.0} links/s  two hubs {together:>7.0} ({:.2})",
            together / alone
        );
        ratios.push(together / alone);
    }
    println!("median ratio, two hubs to one: {:.2}", median(ratios));
    drop((office, one, two));
    another.end().await.unwrap();
    federation.end().await;
}

/// Links a second by these connections together.
pub(crate) async fn rate(offices: &[Office], links: &[Vec<String>]) -> f64 {
    let share = links.len().div_ceil(offices.len());
    let shares: Vec<Vec<SubmitRequest>> =
        links.chunks(share).map(|share| requests(share).collect()).collect();
    let started = Instant::now();
    let running = offices.iter().cloned().zip(shares);
    let running: Vec<_> =
        running.map(|(office, share)| tokio::spawn(async move { hand_in(&office, share).await })).collect();
    for task in running {
        task.await.unwrap();
    }
    (links.len() * BATCH) as f64 / started.elapsed().as_secs_f64()
}
