//! Whatever is bent in the database, verification names it.

use std::{collections::BTreeSet, path::Path};

use meldeverbund_hub::{
    flow::{AddStatementKey, AddWitnessKey, publish},
    ledger::verify::What,
    store::Store,
};
use meldeverbund_proto::note::{Note, SigningKey, witness_key_name};
use rusqlite::Connection;

use super::faults;
use crate::{
    harness::{DOMAIN, Federation, accepted, batch, salt},
    signatures::{key, sign},
};

/// A ledger with something of everything; the database's path, and the federation, ended.
async fn ledger() -> (tempfile::TempDir, meldeverbund_hub::ledger::LedgerFiles, std::path::PathBuf) {
    let federation = Federation::start_on_a_file().await;
    let hub = federation.server.hub().clone();
    let nw = federation.office("de-nw-lka").await;
    let statement_key = key("de-nw-lka", 7);
    let vkey = statement_key.vkey().to_string();
    let domain = DOMAIN.parse().unwrap();
    let add = AddStatementKey::parse(nw.agency.clone(), &vkey, &domain, String::new(), salt()).unwrap();
    hub.run(add).await.unwrap();
    let witness = SigningKey::from_seed(&witness_key_name(DOMAIN, &nw.agency), &[3; 32]).unwrap();
    let vkey = witness.witness_vkey().to_string();
    hub.run(AddWitnessKey::parse(nw.agency.clone(), &vkey, DOMAIN, String::new(), salt()).unwrap())
        .await
        .unwrap();
    nw.open_case("1/26").await;

    for n in 0..3 {
        let links: Vec<_> = (0..100).map(|m| format!("https://a.test/{n}/{m}")).collect();
        let mut request = batch("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>());
        sign(&statement_key, &nw.agency, &mut request);
        accepted(nw.submit(request).await);
    }
    publish(&hub).await.unwrap();
    let mut reader = hub.reader().await.unwrap();
    let row = meldeverbund_hub::store::CheckpointRow::newest(&mut reader).await.unwrap().unwrap();
    drop(reader);
    let line = row.note.parse::<Note>().unwrap().cosignature(&witness, 1_800_000_000).unwrap().to_string();
    let said = meldeverbund_proto::v1::WitnessCosignature { epoch: row.epoch.into(), size: row.size, line };
    assert!(meldeverbund_hub::flow::cosign(&hub, &nw.agency, said).await.unwrap());
    let verified = federation.whole().await;
    assert!(verified.envelopes == 3 && verified.cosignatures == 1 && verified.leaves > 300, "{verified:?}");
    let Federation { folder, config, server, .. } = federation;
    drop((nw, hub));
    server.end().await.unwrap();
    (folder, config.ledger_files(), config.database.file().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_found_and_named() {
    let (folder, files, database) = ledger().await;

    let cases: Vec<(&str, What)> = vec![
        ("UPDATE event SET leaf_hash = flip(leaf_hash) WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET salt = flip(salt) WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET statement = flip(statement) WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET decision = flip(decision) WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET kind = 2 WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET kind = 77 WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET recorded_at_us = recorded_at_us - 1000000 WHERE leaf_index = 20", What::Time),
        ("UPDATE event SET salt = NULL WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET salt = NULL, statement = NULL, decision = NULL WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET digests = zeroblob(64) WHERE leaf_index = 20", What::Leaf),
        ("UPDATE event SET agency_no = 1 WHERE leaf_index = 20", What::Command),
        ("DELETE FROM event WHERE leaf_index = 20", What::Gap),
        ("DELETE FROM event WHERE leaf_index = (SELECT max(leaf_index) FROM event)", What::Head),
        (
            "UPDATE event SET leaf_index = 20000 WHERE leaf_index = (SELECT max(leaf_index) FROM event)",
            What::Gap,
        ),
        (
            "UPDATE event SET leaf_hash = (SELECT e.leaf_hash FROM event e WHERE e.leaf_index = 21) WHERE leaf_index = 20",
            What::Leaf,
        ),
        ("UPDATE subtree SET hash = flip(hash)", What::Subtree),
        ("UPDATE subtree SET hash = x'00'", What::Subtree),
        ("DELETE FROM subtree", What::Subtree),
        ("INSERT INTO subtree VALUES (8, 1, zeroblob(32))", What::Subtree),
        ("UPDATE head SET frontier = flip(frontier)", What::Head),
        ("UPDATE head SET last_time_us = 5", What::Head),
        ("UPDATE head SET epoch = 0", What::Value),
        ("UPDATE head SET epoch = 3", What::Epoch),
        ("UPDATE checkpoint SET root = flip(root)", What::Checkpoint),
        ("UPDATE checkpoint SET note = lower(note)", What::Checkpoint),
        ("UPDATE checkpoint SET size = size - 1", What::Checkpoint),
        ("UPDATE checkpoint SET epoch = 2", What::Checkpoint),
        ("UPDATE checkpoint SET size = 100000", What::Checkpoint),
        ("UPDATE cosignature SET line = lower(line)", What::Cosignature),
        ("UPDATE cosignature SET agency_no = 1", What::Cosignature),
        ("UPDATE ledger_key SET since_leaf = 1", What::Key),
        ("DELETE FROM ledger_key", What::Key),
        ("UPDATE witness_key SET since_leaf = 1", What::Key),
        ("UPDATE witness_key SET dropped_leaf = 9", What::Key),
        ("UPDATE statement_key SET since_leaf = 1", What::Key),
        ("UPDATE statement_key SET revoked_leaf = 10", What::Key),
        ("DELETE FROM command WHERE first_leaf = 6", What::Command),
        ("UPDATE command SET leaf_count = leaf_count - 1 WHERE first_leaf = 6", What::Command),
        ("UPDATE command SET leaf_count = leaf_count + 1 WHERE first_leaf = 6", What::Command),
        ("UPDATE command SET first_leaf = first_leaf + 1 WHERE first_leaf = 6", What::Command),
        ("UPDATE command SET recorded_at_us = 7 WHERE first_leaf = 6", What::Command),
        ("UPDATE command SET digest = flip(digest) WHERE leaf_count = 1", What::Command),
        (
            "INSERT INTO command SELECT 99, command_id, digest, recorded_at_us, first_leaf, leaf_count, verdict FROM command WHERE first_leaf = 6",
            What::Command,
        ),
        (
            "INSERT INTO command SELECT 99, command_id, digest, recorded_at_us, 100000, leaf_count, verdict FROM command WHERE first_leaf = 6",
            What::Command,
        ),
        ("UPDATE envelope SET signature = flip(signature) WHERE first_leaf = 6", What::Envelope),
        ("UPDATE envelope SET digests = flip(digests) WHERE first_leaf = 6", What::Envelope),
        ("UPDATE envelope SET key_id = '00000000' WHERE first_leaf = 6", What::Envelope),
        ("UPDATE envelope SET first_leaf = 7 WHERE first_leaf = 6", What::Envelope),
    ];
    for (text, what) in cases {
        let bent = folder.path().join("bent.sqlite");
        let _ = std::fs::remove_file(&bent);
        std::fs::copy(&database, &bent).unwrap();
        bend(&bent, text);
        let store = Store::open(&bent).await;
        // Some of it is noticed when the database is opened.
        let Ok(store) = store else { continue };
        let (_, found) = faults(&store, &files).await;
        store.close().await;
        let kinds: BTreeSet<_> = found.iter().map(|fault| fault.what).collect();
        assert!(kinds.contains(&what), "{text}: {found:?}");
        assert!(found.iter().all(|fault| !fault.said.contains("a.test")), "no link is named");
    }
}

/// Changes the database behind the hub's back.
fn bend(path: &Path, text: &str) {
    let connection = Connection::open(path).unwrap();
    // SQLite has no exclusive or: a byte in the middle becomes another one.
    let flip = |column: &str| {
        format!(
            "cast(substr({column}, 1, 3) || CASE WHEN substr({column}, 4, 1) = x'41' THEN x'42' ELSE x'41' END \
             || substr({column}, 5) AS BLOB)"
        )
    };
    let mut text = text.to_owned();
    for column in [
        "leaf_hash",
        "salt",
        "statement",
        "decision",
        "hash",
        "frontier",
        "root",
        "digest",
        "digests",
        "signature",
    ] {
        text = text.replace(&format!("flip({column})"), &flip(column));
    }
    connection.execute(&text, []).unwrap();
}
