//! Statement keys over real TLS: who must sign, what is refused, what is kept of it, and what a revocation leaves standing.

use meldeverbund_hub::{
    flow::{AddStatementKey, Failure, RevokeStatementKey},
    store::{EnvelopeRow, StatementKeyRow},
};
use meldeverbund_proto::{
    AgencyId, CommandId, envelope,
    leaf::{Digest, Salt, statement_digest},
    note::{SigningKey, statement_key_name},
    statement::{BatchStatement, DecisionStatement, ReferralStatement},
    v1::{
        DecideRequest, DecideResponse, Refusal, RefusalCode, StatementSignature, SubmitRequest, Verdict,
        decide_response,
    },
};

use serde_json::json;

use crate::{
    decisions::assess,
    harness::{CENTRAL, DOMAIN, Federation, accepted, batch, decided, decision_on, refused, salt},
    process::Site,
};

/// A statement key of this agency.
pub(crate) fn key(agency: &str, seed: u8) -> SigningKey {
    let name = statement_key_name(DOMAIN, &agency.parse().unwrap());
    SigningKey::from_seed(&name, &[seed; 32]).unwrap()
}

fn key_id(key: &SigningKey) -> String {
    format!("{:08x}", key.vkey().key_id())
}

fn signature(key: &SigningKey, agency: &AgencyId, command: &str, digests: Vec<Digest>) -> StatementSignature {
    let command: CommandId = command.parse().unwrap();
    let batch = BatchStatement { agency: agency.clone(), command, digests };
    StatementSignature { key_id: key_id(key), signature: envelope::sign(key, &batch).to_vec() }
}

/// Signs a submission as the node does: with what anybody can compute from it.
pub(crate) fn sign(key: &SigningKey, agency: &AgencyId, request: &mut SubmitRequest) {
    let SubmitRequest { submission_id, case_number, referrals, .. } = &*request;
    let submission = submission_id.parse().unwrap();
    let digests = (0..).zip(referrals).map(|(position, referral)| {
        let mut statement = Vec::new();
        ReferralStatement { agency, submission, position, case_number, referral }.encode(&mut statement);
        statement_digest(&Salt::from_slice(&referral.salt).unwrap(), &statement)
    });
    let signature = signature(key, agency, submission_id, digests.collect());
    request.signature = Some(signature);
}

pub(crate) fn sign_decision(key: &SigningKey, agency: &AgencyId, request: &mut DecideRequest) {
    let mut statement = Vec::new();
    DecisionStatement { agency, request }.encode(&mut statement);
    let digest = statement_digest(&Salt::from_slice(&request.salt).unwrap(), &statement);
    request.signature = Some(signature(key, agency, &request.command_id, vec![digest]));
}

pub(crate) async fn register(
    federation: &Federation,
    agency: &AgencyId,
    key: &SigningKey,
) -> Result<bool, Failure> {
    let (vkey, domain) = (key.vkey().to_string(), DOMAIN.parse().unwrap());
    let command = AddStatementKey::parse(agency.clone(), &vkey, &domain, String::new(), salt()).unwrap();
    federation.server.hub().run(command).await
}

async fn revoke(
    federation: &Federation,
    agency: &AgencyId,
    key: &SigningKey,
    from_leaf: Option<u64>,
) -> Result<u64, Failure> {
    let reason = "the key file was copied".to_owned();
    let command = RevokeStatementKey::parse(agency.clone(), &key_id(key), from_leaf, reason, salt()).unwrap();
    federation.server.hub().run(command).await
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> Refusal {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn not_decided(response: DecideResponse) -> Refusal {
    match response.result.unwrap() {
        decide_response::Result::Refused(refusal) => refusal,
        decide_response::Result::Decided(decided) => panic!("{decided:?}"),
    }
}

async fn envelope_at(federation: &Federation, leaf: u64) -> Option<EnvelopeRow> {
    let mut reader = federation.server.hub().reader().await.unwrap();
    EnvelopeRow::by_first_leaf(&mut reader, i64::try_from(leaf).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_registered_a_key_signs_and_what_was_signed_is_kept() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("1/26").await;
    by.open_case("1/26").await;
    let ours = key("de-nw-lka", 1);

    // Nobody can check a signature of an agency without a key: it is not asked for, and not kept.
    let unsigned = nw.refer("1/26", &["https://a.test/0"]).await;
    let mut request = batch("1/26", &["https://a.test/1"]);
    sign(&ours, &nw.agency, &mut request);
    request.signature.as_mut().unwrap().signature = vec![0; 64];
    let unchecked = accepted(nw.submit(request).await);
    for leaf in [unsigned.first_leaf_index, unchecked.first_leaf_index] {
        assert_eq!(envelope_at(&federation, leaf).await, None);
    }

    assert!(register(&federation, &nw.agency, &ours).await.unwrap());
    assert!(!register(&federation, &nw.agency, &ours).await.unwrap(), "the same again changes nothing");
    let refusal = refused(nw.submit(batch("1/26", &["https://a.test/2"])).await);
    assert_eq!((refusal.code(), refusal.field.as_str()), (RefusalCode::SignatureMissing, "signature"));
    by.refer("1/26", &["https://a.test/2"]).await;

    let mut request = batch("1/26", &["https://a.test/3", "gopher://a.test/", "https://a.test/4"]);
    sign(&ours, &nw.agency, &mut request);
    let answer = accepted(nw.submit(request.clone()).await);
    assert_eq!((answer.leaf_count, answer.answers[1].verdict()), (2, Verdict::Refused));
    let kept = envelope_at(&federation, answer.first_leaf_index).await.unwrap();
    assert_eq!((kept.leaf_count, kept.key_id), (2, key_id(&ours)));
    assert_eq!((&kept.batch.agency, kept.batch.digests.len()), (&nw.agency, 3), "the refused one too");
    assert_eq!(kept.batch.command.to_string(), request.submission_id);
    assert_eq!(envelope::verify(&ours.vkey(), &kept.batch, &kept.signature), Ok(()));

    // A batch whose referrals are all refused has no leaf, and nothing that a signature could prove.
    let before = federation.counts().await.leaves;
    let mut request = batch("1/26", &["gopher://a.test/"]);
    sign(&ours, &nw.agency, &mut request);
    let answer = accepted(nw.submit(request).await);
    assert_eq!((answer.leaf_count, federation.counts().await.leaves), (0, before));
    assert_eq!(envelope_at(&federation, answer.first_leaf_index).await, None);

    // Decisions alike, but for what is only asked.
    let targets = [unsigned.answers[0].target_id.clone()];
    let mut request = decision_on(&targets, assess());
    let missing = not_decided(nw.ask(request.clone()).await);
    assert_eq!((missing.code(), missing.field.as_str()), (RefusalCode::SignatureMissing, "signature"));
    request.dry_run = true;
    assert_eq!(decided(nw.ask(request.clone()).await).answers[0].refusal, None);
    request.dry_run = false;
    sign_decision(&ours, &nw.agency, &mut request);
    let answer = decided(nw.ask(request).await);
    let kept = envelope_at(&federation, answer.leaf_index).await.unwrap();
    assert_eq!((kept.leaf_count, kept.batch.digests.len()), (1, 1));
    assert_eq!(envelope::verify(&ours.vkey(), &kept.batch, &kept.signature), Ok(()));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_of_another_key_or_content_is_refused() {
    let federation = Federation::start().await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("1/26").await;
    let (ours, theirs, unknown) = (key("de-nw-lka", 1), key("de-by-lka", 2), key("de-nw-lka", 3));
    register(&federation, &nw.agency, &ours).await.unwrap();
    register(&federation, &by.agency, &theirs).await.unwrap();
    let before = federation.counts().await.leaves;

    let mut good = batch("1/26", &["https://a.test/1", "https://a.test/2"]);
    sign(&ours, &nw.agency, &mut good);
    let with = |change: &dyn Fn(&mut SubmitRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let other_id = batch("1/26", &[]).submission_id;
    for (wrong, request) in [
        ("one bit of it", with(&|one| one.signature.as_mut().unwrap().signature[7] ^= 1)),
        ("the link", with(&|one| one.referrals[0].link = "https://a.test/3".into())),
        ("the order", with(&|one| one.referrals.swap(0, 1))),
        ("one left out", with(&|one| one.referrals.truncate(1))),
        ("the case", with(&|one| one.case_number = "2/26".into())),
        ("the id", with(&|one| one.submission_id = other_id.clone())),
        ("another agency's key", with(&|one| sign(&theirs, &nw.agency, one))),
        ("another agency's batch", with(&|one| sign(&ours, &by.agency, one))),
        ("an unregistered key", with(&|one| sign(&unknown, &nw.agency, one))),
    ] {
        let refusal = refused(nw.submit(request).await);
        let said = (refusal.code(), refusal.field.as_str());
        assert_eq!(said, (RefusalCode::SignatureInvalid, "signature"), "{wrong}");
    }
    for (field, key_id, length) in [
        ("signature.key_id", key_id(&ours).to_uppercase() + "G", 64),
        ("signature.key_id", String::new(), 64),
        ("signature.signature", key_id(&ours), 63),
        ("signature.signature", key_id(&ours), 65),
        ("signature.signature", key_id(&ours), 0),
    ] {
        let malformed = StatementSignature { key_id, signature: vec![1; length] };
        let refusal = refused(nw.submit(with(&|one| one.signature = Some(malformed.clone()))).await);
        assert_eq!((refusal.code(), refusal.field.as_str()), (RefusalCode::FieldInvalid, field));
    }
    assert_eq!(federation.counts().await.leaves, before, "a refused batch leaves nothing");
    accepted(nw.submit(good).await);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_signs_nothing_new_and_what_it_signed_is_answered_again() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let (first, second) = (key("de-nw-lka", 1), key("de-nw-lka", 2));
    register(&federation, &nw.agency, &first).await.unwrap();
    let mut request = batch("1/26", &["https://a.test/1"]);
    sign(&first, &nw.agency, &mut request);
    let answer = accepted(nw.submit(request.clone()).await);
    let mut decision = decision_on(&[answer.answers[0].target_id.clone()], assess());
    sign_decision(&first, &nw.agency, &mut decision);
    decided(nw.ask(decision.clone()).await);

    let next = federation.counts().await.leaves.cast_unsigned();
    let too_late = refusal(revoke(&federation, &nw.agency, &first, Some(next + 1)).await);
    assert_eq!((too_late.code(), too_late.field.as_str()), (RefusalCode::FieldInvalid, "from_leaf"));
    let too_early = refusal(revoke(&federation, &nw.agency, &first, Some(1)).await);
    assert_eq!((too_early.code(), too_early.field.as_str()), (RefusalCode::FieldInvalid, "from_leaf"));
    let unknown = refusal(revoke(&federation, &nw.agency, &second, None).await);
    assert_eq!((unknown.code(), unknown.field.as_str()), (RefusalCode::FieldInvalid, "key_id"));
    assert_eq!(revoke(&federation, &nw.agency, &first, None).await.unwrap(), next, "its own leaf");

    // What was recorded is answered whatever stands beside it now: its content is known by its digest.
    for signature in [request.signature.clone(), None, {
        let mut wrong = request.signature.clone();
        wrong.as_mut().unwrap().signature[0] ^= 1;
        wrong
    }] {
        let again = accepted(nw.submit(SubmitRequest { signature, ..request.clone() }).await);
        assert!(again.repeated);
        assert_eq!(again.first_leaf_index, answer.first_leaf_index);
    }
    assert!(decided(nw.ask(decision).await).repeated);
    let mut other = SubmitRequest { signature: None, ..request };
    other.referrals[0].link = "https://a.test/9".into();
    assert_eq!(refused(nw.submit(other).await).code(), RefusalCode::IdConflict);

    let mut fresh = batch("1/26", &["https://a.test/2"]);
    sign(&first, &nw.agency, &mut fresh);
    assert_eq!(refused(nw.submit(fresh.clone()).await).code(), RefusalCode::SignatureInvalid);
    fresh.signature = None;
    let unsigned = refused(nw.submit(fresh.clone()).await).code();
    assert_eq!(
        unsigned,
        RefusalCode::SignatureMissing,
        "a revocation does not let unsigned batches in again"
    );
    let again = refusal(register(&federation, &nw.agency, &first).await);
    assert_eq!((again.code(), again.field.as_str()), (RefusalCode::FieldInvalid, "vkey"));

    assert!(register(&federation, &nw.agency, &second).await.unwrap());
    sign(&second, &nw.agency, &mut fresh);
    let later = accepted(nw.submit(fresh).await);

    // Found out late that it was stolen: the bound goes back, and never forward.
    let index = |leaf: u64| i64::try_from(leaf).unwrap();
    let forward = refusal(revoke(&federation, &nw.agency, &first, Some(next + 1)).await);
    assert_eq!(forward.code(), RefusalCode::NothingToDo);
    let leaf = answer.first_leaf_index;
    assert_eq!(revoke(&federation, &nw.agency, &first, Some(leaf + 1)).await.unwrap(), leaf + 1);
    let mut reader = federation.server.hub().reader().await.unwrap();
    let keys = StatementKeyRow::of(&mut reader, &nw.agency).await.unwrap();
    let counts = |key: usize, leaf: u64| keys[key].counts_at(index(leaf));
    assert!(counts(0, leaf) && !counts(0, leaf + 1) && !counts(0, later.first_leaf_index));
    assert!(!counts(0, keys[0].since_leaf.cast_unsigned()), "not before it was registered");
    assert!(counts(1, later.first_leaf_index) && !counts(1, leaf));
    drop(reader);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_registers_lists_and_revokes_and_the_central_office_signs_too() {
    let site = Site::new();
    site.register(CENTRAL, "central-office");
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    let target = office.refer("1/26", &["https://a.test/1"]).await.answers[0].target_id.clone();
    let verb = |arguments: &[&str]| {
        let output = site.run(&[&["agency", "statement-key"], arguments].concat());
        let text = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    assert_eq!(
        verb(&["list"]),
        (true, "No statement key is registered: agencies hand in unsigned.\n".into())
    );
    let (theirs, ours) = (key("de-nw-lka", 1), key(CENTRAL, 2));
    let vkey = theirs.vkey().to_string();
    let add = ["add", "de-nw-lka", &vkey, "--reason", "read out on the telephone"];
    assert_eq!(verb(&add), (true, "The statement key of de-nw-lka is registered.\n".into()));
    assert_eq!(verb(&add), (true, "The statement key of de-nw-lka was registered already.\n".into()));
    let wrong = verb(&["add", CENTRAL, &vkey]);
    let said = "error: vkey: a statement key of de-bka is called meldeverbund.test/statement/de-bka\n";
    assert_eq!(wrong, (false, said.into()));
    assert_eq!(
        refused(office.submit(batch("1/26", &["https://a.test/2"])).await).code(),
        RefusalCode::SignatureMissing,
        "it counts beside the running hub at once"
    );

    // The central office's own decisions are nobody's exception.
    let hold = |more: &[&str]| {
        let arguments =
            ["target", "hold", &target, "--reason", "victim", "--authority", "StA", "--officer", "KD"];
        site.run(&[&arguments, more].concat())
    };
    assert!(hold(&[]).status.success(), "no key is registered for it");
    let registered = verb(&["add", CENTRAL, &ours.vkey().to_string()]);
    assert!(registered.0, "{registered:?}");
    let unsigned = String::from_utf8(hold(&[]).stderr).unwrap();
    assert!(unsigned.contains("must be signed"), "{unsigned}");
    assert!(hold(&["--dry-run"]).status.success());
    let file = site.folder.path().join("statement.key");
    let path = file.to_str().unwrap();
    assert!(String::from_utf8(hold(&["--statement-key", path]).stderr).unwrap().contains(path));
    std::fs::write(&file, theirs.to_pem().as_bytes()).unwrap();
    let foreign = String::from_utf8(hold(&["--statement-key", path]).stderr).unwrap();
    assert!(foreign.contains("no statement key of this id"), "{foreign}");
    std::fs::write(&file, ours.to_pem().as_bytes()).unwrap();
    assert!(hold(&["--statement-key", path]).status.success());

    let id = key_id(&theirs);
    assert_eq!(
        verb(&["revoke", "de-nw-lka", "nonsense"]),
        (false, "error: key_id: must be 8 lower-case hexadecimal digits\n".into())
    );
    let leaves = site.json(&["status"])["counts"]["leaves"].as_u64().unwrap();
    let revoked = site.json(&["agency", "statement-key", "revoke", "de-nw-lka", &id, "--reason", "lost"]);
    assert_eq!(revoked, json!({ "agency": "de-nw-lka", "key_id": id, "from_leaf": leaves }));
    let listed = site.json(&["agency", "statement-key", "list"]);
    assert_eq!(
        (&listed[0]["vkey"], &listed[0]["revoked_leaf"], &listed[1]["revoked_leaf"]),
        (&json!(vkey), &json!(leaves), &json!(null))
    );
    let (_, text) = verb(&["list"]);
    let line = format!("{id}  since leaf {}, revoked from leaf {leaves} on", listed[0]["since_leaf"]);
    assert!(text.contains(&line), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_registered_only_under_its_agencys_name() {
    let parse = |vkey: &str| {
        let agency = "de-nw-lka".parse().unwrap();
        AddStatementKey::parse(agency, vkey, &DOMAIN.parse().unwrap(), String::new(), salt())
    };
    let good = key("de-nw-lka", 1);
    assert!(parse(&good.vkey().to_string()).is_ok());
    let elsewhere = SigningKey::from_seed("other.test/statement/de-nw-lka", &[1; 32]).unwrap();
    let witness = SigningKey::from_seed("meldeverbund.test/witness/de-nw-lka", &[1; 32]).unwrap();
    let truncated = &good.vkey().to_string()[..60];
    for (bad, said) in [
        (key("de-by-lka", 1).vkey().to_string(), "is called meldeverbund.test/statement/de-nw-lka"),
        (elsewhere.vkey().to_string(), "is called meldeverbund.test/statement/de-nw-lka"),
        (witness.vkey().to_string(), "is called meldeverbund.test/statement/de-nw-lka"),
        (good.witness_vkey().to_string(), "witness key"),
        (truncated.to_owned(), "a verifier key is"),
        (String::new(), "a verifier key is"),
    ] {
        let refusal = parse(&bad).unwrap_err();
        assert_eq!((refusal.code(), refusal.field.as_str()), (RefusalCode::FieldInvalid, "vkey"));
        assert!(refusal.reason.contains(said), "{}", refusal.reason);
    }
    let federation = Federation::start().await;
    let nobody = refusal(register(&federation, &"de-nw-lka".parse().unwrap(), &good).await);
    assert_eq!(nobody.code(), RefusalCode::AgencyUnknown);
    federation.end().await;
}
