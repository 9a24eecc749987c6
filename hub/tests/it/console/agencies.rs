//! Members, their certificates and keys.

use std::time::Duration;

use meldeverbund_domain::AgencyState;
use meldeverbund_hub::flow::{AddAgency, NoteCertificates, SetAgencyState};
use meldeverbund_people::Role;
use meldeverbund_proto::v1::{AgencyCard, AgencyKind};

use super::Centre;
use crate::harness::{INSTANCE, salt};

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test(flavor = "multi_thread")]
async fn members_stand_there_with_their_certificates_and_what_runs_out() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("otto", &[Role::Operator]).await;
    let page = browser.get("/agencies").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Noch hat kein Knoten ein Zertifikat gezeigt."), "{}", page.body);
    assert!(page.body.contains("Zentralstelle</td>") && page.body.contains("noch nie"), "{}", page.body);

    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://host.example/1"]).await;
    nw.feed(INSTANCE, 0, 1).await;
    nw.acknowledge(1).await;
    let server = &centre.federation.server;
    let peers = server.tls().peers();
    let peer =
        peers.iter().find(|peer| peer.agency.as_str() == "de-nw-lka").expect("it is connected").clone();
    server.hub().run(NoteCertificates::new(peers.iter().map(|peer| &**peer))).await.unwrap();
    let left = peer.not_after.duration_since(centre.clock.now()).unwrap();

    let page = browser.get("/agencies").await.body;
    for says in
        ["Office de-nw-lka", "duty@de-nw-lka.example", &peer.serial.to_string(), "<td>main</td>", "aktiv"]
    {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(!page.contains("1/26") && !page.contains("host.example/1"));
    let state =
        if left > 30 * DAY { "<td>gültig</td>" } else { "<strong>läuft in den nächsten 30 Tagen ab" };
    assert!(page.contains(state), "{page}");

    let suspend =
        SetAgencyState::parse("de-nw-lka".parse().unwrap(), AgencyState::Suspended, String::new(), salt());
    server.hub().run(suspend.unwrap()).await.unwrap();
    let page = browser.get("/agencies").await.body;
    assert!(
        page.contains("<strong>ausgesetzt seit</strong>") && page.contains("<strong>Behörde ausgesetzt"),
        "{page}"
    );

    centre.clock.advance(left + DAY);
    let mut english = centre.signed_in("sina", &[Role::Supervisor]).await;
    english.get("/language/en").await;
    let page = english.get("/agencies").await.body;
    assert!(page.contains("<strong>has ended</strong>"), "{page}");
    centre.clock.advance(91 * DAY);
    let mut later = centre.signed_in("sina", &[Role::Supervisor]).await;
    let page = later.get("/agencies").await.body;
    assert!(page.contains("Noch hat kein Knoten ein Zertifikat gezeigt."), "it ended long ago: {page}");
    drop((nw, peers));
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agencys_name_stays_text() {
    let centre = Centre::new().await;
    let card = AgencyCard {
        agency_id: "de-nw-lka".into(),
        name: "<script>alert(1)</script>".into(),
        contact: "\"><img src=x>".into(),
        kind: AgencyKind::StateOffice.into(),
    };
    centre.federation.server.hub().run(AddAgency::parse(card, salt()).unwrap()).await.unwrap();
    let mut browser = centre.signed_in("otto", &[Role::Operator]).await;
    let page = browser.get("/agencies").await.body;
    assert!(
        page.contains("&#60;script&#62;") && !page.contains("<script>") && !page.contains("<img"),
        "{page}"
    );
    centre.end().await;
}
