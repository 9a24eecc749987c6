//! A large hand-in at one node, signed: what it takes on the node's disk, the export of the whole ledger, its verification
//! elsewhere, and the proof of one link, with the real binaries on this machine:
//!
//! `cargo build --profile dist --workspace --bins && cargo bench -p meldeverbund-node --bench ledger --profile dist`

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

#[path = "../../hub/benches/common/gauge.rs"]
#[expect(dead_code, reason = "shared with the hub's benchmarks, which use more of it")]
mod gauge;
#[path = "../tests/processes/mod.rs"]
#[expect(dead_code, reason = "shared with tests, which also kill and wrap programs")]
mod processes;
#[path = "../tests/crash/scene.rs"]
#[expect(dead_code, reason = "shared with the crash test, which also kills")]
mod scene;

use std::{path::Path, thread, time::Duration};

use gauge::{Cost, MIB, cost_of, percentile};
use meldeverbund_node::sample::SampleList;
use scene::{OFFICES, Officer, Scene};
use serde_json::Value;
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tokio::time::Instant;

/// Lines of the hand-in, so that the ledger has about a million leaves.
const LINES: u64 = 1_000_000;

/// An export asks for each event by itself, which the hub's ordinary rate limits to 500 a second.
const NO_RATE: &str = "[limits]\ncommands_per_second = 1000000\ncommands_at_once = 1000000\n";

/// How often a link is proven.
const PROOFS: usize = 20;

/// Tables below so many bytes an event are left out.
const LEAST: f64 = 0.05;

fn main() {
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let list = SampleList::new(7, if quick { 3_000 } else { LINES });
    let lines: Vec<String> = list.iter().map(|line| line.text).collect();
    let links: Vec<String> = lines.iter().step_by(lines.len() / PROOFS).cloned().collect();
    let scene = Scene::set_with(&[lines, Vec::new()], NO_RATE);
    let officer = scene.officer(OFFICES[0]);
    let keys = json(&officer.run(&["keys", "--json"]).stdout);
    let key = keys["statement_key"].as_str().unwrap();
    scene.administer(&["agency", "statement-key", "add", OFFICES[0], key]);
    let started = Instant::now();
    assert_eq!(officer.hand_in(), 0, "the list goes through at once");
    println!("{} lines in {:.1} s", list.lines, started.elapsed().as_secs_f64());
    let leaves = published(&scene, &officer);
    storage(&officer.folder().join("data/node.sqlite"), list.lines as f64);
    proofs(&officer, &links);

    let Cost { seconds, output, .. } =
        cost_of(officer.command().args(["ledger", "export", "export", "--json"]));
    let bytes = json(&output.stdout)["bytes"].as_u64().unwrap();
    println!("ledger export: {leaves} leaves, {} MiB in {seconds:.1} s", bytes / MIB);
    let Cost { seconds, output, peak_bytes } =
        cost_of(officer.command().args(["ledger", "verify", "export", "--json"]));
    // Warnings come before the summary, each on a line of its own.
    let said = json(output.stdout.trim_ascii_end().split(|byte| *byte == b'\n').next_back().unwrap());
    assert_eq!((&said["holds"], said["size"].as_u64()), (&Value::Bool(true), Some(leaves)));
    println!(
        "ledger verify: {leaves} leaves, {} own events, {} signatures, {} receipts in {seconds:.1} s, at most {} MiB",
        said["events"],
        said["envelopes"],
        said["receipts"],
        peak_bytes / MIB
    );
    scene.end();
}

/// Waits until the node has verified a published checkpoint of all leaves; how many.
fn published(scene: &Scene, officer: &Officer) -> u64 {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let state = json(&officer.run(&["ledger", "status", "--json"]).stdout);
        let leaves = scene.leaves();
        if state["newest"]["size"].as_u64() == Some(leaves) {
            return leaves;
        }
        assert!(Instant::now() < patience, "no checkpoint of {leaves} leaves: {state}");
        thread::sleep(Duration::from_millis(200));
    }
}

/// Bytes an event, table by table with its indices.
fn storage(store: &Path, events: f64) {
    const SQL: &str = "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name \
                       WHERE s.aggregate = TRUE GROUP BY m.tbl_name ORDER BY 2 DESC";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rows: Vec<(String, i64)> = runtime.block_on(async {
        let mut store = SqliteConnectOptions::new().filename(store).read_only(true).connect().await.unwrap();
        sqlx::query_as(SQL).fetch_all(&mut store).await.unwrap()
    });
    print!("bytes an event:");
    let all: i64 = rows.iter().map(|(_, bytes)| bytes).sum();
    for (table, bytes) in rows {
        let each = bytes as f64 / events;
        if each >= LEAST {
            print!("  {table} {each:.1}");
        }
    }
    println!("  together {:.1}", all as f64 / events);
}

/// `ledger prove`, from the officer's command to its answer.
fn proofs(officer: &Officer, links: &[String]) {
    let mut times = Vec::new();
    for link in links {
        let started = Instant::now();
        officer.run(&["ledger", "prove", link]);
        times.push(1e3 * started.elapsed().as_secs_f64());
    }
    let [half, most] = [50, 100].map(|percent| percentile(times.iter().copied(), percent));
    println!("ledger prove: {half:.0} ms (p50), {most:.0} ms (most)");
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}
