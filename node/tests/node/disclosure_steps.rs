//! What the hub says that it wrote down of a disclosure's steps, and how it lies about that.

use meldeverbund_node::{client::LiaisonDeskClient, witness::AlarmKind};
use meldeverbund_proto::{
    node::v1::{AnswerDisclosureRequest, RequestDisclosureRequest, RestrictDisclosureRequest, ask_request},
    v1::{DisclosedValue, Disclosure, DisclosureField, DisclosureState},
};

use crate::{
    harness::{Running, links},
    hub::TOKEN,
    ledger::{Scene, until},
    liaison::{Ask, LIES, begin, body_with_ledger, connected, desk, honest, is_hit},
};

async fn acknowledge(node: &Running) {
    node.node.acknowledge_alarms(None, "Erika Muster", "seen").await.unwrap();
}

#[tokio::test]
async fn what_the_hub_says_that_it_wrote_down_of_a_request_is_verified() {
    let (office, hub, node) = body_with_ledger().await;
    is_hit(&hub, "https://files.example/1");
    let alarms = async || node.node.store.read().await.unwrap().alarms(false, 10).await.unwrap();
    let mut desk = desk(&office, Some(TOKEN)).await;
    let mut asking = Ask::first(&mut desk, ask_request::Step::Begin(begin(1))).await.unwrap();
    asking.rows(&links(3)).await;
    let question = asking.done().await.unwrap().question;
    let mut request = async |reason: &str| {
        let (fields, reason) = (vec![DisclosureField::CaseNumber.into()], reason.into());
        let request = RequestDisclosureRequest { question, row: 2, fields, reason };
        desk.request_disclosure(request).await.unwrap().into_inner()
    };
    let first = request("true").await.disclosure_id;
    assert_ne!(
        request("true").await.disclosure_id,
        first,
        "answered, the same words once more are another request"
    );
    assert!(alarms().await.is_empty());
    for (bend, expected) in LIES {
        bend(hub.state.lock().unwrap().ledger.as_mut().unwrap());
        // It counts all the same, and a person is told: once, however often.
        assert_eq!(request("a lie").await.agency.unwrap().agency_id, "de-by-lka");
        request("and another").await;
        let raised: Vec<_> = alarms().await.iter().map(|stored| stored.alarm.kind).collect();
        assert_eq!(raised, [expected]);
        acknowledge(&node).await;
        request("a third one").await;
        assert_eq!(alarms().await.len(), 1, "what a person has seen and is so again is told again");
        acknowledge(&node).await;
        honest(&hub);
    }
    node.stop().await;
}

/// Disclosures that an office is asked for.
fn asked_for(scene: &Scene, count: u8) -> Vec<String> {
    let ids: Vec<_> = (1..=count).map(|n| format!("01890000-0000-7000-8000-0000000000{n:02x}")).collect();
    let disclosure = |id: &String| Disclosure {
        disclosure_id: id.clone(),
        asking_agency_id: "eu-europol".into(),
        asked_agency_id: "de-nw-lka".into(),
        state: DisclosureState::Asked.into(),
        ..Disclosure::default()
    };
    scene.hub.state.lock().unwrap().liaison.disclosures.extend(ids.iter().map(disclosure));
    ids
}

async fn answer(desk: &mut LiaisonDeskClient, id: &str) -> Disclosure {
    let value =
        DisclosedValue { field: DisclosureField::Note.into(), text: "by day".into(), restricted: false };
    let (disclosure_id, reason) = (id.into(), String::new());
    let request = AnswerDisclosureRequest { disclosure_id, values: vec![value], reason };
    desk.answer_disclosure(request).await.unwrap().into_inner().disclosure.unwrap()
}

async fn restrict(desk: &mut LiaisonDeskClient, id: &str) -> Disclosure {
    let (disclosure_id, fields) = (id.into(), Vec::new());
    let request = RestrictDisclosureRequest { disclosure_id, fields, reason: "wrong".into() };
    desk.restrict_disclosure(request).await.unwrap().into_inner().disclosure.unwrap()
}

#[tokio::test]
async fn an_answer_and_a_restriction_are_proven_and_joined_to_what_is_published() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    connected(&mut node).await;
    let [one] = &asked_for(&scene, 1)[..] else { panic!() };
    let mut desk = desk(&scene.office, None).await;
    answer(&mut desk, one).await;
    restrict(&mut desk, one).await;
    let held = until(&node, |held| held.counts.proven == 2).await;
    assert!(held.alarms.is_empty(), "{held:?}");
    let size = scene.look(|ledger| ledger.size());
    scene.change(|ledger| ledger.publish());
    scene.vouched(size).await;
    let held = until(&node, |held| held.counts.finished == 2).await;
    assert!(held.alarms.is_empty() && held.size() == size, "{held:?}");
    node.stop().await;
}

#[tokio::test]
async fn what_the_hub_says_that_it_wrote_down_of_an_answer_is_verified() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    connected(&mut node).await;
    let ids = asked_for(&scene, 6);
    let mut desk = desk(&scene.office, None).await;
    // A key that is not known may be one whose leaf has not been read yet: an office finds that out with the ledger.
    for ((bend, expected), pair) in LIES.into_iter().take(3).zip(ids.chunks(2)) {
        let [one, other] = pair else { panic!() };
        scene.change(bend);
        assert_eq!(answer(&mut desk, one).await.state(), DisclosureState::Released, "it counts all the same");
        answer(&mut desk, other).await;
        let held = until(&node, |held| !held.alarms.is_empty()).await;
        assert_eq!(held.kinds(), [expected], "one of an answer and of the next");
        acknowledge(&node).await;
        assert!(restrict(&mut desk, one).await.values[0].restricted);
        let held = until(&node, |held| !held.alarms.is_empty()).await;
        assert_eq!((held.kinds(), held.counts.proven), (vec![expected], 0), "and of a restriction");
        acknowledge(&node).await;
        honest(&scene.hub);
    }
    node.stop().await;
}

#[tokio::test]
async fn an_answer_whose_leaf_is_not_published_is_an_alarm() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    connected(&mut node).await;
    scene.vouched(1).await;
    let [one] = &asked_for(&scene, 1)[..] else { panic!() };
    let mut desk = desk(&scene.office, None).await;
    answer(&mut desk, one).await;
    scene.change(|ledger| {
        let leaf = ledger.leaves.last_mut().unwrap();
        leaf.statement[0] ^= 1;
        ledger.grow(2);
        ledger.publish();
    });
    let held = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!((held.kinds(), held.counts.unproven), (vec![AlarmKind::MissingLeaf], 1));
    node.stop().await;
}
