//! The deduplication desk: suggestions, bulk decisions, what another officer decided meanwhile, names, undoing.

use meldeverbund_people::Role;
use meldeverbund_proto::v1::{Referral, SubmitRequest};

use super::{Browser, Centre, browser::Answer};
use crate::{
    decisions::hold,
    harness::{Office, accepted, batch},
    signatures::{key, register},
};

/// Three targets with nearly the same address as another one each.
async fn scene() -> (Centre, Office, Vec<String>) {
    let centre = Centre::new().await;
    let nw = centre.office("de-nw-lka").await;
    let links: Vec<_> = (0..3)
        .flat_map(|n| [format!("https://files.example/{n}"), format!("https://www.files.example/{n}")])
        .collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let ids = nw.refer("1/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
    centre.compare().await;
    (centre, nw, ids)
}

/// Follows a decision to the page that tells it.
async fn done(browser: &mut Browser, answer: &Answer) -> Answer {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = browser.get(answer.location().unwrap()).await;
    assert_eq!(page.status, 200);
    page
}

fn form(page: &Answer, pairs: &[String], reason: &str, step: &str) -> String {
    let mut fields: Vec<_> = pairs.iter().map(|pair| ("pair", pair.as_str())).collect();
    fields.extend([("reason", reason), ("step", step)]);
    page.form(&fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_are_looked_at_previewed_merged_and_taken_back() {
    let (centre, nw, ids) = scene().await;
    nw.decided(&ids[1..2], hold()).await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let list = browser.get("/duplicates").await;
    let pairs = list.values("pair");
    assert_eq!(pairs.len(), 3, "{}", list.body);
    for says in [
        "fast gleiche Adressen",
        "hxxps[://]www[.]files[.]example/0",
        "de-nw-lka · bestätigt · zuerst befasst",
        "de-nw-lka bis",
    ] {
        assert!(list.body.contains(says), "{says}: {}", list.body);
    }
    assert!(!list.body.contains("https://files") && !list.body.contains("href=\"hxxp"), "never clickable");

    let leaves = centre.federation.counts().await.leaves;
    let preview = browser.post("/duplicates", &form(&list, &pairs[..2], "", "preview-merge")).await;
    assert_eq!(preview.status, 200);
    assert_eq!(preview.body.matches("Daraus würde:").count(), 2, "{}", preview.body);
    assert!(
        preview.body.contains("Löschaufschübe danach:")
            && preview.body.contains("ist ein anderer Name davon")
    );
    assert_eq!(centre.federation.counts().await.leaves, leaves, "nothing is written");
    let chosen = preview.values("pair");
    assert_eq!(chosen, pairs[..2], "ticked as they were");

    let missing = browser.post("/duplicates", &form(&preview, &chosen, "", "merge")).await;
    assert_eq!(missing.status, 422);
    assert!(missing.body.contains("Hier fehlt eine Angabe") && missing.body.contains("href=\"#reason\""));

    // The same form twice: one decision, one leaf.
    let merge = form(&missing, &chosen, "one file <script>alert(1)</script>", "merge");
    let first = browser.post("/duplicates", &merge).await;
    let again = browser.post("/duplicates", &merge).await;
    assert_eq!(first.location(), again.location());
    assert_eq!(centre.federation.counts().await.leaves, leaves + 1);
    let told = done(&mut browser, &first).await;
    for says in ["Erika Mustermann (erika)", "one file &#60;script&#62;", "Zusammenführen", &ids[0]] {
        assert!(told.body.contains(says), "{says}: {}", told.body);
    }
    assert!(!told.body.contains("<script>"));
    assert_eq!(nw.see(&ids[1]).await.target_id, ids[0]);

    // The list has what is left, and tells of the decision; the target's history leads to it.
    let list = browser.get("/duplicates").await;
    assert_eq!(list.values("pair").len(), 1);
    assert!(list.body.contains("2 Paare") && !list.body.contains("<script>"));
    let target = browser.get(&format!("/targets/{}", ids[0])).await.body;
    assert!(target.contains(&format!("href=\"{}\"", first.location().unwrap())), "{target}");

    let reasonless = browser.post(first.location().unwrap(), &told.form(&[("reason", "")])).await;
    assert_eq!(reasonless.status, 422);
    let undone = browser.post(first.location().unwrap(), &told.form(&[("reason", "two files")])).await;
    let told = done(&mut browser, &undone).await;
    assert!(told.body.contains("Zurücknehmen") && told.body.contains(first.location().unwrap()));
    assert!(told.values("stamp").is_empty(), "an undo is not undone");
    assert_eq!(nw.see(&ids[1]).await.target_id, ids[1]);
    drop(nw);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_in_bulk_does_not_come_back() {
    let (centre, nw, _) = scene().await;
    let mut browser = centre.signed_in("erika", &[Role::Supervisor]).await;
    let list = browser.get("/duplicates").await;
    let none = browser.post("/duplicates", &form(&list, &[], "looked", "reject")).await;
    assert_eq!(none.status, 422);
    assert!(none.body.contains("Wählen Sie mindestens ein Paar aus"));
    let rejected =
        browser.post("/duplicates", &form(&list, &list.values("pair"), "two things", "reject")).await;
    let told = done(&mut browser, &rejected).await;
    assert_eq!(told.body.matches("festgehalten.").count(), 3, "{}", told.body);
    let list = browser.get("/duplicates").await;
    assert!(
        list.values("pair").is_empty() && list.body.contains("Nichts sieht sich ähnlich"),
        "{}",
        list.body
    );
    drop(nw);
    centre.end().await;
}

/// Two officers before the same list: the second overwrites nothing, and is told who decided what, and why.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_officer_decided_meanwhile_is_shown_and_stands() {
    let (centre, nw, ids) = scene().await;
    let mut erika = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let mut max = centre.signed_in("max", &[Role::DeskOfficer]).await;
    let (hers, his) = (erika.get("/duplicates").await, max.get("/duplicates").await);
    let (pairs, same) = (hers.values("pair"), his.values("pair"));
    assert_eq!(pairs, same);
    let rejected = erika.post("/duplicates", &form(&hers, &pairs[..1], "another uploader", "reject")).await;
    done(&mut erika, &rejected).await;

    // All of his pairs are decided: nothing is written, and he sees her decision.
    let leaves = centre.federation.counts().await.leaves;
    let refused = max.post("/duplicates", &form(&his, &same[..1], "one file", "merge")).await;
    assert_eq!(refused.status, 409);
    for says in ["Inzwischen hat jemand anderes entschieden", "Erika Mustermann (erika)", "another uploader"]
    {
        assert!(refused.body.contains(says), "{says}: {}", refused.body);
    }
    assert!(refused.values("pair").is_empty(), "it is not in the form any more");
    assert_eq!(centre.federation.counts().await.leaves, leaves);
    assert_eq!(nw.see(&ids[1]).await.target_id, ids[1], "what she decided stands");

    // One of two is decided: the other one is done, and the page tells of both.
    // Her page was sent before: what it sends now is another decision, and she is asked once more.
    let merged = erika.post("/duplicates", &form(&hers, &pairs[1..2], "one uploader", "merge")).await;
    assert_eq!(merged.status, 422);
    let merged = form(&merged, &merged.values("pair"), "one uploader", "merge");
    let merged = erika.post("/duplicates", &merged).await;
    done(&mut erika, &merged).await;
    let both = max.post("/duplicates", &form(&his, &same[1..], "not alike", "reject")).await;
    let told = done(&mut max, &both).await;
    assert!(told.body.contains("Inzwischen wurde anders entschieden") && told.body.contains("one uploader"));
    assert_eq!(told.body.matches("festgehalten.").count(), 1, "{}", told.body);
    assert_eq!(nw.see(&ids[3]).await.target_id, ids[2], "her merge stands");

    // A node's decision counts as well: what he saw of the pair is no longer so.
    let list = max.get("/duplicates").await;
    assert!(list.values("pair").is_empty());
    let compare = format!("/duplicates/compare?one={}&other={}", ids[4], ids[5]);
    let seen = max.get(&compare).await;
    nw.decided(&ids[4..5], hold()).await;
    let refused = max.post("/duplicates", &form(&seen, &seen.values("pair"), "one file", "merge")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("de-nw-lka <code>place_hold</code>"), "{}", refused.body);
    drop(nw);
    centre.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_listed_and_split_off() {
    let (centre, nw, ids) = scene().await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let none = browser.get(&format!("/targets/{}/names", ids[0])).await;
    assert!(none.body.contains("Es hat keine anderen Namen"));
    let list = browser.get("/duplicates").await;
    let merged =
        browser.post("/duplicates", &form(&list, &list.values("pair")[..1], "one file", "merge")).await;
    done(&mut browser, &merged).await;
    // By either id.
    let names = browser.get(&format!("/targets/{}/names", ids[1])).await;
    assert!(names.body.contains("hxxps[://]www[.]files[.]example/0"), "{}", names.body);
    let preview = form(&names, &names.values("pair"), "", "preview-split");
    let preview = browser.post("/duplicates", &preview).await;
    assert!(preview.body.contains("ist ein eigenes Löschobjekt, zuständig de-nw-lka"), "{}", preview.body);
    let split = form(&preview, &preview.values("pair"), "two files", "split");
    let split = browser.post("/duplicates", &split).await;
    done(&mut browser, &split).await;
    assert_eq!(nw.see(&ids[1]).await.target_id, ids[1]);
    drop(nw);
    centre.end().await;
}

/// Ids that stand for nothing, or for one target, are no pair, and nobody learns more.
#[tokio::test(flavor = "multi_thread")]
async fn foreign_ids_do_not_exist() {
    let (centre, nw, ids) = scene().await;
    let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
    let missing = "018f0000-0000-7000-8000-000000000000";
    for path in [
        format!("/duplicates/compare?one={}&other={missing}", ids[0]),
        format!("/duplicates/compare?one={}&other={}", ids[0], ids[0]),
        format!("/duplicates/compare?one={}&other=x", ids[0]),
        format!("/targets/{missing}/names"),
        format!("/targets/{missing}/decide"),
        "/targets/x/decide".to_owned(),
        "/duplicates/decisions/999999".to_owned(),
        // A leaf, and no decision on duplicates.
        "/duplicates/decisions/1".to_owned(),
        "/duplicates?after=nonsense".to_owned(),
    ] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
    }
    let page = browser.get("/duplicates").await;
    let strange = format!("{}.{missing}.0-0-0", ids[0]);
    let refused = browser.post("/duplicates", &form(&page, &[strange], "one file", "preview-merge")).await;
    assert_eq!(refused.status, 200);
    assert!(refused.body.contains("nichts mehr offen"), "{}", refused.body);
    let own = page.form(&[("reason", "x")]);
    assert_eq!(browser.post("/duplicates/decisions/999999", &own).await.status, 404);
    drop(nw);
    centre.end().await;
}

/// A suggestion's reason from content hashes comes before nearly equal addresses.
#[tokio::test(flavor = "multi_thread")]
async fn stronger_reasons_come_first() {
    use meldeverbund_proto::v1::{ContentHash, HashAlgorithm};
    let (centre, nw, _) = scene().await;
    let hash = ContentHash { algorithm: HashAlgorithm::Sha256.into(), digest: vec![7; 32] };
    let request = batch("1/26", &["https://tube.test/x", "https://tube.test/y"]);
    let with_hash = |one: Referral| Referral { content_hashes: vec![hash.clone()], ..one };
    let referrals = request.referrals.iter().cloned().map(with_hash).collect();
    accepted(nw.submit(SubmitRequest { referrals, ..request }).await);
    centre.compare().await;
    let mut browser = centre.signed_in("erika", &[Role::Auditor]).await;
    let page = browser.get("/duplicates").await;
    let [strong, weak] =
        ["gleicher Inhalt (SHA-256)", "fast gleiche Adressen"].map(|text| page.body.find(text));
    assert!(strong.unwrap() < weak.unwrap());
    assert!(page.values("pair").is_empty(), "an auditor looks");
    drop(nw);
    centre.end().await;
}

/// Once the central office has a statement key, what is decided at the console is signed, or refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_console_signs_where_the_central_office_has_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let (central, file) = (crate::harness::CENTRAL, folder.path().join("statement.key"));
    std::fs::write(&file, key(central, 5).to_pem().as_bytes()).unwrap();
    for (statement_key, status) in [(Some(file), 303), (None, 422)] {
        let centre = Centre::with_key(statement_key).await;
        let nw = centre.office("de-nw-lka").await;
        let links = ["https://files.example/a", "https://files.example/b"];
        let ids: Vec<_> =
            nw.refer("1/26", &links).await.answers.into_iter().map(|one| one.target_id).collect();
        let office = central.parse().unwrap();
        register(&centre.federation, &office, &key(central, 5)).await.unwrap();
        let mut browser = centre.signed_in("erika", &[Role::DeskOfficer]).await;
        let page = browser.get(&format!("/duplicates/compare?one={}&other={}", ids[0], ids[1])).await;
        let merge = form(&page, &page.values("pair"), "one file", "merge");
        let answer = browser.post("/duplicates", &merge).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.body.contains("dieser Dienst hat den Schlüssel nicht"), status == 422);
        let page = browser.get(&format!("/targets/{}/decide", ids[0])).await;
        let hold = [("decision", "hold"), ("reason", "victim"), ("authority", "Dezernat 42")];
        let answer = browser.post(&format!("/targets/{}/decide", ids[0]), &page.form(&hold)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        drop(nw);
        centre.end().await;
    }
}
