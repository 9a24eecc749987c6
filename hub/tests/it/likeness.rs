//! Host rules make new links one target; what looks alike is suggested, and a rejected pair stays rejected.

use meldeverbund_hub::flow::{Compare, DuplicatesRequest, Failure, PairPage, PutHostRules, suggested_pairs};
use meldeverbund_proto::{
    statement::Act,
    v1::{ContentHash, HashAlgorithm, Referral, RefusalCode, Role, SubmitRequest, Verdict},
};
use serde_json::{Value, json};

use crate::{
    duplicates::{judge, judged, request},
    harness::{CENTRAL, Federation, Office, accepted, batch, referral, salt, uuid},
    process::Site,
};

const RULES: &str = include_str!("../../hosts/example.toml");

async fn put_rules(federation: &Federation) -> i64 {
    let put = PutHostRules::parse(RULES.into(), "KD Beispiel".into(), salt()).unwrap();
    federation.server.hub().run(put).await.unwrap()
}

/// Compares all that there is.
async fn compare(federation: &Federation) {
    let hub = federation.server.hub();
    while hub.run(Compare { policies: hub.policies().clone() }).await.unwrap() {}
}

async fn listed(federation: &Federation, after: Option<&str>, most: i64) -> Result<PairPage, Failure> {
    let hub = federation.server.hub();
    let (views, office) = (hub.views(), CENTRAL.parse().unwrap());
    suggested_pairs(&mut hub.still().await.unwrap(), &views, &office, after, most).await
}

/// The pairs that wait, and why.
async fn waiting(federation: &Federation) -> Vec<(String, String, Vec<&'static str>)> {
    let page = listed(federation, None, 100).await.unwrap();
    page.pairs.into_iter().map(|pair| (pair.one, pair.other, pair.reasons)).collect()
}

async fn office(federation: &Federation, agency: &str) -> Office {
    let office = federation.office(agency).await;
    office.open_case("1/26").await;
    office
}

async fn refer(office: &Office, links: &[&str]) -> Vec<String> {
    office.refer("1/26", links).await.answers.into_iter().map(|answer| answer.target_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_rule_makes_new_links_one_and_suggests_the_old_ones() {
    let federation = Federation::start().await;
    let (nw, by) = (office(&federation, "de-nw-lka").await, office(&federation, "de-by-lka").await);
    let old = refer(&nw, &["https://files.example/f/abc", "https://files.example/f/abc?ref=1"]).await;
    assert_ne!(old[0], old[1]);
    put_rules(&federation).await;

    let first = refer(&nw, &["https://files.example/f/xyz?utm_source=a"]).await.remove(0);
    let links = ["https://www.files.example/f/xyz", "https://files.example/download/xyz.html"];
    let mut answers = by.refer("1/26", &links).await.answers;
    assert!(answers.iter().all(|answer| answer.target_id == first && answer.role() == Role::CoInterested));
    let verdicts: Vec<_> = answers.iter().map(|answer| answer.verdict()).collect();
    assert_eq!(verdicts, [Verdict::Joined, Verdict::AlreadyYours]);
    answers = by.refer("1/26", &links[..1]).await.answers;
    assert_eq!(
        (answers[0].target_id.as_str(), answers[0].verdict()),
        (first.as_str(), Verdict::AlreadyYours)
    );
    let apart = refer(&by, &["https://files.example/f/xyz?page=2", "https://files.example/f/XYZ"]).await;
    assert!(apart.iter().all(|target| *target != first) && apart[0] != apart[1]);
    // Within one batch, too.
    let both = refer(&by, &["https://tube.test/watch?v=1", "https://m.tube.test/watch?v=1&t=3"]).await;
    assert_eq!(both[0], both[1]);

    compare(&federation).await;
    let pairs = waiting(&federation).await;
    let by_rule: Vec<_> = pairs.iter().filter(|(.., why)| why[0].contains("host rules")).collect();
    assert_eq!(by_rule.len(), 1, "{pairs:?}");
    assert_eq!([&by_rule[0].0, &by_rule[0].1], [&old[0], &old[1]]);

    // A person finds that one of the links is another thing.
    let named = federation.server.hub().store().target_ids().clone();
    let name = named.id(meldeverbund_domain::TargetNo(4)).to_string();
    assert_eq!(by.see(&name).await.target_id, first);
    let split = judged(&federation, request(Act::Split, &[(&name, &first)])).await;
    assert_eq!(split.answers[0].name_owner_agency_id, "de-by-lka", "who referred it owns it");
    assert_eq!(by.refer("1/26", &links[..1]).await.answers[0].target_id, name);
    federation.end().await;
}

fn with_hash(link: &str, algorithm: HashAlgorithm, digest: Vec<u8>) -> Referral {
    let content_hashes = vec![ContentHash { algorithm: algorithm.into(), digest }];
    Referral { content_hashes, ..referral(link) }
}

async fn refer_all(office: &Office, referrals: Vec<Referral>) -> Vec<String> {
    let request = SubmitRequest { referrals, ..batch("1/26", &[]) };
    accepted(office.submit(request).await).answers.into_iter().map(|answer| answer.target_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_alike_waits_for_a_person_who_is_asked_once() {
    let federation = Federation::start().await;
    let nw = office(&federation, "de-nw-lka").await;
    let (sha256, md5) = (HashAlgorithm::Sha256, HashAlgorithm::Md5);
    let alike = refer_all(
        &nw,
        vec![
            with_hash("https://a.example/1", sha256, vec![1; 32]),
            with_hash("https://cdn.a.example/2", sha256, vec![1; 32]),
            with_hash("https://b.example/3", sha256, vec![1; 32]),
            with_hash("https://c.example/4", md5, vec![2; 16]),
            with_hash("https://c.example/5", md5, vec![2; 16]),
            referral("https://d.example/x?a=1&b=2"),
            referral("https://www.d.example/X/?b=2&a=1"),
            referral("https://d.example/x?a=1"),
        ],
    )
    .await;
    compare(&federation).await;
    let pairs = waiting(&federation).await;
    let named: Vec<_> =
        pairs.iter().map(|(one, other, why)| (one.as_str(), other.as_str(), why[0])).collect();
    let expected = [
        (&*alike[0], &*alike[1], "the same content (SHA-256) at the same domain"),
        (&*alike[3], &*alike[4], "the same content (SHA-1 or MD5) at the same domain"),
        (&*alike[5], &*alike[6], "addresses that are nearly the same"),
    ];
    assert_eq!(named, expected, "the strongest reason first, and nothing else");
    let page = listed(&federation, None, 1).await.unwrap();
    assert_eq!((page.pairs.len(), page.pairs[0].owners[0].as_str()), (1, "de-nw-lka"));
    let rest = listed(&federation, page.next.as_deref(), 9).await.unwrap();
    assert_eq!((rest.pairs.len(), rest.next), (2, None));
    let wrong = listed(&federation, Some("1.x.y"), 9).await;
    assert!(matches!(wrong, Err(Failure::Refused(refusal)) if refusal.code() == RefusalCode::FieldInvalid));

    // Rejected, it does not come back for the same reason, but for another.
    let reject = request(Act::Reject, &[(&alike[6], &alike[5])]);
    judged(&federation, reject.clone()).await;
    judged(&federation, request(Act::Merge, &[(&alike[3], &alike[4])])).await;
    refer(&nw, &["https://www.d.example/X/?b=2&a=1"]).await;
    put_rules(&federation).await;
    compare(&federation).await;
    assert_eq!(waiting(&federation).await.len(), 1, "compared anew, and decided on already");
    let hashes = vec![
        with_hash("https://d.example/x?a=1&b=2", sha256, vec![3; 32]),
        with_hash("https://www.d.example/X/?b=2&a=1", sha256, vec![3; 32]),
    ];
    refer_all(&nw, hashes).await;
    compare(&federation).await;
    assert_eq!(waiting(&federation).await[1].2, ["the same content (SHA-256) at the same domain"]);
    let undone = DuplicatesRequest { undone: Some(reject.command), ..request(Act::Undo, &[]) };
    judged(&federation, undone).await;
    assert_eq!(waiting(&federation).await[1].2.len(), 2, "both reasons wait again");
    let nothing = judge(&federation, request(Act::Reject, &[(&alike[0], &uuid())])).await.unwrap();
    assert_eq!(nothing.answers[0].refusal.as_ref().unwrap().code(), RefusalCode::TargetUnknown);
    federation.end().await;
}

fn answered(site: &Site, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = site.command().arg("--json").args(arguments).output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_central_office_works_from_the_command_line() {
    let site = Site::new();
    site.register(CENTRAL, "central-office");
    let hub = site.serve().await;
    let nw = site.office("de-nw-lka", &hub).await;
    nw.open_case("1/26").await;
    let links =
        ["https://files.example/f/abc", "https://files.example/f/abc?ref=1", "https://other.example/"];
    let targets = refer(&nw, &links).await;

    let file = site.folder.path().join("hosts.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, RULES.replacen("key = \"id=abc\"", "key = \"id=abd\"", 1)).unwrap();
    let (said, code) = answered(&site, &["hosts", "check", path]);
    assert_eq!(code, Some(1));
    assert_eq!(said["error"], "rule[0].test[0].key: this link has the key `id=abc`");
    std::fs::write(&file, RULES).unwrap();
    assert_eq!(site.json(&["hosts", "check", path])["rules"], 3);
    let preview = site.json(&["hosts", "preview", path]);
    assert_eq!(preview, json!({ "targets": 2, "would_be": 1, "groups": [[targets[0], targets[1]]] }));
    assert_eq!(site.json(&["hosts", "show"])["leaf"], Value::Null, "looking changes nothing");
    let put = site.json(&["hosts", "put", path, "--officer", "KD Beispiel"]);
    assert_eq!(site.json(&["hosts", "show"]), json!({ "leaf": put["leaf"], "text": RULES }));
    // The running hub takes them up with the next batch.
    let new = refer(&nw, &["https://files.example/f/new", "https://www.files.example/f/new"]).await;
    assert_eq!(new[0], new[1]);

    let (one, other) = (targets[0].as_str(), targets[1].as_str());
    let said = ["--reason", "one file", "--officer", "KHKin Beispiel"];
    let merge = |more: &[&str]| {
        let mut arguments = vec!["duplicates", "merge", one, other];
        arguments.extend(said);
        arguments.extend(more);
        answered(&site, &arguments)
    };
    let (dry, code) = merge(&["--dry-run"]);
    assert_eq!((code, &dry["leaf"], &dry["answers"][0]["target"]), (Some(0), &Value::Null, &json!(one)));
    let id = uuid();
    let (done, _) = merge(&["--id", &id]);
    assert_eq!((&done["decision"], &done["repeated"]), (&json!(id), &json!(false)));
    assert_eq!(nw.see(other).await.target_id, one);
    let (same, _) = merge(&["--id", &id]);
    assert_eq!((&same["repeated"], &same["leaf"]), (&json!(true), &done["leaf"]), "{same}");
    let (again, code) = merge(&[]);
    assert_eq!((code, &again["answers"][0]["refused"]["code"]), (Some(1), &json!("NOTHING_TO_DO")));
    let undo = [&["duplicates", "undo", id.as_str()][..], &said].concat();
    assert_eq!(answered(&site, &undo).1, Some(0));
    assert_eq!(nw.see(other).await.target_id, other);
    let verified = site.json(&["ledger", "verify"]);
    assert_eq!(verified["problems"].as_array().map_or(0, Vec::len), 0, "{verified}");
    assert_eq!(site.json(&["duplicates", "list"])["next"], Value::Null);
    drop(hub);
}
