//! `doctor` names the cause of each thing that can be wrong.

use std::{fs, path::Path};

use meldeverbund_certs::{
    TlsFiles,
    authority::{Order, RevocationReason},
};
use meldeverbund_proto::v1::AgencyKind;
use serde_json::Value;

use crate::{
    binary::{Daemon, text, verb},
    real::{Federation, YEAR, authority, identity, issue, now},
};

const AGENCY: &str = "de-nw-lka";

/// What doctor found: each check with its cause, null where all is well.
fn found(folder: &Path) -> Vec<(String, Option<String>)> {
    let output = verb(folder, &["doctor", "--json"]);
    let findings: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fault = findings.iter().any(|finding| finding["level"] == "fault");
    assert_eq!(output.status.code(), Some(if fault { 8 } else { 0 }), "{findings:?}");
    let part = |finding: &Value, key: &str| finding[key].as_str().map(str::to_owned);
    findings.iter().map(|finding| (part(finding, "check").unwrap(), part(finding, "cause"))).collect()
}

fn assert_cause(folder: &Path, check: &str, cause: &str) {
    let found = found(folder);
    let named = found.iter().any(|(c, named)| c == check && named.as_deref() == Some(cause));
    assert!(named, "{check} {cause} is not in {found:?}");
}

async fn federation() -> Federation {
    let federation = Federation::start().await;
    federation.register(AGENCY, AgencyKind::StateOffice).await;
    federation
}

fn order() -> Order {
    Order::node(identity(AGENCY))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_node_has_no_fault() {
    let federation = federation().await;
    let folder = federation.node(AGENCY, &federation.issue(&order(), now()));
    let _daemon = Daemon::start(&folder);
    let found = found(&folder);
    // What it says of the ledger depends on how far the daemon has come, and the hub's key is not pinned.
    let (ledger, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|(check, _)| check == "ledger");
    assert!(ledger.iter().any(|(_, cause)| cause.as_deref() == Some("hub_key_not_pinned")), "{ledger:?}");
    assert!(ledger.iter().all(|(_, cause)| cause.as_deref() != Some("ledger_alarm")), "{ledger:?}");
    let checks: Vec<&str> = found.iter().map(|(check, _)| check.as_str()).collect();
    assert_eq!(
        checks,
        ["config", "folder", "disk", "store", "certificate", "hub", "clock", "daemon", "officer"]
    );
    assert!(found.iter().all(|(_, cause)| cause.is_none()), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_certificate() {
    let federation = federation().await;
    let good = federation.issue(&order(), now());
    let with = |tls: &TlsFiles| federation.node(AGENCY, tls);

    let expired = federation.issue(&order(), now() - 2 * YEAR);
    assert_cause(&with(&expired), "certificate", "expired");
    assert_cause(&with(&expired), "hub", "expired");
    let early = federation.issue(&order(), now() + YEAR);
    assert_cause(&with(&early), "certificate", "not_yet_valid");
    assert_cause(&with(&early), "hub", "not_yet_valid");

    let mixed = TlsFiles { key: early.key, ..good.clone() };
    assert_cause(&with(&mixed), "certificate", "key_mismatch");
    let gone = TlsFiles { certificate: "/nonexistent/node.pem".into(), ..good.clone() };
    assert_cause(&with(&gone), "certificate", "file_unreadable");
    fs::write(federation.folder.path().join("half.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    let half = TlsFiles { certificate: federation.folder.path().join("half.pem"), ..good.clone() };
    assert_cause(&with(&half), "certificate", "file_unusable");

    // Another authority: our own trust anchors vouch for it, the hub's do not, and the other way round.
    let other = authority(&federation.folder.path().join("other-ca"), "meldeverbund.test");
    let foreign = issue(&other, federation.folder.path(), &order(), now());
    assert_cause(&with(&foreign), "hub", "hub_unknown_authority");
    let both = federation.folder.path().join("both.pem");
    let anchors = [&good.trust_anchors, &foreign.trust_anchors].map(|path| fs::read_to_string(path).unwrap());
    fs::write(&both, anchors.concat()).unwrap();
    let foreign = TlsFiles { trust_anchors: both, revocations: None, ..foreign };
    let folder = federation.node(AGENCY, &foreign);
    let config = fs::read_to_string(folder.join("node.toml")).unwrap().replace("revocations = \"\"", "");
    fs::write(folder.join("node.toml"), config).unwrap();
    assert_cause(&folder, "hub", "unknown_authority");

    // A name that is not of this federation is told before anything is tried.
    let domain = authority(&federation.folder.path().join("domain-ca"), "elsewhere.test");
    let elsewhere = issue(&domain, federation.folder.path(), &order(), now());
    assert_cause(&with(&elsewhere), "certificate", "wrong_name");
    let by = federation.issue(&Order::node(identity("de-by-lka")), now());
    assert_cause(&with(&by), "certificate", "wrong_agency");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_says() {
    let federation = federation().await;
    let folder = federation.node(AGENCY, &federation.issue(&order(), now()));
    federation.suspend(AGENCY).await;
    assert_cause(&folder, "hub", "agency_suspended");

    let unknown = federation.issue(&Order::node(identity("de-hh-lka")), now());
    assert_cause(&federation.node("de-hh-lka", &unknown), "hub", "agency_unknown");

    let revoked_order = order();
    let serial = revoked_order.serial.clone();
    let revoked = federation.issue(&revoked_order, now());
    federation.authority.revoke(&serial, RevocationReason::KeyCompromise, now()).unwrap();
    let folder = federation.node(AGENCY, &revoked);
    assert_cause(&folder, "certificate", "revoked");
    assert_cause(&folder, "hub", "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_way() {
    let federation = federation().await;
    let tls = federation.issue(&order(), now());
    let folder = federation.node(AGENCY, &tls);
    let config = fs::read_to_string(folder.join("node.toml")).unwrap();
    let address = federation.config.listen.to_string();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let change = |text: String| fs::write(folder.join("node.toml"), text).unwrap();

    change(config.replace(&address, &closed));
    assert_cause(&folder, "hub", "unreachable");
    change(config.replace(&address, "nobody.invalid:7443"));
    assert_cause(&folder, "hub", "name_unknown");
    change(config.replace("[tls]", &format!("proxy = \"http://{closed}\"\n[tls]")));
    assert_cause(&folder, "hub", "proxy");
    let slow = config.replace(&address, &silent.local_addr().unwrap().to_string());
    change(slow.replace("[tls]", "connect_timeout_ms = 200\n[tls]"));
    assert_cause(&folder, "hub", "unreachable");
    change(config.replace("agency = \"de-bka\"", "agency = \"de-bpol\""));
    assert_cause(&folder, "hub", "hub_identity");
    change(config);
    assert_cause(&folder, "daemon", "not_running");
}

#[test]
fn what_is_wrong_at_home() {
    let office = crate::harness::Office::with("");
    let folder = office.path();
    assert_cause(folder, "folder", "folder_missing");
    let daemon = Daemon::start(folder);
    assert_cause(folder, "officer", "not_mapped");
    drop(daemon);
    let config = fs::read_to_string(folder.join("node.toml")).unwrap();
    let change = |text: &str| fs::write(folder.join("node.toml"), text).unwrap();

    change(&config.replace("agency = \"de-nw-lka\"", "agency = \"de-by-lka\""));
    assert_cause(folder, "store", "other_agency");
    change(&config.replace("[sync]", "[desk]\nmin_free_mib = 1000000000000\n[sync]"));
    assert_cause(folder, "disk", "disk_full");
    change(&config.replace("window", "windows").replace("[sync]", "[sync]\nwindows = 1"));
    assert_cause(folder, "config", "config_invalid");
    change(&config);
    for file in ["node.sqlite-wal", "node.sqlite-shm"] {
        let _ = fs::remove_file(folder.join("data").join(file));
    }
    fs::write(folder.join("data/node.sqlite"), "no database").unwrap();
    assert_cause(folder, "store", "store_damaged");
    fs::remove_file(folder.join("node.toml")).unwrap();
    assert_cause(folder, "config", "config_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_hub_s_addresses_is_tried_and_one_that_answers_is_enough() {
    let federation = federation().await;
    let folder = federation.node(AGENCY, &federation.issue(&order(), now()));
    let file = folder.join("node.toml");
    let text = fs::read_to_string(&file).unwrap();
    let line = format!("address = \"https://{}\"", federation.config.listen);
    assert!(text.contains(&line));
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let with = |addresses: &str| fs::write(&file, text.replace(&line, addresses)).unwrap();
    let levels = || {
        let output = verb(&folder, &["doctor", "--json"]);
        let findings = self::text(&output.stdout);
        let findings = findings.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let hubs = findings.filter(|finding| finding["check"] == "hub");
        hubs.map(|finding| finding["level"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    with(&format!("addresses = [\"https://{closed}\", \"https://{}\"]", federation.config.listen));
    assert_eq!(levels(), ["warning", "ok"]);
    assert_cause(&folder, "hub", "unreachable");
    with(&format!("addresses = [\"https://{closed}\"]"));
    assert_eq!(levels(), ["fault"]);
}
