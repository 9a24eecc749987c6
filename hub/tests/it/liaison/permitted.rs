//! Who may call what: a node is not a liaison body, and a liaison body is not a node.

use meldeverbund_proto::v1::{
    DecideRequest, FollowRequest, QueryRequest, RefusalCode, ShowTargetsRequest,
    feed_service_client::FeedServiceClient,
};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::{EUROPOL, client, europol, link, question, token, with_token};
use crate::harness::{Federation, INSTANCE, Office, batch, open_case, uuid};

fn code(status: &Status) -> String {
    status.get_error_details().error_info().expect("a refusal of the hub").reason.clone()
}

fn name(code: RefusalCode) -> String {
    code.as_str_name().to_owned()
}

async fn asks(office: &Office, token: Option<&str>) -> Result<(), String> {
    let one = tokio_stream::iter([question(vec![link("https://a.test/1")])]);
    let request = match token {
        Some(token) => with_token(one, token),
        None => tonic::Request::new(one),
    };
    client(office).query(request).await.map(|_| ()).map_err(|status| code(&status))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_officer_of_the_liaison_body_asks() {
    let federation = Federation::start().await;
    let europol = europol(&federation).await;
    let nw = federation.office("de-nw-lka").await;
    let centre = federation.connect(crate::harness::CENTRAL, "main").await;
    let interpol = "int-interpol liaison 9223372036854775807";
    let desk = "eu-europol desk 9223372036854775807";
    assert_eq!(asks(&europol, Some(&token(EUROPOL))).await, Ok(()));
    for wrong in [None, Some(interpol), Some(desk), Some("eu-europol liaison 1"), Some("nonsense")] {
        assert_eq!(asks(&europol, wrong).await, Err(name(RefusalCode::OfficerUnknown)), "{wrong:?}");
    }
    for office in [&nw, &centre] {
        let own = token(office.agency.as_str());
        assert_eq!(asks(office, Some(&own)).await, Err(name(RefusalCode::NotPermitted)));
        assert_eq!(asks(office, Some(&token(EUROPOL))).await, Err(name(RefusalCode::NotPermitted)));
    }
    drop((europol, nw, centre));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_liaison_body_sees_nothing_of_what_nodes_do() {
    let federation = Federation::start().await;
    let europol = europol(&federation).await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://a.test/1"]).await.answers.remove(0).target_id;

    let refused = europol.cases().open_case(open_case("1/26")).await.unwrap_err();
    assert_eq!(code(&refused), name(RefusalCode::NotPermitted));
    let refused =
        europol.referrals().submit(tokio_stream::iter([batch("1/26", &["https://a.test/1"])])).await;
    assert_eq!(code(&refused.unwrap_err()), name(RefusalCode::NotPermitted));
    let refused = europol.decisions().decide(tokio_stream::iter([DecideRequest::default()])).await;
    assert_eq!(code(&refused.unwrap_err()), name(RefusalCode::NotPermitted));
    let shown =
        europol.targets().show_targets(ShowTargetsRequest { target_ids: vec![target] }).await.unwrap();
    assert_eq!(shown.into_inner().targets, [], "like a target that does not exist");
    drop((europol, nw));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_runs_out_ends_the_questions_of_an_open_stream() {
    use meldeverbund_certs::{Clock, ManualClock};
    use std::time::{Duration, SystemTime};

    let now = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(now.clock(), |_| {}).await;
    let europol = europol(&federation).await;
    let until = Clock::system().now() + Duration::from_secs(3_600);
    let until_us = until.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros();
    let (questions, stream) = tokio::sync::mpsc::channel::<QueryRequest>(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
    let request = with_token(stream, &format!("{EUROPOL} liaison {until_us}"));
    let mut answers = client(&europol).query(request).await.unwrap().into_inner();
    questions.send(question(vec![link("https://a.test/1")])).await.unwrap();
    super::answered(answers.message().await.unwrap().unwrap());
    now.advance(Duration::from_secs(3_700));
    questions.send(question(vec![link("https://a.test/1")])).await.unwrap();
    let refusal = super::not_answered(answers.message().await.unwrap().unwrap());
    assert_eq!(refusal.code(), RefusalCode::OfficerUnknown);
    drop(questions);
    let follow = FollowRequest { instance_id: INSTANCE.into(), boot_id: uuid(), ..FollowRequest::default() };
    assert!(FeedServiceClient::new(europol.channel.clone()).follow(follow).await.is_ok());
    drop((answers, europol));
    federation.end().await;
}
