//! Two hubs, real processes on one database: one is killed, and the other one does its jobs.

use std::time::Duration;

use meldeverbund_hub::{
    flow::LeasedJob,
    store::{LeaseRow, Store},
};
use rustix::process::Signal;
use serde_json::Value;

use crate::process::{Process, Site};

/// How often the database is asked who does a job.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// Longer than the term and the time between two sweeps, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// The id of a hub's process, as it says at its start.
async fn id(hub: &mut Process) -> Vec<u8> {
    let line: Value = serde_json::from_str(&hub.logged("hub is listening").await).unwrap();
    hex::decode(line["id"].as_str().unwrap()).unwrap()
}

/// Waits until this hub does the job; its lease.
async fn held(store: &Store, job: LeasedJob, holder: &[u8]) -> LeaseRow {
    let mut every = tokio::time::interval(ASKED_EVERY);
    let waiting = async {
        loop {
            every.tick().await;
            let rows = LeaseRow::all(&mut store.reader().await.unwrap()).await.unwrap();
            if let Some(row) = rows.into_iter().find(|row| row.name == job.name() && row.holder == holder) {
                break row;
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{job:?} is not done by it"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_jobs_of_a_hub_that_was_killed_are_taken_over_after_their_terms() {
    let site = Site::new();
    let mut one = site.serve().await;
    let store = Store::open(site.database()).await.unwrap();
    let first = id(&mut one).await;
    let swept = held(&store, LeasedJob::Sweep, &first).await;
    let mut two = site.serve().await;
    let second = id(&mut two).await;
    let office = site.office("de-nw-lka", &two).await;
    office.open_case("1/26").await;

    one.signal(Signal::KILL);
    let (status, _) = one.ended().await;
    assert_eq!(status.code(), None, "killed");
    // Its last words, which it may have said after the first ones.
    let rows = LeaseRow::all(&mut store.reader().await.unwrap()).await.unwrap();
    let last = rows.into_iter().find(|row| row.name == LeasedJob::Sweep.name()).unwrap();
    assert_eq!((&last.holder, last.fence), (&first, swept.fence));
    office.refer("1/26", &["https://a.test/1"]).await;

    let taken = held(&store, LeasedJob::Sweep, &second).await;
    let term_us = i64::try_from(LeasedJob::Sweep.term().as_micros()).unwrap();
    assert_eq!(taken.fence, last.fence + 1);
    assert!(taken.until_us - term_us >= last.until_us, "not before its term was over: {taken:?} {last:?}");
    assert_eq!(held(&store, LeasedJob::Publish, &second).await.holder, second);
    let status = site.json(&["status"]);
    let sweeps = status["leases"].as_array().unwrap().iter().find(|lease| lease["job"] == "sweep").unwrap();
    assert_eq!(sweeps["holder"], hex::encode(&second));
    // What one has acknowledged, the other goes on with.
    assert_eq!(office.refer("1/26", &["https://a.test/1"]).await.answers.len(), 1);
    assert!(site.run(&["ledger", "verify"]).status.success());
    drop(office);
    store.close().await;
    two.terminate();
    let (status, log) = two.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
}
