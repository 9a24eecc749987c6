//! A liaison body's node and the real hub: open and blind, hidden, restarts.

use meldeverbund_certs::authority::Order;
use meldeverbund_node::client::LiaisonDeskClient;
use meldeverbund_proto::{
    node::v1::{
        AnnounceRequest, AnswerDisclosureRequest, AskBegin, AskedState, HubLineCause,
        ListAnnouncementsRequest, ListDisclosuresRequest, ListLiaisonAskedRequest, Question,
        RequestDisclosureRequest, RestrictDisclosureRequest, ShowBlindRequest, ask_request,
    },
    v1::{
        AgencyKind, AnnouncementKind, AnnouncementState, ContentHash, DisclosedValue, Disclosure,
        DisclosureField, DisclosureState, HandlingCode, HashAlgorithm, Referral, Stage,
    },
};

use crate::{
    harness::{CASE, Running, links},
    liaison::{Ask, begin, connected, desk_at, reason, report},
    officers::token,
    real::{Federation, identity, now, run},
};

const EUROPOL: &str = "eu-europol";

async fn desk(node: &Running) -> LiaisonDeskClient {
    desk_at(&node.node.config.desk.socket, Some(&token(EUROPOL))).await
}

async fn ask(desk: &mut LiaisonDeskClient, begin: AskBegin, texts: &[String]) -> Question {
    let mut ask = Ask::first(desk, ask_request::Step::Begin(begin)).await.unwrap();
    ask.rows(texts).await;
    ask.done().await.unwrap()
}

fn blind(name: u8) -> AskBegin {
    AskBegin { blind: true, ..begin(name) }
}

fn hash(number: u8) -> ContentHash {
    ContentHash { algorithm: HashAlgorithm::Sha256.into(), digest: vec![number; 32] }
}

/// An office with referrals: every third is hidden, every fifth has a hash.
async fn office(federation: &Federation, count: usize) -> Running {
    let mut nw = federation.office("de-nw-lka").await;
    nw.open_case(CASE).await;
    let referral = |(i, link): (usize, &String)| Referral {
        link: link.clone(),
        hidden_from_liaison: i.is_multiple_of(3),
        handling: HandlingCode::H1.into(),
        content_hashes: if i.is_multiple_of(5) { vec![hash(u8::try_from(i).unwrap())] } else { Vec::new() },
        ..Referral::default()
    };
    nw.refer_as("list", links(count).iter().enumerate().map(referral).collect()).await;
    nw.until(|status| (status.totals.unwrap().new == count as u64).then_some(())).await;
    nw
}

/// Links that were referred and as many that were not, and hashes of both kinds.
fn mixed(count: usize) -> Vec<String> {
    let mut texts = links(2 * count);
    texts[1] = "HXXP://FILES[.]example:80/1#top".into();
    texts.extend((0..count).map(|i| hex::encode([u8::try_from(i).unwrap(); 32])));
    texts
}

fn expected(count: usize) -> Vec<AskedState> {
    let link = |i: usize| i < count && !i.is_multiple_of(3);
    let hash = |i: usize| i.is_multiple_of(5) && !i.is_multiple_of(3);
    let all = (0..2 * count).map(link).chain((0..count).map(hash));
    all.map(|hit| if hit { AskedState::Hit } else { AskedState::NoHit }).collect()
}

async fn states(desk: &mut LiaisonDeskClient, question: &Question) -> Vec<AskedState> {
    report(desk, question.question).await.iter().map(|row| row.state()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn open_and_blind_agree_and_hidden_is_no_hit() {
    const COUNT: usize = 60;
    let mut federation = Federation::start().await;
    let mut nw = office(&federation, COUNT).await;
    // The set is made of what is there when the hub begins with it.
    federation.config.blind.legal_basis = "Test Act, section 1".into();
    federation.restart().await;
    let mut europol = federation.body(EUROPOL).await;
    connected(&mut europol).await;
    let mut officer = desk(&europol).await;
    let texts = mixed(COUNT);
    let open = ask(&mut officer, begin(1), &texts).await;
    assert_eq!(states(&mut officer, &open).await, expected(COUNT));
    let hit = report(&mut officer, open.question).await.remove(1).hit.unwrap();
    assert_eq!(
        (&*hit.owner_agency_id, hit.stage(), hit.handling()),
        ("de-nw-lka", Stage::Referred, HandlingCode::H1)
    );

    let blind_one = ask(&mut officer, blind(2), &texts).await;
    assert_eq!(
        states(&mut officer, &blind_one).await,
        expected(COUNT),
        "the rate of false hits is one in a million"
    );
    let rows = report(&mut officer, blind_one.question).await;
    assert!(rows.iter().all(|row| row.epoch == 1 && row.recorded_at_us > 0));
    let shown = officer.show_blind(ShowBlindRequest {}).await.unwrap().into_inner();
    assert_eq!(shown.legal_basis, "Test Act, section 1");
    assert_eq!(shown.budget_per_day - shown.budget_left, texts.len() as u64);
    assert!(shown.sets[0].at_hand && shown.sets[0].one_false_hit_in >= 1 << 20);

    // The office is told of the open question alone, and which of its links were hidden.
    nw.until(|status| (status.feed.as_ref().unwrap().cursor >= 3).then_some(())).await;
    let mut owner = desk_at(&nw.node.config.desk.socket, None).await;
    let request = ListLiaisonAskedRequest::default();
    let told = owner.list_liaison_asked(request).await.unwrap().into_inner().asked;
    let hits: usize = told.iter().map(|row| row.target_ids.len()).sum();
    let hidden: usize = told.iter().map(|row| row.hidden_target_ids.len()).sum();
    assert!(hits > 0 && hidden > 0, "{told:?}");
    assert!(told.iter().all(|row| row.agency_id == EUROPOL));
    europol.stop().await;
    nw.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_restarts_in_the_middle_costs_only_time() {
    let mut federation = Federation::start().await;
    let mut nw = office(&federation, 60).await;
    federation.config.blind.legal_basis = "Test Act, section 1".into();
    federation.restart().await;
    let mut europol = federation.body(EUROPOL).await;
    connected(&mut europol).await;
    let mut officer = desk(&europol).await;
    for begin in [begin(1), blind(2)] {
        let mut asking = Ask::first(&mut officer, ask_request::Step::Begin(begin)).await.unwrap();
        asking.rows(&mixed(60)).await;
        federation.restart().await;
        let done = asking.done().await.unwrap();
        assert_eq!(states(&mut officer, &done).await, expected(60));
    }
    nw.until(|status| {
        (status.hub.as_ref().unwrap().state() == meldeverbund_proto::node::v1::HubLineState::Connected)
            .then_some(())
    })
    .await;
    europol.stop().await;
    nw.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_decides_who_asks() {
    let federation = Federation::start().await;
    let mut europol = federation.body(EUROPOL).await;
    connected(&mut europol).await;
    // Another body's officer, and nobody's.
    for wrong in [token("int-interpol"), "a.b.c".to_owned()] {
        let mut officer = desk_at(&europol.node.config.desk.socket, Some(&wrong)).await;
        let error = crate::liaison::ask(&mut officer, 1, &links(1)).await.unwrap_err();
        assert_eq!(reason(&error), "NOT_SIGNED_IN");
    }
    let mut officer = desk(&europol).await;
    let begun = Ask::first(&mut officer, ask_request::Step::Begin(blind(3))).await;
    let mut begun = begun.unwrap();
    begun.rows(&links(1)).await;
    let error = begun.done().await.unwrap_err();
    assert_eq!(reason(&error), "HUB_REFUSED", "no legal basis: {}", error.message());
    europol.stop().await;

    // An office's node that calls itself a liaison body's.
    federation.register("de-nw-lka", AgencyKind::StateOffice).await;
    let folder = federation.node("de-nw-lka", &federation.issue(&Order::node(identity("de-nw-lka")), now()));
    let file = folder.join("node.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("role = \"liaison\"\n{text}")).unwrap();
    let mut pretender = run(&folder).await;
    let line = pretender
        .until(|status| status.hub.clone().filter(|hub| hub.cause() == HubLineCause::OwnWrongName))
        .await;
    assert!(line.detail.contains("role"));
    pretender.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn details_are_asked_for_released_and_restricted() {
    let federation = Federation::start().await;
    let nw = office(&federation, 3).await;
    let mut europol = federation.body(EUROPOL).await;
    connected(&mut europol).await;
    let mut officer = desk(&europol).await;
    let question = ask(&mut officer, begin(1), &links(3)).await.question;
    let request = RequestDisclosureRequest {
        question,
        row: 2,
        fields: vec![DisclosureField::CaseNumber.into()],
        reason: "joint action".into(),
    };
    let asked = officer.request_disclosure(request).await.unwrap().into_inner();
    assert_eq!(asked.agency.unwrap().agency_id, "de-nw-lka");
    let id = asked.disclosure_id;

    // The feed brings it to the owner: it stands in the list though the hub is not asked.
    let mut owner = desk_at(&nw.node.config.desk.socket, None).await;
    nw.until_told(|store: Vec<Disclosure>| store.iter().any(|one| one.disclosure_id == id)).await;
    let list = |answered| ListDisclosuresRequest { disclosure_id: String::new(), answered, limit: 0 };
    let found = owner.list_disclosures(list(false)).await.unwrap().into_inner().disclosures;
    assert_eq!(
        (found.len(), &*found[0].asking_officer, found[0].state()),
        (1, "officer-7", DisclosureState::Asked)
    );
    assert!(!found[0].target_id.is_empty());
    let value = |field: DisclosureField, text: &str| DisclosedValue {
        field: field.into(),
        text: text.into(),
        restricted: false,
    };
    let answer = AnswerDisclosureRequest {
        disclosure_id: id.clone(),
        values: vec![value(DisclosureField::CaseNumber, CASE), value(DisclosureField::Officer, "E. Muster")],
        reason: String::new(),
    };
    owner.answer_disclosure(answer.clone()).await.unwrap();
    let other = AnswerDisclosureRequest { values: vec![value(DisclosureField::Note, "x")], ..answer };
    let error = owner.answer_disclosure(other).await.unwrap_err();
    assert_eq!(reason(&error), "HUB_REFUSED", "an answer stands");
    let restrict = RestrictDisclosureRequest {
        disclosure_id: id.clone(),
        fields: vec![DisclosureField::Officer.into()],
        reason: "wrong person".into(),
    };
    owner.restrict_disclosure(restrict).await.unwrap();
    // The body hears of all of it in its feed, and is shown no more of what was restricted.
    europol
        .until_told(|store: Vec<Disclosure>| store.iter().any(|one| one.values.iter().any(|v| v.restricted)))
        .await;
    let shown = officer.list_disclosures(list(true)).await.unwrap().into_inner();
    assert!(shown.asked_hub);
    let one = &shown.disclosures[0];
    assert_eq!((one.state(), &*one.target_id), (DisclosureState::Released, ""), "the target is the owner's");
    let values: Vec<(bool, &str)> = one.values.iter().map(|v| (v.restricted, v.text.as_str())).collect();
    assert_eq!(values, [(false, CASE), (true, "")]);
    for node in [europol, nw] {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_body_announces_reaches_the_central_office() {
    let federation = Federation::start().await;
    let mut europol = federation.body(EUROPOL).await;
    connected(&mut europol).await;
    let folder = federation.node("de-bka", &federation.issue(&Order::node(identity("de-bka")), now()));
    let mut central = run(&folder).await;
    connected(&mut central).await;
    let mut officer = desk(&europol).await;
    let request = AnnounceRequest {
        kind: AnnouncementKind::HoldAsked.into(),
        purpose: Some(crate::liaison::purpose()),
        selector: "https://unknown.example/a".into(),
        at_us: 0,
        note: "house search".into(),
    };
    let said = officer.announce(request).await.unwrap().into_inner();
    let mut desk = desk_at(&central.node.config.desk.socket, None).await;
    central.until(|status| (status.feed.as_ref().unwrap().cursor >= 1).then_some(())).await;
    let list = ListAnnouncementsRequest { limit: 0 };
    let rows = desk.list_announcements(list).await.unwrap().into_inner().announcements;
    let one = rows[0].announcement.as_ref().unwrap();
    assert_eq!((&one.announcement_id, &*rows[0].agency_id), (&said.announcement_id, EUROPOL));
    assert_eq!(one.state(), AnnouncementState::Received);
    europol.stop().await;
    central.stop().await;
}
