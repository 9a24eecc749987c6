//! The operator's commands, through the real binary: beside a running hub and without one, as text and as JSON.

use std::{
    io::{BufRead as _, BufReader},
    process::{Output, Stdio},
};

use meldeverbund_certs::{
    Clock, TlsFiles,
    authority::{Authority, Curve, Host, NewAuthority, Order, RevocationReason},
};
use meldeverbund_hub::store::SCHEMA_VERSION;
use meldeverbund_proto::v1::{AcknowledgeRequest, RefusalCode, feed_service_client::FeedServiceClient};
use serde_json::{Value, json};

use crate::{
    harness::{CENTRAL, DOMAIN, INSTANCE, batch, identity, open_case, refused},
    process::Site,
};

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_schema_is_brought_up_to_date_by_itself() {
    let site = Site::new();
    assert_eq!(site.json(&["migrate"]), json!({ "schema": SCHEMA_VERSION, "migrated": true }));
    assert_eq!(site.json(&["migrate"]), json!({ "schema": SCHEMA_VERSION, "migrated": false }));
    assert!(out(&site.run(&["migrate"])).contains(" already"));
}

#[test]
fn agencies_are_added_listed_suspended_and_resumed() {
    let site = Site::new();
    assert_eq!(out(&site.run(&["agency", "list"])), "No agency is registered; see `agency add`.\n");
    assert_eq!(site.json(&["agency", "list"]), json!([]));

    let add = [
        "agency",
        "add",
        "de-nw-lka",
        "--name",
        "LKA NRW",
        "--kind",
        "state-office",
        "--contact",
        "+49 211 0",
    ];
    assert_eq!(out(&site.run(&add)), "de-nw-lka is registered.\n");
    assert_eq!(out(&site.run(&add)), "de-nw-lka was registered already.\n");
    assert_eq!(site.json(&add), json!({ "agency": "de-nw-lka", "new": false }));
    let mut other = add;
    other[4] = "LKA Nordrhein-Westfalen";
    let refused = site.run(&other);
    assert_eq!(refused.status.code(), Some(1));
    let said = "agency_id: is registered already with another name, contact or kind";
    assert_eq!(err(&refused), format!("error: {said}\n"));
    let refused = site.command().arg("--json").args(other).output().unwrap();
    assert_eq!((refused.status.code(), out(&refused)), (Some(1), format!("{}\n", json!({ "error": said }))));

    site.register("eu-europol", "liaison");
    site.register(CENTRAL, "central-office");
    let suspend = ["agency", "suspend", "de-nw-lka", "--reason", "moved"];
    assert_eq!(out(&site.run(&suspend)), "de-nw-lka is suspended.\n");
    assert_eq!(out(&site.run(&suspend)), "de-nw-lka is suspended already.\n");
    let list = site.json(&["agency", "list"]);
    let row = |n: usize| {
        let field = |name: &str| list[n][name].as_str().unwrap().to_owned();
        [field("agency"), field("kind"), field("state"), field("name"), field("contact")]
    };
    assert_eq!(row(0), ["de-nw-lka", "state-office", "suspended", "LKA NRW", "+49 211 0"]);
    assert_eq!(row(1)[..3], ["eu-europol", "liaison", "active"]);
    assert_eq!(row(2)[..3], ["de-bka", "central-office", "active"]);
    assert!(list[0]["registered_at_us"].as_i64().unwrap() > 1_700_000_000_000_000);
    let resumed = site.json(&["agency", "resume", "de-nw-lka"]);
    assert_eq!(resumed, json!({ "agency": "de-nw-lka", "state": "active", "changed": true }));
    let text = out(&site.run(&["agency", "list"]));
    let first = text.lines().next().unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(first, ["de-nw-lka", "state-office", "active", "LKA", "NRW", "(+49", "211", "0)"]);

    let unknown = site.run(&["agency", "suspend", "de-th-lka"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(err(&unknown).contains("not registered"), "{unknown:?}");
}

#[test]
fn keys_are_added_listed_and_dropped() {
    let site = Site::new();
    site.register("de-nw-lka", "state-office");
    let key = format!("sha256:{}", "ab".repeat(32));
    assert_eq!(out(&site.run(&["agency", "key", "list"])), "No key is registered.\n");
    let add = ["agency", "key", "add", "de-nw-lka", "--node", "alt", "--fingerprint", &key];
    assert_eq!(out(&site.run(&add)), format!("{key} stands for de-nw-lka.\n"));
    let listed = json!([{ "fingerprint": key, "agency": "de-nw-lka", "node": "alt" }]);
    assert_eq!(site.json(&["agency", "key", "list"]), listed);
    assert_eq!(out(&site.run(&["agency", "key", "list"])), format!("{key}  de-nw-lka alt\n"));
    assert_eq!(out(&site.run(&["agency", "key", "drop", &key])), format!("{key} is forgotten.\n"));
    let again = site.json(&["agency", "key", "drop", &key]);
    assert_eq!(again, json!({ "fingerprint": key, "was_known": false }));
    let unknown = ["agency", "key", "add", "de-th-lka", "--node", "alt", "--fingerprint", &key];
    assert_eq!(site.run(&unknown).status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_beside_a_running_hub_counts_at_once() {
    let site = Site::new();
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    office.refer("1/26", &["https://a.test/1"]).await;

    site.run(&["agency", "suspend", "de-nw-lka"]);
    let status = office.cases().open_case(open_case("2/26")).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::PermissionDenied);
    site.run(&["agency", "resume", "de-nw-lka"]);
    office.refer("1/26", &["https://a.test/2"]).await;

    let mut feeds = FeedServiceClient::new(office.channel.clone());
    let acknowledge = AcknowledgeRequest { instance_id: INSTANCE.into(), sequence: 2, epoch: 0 };
    feeds.acknowledge(acknowledge).await.unwrap();
    let status = site.json(&["status"]);
    let counts =
        json!({ "agencies": 1, "cases": 1, "targets": 2, "ownerless": 0, "bindings": 2, "leaves": 7 });
    assert_eq!(status["counts"], counts);
    assert_eq!(status["stages"], json!({ "referred": 2 }));
    assert_eq!(status["instances"][0]["agency"], "de-nw-lka");
    assert_eq!(status["instances"][0]["instance"], INSTANCE);
    assert_eq!(
        (&status["instances"][0]["acknowledged"], &status["instances"][0]["feed_sequence"]),
        (&2.into(), &3.into())
    );
    assert_eq!(status["warnings"], json!([]));
    let text = out(&site.run(&["status"]));
    assert!(text.contains("targets 2 (0 without an owner)"), "{text}");
    assert!(text.contains("newest rounds: referred 2\n"), "{text}");
    assert!(text.contains(&format!("node of de-nw-lka ({INSTANCE}): 1 feed events behind")), "{text}");
    assert!(text.contains("certificate valid until 20"), "{text}");
}

/// Two processes write: neither waits for ever, and the order has neither gaps nor doubles.
#[tokio::test(flavor = "multi_thread")]
async fn commands_get_through_while_an_import_runs() {
    let site = Site::new();
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    let importing = tokio::spawn(async move {
        for round in 0..20 {
            let requests = (0..5).map(|n| {
                let links: Vec<_> =
                    (0..200).map(|link| format!("https://a.test/{round}/{n}/{link}")).collect();
                batch("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>())
            });
            for answer in office.submit_all(requests.collect()).await {
                crate::harness::accepted(answer);
            }
        }
    });
    let mut added = 0;
    while !importing.is_finished() {
        site.register(&format!("de-x{added}"), "state-office");
        added += 1;
    }
    importing.await.unwrap();
    let counts = &site.json(&["status"])["counts"];
    assert_eq!((&counts["targets"], &counts["agencies"]), (&20_000.into(), &(added + 1).into()));
    assert_eq!(counts["leaves"], 20_000 + 1 + added + 1 + 1);
    assert!(added > 2, "{added}");
}

#[test]
fn wrong_usage_is_said_with_exit_code_2() {
    let site = Site::new();
    for arguments in [
        &["agency", "add", "DE_NW", "--name", "x", "--kind", "state-office", "--contact", "x"][..],
        &["agency", "add", "de-nw-lka", "--name", "x", "--kind", "ministry", "--contact", "x"],
        &["agency", "add", "de-nw-lka"],
        &["agency", "key", "drop", "sha256:zz"],
        &["agency"],
        &["frobnicate"],
        &[],
    ] {
        let output = site.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    let said = err(&site.run(&[
        "agency",
        "add",
        "DE_NW",
        "--name",
        "x",
        "--kind",
        "state-office",
        "--contact",
        "x",
    ]));
    assert!(said.contains("lower-case letters, digits, single hyphens"), "{said}");
    assert_eq!(site.run(&["--help"]).status.code(), Some(0));
    let version = out(&site.run(&["--version"]));
    assert_eq!(version, format!("meldeverbund-hub {}\n", env!("CARGO_PKG_VERSION")));
    let empty = ["agency", "add", "de-nw-lka", "--name", " ", "--kind", "state-office", "--contact", "x"];
    assert_eq!(err(&site.run(&empty)), "error: name: is required\n");
}

#[test]
fn the_configuration_is_checked_without_a_hub() {
    let site = Site::on_a_file();
    let checked = site.json(&["check-config"]);
    let expected =
        json!({ "ok": true, "listen": "127.0.0.1:0", "agency": CENTRAL, "persons": [], "warnings": [] });
    assert_eq!(checked, expected);
    let text = out(&site.run(&["check-config"]));
    assert_eq!(text, format!("The configuration can be used: {CENTRAL} on 127.0.0.1:0.\n"));
    assert!(!site.database().file().unwrap().exists(), "nothing is made by looking");

    let whole = std::fs::read_to_string(site.config()).unwrap();
    for (from, to, named) in [
        ("agency = \"de-bka\"", "agency = \"de-nw-lka\"", "the configuration says de-nw-lka"),
        ("trust_domain = \"", "trust_domain = \"other.", "trust domain"),
        ("listen = ", "lisen = ", "lisen"),
        ("[log]", "[limits]\nstreams_per_connection = \"many\"\n[log]", "streams_per_connection"),
        ("key.pem", "missing.pem", "missing.pem"),
    ] {
        assert!(whole.contains(from), "{from}");
        std::fs::write(site.config(), whole.replacen(from, to, 1)).unwrap();
        let output = site.run(&["check-config"]);
        assert_eq!(output.status.code(), Some(1), "{to}");
        let said = err(&output);
        assert!(said.contains(named), "{to}: {said}");
        let mut parts: Vec<_> = said.trim_end().split(": ").collect();
        let count = parts.len();
        parts.sort_unstable();
        parts.dedup();
        assert_eq!(parts.len(), count, "nothing is said twice: {said}");
    }
    std::fs::remove_file(site.config()).unwrap();
    assert!(err(&site.run(&["check-config"])).contains("the file is not there"));
}

#[test]
fn the_environment_names_the_configuration_and_overrides_it() {
    let site = Site::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_meldeverbund-hub"));
    command.env_clear().env("MELDEVERBUND_HUB_CONFIG", site.config()).args(["--json", "check-config"]);
    let plain = command.output().unwrap();
    assert!(plain.status.success(), "{plain:?}");
    command
        .env("MELDEVERBUND_HUB_LISTEN", "127.0.0.1:7")
        .env("MELDEVERBUND_HUB_LIMITS__COMMANDS_PER_SECOND", "7");
    let output = command.output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["listen"], "127.0.0.1:7", "{output:?}");
    let output = command.env("MELDEVERBUND_HUB_LIMITS__COMMANDS_PER_SECOND", "none").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_log_for_people_is_plain_where_no_terminal_reads_it() {
    let site = Site::new();
    let mut command = site.command();
    command
        .env("MELDEVERBUND_HUB_LOG__FORMAT", "human")
        .env("MELDEVERBUND_HUB_LOG__FILTER", "info")
        .arg("serve");
    let mut hub = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(hub.stderr.as_mut().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.contains("hub is listening address=127.0.0.1:"));
    hub.kill().unwrap();
    hub.wait().unwrap();
    let line = line.unwrap();
    assert!(line.contains("INFO"), "{line:?}");
    assert!(!line.contains('\u{1b}'), "{line:?}");
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let site = Site::new();
    site.configure("database = \"there/hub.sqlite\"");
    std::fs::create_dir(site.folder.path().join("there")).unwrap();
    let output = site.command().current_dir("/").args(["agency", "list"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(site.folder.path().join("there/hub.sqlite").exists());
}

/// The worst verdict of `doctor` on one thing, what it said of it, and the exit code.
fn doctor(site: &Site, looked_at: &str) -> (String, String, Option<i32>) {
    let output = site.command().args(["--json", "doctor"]).output().unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let about = findings.iter().filter(|finding| finding["looked_at"] == looked_at);
    let verdict = |finding: &&Value| finding["verdict"].as_str().unwrap().to_owned();
    let worst =
        about.max_by_key(|finding| ["good", "warning", "bad"].iter().position(|v| *v == verdict(finding)));
    let worst = worst.unwrap_or_else(|| panic!("{looked_at}: {findings:?}"));
    (verdict(&worst), worst["said"].as_str().unwrap().to_owned(), output.status.code())
}

fn bad(site: &Site, looked_at: &str, said: &str) {
    let (verdict, found, code) = doctor(site, looked_at);
    assert_eq!((verdict.as_str(), code), ("bad", Some(1)), "{found}");
    assert!(found.contains(said), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_nothing_wrong_where_nothing_is() {
    let site = Site::new();
    site.register(CENTRAL, "central-office");
    let text = out(&site.run(&["doctor"]));
    for line in ["ok       certificates: valid, trusted, in time", "ok       agencies: 1 registered"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("BAD"), "{text}");
    assert_eq!(doctor(&site, "listen").0, "warning", "nobody listens");
    let hub = site.serve().await;
    site.configure(&format!("drain_ms = 1000 # {}", hub.address));
    let config = std::fs::read_to_string(site.config()).unwrap();
    let config = config.replace("listen = \"127.0.0.1:0\"\nm", &format!("listen = \"{}\"\nm", hub.address));
    std::fs::write(site.config(), config).unwrap();
    let (verdict, said, code) = doctor(&site, "listen");
    assert_eq!((verdict.as_str(), code), ("good", Some(0)), "{said}");
    assert_eq!(doctor(&site, "database").0, "good", "beside the running hub");
}

#[test]
fn doctor_names_what_is_wrong_with_certificates() {
    let site = Site::new();
    let now = Clock::system().now();
    let issue = |authority: &Authority, order: &Order, at| {
        authority.issue_into(&site.folder.path().join("hub"), order, Curve::P256, at).unwrap()
    };
    let order = || Order::hub(identity(CENTRAL, "hub"), vec![Host::Address([127, 0, 0, 1].into())]);

    issue(&site.authority, &order(), now);
    let serial = site.authority.records().unwrap().pop().unwrap().serial;
    site.authority.revoke(&serial, RevocationReason::KeyCompromise, now).unwrap();
    bad(&site, "certificates", "revoked");

    let day = std::time::Duration::from_secs(24 * 3600);
    issue(&site.authority, &order().valid_for(day), now - day * 2);
    bad(&site, "certificates", "expired");
    issue(&site.authority, &order(), now + day);
    bad(&site, "certificates", "not valid yet (or the clock is behind)");
    issue(&site.authority, &Order::hub(identity("de-nw-lka", "hub"), Vec::new()), now);
    bad(&site, "certificates", "the certificate in `tls.certificate` says de-nw-lka");
    issue(&site.authority, &Order::node(identity(CENTRAL, "hub")), now);
    bad(&site, "certificates", "certificate.pem");

    let folder = site.folder.path().join("foreign");
    let foreign = Authority::init(&folder, &NewAuthority::new(DOMAIN.parse().unwrap()), now).unwrap();
    issue(&foreign, &order(), now);
    bad(&site, "certificates", "not valid under the trust anchors");
    issue(&site.authority, &order(), now);
    let TlsFiles { key, .. } = &site.tls;
    std::fs::write(key, "no key").unwrap();
    bad(&site, "certificates", "key.pem");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_what_is_wrong_with_the_database() {
    let site = Site::on_a_file();
    site.register(CENTRAL, "central-office");
    let sql = |text: &'static str| {
        let connection = site.connect();
        async move { meldeverbund_hub::store::query(text).execute(&mut connection.await).await.unwrap() }
    };
    sql("UPDATE agency SET registered_at_us = 4000000000000000").await;
    bad(&site, "clock", "the clock is, or was, wrong");
    sql("INSERT INTO _sqlx_migrations VALUES (99, 'newer', '2026-01-01', 1, x'00', 0)").await;
    let newer = format!(
        "the database has schema 99, this version knows up to {SCHEMA_VERSION}: run the newer version"
    );
    bad(&site, "database", &newer);
    let served = site.run(&["serve"]);
    assert_eq!(served.status.code(), Some(1));
    assert!(err(&served).contains("run the newer version"), "{}", err(&served));

    std::fs::write(site.database().file().unwrap(), "nothing of the kind, and more of it".repeat(100))
        .unwrap();
    bad(&site, "database", "not a database");
    site.configure("database = \"missing/hub.sqlite\"");
    bad(&site, "database", "cannot open the database");
    bad(&site, "disk", "missing");
    std::fs::write(site.config(), "listen = 7").unwrap();
    bad(&site, "configuration", "listen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_of_a_suspended_agency_is_refused_by_name() {
    let site = Site::new();
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    let (requests, stream) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
    let mut answers = office.referrals().submit(stream).await.unwrap().into_inner();
    site.run(&["agency", "suspend", "de-nw-lka"]);
    requests.send(batch("1/26", &["https://a.test/1"])).await.unwrap();
    let refusal = refused(answers.message().await.unwrap().unwrap());
    assert_eq!(refusal.code(), RefusalCode::AgencySuspended);
}
