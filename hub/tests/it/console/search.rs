//! Searching: whatever is typed is found, said what it was taken for, and stands in no address.

use meldeverbund_hub::{flow::LeasedJob, store::query};
use meldeverbund_people::Role;

use super::{Centre, browser::Answer};
use crate::harness::CENTRAL;

async fn search(browser: &mut super::Browser, q: &str) -> Answer {
    let page = browser.get("/targets").await;
    let answer = browser.post("/targets", &page.form(&[("q", q)])).await;
    assert_eq!((answer.status, answer.location()), (200, None), "{q}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_a_link_a_host_and_an_own_case_are_found() {
    let centre = Centre::new().await;
    let (nw, bka) = (centre.office("de-nw-lka").await, centre.federation.connect(CENTRAL, "desk").await);
    bka.open_case("77/26").await;
    let links = ["https://cdn.files.example/a?x=1", "https://files.example/b", "https://other.example/c"];
    let ids: Vec<_> = nw.refer("1/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    bka.refer("77/26", &links[2..]).await;
    centre.compare().await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;

    for (q, what, found) in [
        (ids[0].as_str(), "Kennung", vec![0]),
        (links[0], "Link", vec![0]),
        ("hxxp://cdn[.]files[.]example/a?x=1", "Link", vec![0]),
        ("cdn.files.example/a?x=1", "Link", vec![0]),
        ("files[.]example", "Host", vec![0, 1]),
        ("cdn.files.example", "Host", vec![0]),
        ("77/26", "Vorgang der Zentralstelle", vec![2]),
    ] {
        let answer = search(&mut browser, q).await;
        assert!(answer.body.contains(&format!("<h2>{what}</h2>")), "{q}: {}", answer.body);
        for (at, id) in ids.iter().enumerate() {
            let listed = answer.body.contains(&format!("href=\"/targets/{id}\""));
            assert_eq!(listed, found.contains(&at), "{q} {at}");
        }
        assert!(!answer.body.contains("https://cdn") && !answer.body.contains("href=\"http"), "defanged");
    }
    let shown = search(&mut browser, "cdn.files.example").await.body;
    assert!(shown.contains("hxxps[://]cdn[.]files[.]example/a?x=1"), "{shown}");

    for (q, says) in [
        ("https://files.example/nobody", "Diesen Link hat niemand gemeldet"),
        ("nowhere.example", "Von diesem Host ist nichts gemeldet"),
        ("1/26", "Das ist weder Kennung noch Link"),
        ("018f0000-0000-7000-8000-000000000000", "mit dieser Kennung gibt es nicht"),
    ] {
        let answer = search(&mut browser, q).await;
        assert!(answer.body.contains(says), "{q}: {}", answer.body);
    }
    drop((nw, bka));
    centre.end().await;
}

/// While hosts and cases are noted, the page says how far that has come; nothing is missing without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_says_how_far_it_can_look() {
    let centre = Centre::new().await;
    centre.federation.leave_to_others(LeasedJob::Compare).await;
    let bka = centre.federation.connect(CENTRAL, "desk").await;
    bka.open_case("77/26").await;
    centre.compare().await;
    bka.refer("77/26", &["https://files.example/a"]).await;
    let mut german = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let mut english = centre.signed_in("max", &[Role::Auditor]).await;
    english.get("/language/en").await;
    for q in ["files.example", "77/26"] {
        let told = search(&mut german, q).await.body;
        assert!(told.contains("Nach Host und Vorgang durchsucht sind Links, die bis 20"), "{q}: {told}");
        let told = search(&mut english, q).await.body;
        assert!(told.contains("links are searched that were referred up to 20"), "{q}: {told}");
    }
    let told = search(&mut german, "https://files.example/a").await.body;
    assert!(!told.contains("durchsucht"), "links are found at once: {told}");
    centre.compare().await;
    for q in ["files.example", "77/26"] {
        assert!(!search(&mut german, q).await.body.contains("durchsucht"), "{q}");
        assert!(!search(&mut english, q).await.body.contains("are searched"), "{q}");
    }
    // As an update leaves it.
    let mut writer = centre.federation.server.hub().store().writer().await.unwrap();
    query("UPDATE compared SET noted_leaf = 0").execute(&mut writer).await.unwrap();
    let told = search(&mut german, "files.example").await.body;
    assert!(told.contains("ist noch kein Link durchsucht") && told.contains("Nachweisbuchs: 0 / "), "{told}");
    let told = search(&mut english, "77/26").await.body;
    assert!(told.contains("no link is searched yet") && told.contains("ledger: 0 / "), "{told}");
    drop((bka, writer));
    centre.end().await;
}

/// A merged link is found, with the target that goes on; a withdrawn case leads nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_found_and_a_withdrawn_case_is_not() {
    use meldeverbund_proto::{
        statement::Act,
        v1::{WithdrawReferral, decide_request::Decision},
    };
    let centre = Centre::new().await;
    let bka = centre.federation.connect(CENTRAL, "desk").await;
    bka.open_case("77/26").await;
    let links = ["https://files.example/a", "https://files.example/b"];
    let ids: Vec<_> = bka.refer("77/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    let merge = crate::duplicates::request(Act::Merge, &[(&ids[0], &ids[1])]);
    crate::duplicates::judged(&centre.federation, merge).await;
    centre.compare().await;
    let mut browser = centre.signed_in("erika", &[Role::Auditor]).await;
    let answer = search(&mut browser, links[1]).await.body;
    assert!(answer.contains(&format!("/targets/{}", ids[0])) && answer.contains("anderem Namen"), "{answer}");
    assert!(search(&mut browser, "77/26").await.body.contains(&ids[0]));
    let withdraw = WithdrawReferral { case_number: "77/26".into(), reason: "mistake".into() };
    bka.decided(&ids[..1], Decision::WithdrawReferral(withdraw)).await;
    assert!(search(&mut browser, "77/26").await.body.contains("kein Link gebunden"));
    drop(bka);
    centre.end().await;
}

/// A long list is read page by page, by the form.
#[tokio::test(flavor = "multi_thread")]
async fn a_hosts_list_goes_on() {
    let centre = Centre::new().await;
    let nw = centre.office("de-nw-lka").await;
    let links: Vec<_> = (0..60).map(|n| format!("https://files.example/{n}")).collect();
    nw.refer("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    centre.compare().await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let first = search(&mut browser, "files.example").await;
    assert_eq!(first.body.matches("<th scope=\"row\">").count(), 50);
    let after = first.values("after").remove(0);
    let form = first.form(&[("q", "files.example"), ("what", "host"), ("after", &after)]);
    let second = browser.post("/targets", &form).await;
    assert_eq!(second.body.matches("<th scope=\"row\">").count(), 10);
    assert!(second.values("after").is_empty(), "the last page");
    drop(nw);
    centre.end().await;
}
