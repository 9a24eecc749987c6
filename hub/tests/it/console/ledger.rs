//! The ledger's page: where it stands, and a run that verifies it.

use std::time::Duration;

use meldeverbund_hub::store::query;
use meldeverbund_people::Role;

use super::{Centre, browser::Browser};

/// How long a run over a few leaves is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lets the ledger be verified; the page with what came of it.
async fn verified(browser: &mut Browser) -> String {
    let token = browser.get("/ledger").await.form_token().to_owned();
    let begun = browser.post("/ledger/verify", &format!("form_token={token}")).await;
    assert_eq!((begun.status, begun.location()), (303, Some("/ledger")));
    let ended = async {
        loop {
            let page = browser.get("/ledger").await.body;
            if !page.contains("class=\"empty\" role=\"status\"") {
                return page;
            }
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.expect("the run ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_verified_when_somebody_asks() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://host.example/secret"]).await;
    let mut browser = centre.signed_in("anton", &[Role::Auditor]).await;
    let page = browser.get("/ledger").await.body;
    for says in [
        "Seit dem Start dieses Dienstes wurde nicht geprüft.",
        "<strong>0</strong> Behörden mit Zeugenschlüssel",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    let page = verified(&mut browser).await;
    assert!(
        page.contains("Das Nachweisbuch ist ganz.") && page.contains("Erika Mustermann (anton, "),
        "{page}"
    );

    // Somebody bends a leaf behind the ledger's back.
    let mut connection = centre.federation.server.hub().store().writer().await.unwrap();
    query("UPDATE event SET kind = 10 WHERE kind = 1").execute(&mut connection).await.unwrap();
    drop(connection);
    browser.get("/language/en").await;
    let page = verified(&mut browser).await;
    assert!(page.contains("The ledger is NOT whole: ") && page.contains("<code>Leaf "), "{page}");
    assert!(!page.contains("secret") && !page.contains("1/26"));
    drop(nw);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_is_shown_by_its_public_fields() {
    let centre = Centre::new().await;
    let nw = centre.federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let accepted = nw.refer("1/26", &["https://host.example/secret"]).await;
    let leaf = accepted.first_leaf_index;
    let mut browser = centre.signed_in("anton", &[Role::Auditor]).await;
    let page = browser.get(&format!("/ledger?leaf={leaf}")).await.body;
    for says in ["<td>Linkmeldung</td>", "<code>de-nw-lka</code>", "<td>vorhanden</td>"] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(
        !page.contains("secret") && !page.contains("1/26") && !page.contains(&accepted.answers[0].target_id)
    );
    for missing in ["99999", "18446744073709551615", "9223372036854775807", "-1", "x", "%3Cscript%3E"] {
        let page = browser.get(&format!("/ledger?leaf={missing}")).await;
        assert!(
            page.status == 200 && page.body.contains("Es gibt keinen Eintrag"),
            "{missing}: {}",
            page.body
        );
        assert!(!page.body.contains("<script>"));
    }
    drop(nw);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_lets_it_be_verified() {
    let centre = Centre::new().await;
    let mut officer = centre.signed_in("olga", &[Role::DeskOfficer]).await;
    let token = officer.get("/sessions").await.form_token().to_owned();
    assert_eq!(officer.post("/ledger/verify", &format!("form_token={token}")).await.status, 404);
    let mut auditor = centre.signed_in("anton", &[Role::Auditor]).await;
    assert_eq!(auditor.post("/ledger/verify", &format!("form_token={token}")).await.status, 403);
    assert!(auditor.get("/ledger").await.body.contains("wurde nicht geprüft"));
    centre.end().await;
}
