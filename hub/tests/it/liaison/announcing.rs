//! What liaison bodies announce, and how the central office answers.

use meldeverbund_hub::{flow::AnswerAnnouncement, store::AnnouncementRow};
use meldeverbund_proto::{
    leaf::Salt,
    v1::{
        AnnounceRequest, AnnouncementKind, AnnouncementState, ContentHash, HashAlgorithm,
        ListAnnouncementsRequest, Selector, follow_response::Event,
    },
};
use prost::Message as _;
use tonic::Code;

use super::{client, content, europol, link, purpose, token, with_token};
use crate::harness::{CENTRAL, Federation, INSTANCE, Office, salt, uuid};

fn announcing(selector: Selector) -> AnnounceRequest {
    AnnounceRequest {
        announcement_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        purpose: Some(purpose()),
        kind: AnnouncementKind::HoldAsked.into(),
        selector: Some(selector),
        at_us: 0,
        note: "operation under way".into(),
    }
}

async fn announce(
    office: &Office,
    request: AnnounceRequest,
) -> Result<meldeverbund_proto::v1::AnnounceResponse, tonic::Status> {
    let call = with_token(request, &token(office.agency.as_str()));
    client(office).announce(call).await.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centre_is_told_in_the_same_way_whether_the_link_is_known_or_not() {
    let federation = Federation::start().await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    let centre = federation.connect(CENTRAL, "main").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/known"]).await;
    let mut answers = Vec::new();
    for name in ["known", "unknown"] {
        let before = federation.counts().await;
        let request = announcing(link(&format!("https://a.test/{name}")));
        let mut answer = announce(&europol, request.clone()).await.unwrap();
        let again = announce(&europol, request).await.unwrap();
        assert_eq!(again.leaf_index, answer.leaf_index);
        assert!(answer.receipt.is_some());
        (answer.recorded_at_us, answer.leaf_index, answer.receipt) = (0, 0, None);
        answers.push((answer.encode_to_vec(), federation.counts().await.leaves - before.leaves));
    }
    assert_eq!(answers[0], answers[1]);
    let told = centre.feed(INSTANCE, 0, 2).await;
    let mut announced = told.into_iter().map(|event| match event.event {
        Some(Event::AnnouncementChanged(changed)) => changed.announcement.unwrap(),
        other => panic!("{other:?}"),
    });
    let first = announced.next().unwrap();
    assert_eq!((first.kind(), first.state()), (AnnouncementKind::HoldAsked, AnnouncementState::Received));

    let hub = federation.server.hub();
    let rows = AnnouncementRow::newest(&mut hub.reader().await.unwrap(), None, 9).await.unwrap();
    assert_eq!(rows.len(), 2);
    let (once, twice) = (uuid(), uuid());
    let answer = |id: &str| AnswerAnnouncement {
        announcement: rows[0].leaf,
        state: AnnouncementState::Done,
        words: "placed".into(),
        officer: "KD".into(),
        id: id.parse().unwrap(),
        salt: Salt::from_random([3; 32]),
    };
    let leaf = hub.run(answer(&once)).await.unwrap();
    assert_eq!(
        hub.run(answer(&once)).await.unwrap(),
        leaf,
        "an answer whose outcome was unknown is the same"
    );
    assert!(hub.run(answer(&twice)).await.is_err(), "it is answered once");
    let list = with_token(ListAnnouncementsRequest::default(), &token("eu-europol"));
    let listed = client(&europol).list_announcements(list).await.unwrap().into_inner().announcements;
    let states: Vec<_> = listed.iter().map(|one| (one.state(), one.answer.as_str())).collect();
    assert_eq!(states, [(AnnouncementState::Done, "placed"), (AnnouncementState::Received, "")]);
    let told = europol.feed(INSTANCE, 0, 1).await.remove(0).event.unwrap();
    assert!(matches!(told, Event::AnnouncementChanged(_)), "{told:?}");
    federation.whole().await;

    let hash = ContentHash { algorithm: HashAlgorithm::Md5.into(), digest: vec![1; 16] };
    let no_kind = AnnounceRequest { kind: 0, ..announcing(link("https://a.test/")) };
    for bad in [announcing(content(&hash)), announcing(link("gopher://a.test/")), no_kind] {
        assert_eq!(announce(&europol, bad).await.unwrap_err().code(), Code::InvalidArgument);
    }
    let refused = announce(&nw, announcing(link("https://a.test/"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    drop((nw, europol, centre));
    federation.end().await;
}
