//! Limits: each has a name, and whoever runs into one is told which.

use std::{num::NonZeroU32, time::Duration};

use meldeverbund_hub::serve::config::Limits;
use meldeverbund_proto::{
    limits::LINK_BYTES,
    v1::{
        FollowRequest, RefusalCode, WhoAmIRequest, agency_service_client::AgencyServiceClient,
        feed_service_client::FeedServiceClient, submit_response,
    },
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{Federation, INSTANCE, batch, open_case, uuid};
use meldeverbund_certs::Clock;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_above_4_mib_is_refused_before_it_is_read() {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case("1/26").await;
    let mut large = batch("1/26", &["https://ok.example/"; 1_000]);
    for referral in &mut large.referrals {
        referral.note = "word ".repeat(1_000);
    }
    let answers = office.referrals().submit(tokio_stream::iter([large])).await;
    let status = match answers {
        Ok(answers) => answers.into_inner().message().await.unwrap_err(),
        Err(status) => status,
    };
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    assert_eq!(federation.counts().await.targets, 0);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_has_4096_bytes_at_most() {
    let federation = Federation::start().await;
    let office = federation.office("de-nw-lka").await;
    office.open_case("1/26").await;
    let link = |bytes: usize| format!("{:a<bytes$}", "https://files.example/");
    let (longest, longer) = (link(LINK_BYTES), link(LINK_BYTES + 1));
    let answers = office.refer("1/26", &[&longest, &longer]).await.answers;
    assert!(answers[0].refusal.is_none(), "{:?}", answers[0].refusal);
    let refusal = answers[1].refusal.as_ref().unwrap();
    assert_eq!((refusal.code(), refusal.field.as_str()), (RefusalCode::TooLarge, "referrals[1].link"));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runaway_client_is_told_when_to_try_again_and_others_go_on() {
    let slow = NonZeroU32::new(2).unwrap();
    let change = |config: &mut meldeverbund_hub::serve::Config| {
        config.limits =
            Limits { commands_per_second: NonZeroU32::MIN, commands_at_once: slow, ..Limits::default() };
    };
    let federation = Federation::start_with(Clock::system(), change).await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("1/26").await;
    let requests = (0..8).map(|n| batch("1/26", &[format!("https://ok.example/{n}").as_str()])).collect();
    let answers = nw.submit_all(requests).await.into_iter().map(|answer| answer.result.unwrap());
    let (taken, refusals): (Vec<_>, Vec<_>) =
        answers.partition(|result| matches!(result, submit_response::Result::Accepted(_)));
    assert!(!taken.is_empty() && !refusals.is_empty(), "{} taken, {} refused", taken.len(), refusals.len());
    for refusal in refusals {
        let submit_response::Result::Refused(refusal) = refusal else { unreachable!("partitioned above") };
        assert_eq!(refusal.code(), RefusalCode::RateLimited);
        assert!((1..=1_000).contains(&refusal.retry_after_ms), "{refusal:?}");
    }
    let calls = (0..4).map(|n| {
        let mut cases = nw.cases();
        async move { cases.open_case(open_case(&format!("2/{n}"))).await }
    });
    let calls = futures::future::join_all(calls).await;
    let status = calls.into_iter().find_map(Result::err).expect("four at once are too many");
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.get_error_details().retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    by.open_case("1/26").await;
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_has_so_many_connections() {
    let change = |config: &mut meldeverbund_hub::serve::Config| config.connections.connections_per_agency = 1;
    let federation = Federation::start_with(Clock::system(), change).await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let files = federation.credentials("de-nw-lka", "second");
    let refused = match federation.channel(&files).await {
        Err(_) => true,
        Ok(channel) => AgencyServiceClient::new(channel).who_am_i(WhoAmIRequest {}).await.is_err(),
    };
    assert!(refused, "a second connection is refused");
    nw.open_case("2/26").await;
    federation.office("de-by-lka").await.open_case("1/26").await;
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_so_many_calls_in_progress() {
    let change = |config: &mut meldeverbund_hub::serve::Config| config.limits.streams_per_connection = 2;
    let federation = Federation::start_with(Clock::system(), change).await;
    let nw = federation.office("de-nw-lka").await;
    let follow = FollowRequest {
        instance_id: INSTANCE.into(),
        boot_id: uuid(),
        after_sequence: 0,
        ..FollowRequest::default()
    };
    let mut feeds = FeedServiceClient::new(nw.channel.clone());
    let first = feeds.follow(follow.clone()).await.unwrap();
    let second = feeds.follow(follow).await.unwrap();
    let waiting = nw.clone();
    let third = tokio::spawn(async move { waiting.open_case("1/26").await });
    // Another connection's calls come and go meanwhile; the third call of this one has not begun.
    let by = federation.office("de-by-lka").await;
    for number in ["1/26", "2/26", "3/26"] {
        by.open_case(number).await;
    }
    assert!(!third.is_finished());
    assert_eq!(federation.counts().await.cases, 3);
    drop(first);
    third.await.unwrap();
    drop((second, feeds, nw));
    federation.end().await;
}
