//! Disclosures whose time runs: who is asked is reminded, then the central office sees to it.

use std::time::Duration;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_hub::flow::{PutPolicy, SeeToDisclosures};
use meldeverbund_proto::v1::{Disclosure, DisclosureField, DisclosureState};

use super::{
    ask,
    disclosures::{answer, answered, asked, listed, request, requested, restricted, told},
    europol, link, question,
};
use crate::harness::{CENTRAL, Federation, Office, salt};

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_reminded_and_then_the_centre_sees_to_it() {
    let now = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(now.clock(), |_| {}).await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    let centre = federation.connect(CENTRAL, "main").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    let asked_about = question(vec![link("https://a.test/1")]);
    ask(&europol, asked_about.clone()).await;
    let wanted = request(&asked_about.query_id, 0);
    let due = requested(&europol, wanted.clone()).await.unwrap();
    assert_eq!(
        due.due_at_us - asked(&nw, false).await[0].asked_at_us,
        48 * 3_600_000_000,
        "48 hours by default"
    );

    let hub = federation.server.hub().clone();
    let sweep = async || {
        while hub.run(SeeToDisclosures).await.unwrap() {}
    };
    sweep().await;
    let states =
        async |office: &Office| asked(office, false).await.iter().map(Disclosure::state).collect::<Vec<_>>();
    assert_eq!(states(&nw).await, [DisclosureState::Asked]);
    now.advance(Duration::from_secs(25 * 3_600));
    sweep().await;
    assert_eq!(states(&nw).await, [DisclosureState::Asked], "reminded");
    assert_eq!(states(&centre).await, []);
    now.advance(Duration::from_secs(24 * 3_600));
    sweep().await;
    assert_eq!(states(&nw).await, [DisclosureState::Escalated]);
    assert_eq!(states(&centre).await, [DisclosureState::Escalated]);
    // The owner's feed: case, referral, the question or not yet, asked, reminded, escalated.
    let told = told(&nw, 2, 4).await;
    assert_eq!(told.len(), 3, "asked, reminded, escalated");

    let refusal = answered(&centre, answer(&wanted.disclosure_id, &[])).await.unwrap();
    assert_eq!(refusal.disclosure.unwrap().state(), DisclosureState::Refused);
    let shown = listed(&europol).await.remove(0);
    assert_eq!((shown.state(), shown.answer.as_str()), (DisclosureState::Refused, "covert measures"));
    drop((nw, europol, centre, hub));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_may_still_answer_and_the_centre_is_told() {
    let now = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(now.clock(), |_| {}).await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    let centre = federation.connect(CENTRAL, "main").await;
    let policy = "[liaison]\ndisclosure_hours = 2\n".to_owned();
    let put = PutPolicy::parse(policy, "KHK Muster".into(), salt()).unwrap();
    let hub = federation.server.hub().clone();
    hub.run(put).await.unwrap();
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    let asked_about = question(vec![link("https://a.test/1")]);
    ask(&europol, asked_about.clone()).await;
    let wanted = request(&asked_about.query_id, 0);
    requested(&europol, wanted.clone()).await.unwrap();
    let one = asked(&nw, false).await.remove(0);
    assert_eq!(one.due_at_us - one.asked_at_us, 2 * 3_600_000_000, "by the policy");
    now.advance(Duration::from_secs(2 * 3_600 + 1));
    while hub.run(SeeToDisclosures).await.unwrap() {}
    let given = answer(&wanted.disclosure_id, &[(DisclosureField::CaseNumber, "1/26")]);
    answered(&nw, given).await.unwrap();
    restricted(&nw, &wanted.disclosure_id, &[]).await.unwrap();
    let told = told(&centre, 0, 3).await;
    // Each tells of the disclosure as it is when it is read.
    assert_eq!(told.iter().map(Disclosure::state).collect::<Vec<_>>(), [DisclosureState::Released; 3]);
    assert!(told[2].values[0].restricted);
    assert_eq!(asked(&centre, false).await, [], "nothing is left to see to");
    drop((nw, europol, centre, hub));
    federation.end().await;
}
