//! How much slower intake becomes as the database grows, and how much slower the bare engine becomes:
//! `cargo bench -p meldeverbund-hub --bench growth --profile dist`.
//!
//! New links over one mTLS connection, into an empty database and into one of ten million targets; beside it the same
//! batches into one table with the same unique key, empty and as large. What counts is the ratio of the two slowdowns.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

#[path = "common/mod.rs"]
#[expect(dead_code, reason = "shared with the other benchmarks, which use more of it")]
mod common;
#[path = "../tests/it/harness.rs"]
#[expect(dead_code, reason = "shared with the tests, which use more of it")]
mod harness;

use std::path::Path;

use common::{
    fill::fill,
    gauge::median,
    workload::{BATCH, CASE, hand_in, links, requests},
};
use harness::Federation;
use meldeverbund_hub::serve::Server;
use meldeverbund_proto::CanonicalLink;
use rusqlite::Connection;
use tokio::time::Instant;

const ROUNDS: u64 = 5;
const BATCHES: usize = 200;
const TARGETS: u64 = 10_000_000;

const TABLE: &str = "CREATE TABLE link (link_no INTEGER NOT NULL PRIMARY KEY, link_id BLOB NOT NULL UNIQUE)";
const INSERT: &str = "INSERT INTO link (link_id) VALUES (?)";
/// As large as the hub's database is made: see `fill`.
const UNLOGGED: &str =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2097152; BEGIN";

fn main() {
    meldeverbund_certs::install_default();
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let (rounds, batches, targets) = if quick { (1, 4, 20_000) } else { (ROUNDS, BATCHES, TARGETS) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("{batches} batches of {BATCH} new links; links per second, empty and beside {targets} targets");
    let [hub_empty, hub_grown] = runtime.block_on(hub(rounds, batches, targets));
    let [bare_empty, bare_grown] = bare(rounds, batches, targets);
    let (hub, bare) = (hub_grown / hub_empty, bare_grown / bare_empty);
    println!(
        "medians: hub {hub_empty:.0} to {hub_grown:.0} ({hub:.2}), bare {bare_empty:.0} to {bare_grown:.0} ({bare:.2})"
    );
    println!("the hub keeps of its speed, beside what the bare engine keeps: {:.2}", hub / bare);
}

/// Medians of intake's rate, before and after the database was filled.
async fn hub(rounds: u64, batches: usize, targets: u64) -> [f64; 2] {
    let federation = Federation::start_on_a_file().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case(CASE).await;
    drop(office);
    let empty = intake(&federation, 0, rounds, batches).await;
    let Federation { folder, authority, config, clock, server, place } = federation;
    server.end().await.unwrap();
    let started = Instant::now();
    fill(config.database.file().expect("it was started on a file"), targets).await;
    println!("{targets} targets made in {:.0} s", started.elapsed().as_secs_f64());
    let server = Server::start(&config, clock.clone(), None).await.unwrap();
    let federation = Federation { folder, authority, config, clock, server, place };
    let grown = intake(&federation, 1, rounds, batches).await;
    federation.end().await;
    [empty, grown]
}

async fn intake(federation: &Federation, which: u64, rounds: u64, batches: usize) -> f64 {
    let office = federation.connect("de-nw-lka", "main").await;
    let mut rates = Vec::new();
    for round in 0..rounds {
        let requests = requests(&links(round, which, batches)).collect();
        rates.push((batches * BATCH) as f64 / hand_in(&office, requests).await);
        println!("round {round}: hub {:.0}", rates[rates.len() - 1]);
    }
    median(rates)
}

/// The same of one table with the same unique key, the same batches and the same durability.
fn bare(rounds: u64, batches: usize, targets: u64) -> [f64; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.sqlite");
    let database = Connection::open(&path).unwrap();
    database.execute_batch(TABLE).unwrap();
    drop(database);
    let empty = bare_intake(&path, 0, rounds, batches);
    let database = Connection::open(&path).unwrap();
    database.execute_batch(UNLOGGED).unwrap();
    let mut insert = database.prepare(INSERT).unwrap();
    for n in 0..targets {
        let link = format!("https://host-{}.example/filled/file-{n:08}?part=1", n % 997);
        insert.execute([&id(&link)[..]]).unwrap();
    }
    drop(insert);
    database.execute_batch("COMMIT").unwrap();
    drop(database);
    [empty, bare_intake(&path, 1, rounds, batches)]
}

fn bare_intake(path: &Path, which: u64, rounds: u64, batches: usize) -> f64 {
    let database = Connection::open(path).unwrap();
    // As the hub's writer has them.
    for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("cache_size", "-98304")] {
        database.pragma_update(None, pragma, value).unwrap();
    }
    let mut insert = database.prepare(INSERT).unwrap();
    let mut rates = Vec::new();
    for round in 0..rounds {
        let ids = |batch: &Vec<String>| batch.iter().map(|link| id(link)).collect::<Vec<_>>();
        let keys: Vec<Vec<[u8; 32]>> = links(round, which, batches).iter().map(ids).collect();
        let started = Instant::now();
        for batch in &keys {
            database.execute_batch("BEGIN IMMEDIATE").unwrap();
            batch.iter().for_each(|key| assert_eq!(insert.execute([&key[..]]).unwrap(), 1));
            database.execute_batch("COMMIT").unwrap();
        }
        rates.push((batches * BATCH) as f64 / started.elapsed().as_secs_f64());
        println!("round {round}: bare {:.0}", rates[rates.len() - 1]);
    }
    median(rates)
}

fn id(link: &str) -> [u8; 32] {
    *CanonicalLink::parse(link).unwrap().id().as_bytes()
}
