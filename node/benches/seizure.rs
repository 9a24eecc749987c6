//! One seizure from file to the hub's last answer, and then each step from its gates to its notices in bulk, with the
//! real binaries on this machine:
//!
//! `cargo build --profile dist --workspace --bins && cargo bench -p meldeverbund-node --bench seizure --profile dist`

#![expect(clippy::unwrap_used, reason = "a benchmark may")]

#[path = "../tests/processes/mod.rs"]
#[expect(dead_code, reason = "shared with tests, which also kill and wrap programs")]
mod processes;
#[path = "../tests/crash/scene.rs"]
#[expect(dead_code, reason = "shared with the crash test, which also kills")]
mod scene;

use tokio::time::Instant;

use meldeverbund_node::sample::SampleList;
use scene::{CASE, OFFICES, Officer, Scene};

/// Lines of the lists: a large case, and the seizure of the journalists' report.
const LINES: [u64; 2] = [48_000, 310_199];

const MIB: u64 = 1024 * 1024;

fn main() {
    // `cargo test --benches` runs this with `--test`: once, small, to see that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let sizes = if quick { &[500][..] } else { &LINES[..] };
    println!("{:>8} {:>9} {:>10} {:>9} {:>10}", "lines", "seconds", "lines/s", "hub MiB", "node MiB");
    for lines in sizes {
        let list = SampleList::new(7, *lines);
        let scene = Scene::set(&[list.iter().map(|line| line.text).collect(), Vec::new()]);
        let officer = scene.officer(OFFICES[0]);
        let started = Instant::now();
        assert_eq!(officer.hand_in(), 0, "the list goes through at once");
        let seconds = started.elapsed().as_secs_f64();
        assert_eq!(scene.counts().targets, i64::try_from(list.distinct()).unwrap());
        steps(&officer);
        let [hub, node] = [0, 1].map(|who| scene.peak_memory_bytes(who) / MIB);
        println!("{lines:>8} {seconds:>9.1} {:>10.0} {hub:>9} {node:>10}", *lines as f64 / seconds);
        scene.end();
    }
}

/// Each step over all targets of the case, from the officer's command to its last answer.
fn steps(officer: &Officer) {
    let gates = [
        ("gate assess", "gate assess --finding unlawful --offence stgb184b --means forum"),
        ("gate evidence", "gate evidence --at 2026-01-02 --custodian Asservatenstelle"),
        ("gate provider-data", "gate provider-data --state requested"),
        ("gate release", "gate release --not-needed Absprache"),
    ];
    let notice = "--legal-basis dsa-16 --recipient Anbieter --channel mail --file-reference 1/26";
    let intend = format!("notice intend {notice}");
    // The same way as a first notice's, once more over all targets: intents, five files a provider, and the report.
    let export = "notice export --reminder --first-on 2026-01-02 --legal-basis dsa-16 --file-reference 1/26 --sent --out out";
    let rest = [
        ("grant request", "grant request"),
        ("notice intend", &intend),
        ("notice sent", "notice sent"),
        ("notice export", export),
    ];
    for (name, arguments) in gates.into_iter().chain(rest) {
        let mut arguments: Vec<_> = arguments.split(' ').collect();
        arguments.extend(["--case", CASE]);
        let started = Instant::now();
        officer.run(&arguments);
        println!("{name:>20} {:>7.1} s", started.elapsed().as_secs_f64());
    }
}
