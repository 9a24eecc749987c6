//! How the hub ends: in order, in time, or at once.

use std::{io::Write as _, net::TcpStream, time::Duration};

use meldeverbund_hub::store::{Connection, query};
use meldeverbund_proto::v1::{SubmitRequest, SubmitResponse};
use rustix::process::Signal;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{
    harness::{Office, accepted, batch},
    process::{Process, Site},
};

/// Keeps the hub from writing until it is dropped.
async fn hold(site: &Site) -> Connection {
    let mut connection = site.connect().await;
    query("{begin}").execute(&mut connection).await.unwrap();
    query("UPDATE head SET next_leaf = next_leaf").execute(&mut connection).await.unwrap();
    connection
}

type Stream = (mpsc::Sender<SubmitRequest>, Streaming<SubmitResponse>);

async fn stream(office: &Office) -> Stream {
    let (requests, stream) = mpsc::channel(1);
    let answers = office.referrals().submit(ReceiverStream::new(stream)).await.unwrap().into_inner();
    (requests, answers)
}

/// A hub with one open stream that was answered once, so that the next submission is surely under way.
async fn hub_with_a_stream(settings: &str) -> (Site, Process, Office, Stream) {
    let site = Site::new();
    site.configure(settings);
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    let (requests, mut answers) = stream(&office).await;
    requests.send(batch("1/26", &["https://a.test/0"])).await.unwrap();
    accepted(answers.message().await.unwrap().unwrap());
    (site, hub, office, (requests, answers))
}

/// The hub has read the submission: it waits for the writer.
async fn under_way(office: &Office, requests: &mpsc::Sender<SubmitRequest>) {
    requests.send(batch("1/26", &["https://a.test/1"])).await.unwrap();
    // What was sent before on the same connection has arrived before this one is answered.
    let mut health = HealthClient::new(office.channel.clone());
    for _ in 0..3 {
        health.check(HealthCheckRequest::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_answered_before_the_end() {
    for signal in [Signal::TERM, Signal::INT] {
        let (site, mut hub, office, (requests, mut answers)) = hub_with_a_stream("").await;
        let held = hold(&site).await;
        under_way(&office, &requests).await;
        hub.signal(signal);
        hub.logged("draining").await;
        drop(held);
        accepted(answers.message().await.unwrap().unwrap());
        assert!(answers.message().await.unwrap().is_none(), "the stream ends in order");
        let (status, log) = hub.ended().await;
        assert_eq!(status.code(), Some(0), "{log}");
        let counts = &site.json(&["status"])["counts"];
        assert_eq!((&counts["targets"], &counts["bindings"]), (&2.into(), &2.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_hub_ends_although_streams_are_open() {
    let (_site, hub, office, (_requests, mut answers)) = hub_with_a_stream("").await;
    let mut feeds =
        meldeverbund_proto::v1::feed_service_client::FeedServiceClient::new(office.channel.clone());
    let follow = meldeverbund_proto::v1::FollowRequest {
        instance_id: crate::harness::INSTANCE.into(),
        boot_id: crate::harness::uuid(),
        after_sequence: 0,
        ..Default::default()
    };
    let mut events = feeds.follow(follow).await.unwrap().into_inner();
    assert_eq!(events.message().await.unwrap().unwrap().sequence, 1);
    let mut health = HealthClient::new(office.channel.clone());
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    while watch.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    hub.terminate();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(watch.message().await.unwrap().is_none());
    let (status, log) = hub.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(answers.message().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_in_time_is_cut() {
    let (site, hub, office, (requests, _answers)) = hub_with_a_stream("drain_ms = 300").await;
    let _held = hold(&site).await;
    under_way(&office, &requests).await;
    hub.terminate();
    let ended = tokio::time::timeout(Duration::from_secs(5), hub.ended()).await;
    let (status, log) = ended.expect("the deadline holds for everything");
    assert_eq!(status.code(), Some(3), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_no_answers_does_not_hold_up_the_end() {
    let (_site, hub, office, (requests, answers)) = hub_with_a_stream("drain_ms = 300").await;
    // Answers pile up until nothing more fits between hub and client.
    let links: Vec<_> = (0..500).map(|n| format!("https://a.test/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    while tokio::time::timeout(Duration::from_secs(2), requests.send(batch("1/26", &links))).await.is_ok() {}
    hub.terminate();
    let ended = tokio::time::timeout(Duration::from_secs(5), hub.ended()).await;
    let (status, log) = ended.expect("the deadline holds for everything");
    assert_eq!(status.code(), Some(3), "{log}");
    drop((answers, office));
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_probe_does_not_hold_up_the_end() {
    let (_site, hub, _office, _stream) = hub_with_a_stream("drain_ms = 10000").await;
    let mut probe = TcpStream::connect(hub.metrics).unwrap();
    probe.write_all(b"GET /met").unwrap();
    // Its answer says that the hub serves this port; the half one came before.
    assert_eq!(hub.get("/livez").0, 200);
    hub.terminate();
    let (status, log) = hub.ended().await;
    assert_eq!(status.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let (site, mut hub, office, (requests, mut answers)) = hub_with_a_stream("drain_ms = 60000").await;
    let mut health = HealthClient::new(office.channel.clone());
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    while watch.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
    assert_eq!(hub.get("/readyz").0, 200);
    let _held = hold(&site).await;
    under_way(&office, &requests).await;
    hub.terminate();
    hub.logged("draining").await;
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    let (status, body) = hub.get("/readyz");
    assert_eq!(
        (status, body.contains("shutting down")),
        (503, true),
        "probes are told while calls are drained"
    );
    hub.terminate();
    let (status, log) = hub.ended().await;
    assert_eq!(status.code(), Some(143), "{log}");
    assert!(answers.message().await.is_err(), "not answered, so not promised");
}
