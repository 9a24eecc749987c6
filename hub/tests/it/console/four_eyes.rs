//! A release that takes two people: shown as waiting, confirmed by somebody else, and never by whoever gave it.

use meldeverbund_hub::flow::PutPolicy;
use meldeverbund_people::Role;
use meldeverbund_proto::v1::{GateState, TargetView};

use super::{
    Centre,
    browser::{Answer, Browser},
    releasing::{RELEASE, form, scene},
};
use crate::harness::{Office, salt};

const CONFIRM: [(&str, &str); 1] = [("decision", "confirm")];

impl Centre {
    /// A release takes two people from now on.
    async fn ask_for_four_eyes(&self) {
        let policy = PutPolicy::parse("four_eyes = [\"released\"]\n".into(), "KD".into(), salt());
        self.federation.server.hub().run(policy.unwrap()).await.unwrap();
    }

    /// The same person with another name: a marriage, or another login.
    async fn prosecutor_named(&self, subject: &str, name: &str, own: &[&str]) -> Browser {
        let mut browser = self.browser();
        self.issuer.person(subject, &[Role::Prosecutor, Role::Supervisor]);
        self.issuer.person_says("proceedings", own.to_vec());
        self.issuer.person_says("name", name);
        let query = self.approved(&mut browser, "/").await;
        assert_eq!(browser.get(&format!("/sign-in/return?{query}")).await.status, 303);
        browser
    }
}

async fn state(office: &Office, id: &str) -> GateState {
    let view: TargetView = office.see(id).await;
    view.gates().nth(3).unwrap()
}

fn says(page: &Answer, all: &[&str]) {
    for says in all {
        assert!(page.body.contains(says), "{says}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_confirms_and_never_the_first() {
    let centre = Centre::new().await;
    centre.ask_for_four_eyes().await;
    let (ids, address, mut ostain) = scene(&centre).await;
    let bka = centre.bka().await;
    let page = ostain.get(&address).await;
    assert!(!page.body.contains("value=\"confirm\""), "nothing waits: {}", page.body);
    assert_eq!(ostain.post(&address, &form(&page, &page.values("target"), &RELEASE)).await.status, 303);
    assert_eq!(state(&bka, &ids[0]).await, GateState::Unconfirmed);

    // Whoever gave it is told that it waits, and is not asked.
    let page = ostain.get(&address).await;
    says(&page, &["<strong>freigegeben, wartet auf die zweite Person</strong> (von Ihnen;"]);
    assert!(!page.body.contains("value=\"confirm\""), "{}", page.body);
    assert!(ostain.get("/proceedings").await.body.contains("<td class=\"number\">2</td>"), "both wait still");
    assert_eq!(ostain.get("/releases").await.status, 404, "that list is the supervisors'");
    let leaves = centre.federation.counts().await.leaves;
    let own = ostain.post(&address, &form(&page, &page.values("target"), &CONFIRM)).await;
    assert_eq!(own.status, 422, "{}", own.body);
    says(&own, &["Hier braucht es eine zweite Person", "Nichts davon wurde entschieden"]);
    // Nor under another name, here and in the list.
    let mut renamed = centre.prosecutor_named("ostain", "Erika Beispiel", &["60 UJs"]).await;
    for at in [address.as_str(), "/releases"] {
        let page = renamed.get(at).await;
        says(&page, &["von Ihnen; eine andere Person bestätigt"]);
        assert!(!page.body.contains("value=\"confirm\""), "{at}: {}", page.body);
        let own = renamed.post(at, &form(&page, &page.values("target"), &CONFIRM)).await;
        assert_eq!(own.status, 422, "{at}: {}", own.body);
        says(&own, &["Hier braucht es eine zweite Person"]);
    }
    for id in &ids[..2] {
        assert_eq!(state(&bka, id).await, GateState::Unconfirmed, "{id}");
    }
    assert_eq!(centre.federation.counts().await.leaves, leaves + 3, "each attempt stands in the ledger");

    // A colleague with the same proceeding confirms one there, a supervisor the other in the list.
    let mut vertreter = centre.prosecutor("vertreter", &[Role::Prosecutor], &["60 UJs 7/26"]).await;
    let page = vertreter.get(&address).await;
    says(&page, &["wartet auf die zweite Person</strong>", "Alle ausgewählten als zweite Person bestätigen"]);
    let confirm = form(&page, &page.values("target")[..1], &CONFIRM);
    let (first, again) = (vertreter.post(&address, &confirm).await, vertreter.post(&address, &confirm).await);
    assert_eq!((first.status, first.location()), (303, again.location()), "{}", first.body);
    let mut max = centre.signed_in("max", &[Role::Supervisor]).await;
    let list = max.get("/releases").await;
    says(
        &list,
        &["hxxps[://]files[.]example/b", "60 UJs 7/26", "StA &#60;b&#62;Frankfurt", "Auflagen: Verfügung"],
    );
    assert!(!list.body.contains("example/a") && !list.body.contains("https://files"), "{}", list.body);
    let confirmed = max.post("/releases", &form(&list, &list.values("target"), &CONFIRM)).await;
    assert_eq!(confirmed.status, 303, "{}", confirmed.body);
    let told = max.get(confirmed.location().unwrap()).await;
    says(&told, &["Im Nachweisbuch festgehalten, Eintrag", "Keine Freigabe wartet auf eine zweite Person"]);
    assert!(!max.get("/releases?done=0").await.body.contains("festgehalten"));
    for id in &ids[..2] {
        assert_eq!(state(&bka, id).await, GateState::Set, "{id}");
    }
    // Both stand in the acts and in the target's history.
    let acts = centre.acts().await;
    let last = acts[acts.len() - 2..].iter().map(|(who, what)| (who.as_str(), what.as_str()));
    assert_eq!(acts[0], ("ostain".to_owned(), "release".to_owned()));
    assert_eq!(last.collect::<Vec<_>>(), [("vertreter", "confirm"), ("max", "confirm")]);
    let history = max.get(&format!("/targets/{}", ids[1])).await;
    says(&history, &["Erika Mustermann (ostain)", "Erika Mustermann (max)"]);
    drop(bka);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_decided_on_as_it_was_seen() {
    let centre = Centre::new().await;
    centre.ask_for_four_eyes().await;
    let (ids, address, mut ostain) = scene(&centre).await;
    let bka = centre.bka().await;
    let mut max = centre.signed_in("max", &[Role::Supervisor]).await;
    says(&max.get("/releases").await, &["Keine Freigabe wartet auf eine zweite Person"]);
    let page = ostain.get(&address).await;
    assert_eq!(ostain.post(&address, &form(&page, &page.values("target"), &RELEASE)).await.status, 303);
    let list = max.get("/releases").await;
    let leaves = centre.federation.counts().await.leaves;
    for (chosen, fields, anchor) in [
        (&list.values("target")[..0], &CONFIRM[..], "#targets"),
        (&list.values("target")[..], &[("decision", "revoke")][..], "#revoke-reason"),
    ] {
        let refused = max.post("/releases", &form(&list, chosen, fields)).await;
        assert_eq!(refused.status, 422, "{anchor}: {}", refused.body);
        says(&refused, &[&format!("href=\"{anchor}\"")]);
    }
    // A release that was given anew is another one than the one that was looked at.
    let page = ostain.get(&address).await;
    let anew = ostain.post(&address, &form(&page, &page.values("target")[..1], &RELEASE)).await;
    assert_eq!(anew.status, 303);
    let stale = max.post("/releases", &form(&list, &list.values("target"), &CONFIRM)).await;
    assert_eq!(stale.status, 409, "{}", stale.body);
    says(&stale, &["Inzwischen hat jemand anderes entschieden", "<code>release</code>"]);
    assert_eq!(centre.federation.counts().await.leaves, leaves + 1, "the new release alone");

    let revoke = [("decision", "revoke"), ("reason", "no second opinion")];
    let revoked = max.post("/releases", &form(&stale, &stale.values("target")[..1], &revoke)).await;
    assert_eq!(revoked.status, 303, "{}", revoked.body);
    assert_eq!(state(&bka, &ids[0]).await, GateState::Unspecified);
    let list = max.get(revoked.location().unwrap()).await;
    assert_eq!(list.values("target").len(), 1, "{}", list.body);
    // Of a target that there is not: as of a page that there is not.
    let missing = ["018f0000-0000-7000-8000-000000000000.0".to_owned()];
    let answer = max.post("/releases", &form(&list, &missing, &CONFIRM)).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(state(&bka, &ids[1]).await, GateState::Unconfirmed);
    drop(bka);
    centre.end().await;
}

/// The overview says that releases wait to whoever has their list, and as long as one does.
#[tokio::test(flavor = "multi_thread")]
async fn the_overview_says_that_releases_wait() {
    const WAIT: &str = "<a href=\"/releases\">Mindestens eine Freigabe wartet auf eine zweite Person</a>";
    let centre = Centre::new().await;
    centre.ask_for_four_eyes().await;
    let (_, address, mut ostain) = scene(&centre).await;
    let mut max = centre.signed_in("max", &[Role::Supervisor]).await;
    let before = max.get("/").await;
    assert_eq!(before.status, 200, "{}", before.body);
    assert!(!before.body.contains(WAIT), "nothing waits: {}", before.body);
    let page = ostain.get(&address).await;
    assert_eq!(ostain.post(&address, &form(&page, &page.values("target"), &RELEASE)).await.status, 303);
    says(&max.get("/").await, &[WAIT]);
    let mut desk = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let theirs = desk.get("/").await;
    assert_eq!(theirs.status, 200, "{}", theirs.body);
    assert!(!theirs.body.contains("/releases"), "that list is the supervisors': {}", theirs.body);

    // One of two is confirmed: the other waits still.
    let list = max.get("/releases").await;
    let first = form(&list, &list.values("target")[..1], &CONFIRM);
    assert_eq!(max.post("/releases", &first).await.status, 303);
    says(&max.get("/").await, &[WAIT]);
    let list = max.get("/releases").await;
    let second = form(&list, &list.values("target"), &CONFIRM);
    assert_eq!(max.post("/releases", &second).await.status, 303);
    let after = max.get("/").await.body;
    assert!(!after.contains(WAIT), "nothing waits any more: {after}");
    centre.end().await;
}

/// The list, and each form that it takes.
#[tokio::test(flavor = "multi_thread")]
async fn every_role_at_releases() {
    let centre = Centre::new().await;
    centre.ask_for_four_eyes().await;
    for role in Role::ALL {
        let mut browser = centre.signed_in(role.as_str(), &[role]).await;
        let own = browser.get("/sessions").await.form(&CONFIRM);
        let may = role == Role::Supervisor;
        assert_eq!(browser.get("/releases").await.status, if may { 200 } else { 404 }, "{role}");
        assert_eq!(browser.post("/releases", &own).await.status, if may { 422 } else { 404 }, "{role}");
        let listed = browser.get("/sessions").await.body;
        assert_eq!(listed.contains("href=\"/releases\""), may, "{role}: only what there is");
    }
    let mut nobody = centre.browser();
    assert_eq!(nobody.get("/releases").await.status, 303);
    assert_eq!(nobody.post("/releases", "form_token=x").await.status, 401);
    centre.end().await;
}
