//! What the pages show, and to whom.

use meldeverbund_people::Role;
use meldeverbund_proto::statement::Act;

use super::Centre;

#[tokio::test(flavor = "multi_thread")]
async fn a_targets_page_tells_its_whole_history() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let empty = browser.get("/").await.body;
    assert!(
        empty.contains("Nichts ist fällig.") && empty.contains("<strong>0</strong> Löschobjekte"),
        "{empty}"
    );

    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let target = nw.refer("1/26", &["https://host.example/secret-path"]).await.answers[0].target_id.clone();
    let overview = browser.get("/").await.body;
    assert!(
        overview.contains("<strong>1</strong> Löschobjekte") && overview.contains(">gemeldet</th>"),
        "{overview}"
    );

    let found = browser.get(&format!("/targets?id=%20{}", target.to_uppercase())).await;
    assert_eq!(found.location(), Some(format!("/targets/{target}").as_str()));
    let page = browser.get(&format!("/targets/{target}")).await;
    assert_eq!(page.status, 200);
    for says in ["Office de-nw-lka (de-nw-lka)", "zuerst befasst", "<code>referral</code>", "gemeldet"] {
        assert!(page.body.contains(says), "{says}: {}", page.body);
    }
    assert!(!page.body.contains("secret-path") && !page.body.contains("1/26"), "neither link nor case");

    let mut english = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    english.get("/language/en").await;
    assert!(english.get(&format!("/targets/{target}")).await.body.contains("first seised"));
    drop(nw);
    centre.end().await;
}

/// Choosing a language leads back to the page on which that was done, and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn a_language_is_chosen_where_one_is() {
    let centre = Centre::new().await;
    let mut browser = centre.browser();
    for (from, to) in [
        ("https://hub.example/holds?which=all", "/holds?which=all"),
        ("https://hub.example/sign-in?to=%2Fholds", "/sign-in?to=%2Fholds"),
        ("https://hub.example/sign-in/return?code=x&state=y", "/"),
        ("https://hub.example/sign-out", "/"),
        ("https://hub.example", "/"),
        ("https://hub.example.evil.example/holds", "/"),
        ("https://evil.example/holds", "/"),
        ("https://hub.example//evil.example", "/"),
        ("https://hub.example/\\evil.example", "/"),
        ("https://hub.example@evil.example/", "/"),
        ("http://hub.example/holds", "/"),
        ("/holds", "/"),
    ] {
        browser.says = vec![format!("referer: {from}")];
        let answer = browser.get("/language/en").await;
        assert_eq!((answer.status, answer.location()), (303, Some(to)), "{from}");
    }
    browser.says = Vec::new();
    assert_eq!(browser.get("/language/en").await.location(), Some("/"));
    assert_eq!(browser.get("/language/fr").await.status, 404);
    centre.end().await;
}

/// Every role at every page of the desk, and at every form that acts: what a role may not do does not exist for it.
#[tokio::test(flavor = "multi_thread")]
async fn every_role_at_the_desk() {
    let centre = Centre::new().await;
    let nw = centre.office("de-nw-lka").await;
    let links = ["https://host.example/1", "https://host.example/2", "https://host.example/3"];
    let targets: Vec<_> =
        nw.refer("1/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    let request = crate::duplicates::request(Act::Merge, &[(&targets[0], &targets[1])]);
    let leaf = crate::duplicates::judged(&centre.federation, request).await.leaf_index;
    let leaves = centre.federation.counts().await.leaves;
    let (target, other) = (&targets[0], &targets[2]);
    let [judged, decide] = [format!("/duplicates/decisions/{leaf}"), format!("/targets/{target}/decide")];
    let pages = [
        "/duplicates".to_owned(),
        format!("/duplicates/compare?one={target}&other={other}"),
        judged.clone(),
        format!("/targets/{target}/names"),
        "/ownership".to_owned(),
        "/holds".to_owned(),
        "/holds?which=all".to_owned(),
        decide.clone(),
        // Search, every form on pairs, undoing, deciding: sent with the own token, and nothing else.
        "POST /targets".to_owned(),
        "POST /duplicates".to_owned(),
        format!("POST {judged}"),
        format!("POST {decide}"),
    ];
    for (role, reads, acts) in [
        (Role::DeskOfficer, true, true),
        (Role::Supervisor, true, true),
        (Role::Prosecutor, false, false),
        (Role::Auditor, true, false),
        (Role::DataProtectionOfficer, false, false),
        (Role::Operator, false, false),
        (Role::LiaisonOfficer, false, false),
        (Role::Requester, false, false),
    ] {
        let mut browser = centre.signed_in(role.as_str(), &[role]).await;
        let own = browser.get("/sessions").await.form(&[]);
        for page in &pages {
            let is_acting =
                page == &decide || page.starts_with("POST /duplicates") || page.ends_with("/decide");
            let expected = match (page.strip_prefix("POST "), if is_acting { acts } else { reads }) {
                (_, false) => 404,
                // Without a pair, a reason, a decision: refused, and not as a page that is not there.
                (Some(path), true) if path != "/targets" => 422,
                (_, true) => 200,
            };
            let answer = match page.strip_prefix("POST ") {
                Some(path) => browser.post(path, &own).await,
                None => browser.get(page).await,
            };
            assert_eq!(answer.status, expected, "{role} {page}: {}", answer.body);
        }
        let listed = browser.get("/sessions").await.body;
        assert_eq!(listed.contains("href=\"/duplicates\""), reads, "{role}: only what there is");
    }
    let mut nobody = centre.browser();
    for page in &pages {
        let status = match page.strip_prefix("POST ") {
            Some(path) => nobody.post(path, "form_token=x").await.status,
            None => nobody.get(page).await.status,
        };
        assert_eq!(status, if page.starts_with("POST ") { 401 } else { 303 }, "{page}");
    }
    assert_eq!(centre.federation.counts().await.leaves, leaves, "nobody has decided anything");
    drop(nw);
    centre.end().await;
}

/// Every role at every page. What a role may not see does not exist for it.
#[tokio::test(flavor = "multi_thread")]
async fn every_role_at_every_page() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let accepted = nw.refer("1/26", &["https://host.example/1"]).await;
    let target = format!("/targets/{}", accepted.answers[0].target_id);
    let missing = "/targets/018f0000-0000-7000-8000-000000000000";
    let pages = [
        "/",
        "/targets",
        target.as_str(),
        missing,
        "/sessions",
        "/missing",
        "/audit",
        "/agencies",
        "/ledger",
        "/notices",
    ];
    for (role, statuses) in [
        (Role::DeskOfficer, [200, 200, 200, 404, 200, 404, 404, 404, 404, 200]),
        (Role::Supervisor, [200, 200, 200, 404, 200, 404, 404, 200, 200, 200]),
        (Role::Prosecutor, [303, 404, 404, 404, 200, 404, 404, 404, 404, 404]),
        (Role::Auditor, [200, 200, 200, 404, 200, 404, 200, 404, 200, 200]),
        (Role::DataProtectionOfficer, [200, 404, 404, 404, 200, 404, 200, 404, 200, 404]),
        (Role::Operator, [200, 404, 404, 404, 200, 404, 404, 200, 200, 404]),
        (Role::LiaisonOfficer, [404, 404, 404, 404, 200, 404, 404, 404, 404, 404]),
        (Role::Requester, [404, 404, 404, 404, 200, 404, 404, 404, 404, 404]),
    ] {
        let mut browser = centre.signed_in(role.as_str(), &[role]).await;
        for (page, status) in pages.iter().zip(statuses) {
            assert_eq!(browser.get(page).await.status, status, "{role} {page}");
        }
        let nav = browser.get("/sessions").await.body;
        assert_eq!(nav.contains("href=\"/targets\""), statuses[1] == 200, "{role}: only what there is");
    }
    let mut nobody = centre.browser();
    for page in &pages[..5] {
        assert_eq!(nobody.get(page).await.status, 303, "{page}");
    }
    drop(nw);
    centre.end().await;
}
