//! The verbs of the lifecycle as the real binary: exit codes, both languages, kill -9.

use std::{fs, path::Path, process::Output};

use meldeverbund_proto::node::v1::StatusResponse;
use serde_json::Value;

use crate::{
    binary::{Daemon, text, verb},
    decisions::office,
    harness::{CASE, Office, Running},
    hub::FakeHub,
};

/// A verb while the daemon runs in this process.
pub(crate) async fn run(office: &Office, arguments: &[&str]) -> Output {
    let (folder, arguments) =
        (office.path().to_owned(), arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
    let arguments = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        verb(&folder, &arguments)
    };
    tokio::task::spawn_blocking(arguments).await.unwrap()
}

pub(crate) async fn json(office: &Office, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = run(office, &[arguments, &["--json"]].concat()).await;
    let answer = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr)));
    (output.status.code(), answer)
}

async fn down(hub: &FakeHub, node: &mut Running) {
    hub.down().await;
    let down = meldeverbund_proto::node::v1::HubLineState::Down;
    node.until(|status| (status.hub.as_ref().unwrap().state() == down).then_some(())).await;
}

const HOLD: [&str; 6] = ["hold", "place", "--reason", "investigation", "--authority", "StA"];

#[tokio::test(flavor = "multi_thread")]
async fn from_the_gates_to_the_outcome() {
    let (office, hub, mut node) = office(3).await;
    let all = ["--case", CASE];
    let assess =
        ["gate", "assess", "--finding", "unlawful", "--offence", "stgb184b", "--means", "own research"];
    let (code, dry) = json(&office, &[&assess[..], &all, &["--dry-run"]].concat()).await;
    assert_eq!((code, &dry["dry_run"], &dry["summary"]["taken"]), (Some(0), &"hub".into(), &3.into()));
    let (code, request) = json(&office, &[&["grant", "request"], &all[..]].concat()).await;
    assert_eq!((code, &request["refused"]), (Some(6), &3.into()), "the gates are missing");
    assert_eq!(request["summary"]["refused"][0]["refusal"]["code"], "gate_missing");
    let evidence = ["gate", "evidence", "--at", "21.11.2026 14:05", "--custodian", "K 42", "--sha256"];
    let digest = "ab".repeat(32);
    let data = ["gate", "provider-data", "--state", "not-needed", "--reason", "anonymous host"];
    let release = ["gate", "release", "--authority", "StA", "--person", "OStA Muster", "--form", "written"];
    let notice =
        ["--legal-basis", "dsa-16", "--recipient", "Files", "--channel", "mail", "--file-reference", "7/26"];
    for verb in [
        assess.to_vec(),
        [&evidence[..], &[&digest]].concat(),
        data.to_vec(),
        [&release[..], &["--scope", "case", "--until", "2027-12-31"]].concat(),
        [&HOLD[..], &["--until", "2027-01-31"]].concat(),
        vec!["hold", "lift", "--reason", "over"],
        vec!["grant", "request"],
        [&["notice", "intend"], &notice[..]].concat(),
        vec!["notice", "sent", "--reference", "mail-1"],
        vec!["notice", "answer", "--answer", "actioned"],
        vec!["outcome", "check", "--result", "gone", "--means", "header probe"],
        vec!["outcome", "close", "--outcome", "gone", "--reason", "seen to be gone"],
        vec!["own", "consent"],
    ] {
        let (code, told) = json(&office, &[&verb[..], &all].concat()).await;
        assert_eq!((code, &told["taken"]), (Some(0), &3.into()), "{verb:?}: {told}");
        if verb[..2] == HOLD[..2] {
            let held = |status: &StatusResponse| (status.held_targets == 3).then_some(());
            node.until(held).await;
            let (_, status) = json(&office, &["status"]).await;
            assert_eq!(status["holds"], serde_json::json!({ "in_force": 3, "lapsed": 0 }));
            let screen = text(&run(&office, &["status", "--lang", "de"]).await.stdout);
            assert!(screen.contains("in Kraft bei Löschobjekten: 3."), "{screen}");
        }
    }
    let held = |status: &StatusResponse| (status.held_targets == 0).then_some(());
    node.until(held).await;
    let (_, decisions) = {
        let output = run(&office, &["decisions", "1", "--json"]).await;
        (output.status.code(), text(&output.stdout).lines().count())
    };
    assert_eq!(decisions, 3);
    assert_eq!(hub.state.lock().unwrap().broken, Vec::<String>::new());
    let usage = run(&office, &["gate", "assess", "--case", CASE]).await;
    assert_eq!(usage.status.code(), Some(2));
    let nothing = run(&office, &assess).await;
    assert_eq!(nothing.status.code(), Some(1));
    assert!(text(&nothing.stderr).contains("selection"), "{}", text(&nothing.stderr));
    let unknown = run(&office, &[&assess[..], &["--link", "https://unknown.example/"]].concat()).await;
    assert_eq!(unknown.status.code(), Some(5));
    node.until(|_| Some(())).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_without_the_hub_says_whom_to_ring_up() {
    let (office, hub, mut node) = office(1).await;
    down(&hub, &mut node).await;
    let link = ["--link", "hxxps://files[.]example/0"];
    let english = run(&office, &[&HOLD[..], &link].concat()).await;
    assert_eq!(english.status.code(), Some(9));
    let screen = text(&english.stdout);
    assert!(screen.contains("NOT YET IN FORCE") && screen.contains("+49 30 0"), "{screen}");
    let german = run(&office, &[&HOLD[..], &link, &["--lang", "de", "--no-wait"]].concat()).await;
    assert_eq!(german.status.code(), Some(9));
    let screen = text(&german.stdout);
    assert!(screen.contains("NOCH NICHT IN KRAFT") && screen.contains("Löschaufschub"), "{screen}");
    let grant = run(&office, &[&["grant", "request", "--lang", "de"], &link[..]].concat()).await;
    assert_eq!(grant.status.code(), Some(10));
    assert!(text(&grant.stderr).contains("nichts vorgemerkt"), "{}", text(&grant.stderr));
    let (code, told) = json(&office, &[&["gate", "confirm", "--gate", "released"], &link[..]].concat()).await;
    assert_eq!((code, &told["waiting"]), (Some(7), &1.into()));
    let (code, estimate) = json(&office, &[&HOLD[..], &link, &["--dry-run"]].concat()).await;
    assert_eq!((code, &estimate["dry_run"]), (Some(0), &"node".into()));
    let open = run(&office, &["decisions", "--open"]).await;
    assert_eq!(text(&open.stdout).matches("NOT YET IN FORCE").count(), 2);
    let (code, explained) = json(&office, &["explain", "https://files.example/0"]).await;
    assert_eq!((code, &explained["asked_hub"]), (Some(7), &false.into()));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_work_list_says_what_to_type() {
    let (office, _hub, mut node) = office(2).await;
    let screen = text(&run(&office, &["inbox"]).await.stdout);
    assert!(screen.contains("set the gates") && screen.contains("hxxps://files[.]example/0"), "{screen}");
    assert!(!screen.contains("https://files.example"), "{screen}");
    let german = text(&run(&office, &["inbox", "--lang", "de", "--full"]).await.stdout);
    assert!(german.contains("Voraussetzungen schaffen") && german.contains("sofort"), "{german}");
    let rows = text(&run(&office, &["inbox", "--json", "--due", "set-gates"]).await.stdout);
    let row: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    assert_eq!((&row["due"][0]["what"], &row["stage"]), (&"set_gates".into(), &"referred".into()));
    assert_eq!(row["links"][0]["link"], "https://files.example/0");
    for list in ["hold", "own", "grant", "notice"] {
        let empty = run(&office, &[list, "list"]).await;
        assert_eq!((empty.status.code(), text(&empty.stdout)), (Some(0), "Nothing.\n".to_owned()), "{list}");
    }
    let explained = run(&office, &["explain", "https://files.example/0", "--at", "4", "--lang", "de"]).await;
    let screen = text(&explained.stdout);
    assert!(screen.contains("Zuständig: Office de-nw-lka") && screen.contains("first_seised"), "{screen}");
    node.until(|_| Some(())).await;
    node.stop().await;
}

/// The real daemon is killed; what it had accepted is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_daemon_keeps_its_decisions() {
    let (office, hub, node) = office(2).await;
    node.stop().await;
    hub.down().await;
    let folder = office.path().to_owned();
    tokio::task::spawn_blocking(move || killed(&folder)).await.unwrap();
    hub.up();
    let mut node = office.start(hub.dial()).await;
    node.until(|status| (status.queue.unwrap().decisions == 0).then_some(())).await;
    let state = hub.state.lock().unwrap();
    assert_eq!((state.decisions.known.len(), &state.broken), (1, &vec![]));
}

fn killed(folder: &Path) {
    let mut daemon = Daemon::start(folder);
    let held = verb(folder, &[&HOLD[..], &["--case", CASE]].concat());
    assert_eq!(held.status.code(), Some(9), "{}", text(&held.stderr));
    daemon.kill();
    let daemon = Daemon::start(folder);
    let listed = verb(folder, &["decisions", "--json"]);
    let row: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!((&row["waiting"], &row["not_in_force"]), (&2.into(), &true.into()));
    drop(daemon);
    assert!(fs::exists(folder.join("data/node.sqlite")).unwrap());
}
