//! The page of figures: numbers with what they mean, files to download, and who may publish.

use meldeverbund_people::Role;

use super::Centre;

/// Every role at every address of figures.
#[tokio::test(flavor = "multi_thread")]
async fn every_role_at_figures() {
    let centre = Centre::new().await;
    let pages = [
        "/figures",
        "/figures.csv",
        "/figures.json?by=host",
        "/figures/public.csv?month=2020-01",
        "/figures/public.json?month=2020-01",
    ];
    for role in Role::ALL {
        let sees = [Role::DeskOfficer, Role::Supervisor, Role::Auditor].contains(&role);
        let publishes = role == Role::Supervisor;
        let mut browser = centre.signed_in(role.as_str(), &[role]).await;
        for (page, may) in pages.iter().zip([sees, sees, sees, publishes, publishes]) {
            assert_eq!(browser.get(page).await.status, if may { 200 } else { 404 }, "{role} {page}");
        }
        let nav = browser.get("/sessions").await.body;
        assert_eq!(nav.contains("href=\"/figures\""), sees, "{role}");
    }
    let mut nobody = centre.browser();
    for page in pages {
        assert_eq!(nobody.get(page).await.status, 303, "{page}");
    }
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_was_counted_and_what_it_means() {
    let centre = Centre::new().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let empty = browser.get("/figures").await.body;
    assert!(empty.contains("wurde nichts gezählt"), "{empty}");
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://www.files.example/secret-path"]).await;
    nw.refer("1/26", &["https://www.files.example/secret-path"]).await;
    crate::figures::count(centre.federation.server.hub()).await;

    let page = browser.get("/figures").await.body;
    for says in [
        "<th scope=\"row\">de-nw-lka</th>",
        "1 <small>(50.0 %)</small>",
        "<svg class=\"chart\"",
        "Wartet auf Voraussetzungen",
        "<dt>Vermiedene Doppelungen</dt>",
        "action=\"/figures/public.csv\"",
        "type=\"month\"",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    for (query, says) in [
        ("by=host", "<th scope=\"row\">files.example</th>"),
        ("by=class", "<th scope=\"row\">nicht eingeordnet</th>"),
        ("by=all", "<th scope=\"row\">Alle</th>"),
        ("from=2020-01&until=2020-02", "wurde nichts gezählt"),
        ("from=2020-03&until=2020-02", "role=\"alert\""),
        ("from=%3Cscript%3E", "role=\"alert\""),
        ("by=%3Cscript%3E&after=%3Cscript%3E", "<th scope=\"row\">de-nw-lka</th>"),
    ] {
        let page = browser.get(&format!("/figures?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.body.contains(says), "{query}: {}", page.body);
        assert!(!page.body.contains("<script>") && !page.body.contains("secret-path"), "{query}");
    }

    let csv = browser.get("/figures.csv?by=host").await;
    assert!(csv.header("content-type").any(|kind| kind.starts_with("text/csv")));
    assert!(
        csv.header("content-disposition").any(|name| name.starts_with("attachment; filename=\"figures-"))
    );
    assert!(csv.body.contains(",host,files.example,2,1,1,"), "{}", csv.body);
    let json = browser.get("/figures.json?by=land").await;
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(json["rows"][1]["group"], "de-nw-lka");
    assert_eq!(json["rows"][1]["figures"]["duplicates"], 1);
    assert_eq!(browser.get("/figures.csv?from=march").await.status, 404);

    let public = browser.get("/figures/public.csv?month=2020-01").await;
    assert!(public.body.starts_with("month,by,group,referred,new,duplicates,"), "{}", public.body);
    for wrong in ["", "?month=", "?month=2999-01", "?month=march"] {
        assert_eq!(browser.get(&format!("/figures/public.csv{wrong}")).await.status, 404, "{wrong}");
    }

    browser.get("/language/en").await;
    assert!(browser.get("/figures").await.body.contains("<dt>Duplicates avoided</dt>"));
    drop(nw);
    centre.end().await;
}
