//! The verbs of the ledger as the real binary: exit codes, both languages, and a verification that needs nothing.

use std::{fs, path::Path};

use meldeverbund_proto::v1::Referral;
use prost::Message as _;
use serde_json::Value;
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use crate::{
    binary::{text, verb},
    hub::Ledger,
    ledger::{Scene, hand_in, until},
    verbs::{json, run},
};

#[tokio::test(flavor = "multi_thread")]
async fn from_the_keys_to_a_verification_elsewhere() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 25).await;
    let office = &scene.office;
    let (code, proof) = json(office, &["ledger", "prove", "https://files.example/7"]).await;
    assert_eq!((code, &proof["state"]), (Some(0), &"proven".into()));
    assert_eq!((&proof["inclusion"], &proof["no_inclusion"]), (&Value::Null, &"not_published".into()));
    scene.change(Ledger::publish);
    until(&node, |held| held.counts.finished == 3).await;

    let keys = text(&run(office, &["keys"]).await.stdout);
    let (statement, witness) = (scene.own.statement_vkey().to_string(), scene.own.witness_vkey().to_string());
    assert!(keys.contains(&format!("agency statement-key add de-nw-lka '{statement}'")), "{keys}");
    assert!(keys.contains(&format!("agency witness-key add de-nw-lka '{witness}'")), "{keys}");
    for file in ["statement.key", "witness.key"] {
        let secret = fs::read_to_string(office.path().join("data").join(file)).unwrap();
        assert!(!keys.contains(secret.lines().nth(1).unwrap()), "a secret key is shown");
    }

    let (code, status) = json(office, &["ledger", "status"]).await;
    assert_eq!(
        (code, &status["newest"]["size"], &status["newest"]["final"]),
        (Some(0), &26.into(), &true.into())
    );
    assert_eq!((&status["receipts"]["final"], &status["hub_keys_pinned"]), (&3.into(), &true.into()));
    assert_eq!(status["statement_key"], statement);
    for (lang, words) in [("de", "mitgezeichnet von 1 von 1"), ("en", "cosigned by 1 of 1")] {
        let said = text(&run(office, &["ledger", "status", "--lang", lang]).await.stdout);
        assert!(said.contains(words), "{said}");
        let prove = run(office, &["ledger", "prove", "hxxps://FILES[.]example/7", "--lang", lang]).await;
        assert_eq!(prove.status.code(), Some(0));
        let said = text(&prove.stdout);
        assert!(said.contains(words) && !said.contains("https://"), "{said}");
    }
    let said = text(&run(office, &["ledger", "prove", "https://files.example/7"]).await.stdout);
    assert!(
        said.contains("audit path (RFC 6962) of leaf 8 in the checkpoint of 26 leaves, epoch 1"),
        "{said}"
    );
    let (code, proof) = json(office, &["ledger", "prove", "https://files.example/7"]).await;
    leads_to_the_root(&proof["inclusion"]);
    assert_eq!((&proof["inclusion"]["size"], &proof["no_inclusion"]), (&26.into(), &Value::Null));
    assert_eq!(
        (code, &proof["state"], &proof["leaf"], &proof["votes"]),
        (Some(0), &"final".into(), &8.into(), &1.into())
    );
    // The hub's tiles are of another tree than the one that was verified.
    scene.change(|ledger| ledger.leaves[20].time_us += 1);
    let (code, bent) = json(office, &["ledger", "prove", "https://files.example/7"]).await;
    assert_eq!((code, &bent["no_inclusion"]), (Some(1), &"not_in_tree".into()), "{bent}");
    scene.change(|ledger| ledger.leaves[20].time_us -= 1);
    assert_eq!(
        run(office, &["ledger", "prove", "https://files.example/unknown"]).await.status.code(),
        Some(5)
    );
    let (code, leaf) = json(office, &["ledger", "show", "8"]).await;
    assert_eq!(
        (code, &leaf["kind"], &leaf["proven_under"]["size"]),
        (Some(0), &"referral".into(), &26.into())
    );
    assert_eq!(leaf["event"]["agency"], "de-nw-lka");
    assert_eq!(run(office, &["ledger", "show", "26"]).await.status.code(), Some(5), "not verified that far");

    // What this office holds is not what it stated: its receipt proves nothing of that.
    restate(office.path(), "https://files.example/9").await;
    let (code, restated) = json(office, &["ledger", "prove", "https://files.example/9"]).await;
    assert_eq!((code, &restated["state"]), (Some(1), &"unproven".into()), "{restated}");

    let out = office.path().join("out");
    let (code, written) = json(office, &["ledger", "export", out.to_str().unwrap()]).await;
    assert!(code == Some(0) && written["files"].as_u64().unwrap() >= 6, "{written}");
    let again = run(office, &["ledger", "export", out.to_str().unwrap()]).await;
    assert_eq!(again.status.code(), Some(1), "nothing is written over");
    node.stop().await;
    elsewhere(&out, &statement, &witness);
}

/// Changes a referral in the node's store behind its back.
async fn restate(office: &Path, link: &str) {
    let options = SqliteConnectOptions::new().filename(office.join("data/node.sqlite"));
    let mut store = options.connect().await.unwrap();
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT id, message FROM referral").fetch_all(&mut store).await.unwrap();
    for (id, message) in rows {
        let mut referral = Referral::decode(&message[..]).unwrap();
        if referral.link == link {
            referral.salt[0] ^= 1;
            let changed = sqlx::query("UPDATE referral SET message = ? WHERE id = ?");
            changed.bind(referral.encode_to_vec()).bind(id).execute(&mut store).await.unwrap();
        }
    }
}

/// Whoever has the leaf's hash and the signed root needs no more than the path (RFC 9162, 2.1.3.2).
fn leads_to_the_root(inclusion: &Value) {
    let digest =
        |value: &Value| -> [u8; 32] { hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap() };
    let path: Vec<_> = inclusion["hashes"].as_array().unwrap().iter().map(digest).collect();
    let (index, size) = (inclusion["index"].as_u64().unwrap(), inclusion["size"].as_u64().unwrap());
    let (leaf, root) = (digest(&inclusion["leaf_hash"]), digest(&inclusion["root"]));
    meldeverbund_proto::merkle::inclusion::verify(index, size, &leaf, &path, &root).unwrap();
}

/// In an empty folder: no configuration, no daemon, no store.
fn elsewhere(export: &Path, statement: &str, witness: &str) {
    let empty = tempfile::tempdir().unwrap();
    let hub_key = crate::hub::ledger_key(1).vkey().to_string();
    let folder = export.to_str().unwrap();
    let pinned = ["ledger", "verify", folder, "--hub-key", &hub_key, "--witness", witness];
    let whole = verb(empty.path(), &pinned);
    let said = text(&whole.stdout);
    assert_eq!(whole.status.code(), Some(0), "{said}");
    assert!(said.contains("All of it holds") && said.contains("cosigned by 1 of 1"), "{said}");
    assert!(!said.contains("warning"), "{said}");
    let trusting = text(&verb(empty.path(), &["ledger", "verify", folder, "--lang", "de"]).stdout);
    assert!(trusting.contains("Hinweis") && trusting.contains("--hub-key"), "{trusting}");
    let wrong = verb(empty.path(), &["ledger", "verify", folder, "--hub-key", statement]);
    assert_eq!(wrong.status.code(), Some(1));
    let bundle = export.join("tile/entries/000.p/26");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[500] ^= 1;
    fs::write(bundle, bytes).unwrap();
    for (lang, mark) in [("de", "FEHLER"), ("en", "FAULT")] {
        let tampered = verb(empty.path(), &[&pinned[..], &["--lang", lang]].concat());
        let said = text(&tampered.stdout);
        assert_eq!(tampered.status.code(), Some(1), "{said}");
        assert!(said.contains(mark) && said.contains("leaf 6 (tile/entries/000.p/26)"), "{said}");
    }
    let tampered = verb(empty.path(), &[&pinned[..], &["--json"]].concat());
    let lines: Vec<Value> =
        text(&tampered.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["fault"], &lines[0]["level"]), (&"entry_hash".into(), &"fault".into()));
    assert_eq!(lines.last().unwrap()["holds"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_stands_first_until_somebody_has_seen_it() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    scene.change(|ledger| ledger.silent = true);
    hand_in(&mut node, 3).await;
    until(&node, |held| !held.alarms.is_empty()).await;
    let office = &scene.office;
    for (lang, words) in [("de", "ALARM zum Nachweisbuch"), ("en", "LEDGER ALARM")] {
        for (verb, code) in [
            (&["status"][..], 8),
            (&["inbox"], 0),
            (&["ledger", "status"], 8),
            (&["ledger", "alarm", "list"], 8),
        ] {
            let output = run(office, &[verb, &["--lang", lang]].concat()).await;
            let said = text(&output.stdout);
            assert_eq!(output.status.code(), Some(code), "{verb:?}: {said}");
            assert!(said.lines().next().unwrap().contains(words), "{verb:?}: {said}");
        }
    }
    let (code, status) = json(office, &["status"]).await;
    assert_eq!((code, &status["ledger"]["alarms"][0]["kind"]), (Some(8), &"no_receipt".into()));
    let doctor = text(&run(office, &["doctor", "--json"]).await.stdout);
    assert!(doctor.contains("ledger_alarm"), "{doctor}");
    assert_eq!(
        run(office, &["ledger", "alarm", "ack", "1"]).await.status.code(),
        Some(2),
        "without a reason"
    );
    assert_eq!(run(office, &["ledger", "alarm", "ack", "99", "--reason", "x"]).await.status.code(), Some(5));
    let (code, seen) = json(office, &["ledger", "alarm", "ack", "1", "--reason", "called the hub"]).await;
    assert_eq!((code, &seen["acknowledged"]), (Some(0), &1.into()));
    assert_eq!(run(office, &["status"]).await.status.code(), Some(0));
    let (_, alarm) = json(office, &["ledger", "alarm", "list", "--all"]).await;
    assert_eq!(
        (&alarm["acknowledged_by"], &alarm["reason"]),
        (&"Erika Muster".into(), &"called the hub".into())
    );
    // The referrals have gone on all the while.
    assert_eq!(node.status().await.totals.unwrap().new, 3);
    node.stop().await;
}
