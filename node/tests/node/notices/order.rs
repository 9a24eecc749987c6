//! An order carries a decision, which every file of it names.

use std::{fs, path::Path};

use meldeverbund_proto::v1::NoticeForce;

use super::{EXPORT, LINKS, NOTICES, all_files, code, granted, intends, out};
use crate::{
    binary::text,
    harness::CASE,
    verbs::{json, run},
};

/// The selection and the terms.
const ORDER: [&str; 9] =
    ["notice", "export", "--case", CASE, "--legal-basis", "order", "--file-reference", "7/26", "--order"];

/// What was decided.
const DECIDED: [&str; 6] =
    ["--decided-by", "Amtsgericht Musterstadt", "--decided-on", "20.11.2026", "--decision", "1 Gs 1/26"];

#[tokio::test(flavor = "multi_thread")]
async fn an_order_names_its_decision_and_a_request_has_none() {
    let (office, hub, node) = granted(&LINKS[..1], NOTICES).await;
    let dir = out(&office, "out");
    let to = ["--out", &dir];
    for words in [
        [&ORDER[..], &to].concat(),
        [&ORDER[..], &DECIDED[..4], &to].concat(),
        [&EXPORT[..], &DECIDED[..], &to].concat(),
    ] {
        assert_eq!(code(&run(&office, &words).await), Some(2), "{words:?}");
    }
    let unfinished = ORDER.map(|word| if word == "order" { "unfinished" } else { word });
    let missing = run(&office, &[&unfinished[..], &DECIDED, &to].concat()).await;
    let told = text(&missing.stderr);
    assert!(told.contains("node.toml: notices.legal_bases.unfinished.scope"), "{told}");
    let future = [&ORDER[..], &DECIDED[..3], &["2099-01-01"], &DECIDED[4..], &to].concat();
    let future = run(&office, &future).await;
    assert!(text(&future.stderr).contains("--decided-on"), "{}", text(&future.stderr));
    assert!(intends(&hub).is_empty() && !Path::new(&dir).exists());

    let (exit, told) = json(&office, &[&ORDER[..], &DECIDED, &to].concat()).await;
    assert_eq!((exit, &told["force"]), (Some(0), &"order".into()), "{told}");
    assert_eq!(intends(&hub)[0].0.force(), NoticeForce::Order);
    let file = |dir: &str, name: &str| {
        fs::read_to_string(Path::new(dir).join("files-example-ltd").join(name)).unwrap()
    };
    for (name, words) in [
        ("letter.txt", "- Stelle: Amtsgericht Musterstadt\n- Datum: 20.11.2026\n- Aktenzeichen: 1 Gs 1/26\n"),
        ("letter.html", "<li>Aktenzeichen: 1 Gs 1/26</li>"),
        ("letter.txt", "Worte zur Entscheidung"),
        ("links.csv", ",Amtsgericht Musterstadt,2026-11-20,1 Gs 1/26\r\n"),
        ("notice.xarf.json", r#""date":"2026-11-20","reference":"1 Gs 1/26""#),
    ] {
        assert!(file(&dir, name).contains(words), "{name}: {words}");
    }

    // No intent says which decision it was.
    let again = out(&office, "again");
    let resume = ["notice", "export", "--case", CASE, "--resume", "--out", &again];
    let output = run(&office, &resume).await;
    assert_eq!(code(&output), Some(1));
    assert!(
        text(&output.stderr).contains("--decision, --decided-by, --decided-on"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(code(&run(&office, &[&resume[..], &DECIDED].concat()).await), Some(0));
    assert_eq!(file(&again, "links.csv"), file(&dir, "links.csv"));
    assert_eq!(intends(&hub).len(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cannot_be_written_again_as_an_order() {
    let (office, _hub, node) = granted(&LINKS[..1], NOTICES).await;
    json(&office, &[&EXPORT[..], &["--out", &out(&office, "out")]].concat()).await;
    let again = out(&office, "again");
    let resume = [&["notice", "export", "--case", CASE, "--resume", "--out", &again][..], &DECIDED].concat();
    let output = run(&office, &resume).await;
    assert!(text(&output.stderr).contains("no orders"), "{}", text(&output.stderr));
    assert!(!Path::new(&again).exists() && !all_files(&out(&office, "out")).contains("1 Gs 1/26"));
    node.stop().await;
}
