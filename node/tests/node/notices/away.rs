//! The hub goes away in the middle of an export: nothing is lost or half-done, and no target is intended twice.

use std::{collections::HashMap, path::Path};

use meldeverbund_proto::{node::v1::HubLineState, v1::decide_request::Decision};
use serde_json::Value;

use super::{EXPORT, LINKS, NOTICES, all_files, code, granted, intends, out};
use crate::{
    binary::text,
    harness::{CASE, Running},
    hub::{FakeHub, Fault},
    verbs::{json, run},
};

/// The hub comes back, and the node has nothing that waits for it any more.
async fn back(hub: &FakeHub, node: &mut Running) {
    hub.up();
    let settled = |status: &meldeverbund_proto::node::v1::StatusResponse| {
        let is_connected = status.hub.as_ref().unwrap().state() == HubLineState::Connected;
        (is_connected && status.queue.unwrap().decisions == 0).then_some(())
    };
    node.until(settled).await;
    // Everything that the hub has told is applied.
    let told = hub.state.lock().unwrap().feed.len() as u64;
    node.until(|status| (status.feed.as_ref().unwrap().cursor == told).then_some(())).await;
}

/// The intents that the hub has recorded of each target.
fn intents_of_targets(hub: &FakeHub) -> HashMap<String, Vec<String>> {
    let state = hub.state.lock().unwrap();
    let mut of_targets: HashMap<String, Vec<String>> = HashMap::new();
    for request in &state.decisions.read {
        let recorded = state.decisions.known.contains_key(&request.command_id);
        if !recorded || !matches!(request.decision, Some(Decision::Intend(_))) {
            continue;
        }
        for target in &request.target_ids {
            let intents = of_targets.entry(target.clone()).or_default();
            // A decision whose answer was lost is sent again under its id.
            if !intents.contains(&request.command_id) {
                intents.push(request.command_id.clone());
            }
        }
    }
    of_targets
}

fn targets(told: &Value, what: &str) -> u64 {
    told[what].as_array().unwrap().iter().map(|part| part["targets"].as_u64().unwrap()).sum()
}

/// Between two intents: one provider is answered, of one the answer is lost, and what becomes of the third nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn between_two_intents() {
    let (office, hub, mut node) = granted(&LINKS, NOTICES).await;
    hub.script_decisions([Fault::None, Fault::Vanish]);
    let first = out(&office, "first");
    let (exit, told) = json(&office, &[&EXPORT[..], &["--out", &first]].concat()).await;
    assert_eq!(exit, Some(7), "{told}");
    let (in_files, unanswered) = (told["links"].as_u64().unwrap(), told["unanswered"].as_u64().unwrap());
    assert!(unanswered > 0 && in_files < LINKS.len() as u64, "{told}");
    let counted = in_files + unanswered + targets(&told, "failed") + targets(&told, "refused");
    assert_eq!(counted, LINKS.len() as u64, "each target is in a file or named: {told}");

    back(&hub, &mut node).await;
    // The same command once more intends what was not intended, and names what is under way.
    let second = out(&office, "second");
    let again = run(&office, &[&EXPORT[..], &["--out", &second, "--lang", "de"]].concat()).await;
    let screen = text(&again.stdout) + &text(&again.stderr);
    assert!(screen.contains("schon unterwegs"), "{screen}");
    assert!(screen.contains(&format!("notice export --resume --case {CASE} --out ORDNER")), "{screen}");
    // All of them under the intents that stand.
    let all = out(&office, "all");
    let (exit, told) = json(&office, &["notice", "export", "--case", CASE, "--resume", "--out", &all]).await;
    assert_eq!((exit, &told["links"]), (Some(0), &LINKS.len().into()), "{told}");
    let of_targets = intents_of_targets(&hub);
    assert_eq!(of_targets.len(), LINKS.len());
    let files = all_files(&all);
    for intents in of_targets.values() {
        assert_eq!(intents.len(), 1, "never a second intent");
        assert!(files.contains(&intents[0]));
    }
    assert_eq!(hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}

/// Before the first answer: the very same command finds what stands, and says how its files are written.
#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_answer() {
    let (office, hub, mut node) = granted(&LINKS[..1], NOTICES).await;
    hub.script_decisions([Fault::Vanish]);
    let dir = out(&office, "out");
    let export = [&EXPORT[..], &["--out", &dir]].concat();
    let broken = run(&office, &export).await;
    let screen = text(&broken.stdout);
    assert_eq!(code(&broken), Some(7), "{screen}");
    assert!(screen.contains("has not answered") && screen.contains("export --resume --case"), "{screen}");
    assert!(!Path::new(&dir).exists(), "no empty folder");
    assert_eq!(code(&run(&office, &export).await), Some(10), "away, nothing more is intended");

    back(&hub, &mut node).await;
    let again = run(&office, &export).await;
    assert_eq!(code(&again), Some(1));
    let told = text(&again.stderr);
    assert!(told.contains("a notice is under way already: 1"), "{told}");
    assert!(told.contains(&format!("notice export --resume --case {CASE} --out FOLDER")), "{told}");
    let (_, object) = json(&office, &export).await;
    assert_eq!(object["left_out"][0]["why"], "under_way", "{object}");
    let (exit, told) = json(&office, &["notice", "export", "--case", CASE, "--resume", "--out", &dir]).await;
    assert_eq!((exit, &told["links"]), (Some(0), &1.into()), "{told}");
    assert!(intents_of_targets(&hub).values().all(|intents| intents.len() == 1));
    node.stop().await;
}

/// While the notices are reported sent. From the last intent on the files need no hub: they are complete, and what was
/// not reported is reported later.
#[tokio::test(flavor = "multi_thread")]
async fn between_the_files_and_sent() {
    let (office, hub, mut node) = granted(&LINKS, NOTICES).await;
    hub.script_decisions([Fault::None, Fault::None, Fault::None, Fault::Vanish]);
    let dir = out(&office, "out");
    let sent = ["--out", &dir, "--sent", "--at", "2026-11-21T14:05:00+01:00", "--lang", "de"];
    let output = run(&office, &[&EXPORT[..], &sent].concat()).await;
    let screen = text(&output.stdout);
    assert_eq!(code(&output), Some(7), "{screen}");
    let next = format!("meldeverbund-node notice sent --case {CASE} --at 2026-11-21T13:05:00Z");
    assert!(screen.contains(&next), "the report names the same time: {screen}");
    let files = all_files(&dir);
    assert!(LINKS.iter().all(|link| files.contains(link)), "nothing is half-done: {screen}");

    back(&hub, &mut node).await;
    // What was on its way when the line broke has been reported by now; the officer reports the rest.
    run(&office, &next.split(' ').skip(1).collect::<Vec<_>>()).await;
    {
        let state = hub.state.lock().unwrap();
        let sent_at_us = state.decisions.read.iter().filter_map(|request| match &request.decision {
            Some(Decision::ReportSent(sent)) => Some(sent.sent_at_us),
            _ => None,
        });
        assert!(sent_at_us.into_iter().all(|at_us| at_us == 1_795_266_300_000_000));
        assert!(state.decisions.views.values().all(|view| view.notices == 1 && view.intent.is_none()));
    }
    assert_eq!(intends(&hub).len(), 3, "no new intent");
    node.stop().await;
}

/// Before anything: refused at once, and the very same command does it later.
#[tokio::test(flavor = "multi_thread")]
async fn before_anything() {
    let (office, hub, mut node) = granted(&LINKS, NOTICES).await;
    hub.down().await;
    node.until(|status| (status.hub.as_ref().unwrap().state() == HubLineState::Down).then_some(())).await;
    let dir = out(&office, "out");
    let export = [&EXPORT[..], &["--out", &dir]].concat();
    assert_eq!(code(&run(&office, &export).await), Some(10));
    assert!(intends(&hub).is_empty() && !Path::new(&dir).exists());
    back(&hub, &mut node).await;
    let (exit, told) = json(&office, &export).await;
    assert_eq!((exit, &told["links"]), (Some(0), &LINKS.len().into()), "{told}");
    node.stop().await;
}
