//! Signing in and out, and how sessions end.

use std::time::Duration;

use meldeverbund_people::{Role, testing::Misdeed};

use super::Centre;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_sees_who_it_is_and_signs_out() {
    let centre = Centre::new().await;
    let mut browser = centre.browser();
    let sent_away = browser.get("/targets?id=x").await;
    assert_eq!((sent_away.status, sent_away.location()), (303, Some("/sign-in?to=%2Ftargets%3Fid%3Dx")));
    let page = browser.get("/sign-in?to=%2Ftargets%3Fid%3Dx").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("to=%2Ftargets%3Fid%3Dx") && page.body.contains("127.0.0.1"), "{}", page.body);

    centre.issuer.person("erika", &[Role::Supervisor]);
    let query = centre.approved(&mut browser, "/targets").await;
    assert!(browser.cookies.contains_key("__Host-sign-in"));
    let back = browser.get(&format!("/sign-in/return?{query}")).await;
    assert_eq!((back.status, back.location()), (303, Some("/targets")));
    let names: Vec<_> = browser.cookies.keys().map(String::as_str).collect();
    assert_eq!(names, ["__Host-session"], "the attempt is over");

    let overview = browser.get("/").await;
    assert_eq!(overview.status, 200);
    assert!(overview.body.contains("Erika Mustermann · de-bka · Leitung"), "{}", overview.body);
    let token = overview.form_token().to_owned();
    let out = browser.post("/sign-out", &format!("form_token={token}")).await;
    assert_eq!(out.status, 200);
    assert!(
        out.body.contains(&format!("{}/end?client_id=meldeverbund", centre.issuer.name())),
        "{}",
        out.body
    );
    assert!(browser.cookies.is_empty());
    assert_eq!(browser.get("/").await.status, 303);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_from_before_the_sign_out_opens_nothing() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let stolen = browser.cookies.clone();
    let token = browser.get("/").await.form_token().to_owned();
    browser.post("/sign-out", &format!("form_token={token}")).await;
    browser.cookies = stolen;
    assert_eq!(browser.get("/").await.status, 303);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_the_other_browsers_too() {
    let centre = Centre::new().await;
    let mut here = centre.signed_in("erika", &[Role::Supervisor]).await;
    let mut there = centre.signed_in("erika", &[Role::Supervisor]).await;
    let mut other = centre.signed_in("max", &[Role::Auditor]).await;
    let list = here.get("/sessions").await;
    assert_eq!(list.body.matches("<td>dieses</td>").count(), 1);
    assert_eq!(list.body.matches("<td>ein anderes</td>").count(), 1);
    let ended = here.post("/sessions/end", &format!("form_token={}", list.form_token())).await;
    assert_eq!((ended.status, ended.location()), (303, Some("/sign-in")));
    assert_eq!((here.get("/").await.status, there.get("/").await.status), (303, 303));
    assert_eq!(other.get("/").await.status, 200);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuers_logout_ends_the_session() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let logout = |session: &str| {
        let token = centre.issuer.logout(centre.clock.now()).claim("sid", session);
        format!("logout_token={}", token.sign())
    };
    let mut issuer = centre.browser();
    let told = issuer.ask("POST", "/logout/back-channel", &logout("another"), &[]).await;
    assert_eq!(told.status, 200, "whether there was a session is nobody's business");
    assert_eq!(browser.get("/").await.status, 200);
    let told = issuer.ask("POST", "/logout/back-channel", &logout("session of erika"), &[]).await;
    assert_eq!(told.status, 200);
    assert_eq!(browser.get("/").await.status, 303);
    let forged = issuer.ask("POST", "/logout/back-channel", "logout_token=a.b.c", &[]).await;
    assert_eq!(forged.status, 400);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_nobody_is_there() {
    let centre = Centre::new().await;
    let mut used = centre.signed_in("erika", &[Role::Supervisor]).await;
    let mut left = centre.signed_in("max", &[Role::Supervisor]).await;
    for _ in 0..3 {
        centre.clock.advance(Duration::from_secs(20 * 60));
        assert_eq!(used.get("/").await.status, 200);
    }
    assert_eq!(left.get("/").await.status, 303);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_fails_says_what_helps() {
    let centre = Centre::new().await;
    let roles: [&[Role]; 2] = [&[Role::Supervisor], &[]];
    for (misdeed, roles, status, says) in [
        (Some(Misdeed::Declines), roles[0], 403, "zweiten Faktor"),
        (Some(Misdeed::AnotherName), roles[0], 403, "nicht traut"),
        (Some(Misdeed::BabblesTokens), roles[0], 502, "antwortet nicht"),
        (None, roles[1], 403, "keine Rolle"),
    ] {
        let mut browser = centre.browser();
        centre.issuer.person("erika", roles);
        centre.issuer.misbehave(misdeed);
        let query = centre.approved(&mut browser, "/").await;
        let back = browser.get(&format!("/sign-in/return?{query}")).await;
        assert_eq!(back.status, status, "{misdeed:?}");
        assert!(back.body.contains(says), "{misdeed:?}: {}", back.body);
        assert!(browser.cookies.is_empty(), "{misdeed:?}");
    }
    centre.end().await;
}
