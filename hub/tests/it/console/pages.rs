//! What the pages show, and to whom.

use meldeverbund_people::Role;

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
        (Role::Prosecutor, [404, 404, 404, 404, 200, 404, 404, 404, 404, 404]),
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
