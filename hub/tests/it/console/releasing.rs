//! A prosecutor releases and revokes: once, on what was seen, in the own name, and nothing that is not of the own proceedings.

use meldeverbund_people::Role;
use meldeverbund_proto::v1::{GateState, WithdrawReferral, decide_request::Decision};

use super::{
    Centre, ORIGIN,
    browser::{Answer, Browser},
    proceedings::addresses,
};

/// The form with these targets ticked.
pub(super) fn form(page: &Answer, ticked: &[String], fields: &[(&str, &str)]) -> String {
    let ticked = ticked.iter().map(|value| ("target", value.as_str()));
    page.form(&ticked.chain(fields.iter().copied()).collect::<Vec<_>>())
}

pub(super) const RELEASE: [(&str, &str); 3] =
    [("decision", "release"), ("authority", "StA <b>Frankfurt</b>"), ("conditions", "Verfügung vom 1.3.")];

/// A hub with one proceeding of three links, the last of which is another office's; its address, and a prosecutor's browser.
pub(super) async fn scene(centre: &Centre) -> (Vec<String>, String, Browser) {
    let (nw, bka) = (centre.office("de-nw-lka").await, centre.bka().await);
    bka.open_proceedings("7/26", "60 UJs 7/26").await;
    let links = ["https://files.example/a", "https://files.example/b", "https://files.example/c"];
    nw.refer("1/26", &links[2..]).await;
    let ids = bka.refer("7/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    centre.compare().await;
    let mut browser = centre.prosecutor("ostain", &[Role::Prosecutor], &["60 UJs"]).await;
    let address = addresses(&browser.get("/proceedings").await.body).remove(0);
    (ids, address, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ticked_is_released_once_and_revoked() {
    let centre = Centre::new().await;
    let (ids, address, mut browser) = scene(&centre).await;
    let page = browser.get(&address).await;
    let ticked = page.values("target");
    let leaves = centre.federation.counts().await.leaves;
    // Refused at its field, with what was typed; nothing is written.
    let until = ("until", "2020-01-01");
    for (chosen, fields, anchor) in [
        (&ticked[..0], &RELEASE[..], "#targets"),
        (&ticked[..], &RELEASE[..1], "#release-authority"),
        (&ticked[..], &[RELEASE[0], RELEASE[1], ("until", "1.3.2026")][..], "#release-until"),
        (&ticked[..], &[("decision", "revoke")][..], "#revoke-reason"),
    ] {
        let refused = browser.post(&address, &form(&page, chosen, fields)).await;
        assert_eq!(refused.status, 422, "{anchor}: {}", refused.body);
        assert!(refused.body.contains(&format!("href=\"{anchor}\"")), "{anchor}: {}", refused.body);
        let checked = refused.body.matches(" checked>").count();
        assert_eq!(checked, chosen.len(), "{anchor}: what was ticked still is");
    }
    assert_eq!(centre.federation.counts().await.leaves, leaves);

    let sent = form(&page, &ticked, &RELEASE);
    let (first, again) = (browser.post(&address, &sent).await, browser.post(&address, &sent).await);
    assert_eq!((first.status, first.location()), (303, again.location()), "a double click is one decision");
    assert_eq!(centre.federation.counts().await.leaves, leaves + 1);
    let told = browser.get(first.location().unwrap()).await;
    for says in [
        "Im Nachweisbuch festgehalten, Eintrag",
        "<strong>freigegeben</strong>",
        "de-bka: Erika Mustermann (ostain), StA &#60;b&#62;Frankfurt&#60;/b&#62;, 60 UJs 7/26",
        "Auflagen: Verfügung vom 1.3.",
    ] {
        assert!(told.body.contains(says), "{says}: {}", told.body);
    }
    assert!(!browser.get(&format!("{address}?done=0")).await.body.contains("festgehalten"));
    let bka = centre.bka().await;
    for (id, state) in ids.iter().zip([GateState::Set, GateState::Set, GateState::Unspecified]) {
        assert_eq!(bka.see(id).await.gates().nth(3), Some(state), "{id}");
    }
    let list = browser.get("/proceedings").await.body;
    assert!(list.contains("<td class=\"number\">0</td>"), "nothing waits any more: {list}");
    let mut desk = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let timeline = desk.get(&format!("/targets/{}", ids[0])).await.body;
    assert!(timeline.contains("Erika Mustermann (ostain)"), "the ledger names the prosecutor: {timeline}");

    assert_eq!(centre.acts().await, [("ostain".to_owned(), "release".to_owned())], "and the access log");

    let page = browser.get(&address).await;
    let revoke = [("decision", "revoke"), ("reason", "Ermittlungen")];
    let revoked = browser.post(&address, &form(&page, &page.values("target")[..1], &revoke)).await;
    assert_eq!(revoked.status, 303, "{}", revoked.body);
    assert_eq!(bka.see(&ids[0]).await.gates().nth(3), Some(GateState::Unspecified));
    assert_eq!(bka.see(&ids[1]).await.gates().nth(3), Some(GateState::Set));

    // One is released still and one is not: the first is revoked, and the second says why it is not.
    let page = browser.get(&address).await;
    let partly = browser.post(&address, &form(&page, &page.values("target"), &revoke)).await;
    assert_eq!(partly.status, 200, "{}", partly.body);
    assert!(partly.body.contains("aber nicht für alle") && partly.body.contains("Das ist nicht Ihr Eintrag"));
    assert_eq!(partly.body.matches(" checked>").count(), 1, "what is left is still ticked");
    assert_eq!(bka.see(&ids[1]).await.gates().nth(3), Some(GateState::Unspecified));

    // In the past: refused by the rules, for each.
    let page = browser.get(&address).await;
    let past = [RELEASE[0], RELEASE[1], until];
    let refused = browser.post(&address, &form(&page, &page.values("target"), &past)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("Nichts davon wurde entschieden"), "{}", refused.body);
    drop(bka);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_on_what_was_seen_before_is_shown_who_was_quicker() {
    let centre = Centre::new().await;
    let (ids, address, mut browser) = scene(&centre).await;
    let mut other = centre.prosecutor("vertreter", &[Role::Prosecutor], &["60 UJs 7/26"]).await;
    let (hers, his) = (browser.get(&address).await, other.get(&address).await);
    let first = browser.post(&address, &form(&hers, &hers.values("target")[..1], &RELEASE)).await;
    assert_eq!(first.status, 303);
    let leaves = centre.federation.counts().await.leaves;
    let stale = other.post(&address, &form(&his, &his.values("target"), &RELEASE)).await;
    assert_eq!(stale.status, 409, "{}", stale.body);
    for says in
        ["Inzwischen hat jemand anderes entschieden", "Erika Mustermann (ostain)", "<code>release</code>"]
    {
        assert!(stale.body.contains(says), "{says}: {}", stale.body);
    }
    assert_eq!(centre.federation.counts().await.leaves, leaves, "nothing of it is written");
    let bka = centre.bka().await;
    assert_eq!(bka.see(&ids[1]).await.gates().nth(3), Some(GateState::Unspecified));
    // What is shown is as of now: sent once more it is decided.
    let again = other.post(&address, &form(&stale, &stale.values("target"), &RELEASE)).await;
    assert_eq!(again.status, 303, "{}", again.body);
    drop(bka);
    centre.end().await;
}

/// Targets of others, forms of others, and addresses of others: nothing is decided, and nobody learns what there is.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_decided_on_what_is_not_own() {
    let centre = Centre::new().await;
    let (ids, address, mut browser) = scene(&centre).await;
    let bka = centre.bka().await;
    bka.open_proceedings("8/26", "12 Js 8/26").await;
    let foreign = bka.refer("8/26", &["https://files.example/d"]).await.answers[0].target_id.clone();
    centre.compare().await;
    let mut other = centre.prosecutor("anderer", &[Role::Prosecutor], &["12 Js"]).await;
    let theirs = addresses(&other.get("/proceedings").await.body).remove(0);
    let (page, leaves) = (browser.get(&address).await, centre.federation.counts().await.leaves);
    let own = page.values("target");
    let unknown = browser.post("/proceedings/9999", &form(&page, &own, &RELEASE)).await;
    assert_eq!(unknown.status, 404);
    for (to, ticked) in [
        (&theirs, vec![format!("{foreign}.0")]),
        (&theirs, own.clone()),
        (&address, vec![format!("{foreign}.0")]),
        (&address, vec![own[0].clone(), format!("{foreign}.0")]),
        (&address, vec!["018f0000-0000-7000-8000-000000000000.0".to_owned()]),
    ] {
        let answer = browser.post(to, &form(&page, &ticked, &RELEASE)).await;
        assert_eq!((answer.status, &answer.body), (404, &unknown.body), "{to} {ticked:?}");
    }
    // Of the own proceeding, but another office's to release: the rules say so.
    let not_ours = browser.post(&address, &form(&page, &[format!("{}.0", ids[2])], &RELEASE)).await;
    assert_eq!(not_ours.status, 422, "{}", not_ours.body);
    assert!(not_ours.body.contains("Das darf nur die zuständige Behörde"), "{}", not_ours.body);

    let stolen = form(&page, &own, &RELEASE).replace(page.form_token(), &SECRET.repeat(43));
    assert_eq!(browser.post(&address, &stolen).await.status, 403, "another session's form");
    let evil = vec!["Origin: https://evil.example".to_owned(), "Sec-Fetch-Site: cross-site".to_owned()];
    assert_eq!(browser.ask("POST", &address, &form(&page, &own, &RELEASE), &evil).await.status, 403);
    assert_ne!(ORIGIN, "https://evil.example");
    assert_eq!(bka.see(&ids[0]).await.gates().nth(3), Some(GateState::Unspecified));
    assert_eq!(centre.federation.counts().await.leaves, leaves + 1, "the refused one alone is recorded");
    drop(bka);
    centre.end().await;
}

/// A link that was withdrawn from the proceeding while its page was open is answered like one that there is not, also to a form
/// that knows how far it has come since; nothing is decided on the others either.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_meanwhile_is_not_own_any_more() {
    let centre = Centre::new().await;
    let (ids, address, mut browser) = scene(&centre).await;
    let bka = centre.bka().await;
    bka.open_proceedings("8/26", "12 Js 8/26").await;
    bka.refer("8/26", &["https://files.example/a"]).await;
    let page = browser.get(&address).await;
    let ticked = page.values("target");
    let withdraw = WithdrawReferral { case_number: "7/26".into(), reason: "by mistake".into() };
    bka.decided(&ids[..1], Decision::WithdrawReferral(withdraw)).await;
    let leaves = centre.federation.counts().await.leaves;
    let unknown = browser.get("/proceedings/9999").await;
    let now = format!("{}.{}", ids[0], leaves - 1);
    for chosen in [&ticked[..], &[now.clone()][..], &[now, ticked[1].clone()][..]] {
        for fields in [&RELEASE[..], &[("decision", "revoke"), ("reason", "x")][..]] {
            let answer = browser.post(&address, &form(&page, chosen, fields)).await;
            assert_eq!((answer.status, &answer.body), (404, &unknown.body), "{chosen:?}");
        }
    }
    assert_eq!(centre.federation.counts().await.leaves, leaves);
    assert_eq!(centre.acts().await, []);
    // What is left of the proceeding is released as ever.
    assert_eq!(browser.post(&address, &form(&page, &ticked[1..], &RELEASE)).await.status, 303);
    drop(bka);
    centre.end().await;
}

const SECRET: &str = "A";
