//! The feed: what concerns an agency, in order, without a gap, once for each.

use meldeverbund_proto::v1::{
    AcknowledgeRequest, FollowRequest, RefusalCode, Role, Verdict, WithdrawReferral,
    decide_request::Decision, feed_service_client::FeedServiceClient, follow_response::Event,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{Federation, INSTANCE, batch, uuid};

const OTHER_INSTANCE: &str = "22222222-2222-4222-8222-222222222222";

#[tokio::test(flavor = "multi_thread")]
async fn owner_and_referrer_are_told_by_the_batch() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("NW/1").await;
    by.open_case("BY/1").await;
    let links = ["https://a.test/1", "https://a.test/2", "https://a.test/3"];
    let first = nw.refer("NW/1", &links).await;
    by.refer("BY/1", &links).await;
    by.refer("BY/1", &links).await;

    let events = nw.feed(INSTANCE, 0, 3).await;
    let sequences: Vec<_> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
    assert!(matches!(events[0].event, Some(Event::CaseOpened(_))));
    let Some(Event::ReferralsRecorded(own)) = &events[1].event else { panic!("{events:?}") };
    assert!(own.referrals.is_empty(), "the instance that handed them in has them");
    let Some(Event::TargetsJoined(joined)) = &events[2].event else { panic!("{events:?}") };
    let agency = joined.agency.as_ref().unwrap();
    assert_eq!((agency.agency_id.as_str(), agency.contact.as_str()), ("de-by-lka", "duty@de-by-lka.example"));
    let targets: Vec<_> = first.answers.iter().map(|answer| answer.target_id.clone()).collect();
    assert_eq!(joined.target_ids, targets);

    by.refer("BY/1", &["https://b.test/"]).await;
    assert_eq!(nw.feed(INSTANCE, 2, 1).await[0].sequence, 3, "nothing of BY's own business came");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_can_rebuild_itself() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("NW/1").await;
    let mut request = batch("NW/1", &["HTTPS://a.test/x", "nonsense", "https://a.test/y"]);
    request.referrals[2].note = "second".into();
    let sent = request.referrals.clone();
    nw.submit(request).await;

    let events = nw.feed(OTHER_INSTANCE, 1, 1).await;
    let Some(Event::ReferralsRecorded(recorded)) = &events[0].event else { panic!("{events:?}") };
    assert_eq!((recorded.instance_id.as_str(), recorded.case_number.as_str()), (INSTANCE, "NW/1"));
    let referrals: Vec<_> = recorded.referrals.iter().map(|r| r.referral.clone().unwrap()).collect();
    assert_eq!(referrals, [sent[0].clone(), sent[2].clone()], "word for word, salt included");
    assert!(recorded.referrals.iter().all(|r| r.answer.as_ref().unwrap().verdict() == Verdict::New));
    federation.end().await;
}

/// Verdicts are those of the referral, roles are those of now: what was withdrawn since has none.
#[tokio::test(flavor = "multi_thread")]
async fn another_instance_is_told_the_roles_of_now() {
    let federation = Federation::start().await;
    let (by, nw) = (federation.office("de-by-lka").await, federation.office("de-nw-lka").await);
    by.open_case("BY/1").await;
    nw.open_case("NW/1").await;
    by.refer("BY/1", &["https://a.test/"]).await;
    let joined = nw.refer("NW/1", &["https://a.test/", "https://b.test/"]).await;
    let told = async || {
        let events = nw.feed(OTHER_INSTANCE, 1, 1).await;
        let Some(Event::ReferralsRecorded(recorded)) = &events[0].event else { panic!("{events:?}") };
        let answers = recorded.referrals.iter().map(|one| one.answer.as_ref().unwrap());
        answers.map(|answer| (answer.verdict(), answer.role())).collect::<Vec<_>>()
    };
    let own = (Verdict::New, Role::Owner);
    assert_eq!(told().await, [(Verdict::Joined, Role::CoInterested), own]);

    let target = [joined.answers[0].target_id.clone()];
    let withdraw = WithdrawReferral { reason: "by mistake".into(), ..WithdrawReferral::default() };
    nw.decided(&target, Decision::WithdrawReferral(withdraw)).await;
    assert_eq!(told().await, [(Verdict::Joined, Role::Unspecified), own]);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_goes_on_live_and_after_a_restart() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    let mut feeds = FeedServiceClient::new(nw.channel.clone());
    let follow = FollowRequest {
        instance_id: INSTANCE.into(),
        boot_id: uuid(),
        after_sequence: 0,
        ..FollowRequest::default()
    };
    let mut live = feeds.follow(follow).await.unwrap().into_inner();
    nw.open_case("NW/1").await;
    assert_eq!(live.message().await.unwrap().unwrap().sequence, 1);
    nw.open_case("NW/2").await;
    assert_eq!(live.message().await.unwrap().unwrap().sequence, 2);

    let acknowledge = |sequence| AcknowledgeRequest { instance_id: INSTANCE.into(), sequence, epoch: 0 };
    feeds.acknowledge(acknowledge(2)).await.unwrap();
    let status = feeds.acknowledge(acknowledge(3)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    drop((live, feeds, nw));

    let federation = federation.restart().await;
    let nw = federation.connect("de-nw-lka", "main").await;
    nw.open_case("NW/3").await;
    assert_eq!(nw.feed(INSTANCE, 2, 1).await[0].sequence, 3);
    let beyond = FollowRequest {
        instance_id: INSTANCE.into(),
        boot_id: uuid(),
        after_sequence: 9,
        ..FollowRequest::default()
    };
    let status = FeedServiceClient::new(nw.channel.clone()).follow(beyond).await.unwrap_err();
    assert_eq!(status.get_error_details().bad_request().unwrap().field_violations[0].field, "after_sequence");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloned_node_is_refused() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    let follow = |boot: &str| FollowRequest {
        instance_id: INSTANCE.into(),
        boot_id: boot.into(),
        after_sequence: 0,
        ..FollowRequest::default()
    };
    let (first, second) = (uuid(), uuid());
    let mut feeds = FeedServiceClient::new(nw.channel.clone());
    let live = feeds.follow(follow(&first)).await.unwrap();
    let status = feeds.follow(follow(&second)).await.unwrap_err();
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, RefusalCode::InstanceCloned.as_str_name());
    assert!(details.retry_info().is_some());
    drop((live, feeds, nw));
    federation.end().await;
}
