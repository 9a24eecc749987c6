//! What others may try against a person who is signed in, or is about to.

use meldeverbund_people::{Role, SessionId};

use super::{Centre, ORIGIN};

/// Session fixation: an id that somebody planted is not the person's afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_planted_session_is_not_taken_up() {
    let centre = Centre::new().await;
    let mut mallory = centre.signed_in("mallory", &[Role::Auditor]).await;
    let planted = mallory.cookies["__Host-session"].clone();
    let mut browser = centre.browser();
    centre.issuer.person("erika", &[Role::Supervisor]);
    for plant in [planted.clone(), SessionId::new([7; 32]).to_cookie()] {
        browser.cookies.insert("__Host-session".to_owned(), plant.clone());
        let query = centre.approved(&mut browser, "/").await;
        browser.get(&format!("/sign-in/return?{query}")).await;
        assert_ne!(browser.cookies["__Host-session"], plant);
    }
    mallory.cookies.insert("__Host-session".to_owned(), planted);
    assert_eq!(mallory.get("/").await.status, 303, "what the browser held before has ended");
    centre.end().await;
}

/// Login CSRF: a return that another browser began, or that was used, signs nobody in.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_return_signs_nobody_in() {
    let centre = Centre::new().await;
    centre.issuer.person("mallory", &[Role::Auditor]);
    let (mut mallory, mut victim) = (centre.browser(), centre.browser());
    let query = centre.approved(&mut mallory, "/").await;
    let attempt = mallory.cookies.clone();
    let address = format!("/sign-in/return?{query}");
    assert_eq!(victim.get(&address).await.status, 400, "without an attempt");
    centre.approved(&mut victim, "/").await;
    assert_eq!(victim.get(&address).await.status, 400, "with another");
    assert!(victim.cookies.is_empty());
    assert_eq!(mallory.get(&address).await.status, 303);
    mallory.cookies = attempt;
    assert_eq!(mallory.get(&address).await.status, 400, "a second time");
    centre.end().await;
}

/// Open redirect: after a sign-in the browser stays here, whatever the link said.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_elsewhere_after_a_sign_in() {
    let centre = Centre::new().await;
    centre.issuer.person("erika", &[Role::Supervisor]);
    for to in
        ["https://evil.example", "//evil.example", "/%5Cevil.example", "/%09/evil.example", "javascript:x"]
    {
        let mut browser = centre.browser();
        let query = centre.approved(&mut browser, to).await;
        let back = browser.get(&format!("/sign-in/return?{query}")).await;
        assert_eq!((back.status, back.location()), (303, Some("/")), "{to}");
    }
    centre.end().await;
}

/// CSRF: other sites' forms, and our own without the session's token, change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn forms_of_others_change_nothing() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let mut other = centre.signed_in("max", &[Role::Supervisor]).await;
    let token = browser.get("/").await.form_token().to_owned();
    let foreign = other.get("/").await.form_token().to_owned();
    let own = vec![format!("Origin: {ORIGIN}"), "Sec-Fetch-Site: same-origin".to_owned()];
    let evil = vec!["Origin: https://evil.example".to_owned(), "Sec-Fetch-Site: cross-site".to_owned()];
    for path in ["/sign-out", "/sessions/end"] {
        for (says, form) in [
            (&evil, format!("form_token={token}")),
            (&Vec::new(), format!("form_token={token}")),
            (&own, format!("form_token={foreign}")),
            (&own, "form_token=".to_owned()),
        ] {
            let answer = browser.ask("POST", path, &form, says).await;
            assert_eq!(answer.status, 403, "{path} {form}");
        }
        assert_eq!(browser.ask("POST", path, "", &own).await.status, 422, "no token at all");
        assert_eq!(browser.get(path).await.status, 405, "a link changes nothing");
    }
    assert_eq!(browser.get("/").await.status, 200, "still signed in");
    centre.end().await;
}

/// CSRF at the forms that act: another session's token, an empty one, none, and another site's page decide nothing.
#[tokio::test(flavor = "multi_thread")]
async fn forms_of_others_decide_nothing() {
    let centre = Centre::new().await;
    let nw = centre.office("de-nw-lka").await;
    let links = ["https://host.example/1", "https://host.example/2"];
    let targets: Vec<_> =
        nw.refer("1/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let mut other = centre.signed_in("max", &[Role::DeskOfficer]).await;
    let compare = format!("/duplicates/compare?one={}&other={}", targets[0], targets[1]);
    let page = browser.get(&compare).await;
    let pair = page.values("pair").remove(0);
    let merge = page.form(&[("pair", &pair), ("reason", "one file"), ("step", "merge")]);
    let (own_token, foreign) = (page.form_token().to_owned(), other.get("/").await.form_token().to_owned());
    let leaves = centre.federation.counts().await.leaves;
    let own = vec![format!("Origin: {ORIGIN}"), "Sec-Fetch-Site: same-origin".to_owned()];
    let evil = vec!["Origin: https://evil.example".to_owned(), "Sec-Fetch-Site: cross-site".to_owned()];
    let decide = format!("/targets/{}/decide", targets[0]);
    for path in ["/duplicates", "/duplicates/decisions/1", "/targets", &decide] {
        for (says, form) in [
            (&evil, merge.clone()),
            (&Vec::new(), merge.clone()),
            (&own, merge.replace(&own_token, &foreign)),
            (&own, merge.replace(&own_token, "")),
            (&own, merge.replace("form_token", "token")),
            (&own, String::new()),
        ] {
            let answer = browser.ask("POST", path, &form, says).await;
            assert_eq!(answer.status, 403, "{path}");
        }
    }
    assert_eq!(centre.federation.counts().await.leaves, leaves);
    let done = browser.post("/duplicates", &merge).await;
    assert_eq!(done.status, 303, "the form itself was right: {}", done.body);
    drop(nw);
    centre.end().await;
}

/// Clickjacking, sniffing, framing, referrers: every answer forbids them.
#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_guarded() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    for path in [
        "/",
        "/sign-in",
        "/sessions",
        "/targets",
        "/notices",
        "/agencies",
        "/ledger",
        "/missing",
        "/sign-in/return?code=x",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy").next().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-frame-options").next(), Some("DENY"));
        assert_eq!(answer.header("referrer-policy").next(), Some("same-origin"));
        assert_eq!(answer.header("cache-control").next(), Some("no-store"));
    }
    centre.end().await;
}

/// What a person types comes back as text.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stays_text() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let answer = browser.get("/targets?id=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("&#60;script&#62;") && !answer.body.contains("<script>"));
    assert_eq!(answer.body.matches("<script").count(), 1, "our own file");
    let searched = answer.form(&[("q", "<script>alert(1)</script>\"><img src=x>")]);
    let answer = browser.post("/targets", &searched).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("&#60;script&#62;"), "{}", answer.body);
    assert!(!answer.body.contains("<script>") && !answer.body.contains("<img"));
    centre.end().await;
}
