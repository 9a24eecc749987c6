//! Pages that are open are told that something has changed.

use std::time::Duration;

use meldeverbund_hub::serve::Server;
use meldeverbund_people::Role;
use meldeverbund_proto::v1::{HoldReason, PlaceHold, decide_request::Decision};

use super::{Browser, Centre};
use crate::harness::{Office, officers};

const CASE: &str = "1/26";

async fn refer(office: &Office, link: &str) -> String {
    office.refer(CASE, &[link]).await.answers.remove(0).target_id
}

/// Where the ledger ends, as a stream says it.
async fn now(centre: &Centre) -> String {
    format!("1-{}", centre.federation.counts().await.leaves)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_told_of_what_it_shows() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case(CASE).await;
    let target = refer(&nw, "https://host.example/1").await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let before = now(&centre).await;
    let mut overview = browser.follow(&format!("/live?page=/&seen={before}")).await;
    let mut own = browser.follow(&format!("/live?page=/targets/{target}&seen={before}")).await;

    refer(&nw, "https://host.example/2").await;
    let other = now(&centre).await;
    assert_eq!(overview.changed().await, Some(other.clone()));
    let hold = PlaceHold { reason: HoldReason::Investigation.into(), ..PlaceHold::default() };
    nw.decided(&[target], Decision::PlaceHold(PlaceHold { authority: "Dezernat 42".into(), ..hold })).await;
    let decided = now(&centre).await;
    assert_ne!(other, decided);
    assert_eq!(own.changed().await, Some(decided.clone()), "of another target it was told nothing");
    assert_eq!(overview.changed().await, Some(decided.clone()));

    // A page that is older than what happened is told at once.
    let mut late = browser.follow(&format!("/live?page=/&seen={before}")).await;
    assert_eq!(late.changed().await, Some(decided));
    drop(nw);
    centre.end().await;
    assert_eq!((overview.changed().await, own.changed().await), (None, None), "streams end with the hub");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_hub_tells_its_pages_too() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case(CASE).await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let federation = &centre.federation;
    let clock = federation.clock.clone();
    let other = Server::start_with(&federation.config, clock, None, officers::plain()).await.unwrap();
    let authority = federation.authority.certificate_file();
    let mut there = Browser::new(other.console_address().unwrap(), &authority);
    there.cookies.clone_from(&browser.cookies);
    let seen = now(&centre).await;
    let mut open = there.follow(&format!("/live?page=/&seen={seen}")).await;
    refer(&nw, "https://host.example/1").await;
    assert_eq!(open.changed().await, Some(now(&centre).await));
    drop(nw);
    assert_eq!(browser.get("/").await.status, 200);
    other.end().await.unwrap();
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_signed_in_is_told_and_each_session_has_few_streams() {
    let centre = Centre::new().await;
    let path = "/live?page=/&seen=1-0";
    assert_eq!(centre.browser().get(path).await.status, 204);
    let mut operator = centre.signed_in("max", &[Role::Operator]).await;
    let target = "/live?page=/targets/018f0000-0000-7000-8000-000000000000&seen=1-0";
    assert_eq!(operator.get(target).await.status, 204, "who may not see a target is not told of it");
    assert_eq!(operator.get("/live?page=/&seen=nonsense").await.status, 204);
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let mut streams = Vec::new();
    for _ in 0..4 {
        let mut stream = browser.follow(path).await;
        assert!(stream.changed().await.is_some());
        streams.push(stream);
    }
    assert_eq!(browser.get(path).await.status, 204);
    centre.end().await;
}

/// A page that reads itself anew is nobody at the desk.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_person_asked_for_keeps_no_session_awake() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let itself = ["Meldeverbund-Refresh: 1".to_owned()];
    for expected in [200, 303] {
        centre.clock.advance(Duration::from_secs(20 * 60));
        assert_eq!(browser.ask("GET", "/", "", &itself).await.status, expected);
    }
    centre.end().await;
}

/// Only a page that can be asked for again names a stream.
#[tokio::test(flavor = "multi_thread")]
async fn answers_to_forms_and_problems_are_not_live() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let page = browser.get("/").await;
    assert!(page.body.contains("data-live=\"/live\" data-seen=\""), "{}", page.body);
    for path in ["/missing", "/targets/018f0000-0000-7000-8000-000000000000"] {
        assert!(!browser.get(path).await.body.contains("data-live"), "{path}");
    }
    assert!(!browser.post("/sign-out", "form_token=x").await.body.contains("data-live"));
    centre.end().await;
}
