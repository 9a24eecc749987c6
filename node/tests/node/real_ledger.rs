//! The ledger between offices and the real hub: receipts become final, an export proves it elsewhere.

use std::{fs, path::Path, process::Command};

use meldeverbund_certs::authority::Order;
use meldeverbund_hub::flow::{AddStatementKey, AddWitnessKey};
use meldeverbund_node::{
    clock::Random,
    config::Config,
    ledger::{
        OwnKeys,
        verify::{Trust, verify},
    },
    store::{SeenCheckpoint, Tx},
};
use meldeverbund_proto::{
    leaf::Salt,
    node::v1::{ExportLedgerRequest, ProveLinkRequest, ShowLeafRequest},
    v1::AgencyKind,
};

use crate::{
    harness::{CASE, PATIENCE, Running, links},
    real::{Federation, identity, now, run},
};

pub(crate) const OFFICES: [&str; 3] = ["de-nw-lka", "de-by-lka", "de-sn-lka"];

/// Offices whose keys are registered and whose witnesses are pinned by all.
pub(crate) async fn offices(federation: &Federation) -> Vec<Running> {
    let mut prepared = Vec::new();
    for agency in OFFICES {
        federation.register(agency, AgencyKind::StateOffice).await;
        let folder = federation.node(agency, &federation.issue(&Order::node(identity(agency)), now()));
        let config = Config::load(&folder.join("node.toml")).unwrap();
        fs::create_dir_all(&config.data_dir).unwrap();
        let keys = OwnKeys::load_or_make(&config, &Random::system()).unwrap();
        let hub = federation.server().hub();
        let salt = || Salt::from_random(rand::random());
        let domain = &federation.config.trust_domain;
        let id = || agency.parse().unwrap();
        let (statement, witness) = (keys.statement_vkey().to_string(), keys.witness_vkey().to_string());
        let add = AddStatementKey::parse(id(), &statement, domain, String::new(), salt()).unwrap();
        assert!(hub.run(add).await.unwrap());
        let add = AddWitnessKey::parse(id(), &witness, domain.as_str(), String::new(), salt()).unwrap();
        assert!(hub.run(add).await.unwrap());
        prepared.push((folder, witness));
    }
    let witnesses: Vec<&String> = prepared.iter().map(|(_, witness)| witness).collect();
    let mut running = Vec::new();
    for (folder, _) in &prepared {
        let file = folder.join("node.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{text}\n[ledger]\nwitnesses = {witnesses:?}\n")).unwrap();
        running.push(run(folder).await);
    }
    running
}

/// Waits until the node's store is as a test wants it.
pub(crate) async fn until(node: &Running, mut look: impl AsyncFnMut(&mut Tx) -> bool) {
    let mut changes = node.node.changes();
    let waited = async {
        loop {
            changes.mark_unchanged();
            if look(&mut node.node.store.read().await.unwrap()).await {
                return;
            }
            changes.changed().await.unwrap();
        }
    };
    if tokio::time::timeout(PATIENCE, waited).await.is_err() {
        let mut tx = node.node.store.read().await.unwrap();
        let (counts, alarms) = (tx.receipt_counts().await.unwrap(), tx.alarms(true, 100).await.unwrap());
        let (newest, line) =
            (tx.newest_checkpoint().await.unwrap(), node.node.line.subscribe().borrow().clone());
        panic!("the node never got there: {counts:?}, {newest:?}, {line:?}, {alarms:?}");
    }
}

pub(crate) async fn all_final(node: &Running) {
    until(node, async |tx| {
        let counts = tx.receipt_counts().await.unwrap();
        assert_eq!((counts.unproven, tx.open_alarms().await.unwrap()), (0, 0));
        counts.finished > 0 && counts.proven + counts.joined + counts.unchecked == 0
    })
    .await;
}

/// Waits until the newest checkpoint that the node has verified is final, too: one was perhaps published since.
pub(crate) async fn newest_is_final(node: &Running) -> SeenCheckpoint {
    let mut newest = None;
    until(node, async |tx| {
        newest = tx.newest_checkpoint().await.unwrap();
        newest.as_ref().is_some_and(|seen| seen.is_final)
    })
    .await;
    newest.unwrap()
}

pub(crate) async fn export(node: &mut Running, folder: &Path) {
    let mut parts = node.desk.export_ledger(ExportLedgerRequest {}).await.unwrap().into_inner();
    while let Some(part) = parts.message().await.unwrap() {
        let path = folder.join(&part.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut whole = fs::read(&path).unwrap_or_default();
        whole.extend(part.content);
        fs::write(path, whole).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_become_final_and_an_export_proves_it_elsewhere() {
    let federation = Federation::start().await;
    let mut nodes = offices(&federation).await;
    for node in &mut nodes {
        node.open_case(CASE).await;
    }
    let list = links(700);
    for (node, part) in nodes.iter_mut().zip([0..400, 200..600, 500..700]) {
        node.refer("list", &list[part], 150).await;
        node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    }
    for node in &nodes {
        all_final(node).await;
    }
    for node in &nodes {
        assert_eq!(newest_is_final(node).await.epoch, 1);
    }

    let nw = &mut nodes[0];
    let link = list[250].replace("https", "HTTP");
    let proofs = nw.desk.prove_link(ProveLinkRequest { link }).await.unwrap().into_inner().proofs;
    assert_eq!((proofs.len(), proofs[0].state.as_str(), proofs[0].pinned), (1, "final", 3));
    assert!(proofs[0].votes >= 2);
    let index = proofs[0].leaf;
    let leaf = nw.desk.show_leaf(ShowLeafRequest { index }).await.unwrap().into_inner();
    assert_eq!(leaf.kind_name, "referral");
    assert!(leaf.event.contains("\"salt\""), "its own event is shown");
    let theirs = nodes[1].desk.show_leaf(ShowLeafRequest { index }).await.unwrap().into_inner();
    assert_eq!((theirs.leaf_hash, theirs.event.as_str()), (leaf.leaf_hash, ""), "proven, and not shown");

    let folder = federation.folder.path().join("export");
    export(&mut nodes[0], &folder).await;
    let mut findings = Vec::new();
    let summary = verify(&folder, &pins(&folder), &mut |finding| findings.push(finding.to_string()));
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!((summary.faults, summary.receipts, summary.envelopes), (0, 3, 3));
    assert!(summary.events >= 400 && summary.votes >= 2, "{summary:?}");
    let said = in_python(&folder);
    assert!(said.is_ok(), "{said:?}");
    for node in nodes {
        node.stop().await;
    }
}

/// The keys that the office trusts.
pub(crate) fn pins(export: &Path) -> Trust {
    let keys: serde_json::Value =
        serde_json::from_slice(&fs::read(export.join("keys.json")).unwrap()).unwrap();
    let parsed = |name: &str| {
        keys[name].as_array().unwrap().iter().map(|key| key.as_str().unwrap().parse().unwrap()).collect()
    };
    Trust { hub_keys: parsed("hub_keys"), witnesses: parsed("witnesses") }
}

/// What the verifier says that was written from the page: that all holds, or not.
pub(crate) fn in_python(folder: &Path) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let made = root.join("target/python/bin/python");
    let python = std::env::var_os("MELDEVERBUND_PYTHON").map_or(made, Into::into);
    let program = root.join("docs/verify/verify.py");
    let output =
        Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(program).arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}
