//! A stranger's client: Python with grpcio, written from docs/protocol.md, against a hub over real TLS.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "../it/harness.rs"]
#[expect(dead_code, reason = "made for the hub's other tests, which use all of it")]
mod harness;
mod python;
mod relay;

use std::{fs, path::Path};

use meldeverbund_certs::{
    Clock, TlsFiles,
    authority::{Authority, Curve, NewAuthority, Order},
};
use meldeverbund_hub::store::{Counts, InstanceRow, query_scalar};
use meldeverbund_proto::v1::AgencyKind;
use serde_json::{Value, json};

use crate::{
    harness::{Federation, identity},
    python::{Run, example, example_with, root},
    relay::{Negotiated, Relay},
};

const CASE: &str = "ST/0123456/2026";

#[tokio::test(flavor = "multi_thread")]
async fn it_hands_in_repeats_and_follows() {
    let federation = offices().await;
    let relay = Relay::start(federation.server.address()).await;
    let nw = federation.credentials("de-nw-lka", "stranger");
    let run = hand_in(&relay.address.to_string(), &nw, CASE).await;
    assert!(run.success, "{run:?}");
    // What docs/protocol.md says of this version of grpcio: X25519MLKEM768 and TLS_AES_256_GCM_SHA384.
    assert_eq!(relay.negotiated().await, Negotiated { group: 0x11ec, suite: 0x1302 });

    let me = run.one("who_am_i");
    assert_eq!((&me["agency"]["agency_id"], &me["node"]), (&json!("de-nw-lka"), &json!("stranger")));
    assert_eq!(me["limits"]["referrals_per_submission"], 1000);
    assert_eq!(run.one("case"), json!({ "state": "CASE_STATE_OPEN", "stood_already": false }));
    assert_eq!(verdicts(&run), ["NEW", "ALREADY_YOURS", "ALREADY_YOURS", "NEW", "REFUSED"]);
    let answers = run.all("answer");
    assert_eq!(answers[0]["target_id"], answers[1]["target_id"], "spellings of one thing");
    assert_ne!(answers[0]["target_id"], answers[3]["target_id"]);
    assert_eq!(answers[0]["owner_agency_id"], "de-nw-lka");
    let refusal = &answers[4]["refusal"];
    assert_eq!(
        (&refusal["code"], &refusal["field"]),
        (&json!("REFUSAL_CODE_LINK_SCHEME"), &json!("referrals[4].link"))
    );
    assert_eq!(run.one("repeated"), json!({ "repeated": true, "identical": true }));
    assert_eq!(run.one("conflict")["code"], "REFUSAL_CODE_ID_CONFLICT");
    assert_eq!(events(&run), ["1 case_opened", "2 referrals_recorded"]);
    assert_eq!(run.one("acknowledged"), json!({ "sequence": 2 }));
    assert!(!run.output.contains("files.example"), "a client never prints a link");

    let counts = federation.counts().await;
    // The hub's key, three agencies, a case, four referrals; neither the repetition nor the refused ones left anything.
    assert_eq!(counts, Counts { agencies: 3, cases: 1, targets: 2, ownerless: 0, bindings: 2, leaves: 9 });
    assert_eq!(leaf_hashes(&run), stored_hashes(&federation, &run).await);
    assert_eq!(acknowledged(&federation).await, [("de-nw-lka".to_owned(), 2)]);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_office_joins_and_the_first_is_told() {
    let federation = offices().await;
    let hub = federation.server.address().to_string();
    let (nw, by) = (federation.credentials("de-nw-lka", "a"), federation.credentials("de-by-lka", "b"));
    assert!(hand_in(&hub, &nw, CASE).await.success);

    let joined = hand_in(&hub, &by, CASE).await;
    assert_eq!(verdicts(&joined), ["JOINED", "ALREADY_YOURS", "ALREADY_YOURS", "JOINED", "REFUSED"]);
    let answer = &joined.all("answer")[0];
    assert_eq!(answer["owner_agency_id"], "de-nw-lka");
    assert_eq!((&answer["role"], &answer["stage"]), (&json!("ROLE_CO_INTERESTED"), &json!("STAGE_REFERRED")));
    assert_eq!(events(&joined), ["1 case_opened", "2 referrals_recorded"], "nothing of the other's case");
    assert_eq!(leaf_hashes(&joined), stored_hashes(&federation, &joined).await);

    let again = hand_in(&hub, &nw, CASE).await;
    assert_eq!(again.one("case")["stood_already"], true);
    assert_eq!(verdicts(&again)[..4], ["ALREADY_YOURS"; 4]);
    let told = ["1 case_opened", "2 referrals_recorded", "3 targets_joined", "4 referrals_recorded"];
    assert_eq!(events(&again), told);
    let counts = federation.counts().await;
    assert_eq!((counts.cases, counts.targets, counts.bindings), (2, 2, 4));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_with_status_code_and_field() {
    let federation = offices().await;
    federation.register("eu-europol", AgencyKind::Liaison).await;
    let hub = federation.server.address().to_string();
    let nw = federation.credentials("de-nw-lka", "main");
    let stranger = federation.credentials("de-th-lka", "main");
    let liaison = federation.credentials("eu-europol", "main");
    for (files, case, grpc, code, field) in [
        (&nw, "1\n26", "INVALID_ARGUMENT", "FIELD_INVALID", json!("case.number")),
        (&stranger, CASE, "PERMISSION_DENIED", "AGENCY_UNKNOWN", Value::Null),
        (&liaison, CASE, "PERMISSION_DENIED", "NOT_PERMITTED", Value::Null),
    ] {
        let run = hand_in(&hub, files, case).await;
        assert!(!run.success);
        let refused = run.one("refused");
        assert_eq!(refused["grpc"], grpc);
        assert_eq!(refused["code"], format!("REFUSAL_CODE_{code}"));
        assert_eq!(refused["field"], field);
    }

    let run = hand_in(&hub, &foreign(&federation), CASE).await;
    assert!(!run.success);
    let refused = run.one("refused");
    assert_eq!((&refused["grpc"], &refused["code"]), (&json!("UNAVAILABLE"), &Value::Null));
    assert_eq!(federation.counts().await.cases, 0);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_liaison_body_asks_and_requests_a_disclosure() {
    const ASKED: &str = "HTTP://FILES.example:80/x/../d/%41b3#page=2\nhttps://files.example/none\n\
                         00112233445566778899aabbccddeeff\nmailto:a@b.example\n";
    let federation = offices().await;
    federation.register("eu-europol", AgencyKind::Liaison).await;
    let hub = federation.server.address().to_string();
    assert!(hand_in(&hub, &federation.credentials("de-nw-lka", "main"), CASE).await.success);
    let europol = federation.credentials("eu-europol", "main");
    let token = format!("eu-europol liaison {}", i64::MAX);
    let run = ask(&hub, &europol, &token, ASKED).await;
    assert!(run.success, "{run:?}");
    assert_eq!(
        (run.one("hit")["position"].as_u64(), &run.one("hit")["owner_agency_id"]),
        (Some(0), &json!("de-nw-lka"))
    );
    assert_eq!(run.all("no_hit").len(), 2, "{run:?}");
    assert_eq!(run.one("refused")["code"], "REFUSAL_CODE_LINK_SCHEME");
    assert_eq!(run.one("again"), json!({ "repeated": true, "same_leaf": true }));
    assert_eq!(run.one("disclosure")["asked"], "de-nw-lka");
    assert!(!run.output.contains("files.example"), "a client never prints a link");
    let nobody = ask(&hub, &europol, "nobody", ASKED).await;
    assert!(!nobody.success);
    assert_eq!(nobody.one("refused")["code"], "REFUSAL_CODE_OFFICER_UNKNOWN");
    federation.end().await;
}

/// The example of docs/protocol.md, whose numbers a test in `proto` checks: here by a program in another language.
#[tokio::test(flavor = "multi_thread")]
async fn leaf_py_finds_the_golden_leaf() {
    let document = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    let command = document.lines().find(|line| line.starts_with("python docs/examples/leaf.py")).unwrap();
    let arguments = command.split(' ').skip(2).map(str::to_owned).collect();
    let found = example("leaf.py", arguments).await;
    assert!(found.success, "{found:?}");
    let found: Value = serde_json::from_str(&found.output).unwrap();
    for name in ["statement_digest", "decision_digest", "leaf", "leaf_hash"] {
        let hex = found[name].as_str().unwrap();
        assert!(document.contains(hex), "{name} of the example is {hex}");
    }
}

/// A hub with two offices.
async fn offices() -> Federation {
    let federation = Federation::start().await;
    federation.register("de-nw-lka", AgencyKind::StateOffice).await;
    federation.register("de-by-lka", AgencyKind::StateOffice).await;
    federation
}

/// Runs docs/examples/stranger.py.
async fn hand_in(hub: &str, files: &TlsFiles, case: &str) -> Run {
    example("stranger.py", arguments(hub, files, case)).await
}

/// Runs docs/examples/liaison.py.
async fn ask(hub: &str, files: &TlsFiles, token: &str, selectors: &'static str) -> Run {
    let mut arguments = arguments(hub, files, "EP/7/26");
    arguments.extend(["--purpose".to_owned(), "investigation".to_owned()]);
    example_with("liaison.py", arguments, Some(token), selectors).await
}

fn arguments(hub: &str, files: &TlsFiles, case: &str) -> Vec<String> {
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let arguments = [
        ("--hub", hub.to_owned()),
        ("--ca", path(&files.trust_anchors)),
        ("--cert", path(&files.certificate)),
        ("--key", path(&files.key)),
        ("--case", case.to_owned()),
    ];
    arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
}

/// A certificate with the right name from an authority that the hub does not know; it knows the hub's.
fn foreign(federation: &Federation) -> TlsFiles {
    let now = Clock::system().now();
    let folder = federation.folder.path().join("foreign");
    let new = NewAuthority::new(federation.config.trust_domain.clone());
    let authority = Authority::init(&folder.join("ca"), &new, now).unwrap();
    let order = Order::node(identity("de-nw-lka", "main"));
    let files = authority.issue_into(&folder.join("node"), &order, Curve::P256, now).unwrap();
    TlsFiles { trust_anchors: federation.config.tls.trust_anchors.clone(), ..files }
}

fn verdicts(run: &Run) -> Vec<String> {
    let verdict =
        |answer: Value| answer["verdict"].as_str().unwrap().trim_start_matches("VERDICT_").to_owned();
    run.all("answer").into_iter().map(verdict).collect()
}

fn events(run: &Run) -> Vec<String> {
    let event = |event: Value| format!("{} {}", event["sequence"], event["event"].as_str().unwrap());
    run.all("event").into_iter().map(event).collect()
}

/// The leaves as the client computed them.
fn leaf_hashes(run: &Run) -> Vec<(i64, String)> {
    let leaf =
        |answer: Value| Some((answer["leaf_index"].as_i64()?, answer["leaf_hash"].as_str()?.to_owned()));
    run.all("answer").into_iter().filter_map(leaf).collect()
}

/// The same leaves as the hub recorded them.
async fn stored_hashes(federation: &Federation, run: &Run) -> Vec<(i64, String)> {
    let mut reader = federation.server.hub().reader().await.unwrap();
    let mut stored = Vec::new();
    for (index, _) in leaf_hashes(run) {
        let sql = "SELECT leaf_hash FROM event WHERE leaf_index = $1";
        let hash: Vec<u8> = query_scalar(sql).bind(index).fetch_one(&mut reader).await.unwrap();
        stored.push((index, hex::encode(hash)));
    }
    assert_eq!(stored.len(), 4);
    stored
}

async fn acknowledged(federation: &Federation) -> Vec<(String, i64)> {
    let mut reader = federation.server.hub().reader().await.unwrap();
    let rows = InstanceRow::all(&mut reader).await.unwrap();
    rows.into_iter().map(|row| (row.agency_id, row.acknowledged)).collect()
}
