//! `disclosure` as officers type it, on both sides.

use serde_json::{Value, json};

use crate::{
    harness::{CASE, PATIENCE},
    typed::{House, Scene},
};

#[tokio::test(flavor = "multi_thread")]
async fn details_are_requested_listed_shown_released_and_restricted() {
    let scene = Scene::new().await;
    let (body, owner) = (&scene.body, &scene.owner);
    assert_eq!(body.shown(&["disclosure", "list"]).await, "Nothing.\n");
    let id = &*scene.request("1", "joint action").await;

    let listed = body.shown(&["disclosure", "list"]).await;
    for cell in ["asked", "Office eu-europol", "Office de-nw-lka", "investigation", "joint action", id] {
        assert!(listed.contains(cell), "{cell}: {listed}");
    }
    let shown = body.shown(&["disclosure", "show", id]).await;
    assert!(
        shown.contains("Office eu-europol (officer-7) asks Office de-nw-lka: investigation, case EP/7/26")
    );
    assert!(shown.contains("wanted: case number, officer") && !shown.contains("target"), "{shown}");
    // The owner's side: the same disclosure, with the target that it is about.
    let waiting = owner.object(&["disclosure", "show", id]).await;
    assert_eq!(
        (&waiting["state"], &waiting["fields"]),
        (&"asked".into(), &json!(["case_number", "officer"]))
    );
    assert!(waiting["target"].is_string() && waiting["answered_at"].is_null(), "{waiting}");
    let german = owner.shown(&["disclosure", "list", "--lang", "de"]).await;
    assert!(german.contains("wartet auf Antwort") && german.contains("joint action"), "{german}");
    let inbox = owner.shown(&["inbox"]).await;
    assert!(inbox.contains(&format!("disclosure answer {id}")), "{inbox}");

    let release = ["--release", "case-number=ST/0123456/2026", "--release", "officer=E. Muster, +49 30 0"];
    let answer = [&["disclosure", "answer", id, "--note", "by day"], &release[..]].concat();
    let released = owner.object(&answer).await;
    let value = |field: &str, text: &str, restricted: bool| {
        let text = if text.is_empty() { Value::Null } else { text.into() };
        json!({ "field": field, "text": text, "restricted": restricted })
    };
    let officer = value("officer", "E. Muster, +49 30 0", false);
    assert_eq!(released["values"], json!([value("case_number", CASE, false), officer]));
    assert_eq!((&released["state"], &released["answer"]), (&"released".into(), &"by day".into()));
    assert_eq!(owner.shown(&["disclosure", "list"]).await, "Nothing.\n", "nothing waits any more");
    assert_eq!(owner.objects(&["disclosure", "list", "--all"]).await, [released]);
    let shown = body.shown(&["disclosure", "show", id]).await;
    assert!(shown.contains("officer: E. Muster, +49 30 0") && shown.contains("released"), "{shown}");

    let restrict = ["disclosure", "restrict", id, "--field", "officer", "--reason", "wrong person"];
    let said = owner.shown(&restrict).await;
    assert!(said.contains("officer: RESTRICTED, not to be used any more"), "{said}");
    let left = body.object(&["disclosure", "show", id]).await;
    assert_eq!(left["values"], json!([value("case_number", CASE, false), value("officer", "", true)]));
    assert!(left["target"].is_null(), "the target is the owner's: {left}");
    let said = owner.shown(&["disclosure", "restrict", id, "--reason", "all of it", "--lang", "de"]).await;
    assert_eq!(said.matches("EINGESCHRÄNKT").count(), 2, "without a field all: {said}");

    // Another one is refused, in words that the body reads.
    let id = &*scene.request("2", "another action").await;
    let refused = owner.shown(&["disclosure", "answer", id, "--refuse", "covert measure"]).await;
    assert!(refused.contains("refused") && refused.contains("covert measure"), "{refused}");
    let told = body.object(&["disclosure", "show", id]).await;
    assert_eq!((&told["state"], &told["answer"]), (&"refused".into(), &"covert measure".into()));
    assert_eq!(body.objects(&["disclosure", "list", "--all"]).await.len(), 2);

    // What the hub promised of all of it was verified: of the list, two answers and two restrictions; and of the body's requests.
    let ledger = owner.object(&["ledger", "status"]).await;
    let receipts: Vec<u64> =
        ["proven", "joined", "final"].map(|state| ledger["receipts"][state].as_u64().unwrap()).to_vec();
    assert_eq!(receipts.iter().sum::<u64>(), 5, "{ledger}");
    for house in [owner, body] {
        assert_eq!(house.object(&["ledger", "status"]).await["open_alarms"], 0);
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_names_field_and_reason_and_does_nothing() {
    let scene = Scene::new().await;
    let (body, owner) = (&scene.body, &scene.owner);
    let long = "x".repeat(501);
    let request =
        |row: &'static str, reason: &'static str| ["disclosure", "request", "1", row, "--reason", reason];
    body.refused(&["disclosure", "request", "1", "1"], 2, &["--reason"]).await;
    body.refused(&["disclosure", "request", "1", "first", "--reason", "r"], 2, &["<ROW>", "invalid digit"])
        .await;
    body.refused(&[&request("1", "r")[..], &["--field", "colour"]].concat(), 2, &["colour", "found-where"])
        .await;
    body.refused(&request("1", " "), 1, &["(reason)", "is missing"]).await;
    body.refused(&["disclosure", "request", "1", "1", "--reason", &long], 1, &["(reason)", "500"]).await;
    let twice = ["--field", "officer", "--field", "officer"];
    body.refused(&[&request("1", "r")[..], &twice].concat(), 1, &["(fields[1])", "twice"]).await;
    body.refused(&request("3", "r"), 5, &["This row is not a hit of an open question."]).await;
    body.refused(
        &["disclosure", "request", "7", "1", "--reason", "r"],
        5,
        &["There is no such question here"],
    )
    .await;
    body.refused(&["disclosure", "show", "mine"], 1, &["(disclosure_id)", "is not a disclosure's id"]).await;
    let nobody = House { token: None, ..body.clone() };
    nobody.refused(&request("1", "r"), 4, &["You are not signed in", "MELDEVERBUND_TOKEN"]).await;
    owner.refused(&request("1", "r"), 4, &["Only a liaison body's node can do this"]).await;
    assert_eq!(body.shown(&["disclosure", "list", "--all"]).await, "Nothing.\n");

    let id = &*scene.request("1", "joint action").await;
    let answer = |more: &[&'static str]| {
        let all = [&["disclosure", "answer", id], more].concat();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let note = format!("note={long}");
    let too_long = ["disclosure", "answer", id, "--release", &note].map(str::to_owned).to_vec();
    let unknown = ["disclosure", "answer", "01890000-0000-7000-8000-000000000002", "--refuse", "no"];
    let cases = [
        (answer(&[]), 2, vec!["--release"]),
        (answer(&["--release", "officer"]), 2, vec!["must be FIELD=TEXT"]),
        (answer(&["--release", "colour=red"]), 2, vec!["colour is none of", "prosecutor-reference"]),
        (answer(&["--release", "note=x", "--refuse", "no"]), 2, vec!["--refuse"]),
        (answer(&["--release", "officer= "]), 1, vec!["(values[0].text)", "is missing"]),
        (answer(&["--release", "note=x", "--release", "note=y"]), 1, vec!["(fields[1])", "twice"]),
        (too_long, 1, vec!["(values[0].text)", "500"]),
        (answer(&["--refuse", ""]), 1, vec!["(reason)", "is missing"]),
        (unknown.map(str::to_owned).to_vec(), 5, vec!["no such disclosure"]),
        (
            ["disclosure", "answer", "mine", "--refuse", "no"].map(str::to_owned).to_vec(),
            1,
            vec!["(disclosure_id)"],
        ),
        (
            ["disclosure", "restrict", id, "--reason", "wrong"].map(str::to_owned).to_vec(),
            1,
            vec!["nothing of it was released"],
        ),
        (["disclosure", "restrict", id].map(str::to_owned).to_vec(), 2, vec!["--reason"]),
        (
            ["disclosure", "restrict", id, "--reason", "r", "--field", "colour"].map(str::to_owned).to_vec(),
            2,
            vec!["colour", "uploader"],
        ),
    ];
    for (arguments, code, words) in &cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        owner.refused(&arguments, *code, words).await;
    }
    let refuse = ["disclosure", "answer", id, "--refuse", "no"];
    body.refused(&refuse, 4, &["A liaison body asks; it hands in and decides nothing."]).await;
    let german = [&refuse[..4], &["", "--lang", "de"]].concat();
    owner.refused(&german, 1, &["Angabe fehlt (reason)"]).await;
    let as_program = owner.run(&[&refuse[..4], &["", "--json"]].concat()).await;
    let said: Value = serde_json::from_slice(&as_program.stderr).unwrap();
    assert_eq!(said["reason"], "FIELD", "{said}");
    let untouched = owner.object(&["disclosure", "show", id]).await;
    assert_eq!((&untouched["state"], &untouched["values"]), (&"asked".into(), &json!([])));

    // An answer stands: another one is refused, and so is what was restricted already.
    owner.shown(&["disclosure", "answer", id, "--release", "note=x"]).await;
    owner.refused(&["disclosure", "answer", id, "--release", "note=y"], 1, &["it is answered already"]).await;
    let restrict = |field| ["disclosure", "restrict", id, "--reason", "r", "--field", field];
    owner.refused(&restrict("uploader"), 1, &["nothing of that was released"]).await;
    owner.shown(&restrict("note")).await;
    let again = ["disclosure", "restrict", id, "--reason", "once more", "--field", "note"];
    owner.refused(&again, 1, &["or all is restricted"]).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_hub_nothing_is_answered_and_nothing_is_queued() {
    let mut scene = Scene::new().await;
    let id = &*scene.request("1", "joint action").await;
    let owner = scene.owner.clone();
    owner.shown(&["disclosure", "list"]).await;
    scene.federation.end().await;
    until_line(&owner, "down").await;
    let answer = ["disclosure", "answer", id, "--release", "note=x"];
    owner.refused(&answer, 10, &["Nothing was queued"]).await;
    let listed = owner.shown(&["disclosure", "list"]).await;
    assert!(listed.contains("(as last told)") && listed.contains(id), "{listed}");
    scene.federation.begin().await;
    until_line(&owner, "connected").await;
    assert_eq!(owner.object(&["disclosure", "show", id]).await["state"], "asked");
    // Given once more it is carried out.
    assert_eq!(owner.object(&answer).await["state"], "released");
    scene.end().await;
}

/// Asks the daemon until its line to the hub is so.
async fn until_line(house: &House, state: &str) {
    let seen = async { while house.object(&["status"]).await["hub"]["state"] != state {} };
    tokio::time::timeout(PATIENCE, seen).await.expect("the line never got there");
}
