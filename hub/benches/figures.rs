//! The page of figures beside a million targets: `cargo bench -p meldeverbund-hub --bench figures --profile dist -- [targets]`.
//!
//! Sums are written as the job writes them; then the page's queries are asked again and again, and one slice of the job is written.

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

use std::time::Duration;

use meldeverbund_domain::{
    TargetNo,
    figures::{Counts, Figure, Grouping, Key, Month, TargetState},
};
use meldeverbund_hub::{
    clock::Clock,
    flow::{Command, Failure, FigureQuery, Hub, Lane, read_figures},
    ledger::LedgerFiles,
    store::{Database, FigureTargetRow, Store, Tx},
};
use tokio::time::Instant;

const TARGETS: u64 = 1_000_000;
const MONTHS: u64 = 12;
const HOSTS: u64 = 2_000;
const LANDS: u64 = 16;
const ASKED: usize = 200;

/// What one takedown contributes: referred, waited for three things, notified, gone, ended.
const FIGURES: [i64; 9] = [1, 3, 9, 10, 12, 13, 16, 28, 20];

fn main() {
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let (targets, times) = if quick { (2_000, 3) } else { (asked.unwrap_or(TARGETS), ASKED) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(targets, times));
}

async fn run(targets: u64, times: usize) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Database::File(folder.path().join("hub.sqlite"))).await.unwrap();
    let first: Month = "2026-01".parse().unwrap();
    let last = Month::from_number(first.number() + 11);
    let files = LedgerFiles::in_folder("meldeverbund.test", folder.path());
    let (hub, tasks) = Hub::start(store, Clock::system(), &files).await.unwrap();
    hub.run(Write { counts: counted(0..targets, first), rows: Vec::new() }).await.unwrap();
    println!("{targets} targets, {HOSTS} hosts, {MONTHS} months");
    for grouping in [Grouping::Land, Grouping::Host, Grouping::Class] {
        let query = FigureQuery { grouping, months: (first, last), after: String::new(), most: 50 };
        let mut took = Vec::with_capacity(times);
        for _ in 0..times {
            let begun = Instant::now();
            let page = read_figures(&mut hub.still().await.unwrap(), &query).await.unwrap();
            took.push(begun.elapsed());
            assert!(!page.sheet.lines.is_empty());
        }
        told(&format!("page by {}", grouping.name()), took);
    }
    let mut took = Vec::with_capacity(times);
    for n in 0..times as u64 {
        let slice = n * 500..n * 500 + 500;
        let write = Write { rows: slice.clone().map(row).collect(), counts: counted(slice, first) };
        let begun = Instant::now();
        hub.run(write).await.unwrap();
        took.push(begun.elapsed());
    }
    told("slice of 500 leaves", took);
    drop(hub);
    tasks.end().await;
}

/// What the job writes of a slice.
#[derive(Debug)]
struct Write {
    counts: Counts,
    rows: Vec<FigureTargetRow>,
}

impl Command for Write {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        tx.add_figures(&self.counts).await?;
        Ok(tx.put_figure_targets(&self.rows).await?)
    }
}

fn counted(targets: std::ops::Range<u64>, first: Month) -> Counts {
    let mut counts = Counts::default();
    for target in targets {
        // Spread without a pattern that hosts, Länder and months share.
        let mixed = target.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let month = Month::from_number(first.number() + i64::try_from(mixed % MONTHS).unwrap());
        let names = [
            (Grouping::All, String::new()),
            (Grouping::Land, format!("de-{:02}-lka", mixed / 16 % LANDS)),
            (Grouping::Host, format!("host-{:04}.example", mixed / 256 % HOSTS)),
            (
                Grouping::Class,
                ["stgb-184b", "stgb-184c", "unclassified"][(mixed / 8 % 3) as usize].to_owned(),
            ),
        ];
        for number in FIGURES {
            let figure = Figure::from_number(number).unwrap();
            for (grouping, name) in &names {
                counts.add(Key { grouping: *grouping, name: name.clone(), figure, month }, 1);
            }
        }
    }
    counts
}

fn row(target: u64) -> FigureTargetRow {
    let state = TargetState {
        owner: "de-nw-lka".into(),
        host: format!("www.host-{target}.example"),
        domain: format!("host-{target}.example"),
        round: 1,
        stage: 1,
        firm: true,
        ..TargetState::default()
    };
    let target = TargetNo(i64::try_from(target).unwrap() + 1);
    FigureTargetRow { target, body: serde_json::to_string(&state).unwrap() }
}

fn told(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |part: usize| took[(took.len() * part / 100).min(took.len() - 1)];
    println!("{what}: p50 {:.1?}, p95 {:.1?}", at(50), at(95));
}
