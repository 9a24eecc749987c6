//! Intake as a ratio to the bare engine, all in one run: `cargo bench -p meldeverbund-hub --bench intake --profile dist`.
//!
//! The baseline is the fastest form of the bare engine: one table with the same unique key, the same batch size, the
//! same durability. Beside it stand the hub's own statements without a network, and intake over mutual TLS through one
//! connection and through four.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

#[path = "common/mod.rs"]
#[expect(dead_code, reason = "shared with the other benchmarks, which use more of it")]
mod common;
#[path = "../tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod harness;

use std::{fmt::Write as _, time::Duration};

use common::{
    gauge::median,
    workload::{BATCH, CASE, hand_in, links, requests},
};
use harness::Federation;
use meldeverbund_hub::flow::{Policies, StatementKeys, Submit};
use meldeverbund_proto::{CanonicalLink, v1::SubmitRequest};
use tokio::time::Instant;

const ROUNDS: u64 = 5;
const BATCHES: usize = 200;

fn main() {
    meldeverbund_certs::install_default();
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let (rounds, batches) = if quick { (1, 4) } else { (ROUNDS, BATCHES) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut ratios: Vec<[f64; 3]> = Vec::new();
    println!(
        "{batches} batches of {BATCH} new links; links per second, and in brackets the ratio to the bare engine"
    );
    for round in 0..rounds {
        let links = |n| links(round, n, batches);
        let bare = bare(&links(0));
        let statements = runtime.block_on(statements(links(1)));
        let one = runtime.block_on(over_tls(links(2), 1));
        let four = runtime.block_on(over_tls(links(3), 4));
        let mut line = format!("round {round}: bare {bare:>8.0}");
        for (name, rate) in [("statements", statements), ("1 connection", one), ("4 connections", four)] {
            write!(line, "  {name} {rate:>8.0} ({:.2})", rate / bare).unwrap();
        }
        println!("{line}");
        ratios.push([statements / bare, one / bare, four / bare]);
    }
    for (i, name) in ["statements", "1 connection", "4 connections"].into_iter().enumerate() {
        println!("median ratio, {name}: {:.2}", median(ratios.iter().map(|ratio| ratio[i])));
    }
}

fn rate(batches: usize, elapsed: Duration) -> f64 {
    (batches * BATCH) as f64 / elapsed.as_secs_f64()
}

/// One table, the same key, the same batches, the same durability; nothing else. The faster of the two shapes of table.
fn bare(links: &[Vec<String>]) -> f64 {
    let keys = links
        .iter()
        .map(|batch| batch.iter().map(|link| *CanonicalLink::parse(link).unwrap().id().as_bytes()));
    let keys: Vec<Vec<[u8; 32]>> = keys.map(Iterator::collect).collect();
    let with_rowid = "CREATE TABLE link (link_no INTEGER NOT NULL PRIMARY KEY, link_id BLOB NOT NULL UNIQUE)";
    let without_rowid = "CREATE TABLE link (link_id BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID";
    bare_table(&keys, with_rowid).max(bare_table(&keys, without_rowid))
}

fn bare_table(keys: &[Vec<[u8; 32]>], table: &str) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(folder.path().join("bare.sqlite")).unwrap();
    for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("cache_size", "-98304")] {
        connection.pragma_update(None, pragma, value).unwrap();
    }
    connection.execute_batch(table).unwrap();
    let mut insert = connection.prepare("INSERT INTO link (link_id) VALUES (?)").unwrap();
    let started = Instant::now();
    for batch in keys {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for key in batch {
            insert.execute([&key[..]]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
    }
    rate(keys.len(), started.elapsed())
}

/// The hub's own rules and statements, without a network: the ceiling.
async fn statements(links: Vec<Vec<String>>) -> f64 {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case(CASE).await;
    let hub = federation.server.hub();
    let commands: Vec<_> = requests(&links)
        .map(|request| {
            Submit::parse(
                office.agency.clone(),
                &request,
                &StatementKeys::default(),
                hub.store().target_ids().clone(),
                Policies::default(),
            )
            .unwrap()
        })
        .collect();
    let started = Instant::now();
    let running: Vec<_> = commands
        .into_iter()
        .map(|command| {
            let hub = hub.clone();
            tokio::spawn(async move { hub.run(command).await.unwrap() })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    let rate = rate(links.len(), started.elapsed());
    drop(office);
    federation.end().await;
    rate
}

/// Everything: mutual TLS, checks, canonical form, rules, ledger, durable.
async fn over_tls(links: Vec<Vec<String>>, connections: usize) -> f64 {
    let federation = Federation::start().await;
    let first = federation.office("de-nw-lka").await;
    first.open_case(CASE).await;
    let mut offices = vec![first];
    while offices.len() < connections {
        offices.push(federation.connect("de-nw-lka", "main").await);
    }
    let batches = links.len();
    let shares: Vec<Vec<SubmitRequest>> =
        links.chunks(links.len().div_ceil(connections)).map(|share| requests(share).collect()).collect();
    let started = Instant::now();
    let running = offices.into_iter().zip(shares);
    let running: Vec<_> =
        running.map(|(office, share)| tokio::spawn(async move { hand_in(&office, share).await })).collect();
    for task in running {
        task.await.unwrap();
    }
    let rate = rate(batches, started.elapsed());
    federation.end().await;
    rate
}
