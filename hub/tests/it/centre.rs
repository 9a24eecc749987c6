//! The central office's verbs, through the real binary beside a running hub: policy, targets, decisions.

use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use meldeverbund_proto::v1::{
    DisputeOwnership, NoticeKind, ReportFailed, ReportIncident, decide_request::Decision,
};
use serde_json::{Value, json};

use crate::{
    decisions::{gates, hold, intend, request_grant},
    harness::{CENTRAL, Office, decided, decision_on},
    process::{Process, Site},
};

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A site with the central office, a running hub, and two offices.
async fn scene() -> (Site, Process, Office, Office) {
    let site = Site::new();
    site.register(CENTRAL, "central-office");
    let hub = site.serve().await;
    let (nw, by) = (site.office("de-nw-lka", &hub).await, site.office("de-by-lka", &hub).await);
    nw.open_case("1/26").await;
    by.open_case("1/26").await;
    (site, hub, nw, by)
}

async fn refer(office: &Office, links: &[&str]) -> Vec<String> {
    let answers = office.refer("1/26", links).await.answers;
    answers.into_iter().map(|answer| answer.target_id).collect()
}

/// A verb's JSON answer whatever its exit code, and that.
fn answered(site: &Site, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = site.command().arg("--json").args(arguments).output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_checked_applied_and_shown() {
    let site = Site::new();
    let file = site.folder.path().join("policy.toml");
    let path = file.to_str().unwrap();
    let apply = ["policy", "apply", path, "--officer", "KD Beispiel"];
    assert!(out(&site.run(&["policy", "show"])).starts_with("No policy was put in force"));
    assert_eq!(site.json(&["policy", "show"]), json!({ "leaf": null, "text": null }));
    assert!(err(&site.run(&["policy", "check", path])).contains("cannot read"));

    std::fs::write(&file, "[terms]\ngrant_hours = 0\n").unwrap();
    let said = "error: terms.grant_hours: line 2: must be 1 to 8760\n";
    for arguments in [&["policy", "check", path][..], &apply] {
        let output = site.run(arguments);
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(1), said));
    }

    let text = "[ownership]\nfallback = \"de-th-lka\"\n\
                [[ownership.lead_cases]]\nagency = \"de-nw-lka\"\nmatter = { host = \"files.example\" }\n\
                from = 2026-01-01\nuntil = 2100-01-01T00:00:00Z\n";
    std::fs::write(&file, text).unwrap();
    site.register("de-nw-lka", "state-office");
    let checked = site.json(&["policy", "check", path]);
    assert_eq!(checked, json!({ "ok": true, "not_registered": ["de-th-lka"] }));
    assert_eq!(site.json(&["policy", "show"])["leaf"], Value::Null, "checking changes nothing");
    let nobody = site.run(&apply);
    assert!(err(&nobody).contains("register the central office first"), "{nobody:?}");
    let mut unnamed = apply;
    unnamed[4] = " ";
    site.register(CENTRAL, "central-office");
    assert_eq!(err(&site.run(&unnamed)), "error: officer: is required\n");
    let applied = out(&site.run(&apply));
    let expected =
        "The policy is in force from leaf 3 on.\nNot registered, so that no rule names them: de-th-lka.\n";
    assert_eq!(applied, expected);
    assert_eq!(site.json(&["policy", "show"]), json!({ "leaf": 3, "text": text }));
    assert!(out(&site.run(&["policy", "show"])).starts_with("# In force from leaf 3 on.\n[ownership]\n"));

    // The running hub follows it at once: the lead case owns what another office hands in.
    let hub = site.serve().await;
    let by = site.office("de-by-lka", &hub).await;
    by.open_case("1/26").await;
    let answers = by.refer("1/26", &["https://files.example/a", "https://other.example/"]).await.answers;
    assert_eq!((&*answers[0].owner_agency_id, &*answers[1].owner_agency_id), ("de-nw-lka", "de-by-lka"));
    std::fs::write(&file, "").unwrap();
    site.json(&apply);
    assert_eq!(by.refer("1/26", &["https://files.example/b"]).await.answers[0].owner_agency_id, "de-by-lka");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_at_the_centre_is_listed_and_decided() {
    let (site, _hub, nw, by) = scene().await;
    let links = ["https://a.test/1", "https://a.test/2", "https://a.test/3", "https://a.test/4"];
    let targets = refer(&nw, &links).await;
    refer(&by, &links[..1]).await;
    assert_eq!(out(&site.run(&["target", "list"])), "Nothing is due at the centre.\n");

    let dispute = DisputeOwnership { agency_id: "de-by-lka".into(), reason: "seat".into() };
    by.decided(&targets[..1], Decision::DisputeOwnership(dispute)).await;
    let unresolved = &targets[1..2];
    for gate in gates() {
        nw.decided(unresolved, gate).await;
    }
    let fence = nw.decided(unresolved, request_grant()).await[0].fence;
    let intent = decision_on(unresolved, intend(NoticeKind::First, vec![fence]));
    let intent_id = intent.command_id.clone();
    assert_eq!(decided(nw.ask(intent).await).answers[0].refusal, None);
    let failed = ReportFailed { intent_id: intent_id.clone(), reason: "no answer".into() };
    nw.decided(unresolved, Decision::ReportFailed(failed)).await;
    let incident = ReportIncident {
        sent_at_us: 5,
        recipient: "abuse@host.example".into(),
        reference: String::new(),
        reason: "by mistake".into(),
    };
    nw.decided(&targets[2..3], Decision::ReportIncident(incident)).await;

    let page = site.json(&["target", "list"]);
    let concern = |n: usize| page["targets"][n]["concerns"][0]["concern"].as_str().unwrap();
    assert_eq!([concern(0), concern(1), concern(2)], ["dispute", "unresolved", "incidents"]);
    assert_eq!(page["targets"][0]["concerns"][0]["claimed"], "de-by-lka");
    assert_eq!(page["targets"][1]["concerns"][0]["intent"], intent_id);
    assert_eq!((page["targets"].as_array().unwrap().len(), &page["next"]), (3, &Value::Null));
    let first = site.json(&["target", "list", "--limit", "2"]);
    assert_eq!(first["next"], targets[1]);
    let second = site.json(&["target", "list", "--limit", "2", "--after", &targets[1]]);
    assert_eq!((&second["targets"][0]["target"], &second["next"]), (&json!(targets[2]), &Value::Null));
    let text = out(&site.run(&["target", "list"]));
    for line in [
        "disputed by de-by-lka, claimed for de-by-lka, to be decided by 20",
        "notice failed, under way since 20",
    ] {
        assert!(text.contains(line), "{text}");
    }

    // Decided, each is gone from the list.
    let decider = ["--decider", "GStA Beispielstadt", "--reference", "4 AR 1/26", "--officer", "KD Beispiel"];
    let assign = |basis, dry: bool| {
        let mut arguments = vec!["target", "assign", &targets[0], "--to", "de-by-lka", "--basis", basis];
        arguments.extend(decider);
        arguments.extend(dry.then_some("--dry-run"));
        answered(&site, &arguments)
    };
    let (dry, code) = assign("prosecutor", true);
    assert_eq!((code, &dry["answers"][0]["refused"], &dry["leaves"]), (Some(0), &Value::Null, &json!([])));
    let leaves = site.json(&["status"])["counts"]["leaves"].clone();
    let (assigned, code) = assign("assignment", false);
    assert_eq!((code, &assigned["leaves"]), (Some(0), &json!([leaves])), "{assigned}");
    let resolve = |which| {
        let arguments = ["target", "resolve", &targets[1], "--intent", &intent_id, which];
        let said = ["--reason", "asked by telephone", "--officer", "KD Beispiel"];
        answered(&site, &[&arguments[..], &said].concat())
    };
    assert_eq!(resolve("--not-sent").1, Some(0));
    let (again, code) = resolve("--sent");
    assert_eq!((code, &again["answers"][0]["refused"]["code"]), (Some(1), &json!("NOTHING_TO_DO")));
    let left = site.json(&["target", "list"]);
    assert_eq!(left["targets"].as_array().unwrap().len(), 1);

    let shown = site.json(&["target", "show", &targets[0], "00000000-0000-4000-8000-000000000001"]);
    assert_eq!(
        (&shown["targets"][0]["owner"], &shown["targets"][0]["basis"]),
        (&json!("de-by-lka"), &json!("assignment"))
    );
    assert_eq!(shown["unknown"], json!(["00000000-0000-4000-8000-000000000001"]));
    let text = out(&site.run(&["target", "show", &targets[0], "00000000-0000-4000-8000-000000000001"]));
    assert!(text.contains("referred, round 1, owner de-by-lka (assignment, confirmed)"), "{text}");
    assert!(text.contains("there is no such target"), "{text}");

    let story = out(&site.run(&["target", "explain", &targets[0]]));
    assert!(
        story.starts_with("Owner: de-by-lka (assignment, confirmed).\nRules, in their order:\n"),
        "{story}"
    );
    for line in [
        "first-seised   fits:         it was first seised with it",
        "de-nw-lka: referral; round 1, owner de-nw-lka (first seised), referred",
        "de-by-lka: dispute ownership; round 1, owner de-nw-lka",
        "de-bka: assign owner; round 1, owner de-by-lka (assignment), referred",
    ] {
        assert!(story.contains(line), "{line}: {story}");
    }
    let story = site.json(&["target", "explain", &targets[0]]);
    let opened = story["history"][0]["leaf"].to_string();
    let before = site.json(&["target", "explain", &targets[0], "--at", &opened]);
    assert_eq!((&before["owner"], before["history"].as_array().unwrap().len()), (&json!("de-nw-lka"), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_windows_and_records_of_the_suspended() {
    let (site, _hub, nw, by) = scene().await;
    let links: Vec<_> = (0..5).map(|n| format!("https://a.test/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let targets = refer(&nw, &links).await;
    refer(&by, &links).await;

    // From standard input, each once.
    let arguments = [
        "target",
        "hold",
        "-",
        "--reason",
        "victim",
        "--authority",
        "StA",
        "--until",
        "2099-01-01",
        "--officer",
        "KD",
    ];
    let hold_all = |input: String| {
        let mut command = site.command();
        let command = command.arg("--json").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = command.stderr(Stdio::piped()).spawn().unwrap();
        running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        running.wait_with_output().unwrap()
    };
    let far = hold_all(targets.join("\n"));
    assert!(out(&far).contains("is more than 18 months away"), "{far:?}");
    assert_eq!(far.status.code(), Some(1), "every target was refused");
    let empty = hold_all(" \n".into());
    assert!(out(&empty).contains("no target is given"), "{empty:?}");
    let foreign = hold_all("https://a.test/1".into());
    assert_eq!(foreign.status.code(), Some(1));
    assert!(!out(&foreign).contains("a.test"), "what is no id is not repeated: {foreign:?}");

    let held = |targets: &[&str]| {
        let arguments =
            ["--reason", "foreign-request", "--authority", "ICSE", "--on-behalf-of", "eu-europol"];
        answered(&site, &[&["target", "hold"], targets, &arguments, &["--officer", "KD"]].concat())
    };
    let (answer, code) = held(&[&targets[0], &targets[1], &targets[0]]);
    assert_eq!((code, answer["answers"].as_array().unwrap().len()), (Some(0), 2));
    let view = nw.see(&targets[0]).await;
    assert_eq!(view.holds[0].agency_id, CENTRAL);
    let hold_id = view.holds[0].hold_id.clone();
    let lift =
        ["target", "lift", &targets[0], "--hold", &hold_id, "--reason", "withdrawn", "--officer", "KD"];
    let lifted = out(&site.run(&lift));
    assert_eq!(lifted, format!("{}  referred, round 1\n1 changed, 0 refused.\n", targets[0]));
    let again = site.run(&lift);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        out(&again).contains("refused: your agency has no such hold here\n0 changed, 1 refused."),
        "{again:?}"
    );

    let consent =
        ["target", "consent", &targets[2], "--agency", "de-by-lka", "--reason", "asked", "--officer", "KD"];
    assert_eq!(site.run(&consent).status.code(), Some(0));
    assert!(nw.see(&targets[2]).await.windows.is_empty());

    by.decided(&targets[3..4], hold()).await;
    let overrule = [
        "target",
        "overrule",
        &targets[3],
        "--agency",
        "de-by-lka",
        "--reason",
        "gone",
        "--reference",
        "1/26",
        "--officer",
        "KD",
    ];
    let (refused, code) = answered(&site, &overrule);
    assert_eq!((code, &refused["answers"][0]["refused"]["code"]), (Some(1), &json!("NOT_YOUR_RECORD")));
    site.run(&["agency", "suspend", "de-by-lka"]);
    assert_eq!(site.run(&overrule).status.code(), Some(0));
    assert!(nw.see(&targets[3]).await.holds.is_empty());

    // The same rules as on the wire: never in its own cause.
    let own = [
        "target",
        "assign",
        &targets[4],
        "--to",
        CENTRAL,
        "--basis",
        "agreement",
        "--decider",
        "KD",
        "--reference",
        "1",
        "--officer",
        "KD",
    ];
    let (refused, _) = answered(&site, &own);
    assert_eq!(refused["answers"][0]["refused"]["code"], "OWN_CAUSE");
}

#[test]
fn wrong_usage_of_the_central_offices_verbs() {
    let site = Site::new();
    let id = "00000000-0000-4000-8000-000000000001";
    let intent = "01890a5d-ac96-774b-bcce-b302099a8057";
    for arguments in [
        &["target", "show"][..],
        &["target", "list", "--limit", "0"],
        &["target", "lift", id, "--reason", "r"],
        &["target", "resolve", id, "--intent", intent, "--reason", "r", "--officer", "KD"],
        &[
            "target",
            "resolve",
            id,
            "--intent",
            intent,
            "--sent",
            "--not-sent",
            "--reason",
            "r",
            "--officer",
            "KD",
        ],
        &[
            "target",
            "hold",
            id,
            "--reason",
            "victim",
            "--authority",
            "a",
            "--until",
            "soon",
            "--officer",
            "KD",
        ],
        &["policy", "apply", "policy.toml"],
    ] {
        assert_eq!(site.run(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let unregistered = site.run(&["target", "list"]);
    assert_eq!(unregistered.status.code(), Some(1));
    assert!(err(&unregistered).contains("not registered"), "{unregistered:?}");
}
