//! What is beside a question, as officers type it: announcements, who asked about one's links, and a question that goes on.

use std::process::Stdio;

use meldeverbund_certs::authority::Order;
use serde_json::json;

use crate::{
    binary::{Daemon, program, text},
    harness::{PATIENCE, links},
    hub::{Fault, TOKEN},
    liaison::{body, run},
    real::{identity, now},
    typed::{EUROPOL, House, Scene},
};

const WHY: [&str; 4] = ["--purpose", "investigation", "--case", "EP/7/26"];

/// Asks a verb until its objects are as a test wants them: what a feed brings comes in its own time.
async fn until(house: &House, arguments: &[&str], look: impl Fn(&[serde_json::Value]) -> bool) {
    let seen = async { while !look(&house.objects(arguments).await) {} };
    tokio::time::timeout(PATIENCE, seen).await.expect("the node was never told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_and_a_hold_are_announced_and_reach_the_central_office() {
    let scene = Scene::new().await;
    let body = &scene.body;
    assert_eq!(body.shown(&["announce", "list"]).await, "Nothing.\n");
    let link = "hxxps://files[.]example/0";
    let hold =
        [&["announce", "hold", link, "--until", "2027-01-31", "--note", "house search"], &WHY[..]].concat();
    let said = body.shown(&hold).await;
    assert!(said.contains("The central office has it: hold asked for ("), "{said}");
    // The same words for a link that nobody knows.
    let unknown = "https://nobody.example/";
    let notice =
        body.object(&[&["announce", "notice", unknown, "--until", "2027-01-31"], &WHY[..]].concat()).await;
    assert!(notice["recorded_at"].is_string(), "{notice}");
    let kinds = |rows: &[serde_json::Value]| rows.iter().map(|row| row["kind"].clone()).collect::<Vec<_>>();
    let rows = body.objects(&["announce", "list"]).await;
    assert_eq!(kinds(&rows), ["intended_notice", "hold_asked"], "the newest first");
    assert_eq!((&rows[0]["announcement"], &rows[0]["state"]), (&notice["announcement"], &"received".into()));
    let german = body.shown(&["announce", "list", "--lang", "de"]).await;
    assert!(german.contains("Bitte um Löschaufschub") && german.contains("liegt der Zentralstelle vor"));

    let tls = scene.federation.issue(&Order::node(identity("de-bka")), now());
    let central = House { folder: scene.federation.node("de-bka", &tls), token: None };
    let folder = central.folder.clone();
    let daemon = tokio::task::spawn_blocking(move || Daemon::start(&folder)).await.unwrap();
    until(&central, &["announce", "list"], |rows| rows.len() == 2).await;
    let inbox = central.shown(&["inbox"]).await;
    assert!(inbox.contains("Office eu-europol: hold asked for") && !inbox.contains("example"), "{inbox}");
    drop(daemon);

    let hash = "ab".repeat(32);
    let long = "x".repeat(501);
    for (more, code, words) in [
        (vec![link, "--purpose", "investigation"], 2, ["--case", "required"]),
        (vec![link, "--until", "soon", "--purpose", "p", "--case", "c"], 2, ["--until", "soon"]),
        (vec![&hash, "--purpose", "investigation", "--case", "c"], 1, ["(selector)", "link"]),
        (vec!["no link", "--purpose", "investigation", "--case", "c"], 1, ["(", "link"]),
        (vec![link, "--purpose", "curiosity", "--case", "c"], 1, ["(purpose.code)", "deconfliction"]),
        (vec![link, "--purpose", "investigation", "--case", "c", "--note", &long], 1, ["(note)", "500"]),
    ] {
        body.refused(&[&["announce", "hold"], &more[..]].concat(), code, &words).await;
    }
    let nobody = House { token: None, ..body.clone() };
    nobody.refused(&hold, 4, &["You are not signed in"]).await;
    scene.owner.refused(&hold, 4, &["Only a liaison body's node can do this"]).await;
    assert_eq!(body.objects(&["announce", "list"]).await.len(), 2);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_reads_who_asked_about_its_links() {
    let scene = Scene::new().await;
    let owner = &scene.owner;
    until(owner, &["asked"], |rows| !rows.is_empty()).await;
    let row = owner.object(&["asked"]).await;
    assert_eq!((&row["agency"], &row["purpose"]), (&EUROPOL.into(), &"investigation".into()));
    assert_eq!((row["hits"].as_array().unwrap().len(), &row["hidden"]), (2, &json!([])));
    let [one, _, third] = &links(3)[..] else { panic!() };
    assert_eq!(owner.objects(&["asked", one]).await.len(), 1);
    assert_eq!(owner.shown(&["asked", third]).await, "Nothing.\n", "nobody asked about it");
    let table = owner.shown(&["asked", "--lang", "de"]).await;
    assert!(table.contains("Office eu-europol") && table.contains("als Treffer beantwortet"), "{table}");
    let explained = owner.object(&["explain", one]).await;
    assert_eq!(explained["liaison_asked"][0]["agency"], EUROPOL, "{explained}");
    owner.refused(&["asked", "https://nobody.example/"], 5, &["This node knows nothing of it."]).await;
    scene.body.refused(&["asked"], 4, &["A liaison body asks"]).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_interrupted_is_resumed_by_its_number() {
    let (office, hub, node) = body().await;
    hub.script_queries([Fault::Hold]);
    let mut command = program();
    command.current_dir(office.path()).args(["query", "--json"]).args(links(3)).args(WHY);
    command.env("MELDEVERBUND_TOKEN", TOKEN).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let mut bell = hub.watch();
    while hub.state.lock().unwrap().liaison.queries.is_empty() {
        bell.changed().await.unwrap();
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(7), String::new()));
    assert_eq!(text(&output.stderr), "Interrupted. Go on: meldeverbund-node query resume 1\n");
    let (code, out, err) = run(office.path(), &["query", "resume", "1", "--json"], Some(TOKEN)).await;
    assert_eq!((code, &*err, out.matches("\"answer\":\"no_hit\"").count()), (Some(0), "", 3), "{out}");
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.liaison.queries.len(), &state.broken), (1, &Vec::new()), "it was asked once");
    }
    let (code, _, err) = run(office.path(), &["query", "resume", "9"], Some(TOKEN)).await;
    assert_eq!(
        (code, &*err),
        (Some(5), "There is no such question here. List: meldeverbund-node query list\n")
    );
    node.stop().await;
}
