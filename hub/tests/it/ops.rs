//! What operators and machines ask a running hub: probes, metrics, health; and whether the answers are true.

use std::{collections::BTreeSet, time::Duration};

use meldeverbund_certs::{
    Clock, ManualClock,
    authority::{Curve, Order},
};
use meldeverbund_proto::v1::{AgencyKind, RefusalCode, Verdict};
use serde_json::Value;
use tonic::{Code, Streaming};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_types::StatusExt as _;

use crate::{
    harness::{Federation, Office, accepted, batch, connect_to, identity, open_case, refused},
    process::{Process, Site},
};

/// Told whenever the hub's health changes.
async fn watch(office: &Office) -> Streaming<HealthCheckResponse> {
    let mut health = HealthClient::new(office.channel.clone());
    health.watch(HealthCheckRequest::default()).await.unwrap().into_inner()
}

async fn until(watch: &mut Streaming<HealthCheckResponse>, status: ServingStatus) {
    let told = async { while watch.message().await.unwrap().unwrap().status() != status {} };
    tokio::time::timeout(Duration::from_secs(60), told).await.expect("the hub looks at itself");
}

fn readiness(hub: &Process) -> (u16, Value) {
    let (status, body) = hub.get("/readyz");
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_metrics_are_answered_over_http() {
    let site = Site::new();
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    until(&mut watch(&office).await, ServingStatus::Serving).await;
    assert_eq!(hub.get("/livez"), (200, "ok".into()));
    let (status, body) = readiness(&hub);
    assert_eq!((status, &body["ready"], &body["reasons"]), (200, &true.into(), &Value::Array(Vec::new())));
    assert_eq!(hub.get("/elsewhere").0, 404);

    office.open_case("1/26").await;
    let links = ["https://a.test/1", "https://a.test/2", "https://a.test/1"];
    office.refer("1/26", &links).await;
    let (status, metrics) = hub.get("/metrics");
    assert_eq!(status, 200);
    let value = |name: &str| -> f64 {
        let line = metrics.lines().find(|line| line.starts_with(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name}\n{metrics}")).split(' ').nth(1).unwrap().parse().unwrap()
    };
    assert_eq!(value("meldeverbund_referrals_total"), 3.0);
    assert_eq!(value("meldeverbund_ready"), 1.0);
    let year = 365.0 * 24.0 * 3600.0;
    let left = value("meldeverbund_certificate_expires_in_seconds");
    assert!(left > year - 600.0 && left <= year, "{left}");
    // A case, a submission and at least one probe.
    assert!(value("meldeverbund_commands_total") >= 3.0);
    assert!(value("meldeverbund_commits_total") >= 3.0);
    hub.terminate();
    assert_eq!(hub.ended().await.0.code(), Some(0));
}

/// `docs/hub.md` names every metric of the hub, and no other.
#[test]
fn every_metric_is_documented() {
    fn sources(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                names(&std::fs::read_to_string(path).unwrap(), "\"meldeverbund_", found);
            }
        }
    }
    fn names(text: &str, before: &str, found: &mut BTreeSet<String>) {
        for rest in text.split(before).skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap();
            if matches!(&rest[end..=end], "\"" | "`" | "{") {
                found.insert(rest[..end].to_owned());
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut made, mut documented) = (BTreeSet::new(), BTreeSet::new());
    sources(&root.join("hub/src"), &mut made);
    names(&std::fs::read_to_string(root.join("docs/hub.md")).unwrap(), "`meldeverbund_", &mut documented);
    assert_eq!(made, documented);
    assert!(made.len() > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_cannot_write_says_so_and_recovers() {
    let site = Site::on_a_file();
    let mut hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    let mut watch = watch(&office).await;
    until(&mut watch, ServingStatus::Serving).await;

    hub.fill_disk();
    until(&mut watch, ServingStatus::NotServing).await;
    let (status, body) = readiness(&hub);
    assert_eq!((status, &body["ready"]), (503, &false.into()));
    assert_eq!(body["reasons"][0], "the database cannot be written");
    assert_eq!(hub.get("/livez").0, 200, "it lives, it only cannot work");
    hub.logged("not ready").await;

    let request = batch("1/26", &["https://a.test/1"]);
    let refusal = refused(office.submit(request.clone()).await);
    assert_eq!(refusal.code(), RefusalCode::Unavailable);
    assert!(refusal.retry_after_ms > 0);
    let status = office.cases().open_case(open_case("2/26")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.get_error_details().retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);

    hub.free_disk();
    until(&mut watch, ServingStatus::Serving).await;
    assert_eq!(readiness(&hub).0, 200);
    let accepted = accepted(office.submit(request).await);
    assert_eq!(accepted.answers[0].verdict(), Verdict::New, "what was refused left nothing");
    assert!(!accepted.repeated);
    hub.terminate();
    let (status, log) = hub.ended().await;
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
}

/// A write whose COMMIT fails may or may not be there; the same submission again settles it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_doubled_by_writes_that_fail() {
    let site = Site::on_a_file();
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    for round in 0..5 {
        let links: Vec<_> = (0..40).map(|n| format!("https://a.test/{round}/{n}")).collect();
        let request = batch("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>());
        hub.fill_disk();
        refused(office.submit(request.clone()).await);
        hub.free_disk();
        let first = accepted(office.submit(request.clone()).await);
        let again = accepted(office.submit(request).await);
        assert!(again.repeated);
        assert_eq!(first.answers, again.answers);
    }
    let counts = &site.json(&["status"])["counts"];
    assert_eq!((&counts["targets"], &counts["bindings"]), (&200.into(), &200.into()));
    assert_eq!(counts["leaves"], 203, "the hub's key, the agency, its case and each referral once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ran_out_ends_readiness() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(manual.clock(), |_| {}).await;
    // A node whose own certificate lasts longer than the hub's.
    federation.register("de-nw-lka", AgencyKind::StateOffice).await;
    let day = Duration::from_secs(24 * 3600);
    let order = Order::node(identity("de-nw-lka", "main")).valid_for(day * 700);
    let folder = federation.folder.path().join("long");
    let files = federation.authority.issue_into(&folder, &order, Curve::P256, manual.now()).unwrap();
    let channel = connect_to(federation.server.address(), &files, manual.clock()).await.unwrap();
    let office = Office { agency: "de-nw-lka".parse().unwrap(), channel };
    let mut watch = watch(&office).await;
    until(&mut watch, ServingStatus::Serving).await;

    manual.advance(day * 360);
    let mut readiness = federation.server.readiness();
    let warned =
        readiness.wait_for(|now| now.warnings.iter().any(|warning| warning.contains("expires soon")));
    assert!(warned.await.unwrap().ready, "well before, it is a warning");
    manual.advance(day * 6);
    until(&mut watch, ServingStatus::NotServing).await;
    assert_eq!(federation.server.readiness().borrow().reasons, ["the certificate has expired"]);
    drop((watch, office));
    federation.end().await;
}
