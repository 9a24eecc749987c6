//! Clients that do not keep up, or send what no client of ours would: the hub's memory and work stay bounded.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::v1::{
    FollowRequest, FollowResponse, RefusalCode, SubmitRequest, WhoAmIRequest,
    agency_service_client::AgencyServiceClient, feed_service_client::FeedServiceClient,
};
use tokio::{sync::watch, time::timeout};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Streaming};
use tonic_types::StatusExt as _;

use crate::{
    harness::{Federation, Office, accepted, batch, open_case},
    process::{Process, Site},
};
use meldeverbund_domain::AgencyNo;
use meldeverbund_hub::flow::read_feed;

/// A store that handed nothing in, so that its feed carries everything.
const ELSEWHERE: &str = "99999999-9999-4999-8999-999999999999";

/// How long nothing is sent when nothing can be sent any more.
const STUCK: Duration = Duration::from_secs(1);

/// How long something may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

fn numbered(prefix: &str, count: usize, bytes: usize) -> SubmitRequest {
    let links: Vec<_> =
        (0..count).map(|n| format!("{:a<bytes$}", format!("https://a.test/{prefix}/{n}/"))).collect();
    batch("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_no_answers_is_not_read_from() {
    const BATCHES: usize = 10_000;
    // Answers that are read before nothing is read any more.
    const FIRST: usize = 4;
    // What fits into the windows and buffers between the two; all of it would be 10,000.
    const MOST_DECIDED: i64 = 2_000;
    const MOST_SENT: usize = 3_000;
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case("1/26").await;
    let bell = watch::Sender::new(0);
    let mut sent = bell.subscribe();
    let requests = tokio_stream::iter(0..BATCHES).map(move |n| {
        bell.send_replace(n + 1);
        numbered(&n.to_string(), 20, 500)
    });
    let ids: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&ids);
    let requests = requests.map(move |request| {
        kept.lock().unwrap().push(request.submission_id.clone());
        request
    });
    let mut answers = office.referrals().submit(requests).await.unwrap().into_inner();

    // Some are read and answered; then the bell falls silent.
    let mut next = async |n: usize| {
        let answer = timeout(PATIENCE, answers.message()).await.expect("an answer in time").unwrap().unwrap();
        assert_eq!(answer.submission_id, ids.lock().unwrap()[n]);
        assert_eq!(accepted(answer).answers.len(), 20);
    };
    for n in 0..FIRST {
        next(n).await;
    }
    while timeout(STUCK, sent.changed()).await.is_ok_and(|rung| rung.is_ok()) {}
    let (decided, was_sent) = (federation.counts().await.targets / 20, *sent.borrow());
    assert!(decided < MOST_DECIDED && was_sent < MOST_SENT, "{decided} of {was_sent} sent");

    // Who reads is served again, in order and without a gap.
    for n in FIRST..2_500 {
        next(n).await;
    }
    assert!(federation.counts().await.targets / 20 >= 2_500);
    drop((answers, office));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_no_feed_costs_no_memory() {
    // 2 MB each, so that all of it, held for each reader, would be above 1 GiB.
    const ROWS: i64 = 100;
    const READERS: usize = 6;
    // So far that as much, held for each of the others, would be above 512 MiB.
    const READ: u64 = 60;
    const MOST_KIB: u64 = 256 * 1024;
    let site = Site::new();
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    accepted(office.submit(numbered("1", 1_000, 2_000)).await);
    repeat_last_row(&site, ROWS).await;
    let before = memory_kib(&hub, "VmRSS:");
    let mut readers = Vec::new();
    for _ in 0..READERS {
        // Each on a connection of its own: on one, the window of all would be the first reader's.
        let mut events = follow(&site.office("de-nw-lka", &hub).await, ELSEWHERE).await;
        assert_eq!(events.message().await.unwrap().unwrap().sequence, 1);
        readers.push(events);
    }
    // Nothing is lost by being slow. While one reads, whatever is read ahead for the others is held.
    let mut events = readers.pop().unwrap();
    for sequence in 2..=READ {
        assert_eq!(events.message().await.unwrap().unwrap().sequence, sequence);
    }
    let grown = memory_kib(&hub, "VmHWM:").saturating_sub(before);
    assert!(grown < MOST_KIB, "{grown} KiB more than before");
}

/// A long feed, cheaply: the last row again and again.
async fn repeat_last_row(site: &Site, rows: i64) {
    let mut connection = site.connect().await;
    let repeat = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
                  INSERT INTO feed SELECT agency_no, sequence + i, kind, recorded_at_us, first_leaf, leaf_count, body \
                  FROM n, (SELECT * FROM feed ORDER BY sequence DESC LIMIT 1) AS last";
    meldeverbund_hub::store::query(repeat).bind(rows).execute(&mut connection).await.unwrap();
    let follow = "UPDATE agency SET feed_sequence = feed_sequence + $1";
    meldeverbund_hub::store::query(follow).bind(rows).execute(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_feed_is_no_larger_than_the_largest_submission() {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case("1/26").await;
    for (n, count) in [400, 600, 1, 1_000, 999, 2, 1, 1, 1, 1, 1, 1, 1, 1].into_iter().enumerate() {
        accepted(office.submit(numbered(&n.to_string(), count, 30)).await);
    }
    let hub = federation.server.hub();
    let mut reader = hub.reader().await.unwrap();
    let (mut after, mut pages) = (0, Vec::new());
    loop {
        let instance = ELSEWHERE.parse().unwrap();
        let page = read_feed(&mut reader, &hub.views(), AgencyNo(2), instance, after).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence.cast_signed();
        pages.push(page.len());
    }
    assert_eq!(after, 15);
    assert_eq!(pages, [2, 2, 1, 1, 8, 1]);
    drop((reader, office));
    federation.end().await;
}

/// Memory that the process has now (`VmRSS:`), or at most had (`VmHWM:`).
fn memory_kib(hub: &Process, which: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", hub.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn follow(office: &Office, instance: &str) -> Streaming<FollowResponse> {
    let follow = FollowRequest {
        instance_id: instance.into(),
        boot_id: BOOT.into(),
        after_sequence: 0,
        ..FollowRequest::default()
    };
    let mut feeds = FeedServiceClient::new(office.channel.clone()).max_decoding_message_size(16 << 20);
    feeds.follow(follow).await.unwrap().into_inner()
}

/// All readers are one process.
const BOOT: &str = "33333333-3333-4333-8333-333333333333";

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_no_enum_has_are_refused_by_field() {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case("1/26").await;
    for number in [99, -1, i32::MAX, i32::MIN] {
        let mut open = open_case("2/26");
        open.case.as_mut().unwrap().kind = number;
        let status = office.cases().open_case(open).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.get_error_details().bad_request().unwrap().field_violations[0].field, "case.kind");

        let mut request = batch("1/26", &["https://a.test/"; 4]);
        request.referrals[0].offence_class = number;
        request.referrals[1].handling = number;
        request.referrals[2].source_grade = number;
        request.referrals[3].information_grade = number;
        let answers = accepted(office.submit(request).await).answers;
        let refusals = answers.iter().map(|answer| answer.refusal.as_ref().unwrap());
        let found: Vec<_> = refusals.map(|refusal| (refusal.code(), refusal.field.as_str())).collect();
        let invalid = RefusalCode::FieldInvalid;
        let expected = [
            (invalid, "referrals[0].offence_class"),
            (invalid, "referrals[1].handling"),
            (invalid, "referrals[2].source_grade"),
            (invalid, "referrals[3].information_grade"),
        ];
        assert_eq!(found, expected);
    }
    assert_eq!(federation.counts().await.cases, 1);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_have_16_kib_at_most() {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    let ask = async |bytes: usize| {
        let mut request = Request::new(WhoAmIRequest {});
        request.metadata_mut().insert("x-padding", "a".repeat(bytes).parse().unwrap());
        AgencyServiceClient::new(office.channel.clone()).who_am_i(request).await
    };
    ask(15 * 1024).await.unwrap();
    ask(17 * 1024).await.unwrap_err();
    ask(1024).await.expect("the connection goes on");
    federation.end().await;
}
