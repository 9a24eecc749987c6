//! A hub and two nodes as processes, on one folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::Duration,
};

use meldeverbund_hub::store::{Counts, Store};
use serde_json::Value;
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::{runtime::Runtime, time::Instant};

use crate::processes::{
    houses::{Houses, free_port, node_command, succeed},
    process::Process,
};

/// The offices.
pub(crate) const OFFICES: [&str; 2] = ["de-by-lka", "de-nw-lka"];

pub(crate) const CASE: &str = "ST/1/2026";

/// Nothing in here waits longer without progress.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What notices to providers say.
const NOTICES: &str = r#"
[notices]
agency = "Landeskriminalamt Musterland"
email = "loeschung@lka.example"
contact = "+49 30 0"
complaints = "Beschwerdestelle"
[notices.reasons]
stgb_184b = "Begründung"
[notices.legal_bases.dsa-16]
text = "Rechtsgrundlage"
effect = "Wirkung"
"#;

/// Exit codes of `refer` that end it: done, or done with refused rows.
const DONE: [i32; 2] = [0, 6];

pub(crate) struct Scene {
    folder: TempDir,
    houses: Houses,
    processes: Vec<Option<Process>>,
    runtime: Runtime,
    store: Store,
}

/// Who gives one office's command, and gives it again when something died under it.
pub(crate) struct Officer {
    folder: PathBuf,
}

impl Scene {
    /// Makes everything, starts everything and opens a case at each office.
    pub(crate) fn set(lists: &[Vec<String>]) -> Self {
        Self::set_with(lists, "")
    }

    /// The same with settings of the hub of one's own, as tables.
    pub(crate) fn set_with(lists: &[Vec<String>], hub_settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let port = free_port();
        let houses = Houses::found(root, port, hub_settings);
        for (office, lines) in OFFICES.iter().zip(lists) {
            houses.register(office, "state-office");
            houses.settle(office, office, "main", &[port], NOTICES);
            fs::write(root.join(office).join("list.txt"), lines.join("\n")).unwrap();
        }
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(Store::open(&root.join("hub/hub.sqlite"))).unwrap();
        let mut scene = Self { folder, houses, processes: vec![None, None, None], runtime, store };
        for who in 0..=OFFICES.len() {
            scene.start(who);
        }
        for office in OFFICES {
            let folder = scene.folder.path().join(office);
            succeed(node_command(&folder).args(["case", "open", CASE, "--kind", "proceedings"]));
        }
        // The hub's key, two agencies and their two cases: from then on every leaf is a referral.
        scene.wait_for(5);
        scene
    }

    /// Starts the hub (0) or a node (1, 2).
    fn start(&mut self, who: usize) {
        let root = self.folder.path();
        let process = match who {
            0 => {
                let mut command = self.houses.hub_command();
                command.arg("serve");
                Process::start(command, "hub is listening")
            }
            node => {
                let mut command = node_command(&root.join(OFFICES[node - 1]));
                command.arg("serve");
                Process::start(command, "node.started")
            }
        };
        self.processes[who] = Some(process);
    }

    pub(crate) fn kill_and_restart(&mut self, who: usize) -> &'static str {
        self.processes[who].as_mut().unwrap().kill();
        self.start(who);
        if who == 0 { "hub" } else { OFFICES[who - 1] }
    }

    /// The most memory that the hub (0) or a node (1, 2) ever held, bytes.
    pub(crate) fn peak_memory_bytes(&self, who: usize) -> u64 {
        self.processes[who].as_ref().unwrap().peak_memory_bytes()
    }

    /// One of the central office's verbs; it must do what it says.
    pub(crate) fn administer(&self, arguments: &[&str]) {
        succeed(self.houses.hub_command().args(arguments));
    }

    pub(crate) fn officer(&self, office: &str) -> Officer {
        Officer { folder: self.folder.path().join(office) }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.runtime.block_on(async {
            let mut reader = self.store.reader().await.unwrap();
            Counts::read(&mut reader).await.unwrap()
        })
    }

    /// Leaves of the ledger.
    pub(crate) fn leaves(&self) -> u64 {
        self.runtime.block_on(async {
            let mut reader = self.store.reader().await.unwrap();
            let leaves: i64 = meldeverbund_hub::store::query_scalar("SELECT next_leaf FROM head")
                .fetch_one(&mut reader)
                .await
                .unwrap();
            u64::try_from(leaves).unwrap()
        })
    }

    /// Waits until the ledger has so many leaves.
    pub(crate) fn wait_for(&self, leaves: u64) {
        let (mut last, mut since) = (0, Instant::now());
        while last < leaves {
            assert!(since.elapsed() < PATIENCE, "no progress at {last} of {leaves} leaves");
            thread::sleep(LOOK_EVERY);
            let now = self.leaves();
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
    }

    /// What each office was told: line, target and verdict, once every line is answered.
    pub(crate) fn verdicts(&self) -> Vec<Vec<(u64, String, String)>> {
        let told = |office: &&str| {
            let folder = self.folder.path().join(office);
            let since = Instant::now();
            loop {
                let rows = report(&folder);
                if rows.iter().all(|(_, _, verdict)| !verdict.is_empty()) {
                    return rows;
                }
                assert!(since.elapsed() < PATIENCE, "{office}: not all lines were answered");
                thread::sleep(Duration::from_millis(200));
            }
        };
        OFFICES.iter().map(told).collect()
    }

    /// Stops the nodes, makes them forget every answer, and starts them again.
    pub(crate) fn forget_answers(&mut self) {
        for who in 1..=OFFICES.len() {
            self.processes[who].take().unwrap().terminate();
            let store = self.folder.path().join(OFFICES[who - 1]).join("data/node.sqlite");
            self.runtime.block_on(async {
                let mut store = SqliteConnectOptions::new().filename(store).connect().await.unwrap();
                for forget in [
                    "DELETE FROM answer",
                    "UPDATE submission SET state = 1, answered_us = NULL",
                    "UPDATE hand_in SET answered_us = NULL, new = 0, joined = 0, already_yours = 0",
                ] {
                    sqlx::query(forget).execute(&mut store).await.unwrap();
                }
            });
            self.start(who);
        }
    }

    /// Ends everything in order.
    pub(crate) fn end(mut self) {
        for process in self.processes.iter_mut().rev().map(|process| process.take().unwrap()) {
            process.terminate();
        }
    }
}

impl Officer {
    /// Hands in the list, again and again until every line is answered; how often it had to be repeated.
    pub(crate) fn hand_in(&self) -> usize {
        let since = Instant::now();
        for repeats in 0.. {
            let refer =
                node_command(&self.folder).args(["refer", "list.txt", "--case", CASE]).output().unwrap();
            if refer.status.code().is_some_and(|code| DONE.contains(&code)) {
                return repeats;
            }
            assert!(since.elapsed() < 5 * PATIENCE, "{}", String::from_utf8_lossy(&refer.stderr));
            thread::sleep(Duration::from_millis(50));
        }
        unreachable!("the loop has no end")
    }

    /// Runs one of the officer's verbs; it must do what it says.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        succeed(self.command().args(arguments))
    }

    /// The node's binary, ready for arguments.
    pub(crate) fn command(&self) -> Command {
        node_command(&self.folder)
    }

    /// The node's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The report of the only hand-in, by line.
fn report(folder: &Path) -> Vec<(u64, String, String)> {
    let output = succeed(node_command(folder).args(["report", "1", "--json"]));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut rows: Vec<_> = rows
        .map(|line| {
            let row: Value = serde_json::from_slice(line).unwrap();
            (row["line"].as_u64().unwrap(), text(&row["target"]), text(&row["verdict"]))
        })
        .collect();
    rows.sort_unstable();
    rows
}
