//! Ownership, disputes, holds: what the central office sees of them, and decides.

use meldeverbund_hub::flow::SetAgencyState;
use meldeverbund_people::Role;
use meldeverbund_proto::v1::{DisputeOwnership, OwnerBasis, decide_request::Decision};

use super::Centre;
use crate::decisions::hold;

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_is_seen_with_both_claims_and_decided_once() {
    let centre = Centre::new().await;
    let (nw, by) = (centre.office("de-nw-lka").await, centre.office("de-by-lka").await);
    let links = ["https://files.example/a", "https://files.example/b"];
    let ids: Vec<_> = nw.refer("1/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    by.refer("1/26", &links).await;
    let mut erika = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    assert!(erika.get("/ownership").await.body.contains("Keine Zuständigkeit ist bestritten"));
    let dispute = |reason: &str| {
        Decision::DisputeOwnership(DisputeOwnership { agency_id: "de-by-lka".into(), reason: reason.into() })
    };
    by.decided(&ids[..1], dispute("our suspect <b>")).await;
    let list = erika.get("/ownership").await.body;
    for says in
        ["de-nw-lka · bestritten · zuerst befasst", "de-by-lka, sagt de-by-lka", "our suspect &#60;b&#62;"]
    {
        assert!(list.contains(says), "{says}: {list}");
    }
    assert!(!list.contains(&ids[1]));

    let decide = format!("/targets/{}/decide", ids[0]);
    let mut max = centre.signed_in("max", &[Role::Supervisor]).await;
    let (hers, his) = (erika.get(&decide).await, max.get(&decide).await);
    let assign = |to, basis| {
        [
            ("decision", "assign"),
            ("agency_id", to),
            ("basis", basis),
            ("decider", "GStA"),
            ("reference", "4 AR 1/26"),
        ]
    };
    // In its own cause, and without a basis: shown at the form, with what was typed.
    let refused = erika.post(&decide, &hers.form(&assign("de-bka", "agreement"))).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Nicht in eigener Sache") && refused.body.contains("value=\"4 AR 1/26\""));
    let refused = erika.post(&decide, &refused.form(&assign("de-by-lka", ""))).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("href=\"#assign-basis\""), "{}", refused.body);

    let form = refused.form(&assign("de-by-lka", "prosecutor"));
    let (first, again) = (erika.post(&decide, &form).await, erika.post(&decide, &form).await);
    assert_eq!((first.status, first.location()), (303, again.location()), "a double click is one decision");
    let told = erika.get(first.location().unwrap()).await.body;
    for says in [
        "Im Nachweisbuch festgehalten, Eintrag",
        "Entscheidung der Staatsanwaltschaft",
        "Erika Mustermann (erika)",
    ] {
        assert!(told.contains(says), "{says}: {told}");
    }
    assert!(!erika.get(&format!("/targets/{}?done=0", ids[1])).await.body.contains("festgehalten"));

    // Max decides on what he saw before: he is shown what she decided, and nothing is overwritten.
    let leaves = centre.federation.counts().await.leaves;
    let stale = max.post(&decide, &his.form(&assign("de-nw-lka", "agreement"))).await;
    assert_eq!(stale.status, 409);
    assert!(
        stale.body.contains("Erika Mustermann (erika)") && stale.body.contains("<code>assign_owner</code>")
    );
    assert_eq!(centre.federation.counts().await.leaves, leaves);
    let view = by.see(&ids[0]).await;
    assert_eq!((view.owner_agency_id.as_str(), view.owner_basis()), ("de-by-lka", OwnerBasis::Prosecutor));
    drop((nw, by));
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_are_listed_placed_renewed_lifted_and_set_aside() {
    let centre = Centre::new().await;
    let nw = centre.office("de-nw-lka").await;
    let ids: Vec<_> = nw
        .refer("1/26", &["https://files.example/a", "https://files.example/b"])
        .await
        .answers
        .into_iter()
        .map(|one| one.target_id)
        .collect();
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    assert!(browser.get("/holds").await.body.contains("Kein Löschaufschub ist abgelaufen"));
    assert!(browser.get("/holds?which=all").await.body.contains("Es gibt keinen Löschaufschub"));
    nw.decided(&ids[..1], hold()).await;
    let all = browser.get("/holds?which=all").await.body;
    assert!(all.contains("de-nw-lka: Ermittlungen würden gestört, Dezernat 42"), "{all}");
    assert!(!all.contains(&ids[1]) && !browser.get("/holds").await.body.contains(&ids[0]));

    let decide = format!("/targets/{}/decide", ids[1]);
    let page = browser.get(&decide).await;
    let place = [
        ("decision", "hold"),
        ("reason", "victim"),
        ("authority", "<i>Dezernat</i>"),
        ("until", "2020-01-01"),
        ("on_behalf_of", "eu-europol"),
    ];
    let past = browser.post(&decide, &page.form(&place)).await;
    assert_eq!(past.status, 422);
    assert!(
        past.body.contains("href=\"#hold-until\"") && !past.body.contains("<i>Dezernat"),
        "{}",
        past.body
    );
    let place: Vec<_> = place.into_iter().filter(|(field, _)| *field != "until").collect();
    let placed = browser.post(&decide, &past.form(&place)).await;
    assert_eq!(placed.status, 303, "{}", placed.body);
    let all = browser.get("/holds?which=all").await.body;
    assert!(all.contains("für eu-europol: ein Opfer ist zuerst zu schützen, &#60;i&#62;Dezernat"), "{all}");

    let page = browser.get(&decide).await;
    let hold_id = page.values("hold_id").remove(0);
    let act = |decision, reason| [("decision", decision), ("hold_id", &*hold_id), ("reason", reason)];
    let renewed = browser.post(&decide, &page.form(&act("renew", "still needed"))).await;
    assert_eq!(renewed.status, 303, "{}", renewed.body);
    let page = browser.get(&decide).await;
    let lifted = browser.post(&decide, &page.form(&act("lift", "done"))).await;
    assert_eq!(lifted.status, 303, "{}", lifted.body);
    assert!(!browser.get("/holds?which=all").await.body.contains(&ids[1]));

    // Another's hold is not the central office's to lift, until its maker is suspended.
    let decide = format!("/targets/{}/decide", ids[0]);
    let foreign = nw.see(&ids[0]).await.holds.remove(0).hold_id;
    let page = browser.get(&decide).await;
    assert!(page.values("hold_id").is_empty());
    let lift = [("decision", "lift"), ("hold_id", &*foreign), ("reason", "not mine")];
    let refused = browser.post(&decide, &page.form(&lift)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Das ist nicht Ihr Eintrag"));
    let suspend = SetAgencyState::parse(
        nw.agency.clone(),
        meldeverbund_domain::AgencyState::Suspended,
        "gone".into(),
        crate::harness::salt(),
    );
    centre.federation.server.hub().run(suspend.unwrap()).await.unwrap();
    let page = browser.get(&decide).await;
    let overrule =
        [("decision", "overrule"), ("agency_id", "de-nw-lka"), ("reason", "gone"), ("reference", "7/26")];
    let done = browser.post(&decide, &page.form(&overrule)).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(browser.get("/holds?which=all").await.body.contains("Es gibt keinen Löschaufschub"));
    drop(nw);
    centre.end().await;
}
