//! Many providers, and targets whose links lie with several of them.

use std::{collections::HashSet, fs, path::Path};

use super::{EXPORT, NOTICES, granted, intends, out, target};
use crate::{
    binary::text,
    harness::CASE,
    verbs::{json, run},
};

/// Each provider gets its own links of a target, under the target's one intent, and the register names all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_at_two_providers_has_one_intent_and_reaches_both() {
    let links = [
        "https://files.example/1",
        "https://other.example/copy-of-1",
        "https://other.example/3",
        "https://cdn.example/copy-of-1",
        "https://third.example/copy-of-3",
    ];
    let (office, hub, node) = granted(&links, NOTICES).await;
    let (one, three) = (target(&hub, links[0]), target(&hub, links[2]));
    assert_eq!((target(&hub, links[1]), target(&hub, links[4])), (one.clone(), three.clone()));
    let dir = out(&office, "out");
    let dry = [&EXPORT[..], &["--out", &dir, "--dry-run", "--lang", "de"]].concat();
    let screen = text(&run(&office, &dry).await.stdout);
    assert!(
        screen.contains("1 Löschobjekte haben Links bei mehreren Anbietern (Files Example Ltd.; other"),
        "{screen}"
    );

    let (exit, told) = json(&office, &[&EXPORT[..], &["--out", &dir]].concat()).await;
    assert_eq!((exit, &told["links"]), (Some(0), &5.into()), "every link is in a file: {told}");
    let mut intended: Vec<(String, usize)> =
        intends(&hub).into_iter().map(|(intend, count)| (intend.recipient, count)).collect();
    intended.sort();
    let recipients = ["Files Example Ltd.; other.example", "other.example; third.example"];
    assert_eq!(intended, recipients.map(|name| (name.to_owned(), 1)), "one intent a target");
    let several = told["several_providers"].as_array().unwrap();
    assert_eq!(several[0]["providers"], serde_json::json!(["Files Example Ltd.", "other.example"]));
    assert_eq!((several.len(), &several[1]["targets"]), (2, &1.into()));
    let list = |dir: &str, folder: &str| {
        let list = fs::read_to_string(Path::new(dir).join(folder).join("links.csv")).unwrap();
        let rows = csv::Reader::from_reader(list.as_bytes()).into_records().map(Result::unwrap);
        rows.map(|row| (row[1].to_owned(), row[5].to_owned())).collect::<Vec<_>>()
    };
    let row = |link: usize, target: &String| (links[link].to_owned(), target.clone());
    let lists = [
        ("files-example-ltd", vec![row(0, &one), row(3, &one)]),
        ("other.example", vec![row(1, &one), row(2, &three)]),
        ("third.example", vec![row(4, &three)]),
    ];
    for (folder, rows) in &lists {
        assert_eq!(&list(&dir, folder), rows, "its own links alone");
    }
    let intent = several[0]["intents"][0].as_str().unwrap();
    for folder in ["files-example-ltd", "other.example"] {
        let reports = fs::read_to_string(Path::new(&dir).join(folder).join("notice.xarf.json")).unwrap();
        assert!(reports.contains(intent), "{folder}");
    }

    // The same again; then the list of providers changes, and what the register says cannot.
    let resume = |dir: &str| {
        [&["notice", "export", "--case", CASE, "--resume", "--out"][..], &[dir]].concat().join(" ")
    };
    for (name, changed) in [("again", 0), ("renamed", 1)] {
        let dir = out(&office, name);
        let words = resume(&dir);
        let (exit, told) = json(&office, &words.split(' ').collect::<Vec<_>>()).await;
        assert_eq!((exit, &told["links"], &told["recipient_changed"]), (Some(0), &5.into(), &changed.into()));
        assert_eq!(told["several_providers"].as_array().unwrap().len(), 2);
        let config = fs::read_to_string(office.config_file()).unwrap();
        fs::write(office.config_file(), config.replace("Files Example Ltd.", "Files Example GmbH")).unwrap();
        assert_eq!(list(&dir, "other.example"), lists[1].1);
    }
    assert_eq!(intends(&hub).len(), 2, "no new intent");
    let (exit, sent) = json(&office, &["notice", "sent", "--case", CASE]).await;
    assert_eq!((exit, &sent["taken"]), (Some(0), &2.into()));

    // What one of the providers answers is not what both do.
    let form = out(&office, "answer.csv");
    fs::write(&form, format!("reference,answer\n{one},gelöscht\n")).unwrap();
    let (exit, told) = json(&office, &["notice", "answers", &form]).await;
    assert_eq!((exit, &told["several_providers"]), (Some(0), &1.into()), "{told}");
    let screen = run(&office, &["notice", "answers", &form, "--dry-run", "--lang", "de"]).await;
    assert!(text(&screen.stdout).contains("bei mehreren Anbietern"), "{}", text(&screen.stdout));
    assert_eq!(hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}

/// Many providers at once: each has its own intent, and none is forgotten or doubled.
#[tokio::test(flavor = "multi_thread")]
async fn many_providers() {
    const PROVIDERS: usize = 200;
    let links: Vec<String> =
        (0..PROVIDERS * 3).map(|i| format!("https://p{}.example/{i}", i % PROVIDERS)).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    let (office, hub, node) = granted(&links, NOTICES).await;
    let dir = out(&office, "out");
    let (exit, told) = json(&office, &[&EXPORT[..], &["--out", &dir, "--sent"]].concat()).await;
    assert_eq!((exit, &told["sent"]["taken"]), (Some(0), &(PROVIDERS * 3).into()));
    let intended = intends(&hub);
    assert!(intended.iter().all(|(_, targets)| *targets == 3));
    let recipients: HashSet<&str> = intended.iter().map(|(intend, _)| &intend.recipient[..]).collect();
    assert_eq!((intended.len(), recipients.len()), (PROVIDERS, PROVIDERS));
    assert_eq!(fs::read_dir(&dir).unwrap().count(), PROVIDERS);
    assert_eq!(hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}
