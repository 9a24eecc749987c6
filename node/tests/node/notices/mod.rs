//! `notice export` and `notice answers` as the real binary, against a hub that keeps count.

mod away;
mod order;
mod providers;

use std::{collections::HashSet, fs, path::Path, process::Output};

use meldeverbund_proto::v1::{Intend, NoticeForce, NoticeKind, decide_request::Decision};
use serde_json::Value;

use crate::{
    binary::text,
    decisions::{case, done, gates, grant, office_of},
    harness::{CASE, Office, Running},
    hub::FakeHub,
    verbs::{json, run},
};

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
    [notices.legal_bases.unfinished]
    text = "Rechtsgrundlage"
    [notices.legal_bases.order]
    text = "Rechtsgrundlage der Anordnung"
    decision = "Worte zur Entscheidung"
    scope = "Geltungsbereich"
    remedies = "Rechtsbehelfe"
    [[providers]]
    name = "Files Example Ltd."
    hosts = ["files.example", "cdn.example"]
"#;

const EXPORT: [&str; 8] =
    ["notice", "export", "--case", CASE, "--legal-basis", "dsa-16", "--file-reference", "7/26"];

/// An office with a grant on each of these links.
async fn granted(links: &[&str], notices: &str) -> (Office, FakeHub, Running) {
    let uid = rustix::process::getuid().as_raw();
    let office = Office::with(&format!("[[officers]]\nuid = {uid}\nname = \"Erika Muster\"\n{notices}"));
    let links: Vec<String> = links.iter().map(|link| (*link).to_owned()).collect();
    let (office, hub, mut node) = office_of(office, &links).await;
    for gate in gates() {
        done(&mut node, case(), gate).await;
    }
    done(&mut node, case(), grant()).await;
    (office, hub, node)
}

const LINKS: [&str; 5] = [
    "https://files.example/1",
    "https://cdn.example/2",
    "https://other.example/3",
    "https://files.example/4",
    "https://third.example/5",
];

fn intends(hub: &FakeHub) -> Vec<(Intend, usize)> {
    let state = hub.state.lock().unwrap();
    let intend = |request: &meldeverbund_proto::v1::DecideRequest| match &request.decision {
        Some(Decision::Intend(intend)) => Some((intend.clone(), request.target_ids.len())),
        _ => None,
    };
    state.decisions.read.iter().filter_map(intend).collect()
}

/// The target of a link.
fn target(hub: &FakeHub, link: &str) -> String {
    hub.state.lock().unwrap().targets[link].0.clone()
}

fn out(office: &Office, name: &str) -> String {
    office.path().join(name).display().to_string()
}

/// Everything that the files of an export say.
fn all_files(dir: &str) -> String {
    let mut all = String::new();
    for folder in fs::read_dir(dir).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            all.push_str(&fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    all
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_intent_and_one_folder_a_provider() {
    let (office, hub, node) = granted(&LINKS, NOTICES).await;
    // The hub has given another grant meanwhile: the node's fence is stale.
    let stale = target(&hub, "https://files.example/4");
    hub.state.lock().unwrap().decisions.views.get_mut(&stale).unwrap().fence += 1;
    let dir = out(&office, "out");
    let dry = [&EXPORT[..], &["--out", &dir, "--dry-run"]].concat();
    let (exit, told) = json(&office, &dry).await;
    assert_eq!((exit, &told["dry_run"], &told["would_take"]), (Some(6), &"hub".into(), &4.into()), "{told}");
    assert!(intends(&hub).is_empty() && !Path::new(&dir).exists());

    let (exit, told) = json(&office, &[&EXPORT[..], &["--out", &dir]].concat()).await;
    assert_eq!(exit, Some(6), "the hub refused one: {told}");
    let providers: Vec<&str> =
        told["packages"].as_array().unwrap().iter().map(|p| p["provider"].as_str().unwrap()).collect();
    assert_eq!(providers, ["Files Example Ltd.", "other.example", "third.example"]);
    assert_eq!((&told["packages"][0]["links"], &told["links"]), (&2.into(), &4.into()));
    assert_eq!(told["packages"][0]["files"].as_array().unwrap().len(), 5);
    assert_eq!(
        (&told["refused"][0]["targets"], &told["refused"][0]["first"][0]),
        (&1.into(), &stale.clone().into())
    );
    assert_eq!(told["refused"][0]["refusal"]["code"], "fence_stale");
    assert_eq!((&told["sent"], &told["unanswered"]), (&Value::Null, &0.into()));
    let intended = intends(&hub);
    let mut recipients: Vec<(&str, usize)> =
        intended.iter().map(|(intend, count)| (&intend.recipient[..], *count)).collect();
    recipients.sort_unstable();
    assert_eq!(recipients, [("Files Example Ltd.", 3), ("other.example", 1), ("third.example", 1)]);
    assert!(intended.iter().all(|(intend, _)| intend.force() == NoticeForce::Request));
    let files = all_files(&dir);
    assert!(!files.contains(&stale) && !files.contains("https://files.example/4"));
    assert!(files.contains("https://cdn.example/2") && files.contains("Erika Muster"));
    assert!(files.contains(told["packages"][0]["intents"][0].as_str().unwrap()));

    // What the closing line says can be typed.
    let next = told["next"].as_str().unwrap();
    assert_eq!(next, format!("meldeverbund-node notice sent --case {CASE}"));
    let (exit, sent) = json(&office, &["notice", "sent", "--case", CASE]).await;
    assert_eq!((exit, &sent["taken"]), (Some(0), &4.into()));
    // The refusal told the fence that counts; what has been notified has no grant any more.
    let dir = out(&office, "again");
    let again = run(&office, &[&EXPORT[..], &["--out", &dir, "--lang", "de"]].concat()).await;
    let screen = text(&again.stdout);
    assert_eq!(code(&again), Some(0), "{screen}");
    for part in ["keine Versandberechtigung", "Es wurde nichts versandt", "Files Example Ltd."] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(all_files(&dir).contains(&stale));
    assert_eq!(hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_intended_that_could_not_be_written() {
    let (office, hub, node) = granted(&LINKS[..1], NOTICES).await;
    let dir = out(&office, "out");
    fs::create_dir(&dir).unwrap();
    let exists = run(&office, &[&EXPORT[..], &["--out", &dir, "--lang", "de"]].concat()).await;
    assert_eq!(code(&exists), Some(1));
    assert!(text(&exists.stderr).contains("gibt es schon"), "{}", text(&exists.stderr));
    let nowhere = run(&office, &[&EXPORT[..], &["--out", &out(&office, "no/such/out")]].concat()).await;
    assert_eq!(code(&nowhere), Some(1));
    let dir = out(&office, "none");
    let missing = EXPORT.map(|word| if word == "dsa-16" { "unfinished" } else { word });
    let missing = run(&office, &[&missing[..], &["--out", &dir, "--json"]].concat()).await;
    let error: Value = serde_json::from_slice(&missing.stderr).unwrap();
    assert_eq!((code(&missing), &error["reason"]), (Some(1), &"CONFIG".into()));
    let usage = run(&office, &["notice", "export", "--case", CASE, "--out", &dir]).await;
    assert_eq!(code(&usage), Some(2));
    let early = [&EXPORT[..], &["--out", &dir, "--reminder", "--first-on", "2026-11-01"]].concat();
    let early = run(&office, &early).await;
    assert_eq!(code(&early), Some(1), "nothing has left that a reminder could follow");
    assert!(text(&early.stderr).contains("no notice has left"), "{}", text(&early.stderr));
    assert!(intends(&hub).is_empty() && !Path::new(&dir).exists());
    node.stop().await;
}

/// A node without a word about notices works; the export says what it lacks.
#[tokio::test(flavor = "multi_thread")]
async fn without_settings_the_export_names_what_it_lacks() {
    let (office, hub, node) = granted(&LINKS[..1], "").await;
    let missing = run(&office, &[&EXPORT[..], &["--out", &out(&office, "out")]].concat()).await;
    assert_eq!(code(&missing), Some(1));
    assert!(text(&missing.stderr).contains("node.toml: notices.agency"), "{}", text(&missing.stderr));
    assert!(intends(&hub).is_empty());
    node.stop().await;
}

/// The name of the folder fits, that of the unfinished one does not: the disk refuses after the intent.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_disk_that_failed_the_files_are_written_under_the_same_intents() {
    let (office, hub, node) = granted(&LINKS, NOTICES).await;
    let long = out(&office, &"x".repeat(252));
    let failed = run(&office, &[&EXPORT[..], &["--out", &long, "--lang", "de"]].concat()).await;
    assert_eq!(code(&failed), Some(1));
    let told = text(&failed.stderr);
    assert!(told.contains("Die Ankündigungen stehen") && told.contains("export --resume --case"), "{told}");
    assert!(told.contains("notice failed --case"), "{told}");
    let rows = text(&run(&office, &["notice", "list", "--json", "--all"]).await.stdout);
    assert_eq!(rows.lines().count(), 5, "each intent is seen");
    let before = intends(&hub);
    assert_eq!(before.len(), 3);

    let dir = out(&office, "out");
    let resume = ["notice", "export", "--case", CASE, "--resume", "--out", &dir];
    let (exit, told) = json(&office, &resume).await;
    assert_eq!((exit, &told["links"], &told["kind"]), (Some(0), &5.into(), &"first".into()), "{told}");
    assert_eq!(intends(&hub), before, "no new intent");
    let ids: HashSet<String> = hub
        .state
        .lock()
        .unwrap()
        .decisions
        .views
        .values()
        .map(|view| view.intent.as_ref().unwrap().intent_id.clone())
        .collect();
    let files = all_files(&dir);
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| files.contains(id.as_str())) && files.contains("7/26"));
    let one = ids.iter().next().unwrap();
    let (_, told) =
        json(&office, &[&resume[..5], &["--intent", one, "--out", &out(&office, "one")]].concat()).await;
    assert_eq!(told["packages"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["left_out"][0]["why"], "not_under_way");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_and_a_recall_follow_in_the_thread() {
    let (office, hub, node) = granted(&LINKS, NOTICES).await;
    let (exit, told) =
        json(&office, &[&EXPORT[..], &["--out", &out(&office, "first"), "--sent"]].concat()).await;
    assert_eq!((exit, &told["sent"]["taken"]), (Some(0), &5.into()), "{told}");
    let reminder = ["--reminder", "--first-on", "01.11.2026", "--sent", "--out", &out(&office, "reminder")];
    let (exit, told) = json(&office, &[&EXPORT[..], &reminder].concat()).await;
    assert_eq!((exit, &told["kind"], &told["links"]), (Some(0), &"reminder".into(), &5.into()), "{told}");
    assert!(all_files(&out(&office, "reminder")).contains("01.11.2026"));
    let dir = out(&office, "recall");
    let recall = [&EXPORT[..], &["--recall", "--first-on", "2026-11-01", "--out", &dir]].concat();
    assert_eq!(code(&run(&office, &recall).await), Some(2), "a recall says why");
    let recall = [&recall[..], &["--reason", "Verwechslung"]].concat();
    let screen = text(&run(&office, &recall).await.stdout);
    assert!(screen.contains("Nothing was sent"), "{screen}");
    assert!(!Path::new(&dir).join("other.example/notice.xarf.json").exists());
    let kinds: Vec<NoticeKind> = intends(&hub).iter().map(|(intend, _)| intend.kind()).collect();
    use NoticeKind::{First, Recall, Reminder};
    assert_eq!(kinds, [First, First, First, Reminder, Reminder, Reminder, Recall, Recall, Recall]);
    // The reason stands in no intent: it is asked for again.
    let resume = ["notice", "export", "--case", CASE, "--resume", "--out", &out(&office, "again")];
    let output = run(&office, &resume).await;
    assert!(text(&output.stderr).contains("--first-on"), "{}", text(&output.stderr));
    let more = ["--first-on", "2026-11-01", "--reason", "Verwechslung"];
    assert_eq!(code(&run(&office, &[&resume[..], &more].concat()).await), Some(0));
    assert_eq!(hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filled_in_form_is_recorded_in_bulk() {
    let (office, hub, node) = granted(&LINKS, NOTICES).await;
    let dir = out(&office, "out");
    json(&office, &[&EXPORT[..], &["--out", &dir, "--sent"]].concat()).await;
    let (one, two) = (target(&hub, LINKS[0]), target(&hub, LINKS[2]));
    let form = out(&office, "answer.csv");
    let unknown = "00000000-0000-4000-8000-00000000ffff";
    fs::write(
        &form,
        format!(
            "Nr.;Kennung;Antwort;Datum;Bemerkung\n1;{one};gelöscht;21.11.2026;\n2;{two};entfernt;21.11.2026;danke\n\
             3;{two};vielleicht;;\n4;{unknown};gelöscht;;\n"
        ),
    )
    .unwrap();
    let answered = || {
        let state = hub.state.lock().unwrap();
        let answers = state.decisions.read.iter().filter_map(|request| match &request.decision {
            Some(Decision::ReportAnswer(answer)) => Some((answer.clone(), request.target_ids.len())),
            _ => None,
        });
        answers.collect::<Vec<_>>()
    };
    let dry = run(&office, &["notice", "answers", &form, "--dry-run", "--lang", "de"]).await;
    let screen = text(&dry.stdout);
    assert_eq!(code(&dry), Some(6), "{screen}");
    for part in
        ["Zeile 4: answer: ist keine Antwort", "Zeile 5: reference: gehört zu keinem", "Probelauf", "danke"]
    {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let (exit, told) = json(&office, &["notice", "answers", &form]).await;
    assert_eq!((exit, &told["recorded"]), (Some(1), &false.into()), "{told}");
    assert_eq!((&told["errors"][0]["line"], &told["errors"][0]["field"]), (&4.into(), &"answer".into()));
    assert!(answered().is_empty(), "nothing of a form with errors");
    let (exit, told) =
        json(&office, &["notice", "answers", &form, "--partial", "--reference", "mail-9"]).await;
    assert_eq!((exit, &told["taken"], &told["rows"]), (Some(6), &2.into(), &2.into()), "{told}");
    let answers = answered();
    assert_eq!((answers.len(), answers[0].1), (1, 2), "one decision for one answer and date");
    assert_eq!((&answers[0].0.reference[..], answers[0].0.answered_at_us), ("mail-9", 1_795_215_600_000_000));
    node.stop().await;
}
