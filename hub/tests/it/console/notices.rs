//! Notices by where they stand and by provider.

use std::time::{Duration, SystemTime};

use meldeverbund_people::Role;
use meldeverbund_proto::v1::{NoticeKind, ReportAnswer, ReportFailed, ReportSent, decide_request::Decision};

use super::{Centre, browser::Browser};
use crate::{
    decisions::{gates, intend, request_grant},
    harness::{Office, decided, decision_on},
};

/// Refers a link, and brings it up to an intent: the target, and the intent's id.
async fn intended(office: &Office, link: &str, recipient: &str) -> (String, String) {
    let target = office.refer("1/26", &[link]).await.answers[0].target_id.clone();
    let targets = std::slice::from_ref(&target);
    for gate in gates() {
        office.decided(targets, gate).await;
    }
    let grant = office.decided(targets, request_grant()).await.remove(0);
    let mut intent = intend(NoticeKind::First, vec![grant.fence]);
    if let Decision::Intend(said) = &mut intent {
        said.recipient = recipient.to_owned();
    }
    let request = decision_on(targets, intent);
    let id = request.command_id.clone();
    assert_eq!(decided(office.ask(request).await).answers[0].refusal, None);
    (target, id)
}

async fn listed(browser: &mut Browser, query: &str) -> String {
    let answer = browser.get(&format!("/notices?{query}")).await;
    assert_eq!(answer.status, 200, "{query}");
    answer.body
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_stand_where_they_are_with_their_provider_and_what_is_due() {
    const EVIL: &str = "<script>alert(1)</script>";
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    assert!(listed(&mut browser, "").await.contains("Keine Mitteilung steht so."));
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let (failed, failed_id) = intended(&nw, "https://one.example/secret", "abuse@one.example").await;
    let reason = "mailbox refused".to_owned();
    let report = Decision::ReportFailed(ReportFailed { intent_id: failed_id, reason });
    nw.decided(std::slice::from_ref(&failed), report).await;
    let (under_way, _) = intended(&nw, "https://two.example/1", EVIL).await;
    let (silent, silent_id) = intended(&nw, "https://three.example/1", "abuse@three.example").await;
    let now = centre.clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let sent_at_us = i64::try_from(now.as_micros()).unwrap();
    let report =
        Decision::ReportSent(ReportSent { intent_id: silent_id, sent_at_us, reference: String::new() });
    nw.decided(std::slice::from_ref(&silent), report).await;

    // A moment later: each transaction has a time of its own, a little ahead of a clock that stands still.
    centre.clock.advance(Duration::from_secs(1));
    for (state, target, says) in [
        ("failed", &failed, "abuse@one.example"),
        ("under-way", &under_way, "&#60;script&#62;"),
        ("silent", &silent, "abuse@three.example"),
    ] {
        let page = listed(&mut browser, &format!("state={state}")).await;
        assert!(page.contains(says) && page.contains(target.as_str()), "{state}: {page}");
        assert!(
            !page.contains("secret") && !page.contains("1/26") && !page.contains("<script>"),
            "{state}: {page}"
        );
        assert_eq!(page.matches("scope=\"row\"").count(), 1, "{state}: no other");
        assert_eq!(page.contains("<strong>überfällig"), state == "failed", "{state}: {page}");
        let seen = centre.views().await.pop().unwrap();
        assert_eq!((seen.page.as_str(), seen.shown[0].to_string()), ("notices", target.clone()), "noted");
    }
    assert!(listed(&mut browser, "state=failed&provider=ONE.example").await.contains(&failed));
    let none = listed(&mut browser, "state=failed&provider=three").await;
    assert!(none.contains("Keine Mitteilung steht so.") && !none.contains(&failed), "{none}");

    // Time passes: nobody has answered for longer than the policy says.
    centre.clock.advance(Duration::from_secs(60 * 3_600));
    let mut english = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    english.get("/language/en").await;
    let late = listed(&mut english, "state=silent").await;
    assert!(late.contains("<strong>overdue"), "{late}");
    let answer = ReportAnswer { answer: 1, answered_at_us: 6, ..ReportAnswer::default() };
    nw.decided(std::slice::from_ref(&silent), Decision::ReportAnswer(answer)).await;
    assert!(!listed(&mut english, "state=silent").await.contains(&silent));
    assert!(listed(&mut english, "state=answered").await.contains(&silent));
    assert_eq!(english.get("/notices?state=silent&after=nonsense").await.status, 404);
    drop(nw);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_paged_by_a_key() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let links: Vec<_> = (0..60).map(|n| format!("https://host.example/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let accepted = nw.refer("1/26", &links).await;
    let targets: Vec<_> = accepted.answers.iter().map(|answer| answer.target_id.clone()).collect();
    for gate in gates() {
        nw.decided(&targets, gate).await;
    }
    let grants = nw.decided(&targets, request_grant()).await;
    let fences = grants.iter().map(|grant| grant.fence).collect();
    nw.decided(&targets, intend(NoticeKind::First, fences)).await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let first = listed(&mut browser, "state=under-way").await;
    let (_, rest) = first.split_once("name=\"after\" value=\"").expect("there is more");
    let after = rest.split('"').next().unwrap();
    let second = listed(&mut browser, &format!("state=under-way&after={after}")).await;
    let on = |page: &str| targets.iter().filter(|id| page.contains(&format!("/targets/{id}"))).count();
    assert_eq!((on(&first), on(&second), second.contains("name=\"after\"")), (50, 10, false));
    drop(nw);
    centre.end().await;
}
