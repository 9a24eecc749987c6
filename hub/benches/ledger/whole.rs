//! A whole ledger: what it takes on the disk, event by event, and how long its full verification takes.
//!
//! The ledger is made by the real binary, from signed batches over mutual TLS, and verified by its own verb.

use serde_json::Value;

use crate::{
    Size,
    common::{
        gauge::{Cost, MIB, cost_of},
        workload::{BATCH, hand_in, links, requests, sign, statement_key},
    },
    process::Site,
    stage::Stage,
};

/// Batches that are made, signed and handed in together.
const PART: usize = 50;

/// Tables below so many bytes an event are left out.
const LEAST: f64 = 0.05;

pub(crate) async fn run(size: &Size) {
    let stage = Stage::set().await;
    stage.register_key();
    let key = statement_key(&stage.office.agency);
    let mut seconds = 0.0;
    for (part, first) in (0..).zip((0..size.whole).step_by(PART)) {
        let links = links(part, 0, PART.min(size.whole - first));
        let mut requests: Vec<_> = requests(&links).collect();
        requests.iter_mut().for_each(|request| sign(&key, &stage.office.agency, request));
        seconds += hand_in(&stage.office, requests).await;
    }
    let events = (size.whole * BATCH) as f64;
    println!("{events} signed referrals of new links taken in at {:.0} a second", events / seconds);
    let site = stage.end().await;
    storage(&site, events);
    let Cost { output, seconds, peak_bytes } = cost_of(site.command().args(["--json", "ledger", "verify"]));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["whole"], true);
    let (leaves, envelopes) = (&said["leaves"], &said["envelopes"]);
    println!(
        "ledger verify: {leaves} leaves, {envelopes} signed batches in {seconds:.1} s, at most {} MiB",
        peak_bytes / MIB
    );
}

/// Bytes an event, table by table with its indices.
fn storage(site: &Site, events: f64) {
    const SQL: &str = "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name \
                       WHERE s.aggregate = TRUE GROUP BY m.tbl_name ORDER BY 2 DESC";
    let database = rusqlite::Connection::open(site.database().file().unwrap()).unwrap();
    let mut query = database.prepare(SQL).unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    print!("bytes an event:");
    for row in rows {
        let (table, bytes): (String, i64) = row.unwrap();
        let each = bytes as f64 / events;
        if each >= LEAST {
            print!("  {table} {each:.1}");
        }
    }
    let file = std::fs::metadata(site.database().file().unwrap()).unwrap().len();
    println!("  whole file {:.1}", file as f64 / events);
}
