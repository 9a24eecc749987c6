//! An officer at a node: gives real commands without end, and notes what came of each.

use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;

use crate::{
    history::{Command, HandIn, Recorder, Told},
    processes::houses::node_command,
    world::{AGENCIES, NODES, home, number},
};

/// Links that all offices meet on; the window moves on with every list.
const SHARED_LINKS: u64 = 6;

/// Targets of the work list that are looked at.
const LOOKED_AT: &str = "60";

/// So many targets are worth a round of gates at once.
const AT_ONCE: usize = 8;

/// What an officer does before looking at the work list again.
const THINGS_AT_ONCE: usize = 4;

/// What the desk says to a command that makes no sense.
const FIELD: &str = "\"reason\":\"FIELD\"";

/// What a grant needs.
const GATES: [&str; 5] = [
    "gate adopt",
    "gate assess --finding unlawful --offence stgb184b --means Forum",
    "gate evidence --at 2026-01-02 --custodian Asservatenstelle",
    "gate provider-data --state requested",
    "gate release --not-needed Absprache",
];

/// Between two tries of somebody whose node is away.
const PAUSE: Duration = Duration::from_millis(50);

/// Exit codes of `refer` after which all rows are safe: done, some refused, the officer did not wait.
const SAFE: [i32; 3] = [0, 6, 7];

const NOTICE: [&str; 8] =
    ["--legal-basis", "dsa-16", "--recipient", "Anbieter", "--channel", "mail", "--file-reference", "1/26"];

/// What all officers share.
#[derive(Debug, Default)]
pub(crate) struct Town {
    lists: AtomicU64,
    targets: Mutex<BTreeSet<String>>,
    is_over: AtomicBool,
}

impl Town {
    /// Everybody finishes what they are doing, and goes home.
    pub(crate) fn close(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// One officer, alone at a node's desk.
pub(crate) struct Officer {
    node: usize,
    folder: PathBuf,
    random: StdRng,
    recorder: Recorder,
    town: Arc<Town>,
    /// Targets with a hold of this officer's.
    held: Vec<String>,
    /// Targets with a notice that this officer has, or may have, under way.
    under_way: Vec<String>,
}

impl Officer {
    pub(crate) fn new(
        node: usize,
        root: &std::path::Path,
        seed: u64,
        recorder: Recorder,
        town: Arc<Town>,
    ) -> Self {
        let (agency, name) = NODES[node];
        let random = StdRng::seed_from_u64(seed ^ (node as u64 + 1));
        let (held, under_way) = (Vec::new(), Vec::new());
        Self { node, folder: root.join(home(agency, name)), random, recorder, town, held, under_way }
    }

    /// Works until the town closes.
    pub(crate) fn work(mut self) {
        while !self.town.is_over.load(Ordering::Relaxed) {
            match self.random.random_range(0..10) {
                0 | 1 => self.refer(),
                2 => self.look_or_try(),
                3 => self.hold_or_lift(),
                _ => self.do_what_is_due(),
            }
        }
    }

    /// Hands in one link of its own and some that others hand in as well.
    fn refer(&mut self) {
        let list = self.town.lists.fetch_add(1, Ordering::Relaxed);
        let mut links = vec![format!("https://own.example/{list}")];
        for _ in 0..self.random.random_range(0..3) {
            let shared = list / 2 + self.random.random_range(0..SHARED_LINKS);
            links.push(format!("https://shared.example/{shared}"));
        }
        let file = format!("list-{list}.txt");
        fs::write(self.folder.join(&file), links.join("\n")).unwrap();
        let mut arguments = vec!["refer".to_owned(), file, "--case".into(), number(0)];
        if self.random.random_range(0..2) == 0 {
            arguments.push("--no-wait".into());
        }
        let invoked_us = self.recorder.now_us();
        // Again and again, as its officer would: the same list goes on after the last row that was taken.
        loop {
            let (code, answer) = self.run(&arguments);
            let number = answer.as_ref().and_then(|answer| answer["hand_in"].as_u64());
            if let (Some(number), Some(code)) = (number, code)
                && SAFE.contains(&code)
            {
                let is_told = answer.is_some_and(|answer| answer["rows"]["waiting"] == 0);
                let returned_us = is_told.then(|| self.recorder.now_us());
                let (node, rows) = (self.node, links.len());
                self.recorder.hand_in(HandIn { node, number, rows, invoked_us, returned_us });
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Asks for what may be nobody's business: who the owner is, or another one's grant.
    fn look_or_try(&mut self) {
        let Some(target) = self.any_target() else { return };
        if self.random.random_range(0..3) == 0 {
            self.decide("request_grant", &["grant", "request"], &target);
            return;
        }
        let invoked_us = self.recorder.now_us();
        let (_, answer) = self.run(&["explain".to_owned(), target.clone()]);
        let owner = answer.and_then(|answer| answer["explanation"]["owner"].as_str().map(str::to_owned));
        let Some(owner) = owner else { return };
        self.recorder.command(Command {
            node: self.node,
            target,
            what: "read_owner",
            invoked_us,
            returned_us: Some(self.recorder.now_us()),
            decision: None,
            told: Told::Owner(owner),
        });
    }

    fn hold_or_lift(&mut self) {
        if !self.held.is_empty() && self.random.random_range(0..3) > 0 {
            let target = self.held.swap_remove(self.random.random_range(0..self.held.len()));
            self.together(&["hold", "lift", "--reason", "erledigt"], &[target]);
        } else if let Some(target) = self.any_target() {
            let place = ["hold", "place", "--reason", "investigation", "--authority", "StA Musterstadt"];
            self.together(&place, std::slice::from_ref(&target));
            self.held.push(target);
        }
    }

    /// Looks at the work list and does one of the things on it.
    fn do_what_is_due(&mut self) {
        if !self.under_way.is_empty() && self.random.random_range(0..2) == 0 {
            let target = self.under_way.swap_remove(self.random.random_range(0..self.under_way.len()));
            match self.random.random_range(0..4) {
                0 => self.decide("report_failed", &["notice", "failed", "--reason", "abgewiesen"], &target),
                _ => self.decide("report_sent", &["notice", "sent"], &target),
            }
            return;
        }
        let mut rows = self.rows(&["inbox", "--limit", LOOKED_AT]);
        self.note_targets(&rows);
        let targets: Vec<String> =
            rows.iter().filter(|row| is_due(row, "set_gates")).filter_map(target).collect();
        if targets.len() > AT_ONCE || !targets.is_empty() && self.random.random_range(0..3) == 0 {
            self.set_gates(&targets);
        }
        rows.retain(|row| !is_due(row, "set_gates"));
        for _ in 0..THINGS_AT_ONCE.min(rows.len()) {
            let row = rows.swap_remove(self.random.random_range(0..rows.len()));
            let due = row["due"].as_array().unwrap();
            let due = due[self.random.random_range(0..due.len())]["what"].as_str().unwrap_or_default();
            self.do_one_thing(due, &target(&row).unwrap());
        }
    }

    fn do_one_thing(&mut self, due: &str, target: &str) {
        match due {
            "request_grant" => self.decide("request_grant", &["grant", "request"], target),
            "send_notice" => self.send_notice(target),
            "resolve_intent" => {
                let sent = if self.random.random_range(0..2) == 0 { "--sent" } else { "--not-sent" };
                let resolve = ["notice", "resolve", sent, "--reason", "nachgefragt"];
                self.decide("resolve_intent", &resolve, target);
            }
            "answer_offer" if self.random.random_range(0..4) == 0 => {
                self.decide("answer_offer", &["own", "answer-offer", "--refuse", "keine Zeit"], target);
            }
            "answer_offer" => self.decide("answer_offer", &["own", "answer-offer", "--take"], target),
            "answer_window" => self.together(&["own", "consent"], &[target.to_owned()]),
            "renew_hold" => self.together(&["hold", "lift", "--reason", "erledigt"], &[target.to_owned()]),
            _ => {}
        }
    }

    fn send_notice(&mut self, target: &str) {
        match self.random.random_range(0..8) {
            0 => self.decide("return_grant", &["grant", "return"], target),
            1 => {
                let to = AGENCIES[self.random.random_range(0..AGENCIES.len())];
                self.decide("offer_ownership", &["own", "offer", "--to", to, "--reason", "Sachnähe"], target);
            }
            _ => {
                self.decide("intend", &[&["notice", "intend"], &NOTICE[..]].concat(), target);
                self.under_way.push(target.to_owned());
            }
        }
    }

    /// Sets all gates, or takes over what a former owner has set, on several targets at once.
    fn set_gates(&mut self, targets: &[String]) {
        for verb in GATES {
            self.together(&verb.split(' ').collect::<Vec<_>>(), targets);
        }
    }

    /// A decision that the history of grants and owners is made of, on one target.
    fn decide(&mut self, what: &'static str, verb: &[&str], target: &str) {
        let mut arguments: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
        arguments.extend(["--target".to_owned(), target.to_owned()]);
        let invoked_us = self.recorder.now_us();
        let (_, answer) = self.run(&arguments);
        let returned_us = self.recorder.now_us();
        let answer = answer.unwrap_or_default();
        let told = match (answer["taken"].as_u64(), answer["refused"].as_u64()) {
            (Some(1), _) => Told::Taken,
            (_, Some(1)) => {
                let code = &answer["summary"]["refused"][0]["refusal"]["code"];
                Told::Refused(code.as_str().unwrap_or_default().to_owned())
            }
            _ => Told::Nothing,
        };
        let returned_us = (told != Told::Nothing).then_some(returned_us);
        let decision = answer["decision"].as_u64();
        let (node, target) = (self.node, target.to_owned());
        self.recorder.command(Command { node, target, what, invoked_us, returned_us, decision, told });
    }

    /// Another decision, on some targets; often the officer does not wait for the hub.
    fn together(&mut self, verb: &[&str], targets: &[String]) {
        let mut arguments: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
        for target in targets {
            arguments.extend(["--target".to_owned(), target.clone()]);
        }
        if self.random.random_range(0..3) > 0 {
            arguments.push("--no-wait".into());
        }
        self.run(&arguments);
    }

    fn any_target(&mut self) -> Option<String> {
        let targets = self.town.targets.lock().unwrap();
        let len = targets.len();
        (len > 0).then(|| targets.iter().nth(self.random.random_range(0..len)).unwrap().clone())
    }

    fn note_targets(&self, rows: &[Value]) {
        self.town.targets.lock().unwrap().extend(rows.iter().filter_map(target));
    }

    fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let output = node_command(&self.folder).args(arguments).arg("--json").output().unwrap();
        let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        // A daemon that is killed while it answers breaks off anywhere.
        lines.map_while(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// Runs a verb: exit code, and the answer if there is one.
    fn run(&self, arguments: &[String]) -> (Option<i32>, Option<Value>) {
        let output = node_command(&self.folder).args(arguments).arg("--json").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let is_wrong = output.status.code() == Some(2) || text.contains("panicked") || text.contains(FIELD);
        assert!(!is_wrong, "{arguments:?}: {text}");
        (output.status.code(), serde_json::from_slice(&output.stdout).ok())
    }
}

fn target(row: &Value) -> Option<String> {
    row["target"].as_str().map(str::to_owned)
}

fn is_due(row: &Value, what: &str) -> bool {
    row["due"].as_array().is_some_and(|due| due.iter().any(|due| due["what"] == what))
}
