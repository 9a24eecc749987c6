//! Retention over real TLS: what goes, what stays as long as something needs it, and that no proof breaks.

use std::time::Duration;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::retention::{Class, Term, Terms};
use meldeverbund_hub::{
    flow::{Retained, Run, retain},
    store::{EnvelopeRow, query, query_as},
};
use meldeverbund_proto::{
    envelope,
    leaf::{Kind, Leaf},
    merkle,
    statement::RedactionStatement,
    v1::{
        CloseCaseRequest, CloseRound, ExplainTargetRequest, ExplainTargetResponse, LiftHold, Outcome,
        RefusalCode, Stage, SubmitRequest, Verdict, decide_request::Decision, decide_response,
        follow_response::Event,
    },
};
use serde_json::json;

use crate::{
    decisions::{assess, hold},
    harness::{
        Federation, Office, Place, accepted, batch, decided, decision_on, open_case, refused, salt, uuid,
    },
    process::Site,
    signatures::{key, register, sign},
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

const BASIS: &str = "BKAG § 77(1)";

/// A month for each class.
fn terms() -> Terms {
    let term = || Term::new(1, BASIS).ok();
    Terms { referral: term(), decision: term(), case: term() }
}

async fn run(federation: &Federation, terms: &Terms, dry_run: bool) -> Vec<(Class, u64)> {
    let how = if dry_run { Run::Dry } else { Run::Now };
    let done = retain(federation.server.hub(), terms, salt, how).await.unwrap();
    done.into_iter().map(|Retained { class, leaves, .. }| (class, leaves)).collect()
}

/// Nothing, one of each class.
const NOTHING: [(Class, u64); 3] = [(Class::Referral, 0), (Class::Decision, 0), (Class::Case, 0)];

pub(crate) fn close() -> Decision {
    let outcome = Outcome::GoneBeforeNotice.into();
    Decision::CloseRound(CloseRound { outcome, reason: "looked again".into() })
}

pub(crate) async fn close_case(office: &Office, number: &str) {
    let (command_id, salt) = (uuid(), salt().as_bytes().to_vec());
    let request = CloseCaseRequest { command_id, salt, number: number.into(), reason: String::new() };
    office.cases().close_case(request).await.unwrap();
}

async fn explain(office: &Office, target: &str) -> ExplainTargetResponse {
    let request = ExplainTargetRequest { target_id: target.to_owned(), at_leaf: 0 };
    office.targets().explain_target(request).await.unwrap().into_inner()
}

/// A stored leaf as anybody may see it: kind, time, hash, digests of what is redacted, and what was said.
type Stored = (i64, i64, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);

async fn leaves(federation: &Federation) -> Vec<Stored> {
    let mut reader = federation.server.hub().reader().await.unwrap();
    const SQL: &str =
        "SELECT kind, recorded_at_us, leaf_hash, digests, statement FROM event ORDER BY leaf_index";
    query_as(SQL).fetch_all(&mut reader).await.unwrap()
}

/// The tree's root over the first leaves, each made again of what is left of it.
fn root(leaves: &[Stored]) -> [u8; 32] {
    let mut range = merkle::Range::empty(0);
    for (kind, time_us, hash, digests, _) in leaves {
        if let Some(digests) = digests {
            let leaf = Leaf {
                kind: Kind::from_number(u16::try_from(*kind).unwrap()).unwrap(),
                time_us: time_us.cast_unsigned(),
                statement: digests[..32].try_into().unwrap(),
                decision: digests[32..].try_into().unwrap(),
            };
            assert_eq!(leaf.hash().to_vec(), *hash);
        }
        range.push(hash.as_slice().try_into().unwrap());
    }
    range.root().unwrap()
}

/// True if the text stands anywhere in the database's files.
fn stands_in_files(federation: &Federation, text: &str) -> bool {
    let path = federation.config.database.file().expect("a server's files are its own").to_str().unwrap();
    ["", "-wal"].iter().any(|end| {
        let bytes = std::fs::read(format!("{path}{end}")).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_needs_any_more_goes_and_every_proof_stays() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(manual.clock(), |_| {}).await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let ours = key("de-nw-lka", 1);
    register(&federation, &nw.agency, &ours).await.unwrap();
    nw.open_case("CASE-THAT-GOES/26").await;
    by.open_case("BY/1/26").await;

    let mut gone = batch("CASE-THAT-GOES/26", &["https://goes.test/a", "https://goes.test/b"]);
    sign(&ours, &nw.agency, &mut gone);
    let first = accepted(nw.submit(gone.clone()).await);
    let mut half = batch("CASE-THAT-GOES/26", &["https://goes.test/a", "https://stays.test/open"]);
    sign(&ours, &nw.agency, &mut half);
    let second = accepted(nw.submit(half.clone()).await);
    let targets: Vec<_> = first.answers.iter().map(|answer| answer.target_id.clone()).collect();
    by.refer("BY/1/26", &["https://goes.test/a"]).await;
    let theirs = by.refer("BY/1/26", &["https://stays.test/held"]).await.answers[0].target_id.clone();
    let mut closing = decision_on(&targets, close());
    crate::signatures::sign_decision(&ours, &nw.agency, &mut closing);
    assert_eq!(decided(nw.ask(closing.clone()).await).answers[1].stage(), Stage::Closed);
    by.decided(std::slice::from_ref(&theirs), assess()).await;
    by.decided(std::slice::from_ref(&theirs), hold()).await;
    by.decided(std::slice::from_ref(&theirs), close()).await;
    close_case(&nw, "CASE-THAT-GOES/26").await;
    manual.advance(DAY * 20);
    let young = by.refer("BY/1/26", &["https://young.test/"]).await.answers[0].target_id.clone();
    by.decided(&[young], close()).await;

    assert_eq!(run(&federation, &terms(), false).await, NOTHING, "no term has passed");
    manual.advance(DAY * 15);
    assert_eq!(run(&federation, &Terms::default(), false).await, [], "nothing without a term");
    let before = leaves(&federation).await;
    // The referrals of the two closed targets, whosoever; one decision. The case waits for its referrals.
    let planned = [(Class::Referral, 4), (Class::Decision, 1), (Class::Case, 0)];
    assert_eq!(run(&federation, &terms(), true).await, planned);
    assert_eq!(leaves(&federation).await, before, "a dry run changes nothing");
    assert_eq!(run(&federation, &terms(), false).await, planned);
    assert_eq!(run(&federation, &terms(), false).await, NOTHING, "once");

    let after = leaves(&federation).await;
    assert_eq!(root(&after[..before.len()]), root(&before));
    let texts = |part: &str| {
        let has = |bytes: &Vec<u8>| bytes.windows(part.len()).any(|window| window == part.as_bytes());
        after.iter().filter(|leaf| leaf.4.as_ref().is_some_and(has)).count()
    };
    assert_eq!(texts("https://goes.test/"), 0);
    assert_eq!((texts("https://stays.test/open"), texts("https://stays.test/held")), (1, 1));
    let said = after[before.len()].4.as_ref().unwrap();
    let said = RedactionStatement::decode(said).unwrap();
    assert_eq!((after[before.len()].0, said.class.as_str()), (16, "referral"));
    assert_eq!((said.basis.as_str(), said.ranges.iter().map(|range| range.1).sum::<u64>()), (BASIS, 4));
    assert!(
        said.ranges.contains(&(first.first_leaf_index, 3)),
        "neighbours are one range: {:?}",
        said.ranges
    );
    assert_eq!(after.len(), before.len() + 2, "one leaf a class");

    // Signatures stand over digests.
    let mut reader = federation.server.hub().reader().await.unwrap();
    for leaf in [first.first_leaf_index, second.first_leaf_index] {
        let kept =
            EnvelopeRow::by_first_leaf(&mut reader, i64::try_from(leaf).unwrap()).await.unwrap().unwrap();
        assert_eq!(envelope::verify(&ours.vkey(), &kept.batch, &kept.signature), Ok(()));
        let digests = after[usize::try_from(leaf).unwrap()].3.as_ref().unwrap();
        assert_eq!(kept.batch.digests[0], digests[..32], "the one that the redacted leaf still has");
    }
    drop(reader);

    resent(&nw, &gone, &half).await;
    let retired = match nw.ask(closing).await.result.unwrap() {
        decide_response::Result::Refused(refusal) => refusal.code(),
        decide_response::Result::Decided(decided) => panic!("{decided:?}"),
    };
    assert_eq!(retired, RefusalCode::Retired);
    told(&nw, &by, &targets).await;

    // What waited may go once nothing needs it.
    by.decided(
        std::slice::from_ref(&theirs),
        Decision::LiftHold(LiftHold { hold_id: String::new(), reason: "over".into() }),
    )
    .await;
    let lifted = [(Class::Referral, 1), (Class::Decision, 3), (Class::Case, 0)];
    assert_eq!(run(&federation, &terms(), false).await, lifted, "the lifting itself is young");
    // Seen again: a new round of the same target, by whoever saw it.
    let again = by.refer("BY/1/26", &["https://goes.test/a"]).await;
    assert_eq!((again.answers[0].verdict(), again.answers[0].round), (Verdict::Reopened, 2));
    assert_eq!(again.answers[0].target_id, targets[0]);
    assert_eq!(by.see(&targets[0]).await.stage(), Stage::Referred);
    federation.end().await;
}

/// What was answered is gone with its last leaf, and not before.
async fn resent(nw: &Office, gone: &SubmitRequest, half: &SubmitRequest) {
    assert_eq!(refused(nw.submit(gone.clone()).await).code(), RefusalCode::Retired);
    let again = accepted(nw.submit(half.clone()).await);
    assert!(again.repeated);
    assert_eq!(again.answers[1].verdict(), Verdict::New);
    let mut other = gone.clone();
    other.referrals[0].link = "https://goes.test/c".into();
    assert_eq!(refused(nw.submit(other).await).code(), RefusalCode::IdConflict);
}

/// What offices are told of it: that something was, and on what basis it went.
async fn told(nw: &Office, by: &Office, targets: &[String]) {
    let story = explain(nw, &targets[0]).await;
    assert!(story.timeline.iter().all(|entry| entry.what == "redacted"), "{:?}", story.timeline);
    let entry = &story.timeline[0];
    assert!(entry.detail.starts_with("redacted on 20"), "{}", entry.detail);
    assert!(entry.detail.ends_with(&format!("; basis: {BASIS}")), "{}", entry.detail);
    assert_eq!((entry.agency_id.as_str(), entry.owner_agency_id.as_str()), ("de-nw-lka", "de-nw-lka"));
    assert_eq!((story.owner_agency_id.as_str(), story.rules.len()), ("de-nw-lka", 0));
    assert!(!explain(by, &targets[0]).await.timeline.is_empty());

    // A node that is rebuilt from nothing learns that there was something, and goes on.
    let events = nw.feed("22222222-2222-4222-8222-222222222222", 0, 5).await;
    let what = |event: &Option<Event>| match event.as_ref().unwrap() {
        Event::CaseOpened(_) => "opened".to_owned(),
        Event::CaseClosed(_) => "closed".to_owned(),
        Event::Redacted(one) => format!("redacted {}", one.leaf_count),
        Event::ReferralsRecorded(one) => format!("recorded {} of {}", one.referrals.len(), one.redacted + 1),
        Event::TargetsJoined(_) => "joined".to_owned(),
        Event::TargetsChanged(one) => one.what.clone(),
        other => panic!("{other:?}"),
    };
    let story: Vec<_> = events.iter().map(|event| what(&event.event)).collect();
    assert_eq!(story, ["opened", "redacted 2", "recorded 1 of 2", "joined", "close_round"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_behind_its_referrals_and_its_number_leaves_no_trace() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_at(Place::file(), manual.clock(), |_| {}).await;
    let nw = federation.office("de-nw-lka").await;
    let (goes, open) = ("NUMBER-THAT-GOES/4711/26", "NUMBER-THAT-STAYS/1/26");
    let opening = open_case(goes);
    nw.cases().open_case(opening.clone()).await.unwrap();
    nw.open_case(open).await;
    let target = nw.refer(goes, &["https://goes.test/unmistakable"]).await.answers[0].target_id.clone();
    nw.refer(open, &["https://stays.test/unmistakable"]).await;
    nw.decided(std::slice::from_ref(&target), close()).await;
    manual.advance(DAY * 20);
    close_case(&nw, goes).await;
    manual.advance(DAY * 20);
    let referral_alone = Terms { case: None, ..terms() };
    let done = run(&federation, &terms(), false).await;
    assert_eq!(done, [(Class::Referral, 1), (Class::Decision, 1), (Class::Case, 0)]);
    manual.advance(DAY * 20);
    assert_eq!(run(&federation, &referral_alone, false).await, NOTHING[..2]);
    assert!(federation.server.hub().store().forget_log().await.unwrap());
    assert!(!stands_in_files(&federation, "https://goes.test/unmistakable"));
    assert!(stands_in_files(&federation, goes));
    assert_eq!(run(&federation, &terms(), false).await[2], (Class::Case, 2), "opened and closed");
    assert!(federation.server.hub().store().forget_log().await.unwrap());
    for (text, stands) in [(goes, false), (open, true), ("https://stays.test/unmistakable", true)] {
        assert_eq!(stands_in_files(&federation, text), stands, "{text}");
    }

    let retired = nw.cases().open_case(opening).await.unwrap_err();
    assert!(retired.message().contains("long ago"), "{retired:?}");
    let events = nw.feed("22222222-2222-4222-8222-222222222222", 0, 6).await;
    let redacted = |at: usize| matches!(events[at].event, Some(Event::Redacted(_)));
    assert_eq!([0, 1, 2, 3, 4, 5].map(redacted), [true, false, true, false, false, true]);
    // Nobody knows the number any more, so it is free.
    nw.open_case(goes).await;
    nw.refer(goes, &["https://goes.test/anew"]).await;
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_behind_the_ledgers_back_is_kept_as_evidence() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(manual.clock(), |_| {}).await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let answer = nw.refer("1/26", &["https://a.test/1"]).await;
    nw.decided(&[answer.answers[0].target_id.clone()], close()).await;
    let mut connection = federation.server.hub().store().writer().await.unwrap();
    let leaf = answer.first_leaf_index;
    let sql = "UPDATE event SET salt = $2 WHERE leaf_index = $1";
    query(sql).bind(leaf.cast_signed()).bind(&[1; 32]).execute(&mut connection).await.unwrap();
    manual.advance(DAY * 40);
    let done = retain(federation.server.hub(), &terms(), salt, Run::Now).await.unwrap();
    let found: Vec<_> = done.iter().map(|one| (one.class, one.leaves, one.tampered)).collect();
    assert_eq!(found, [(Class::Referral, 0, 1), (Class::Decision, 1, 0), (Class::Case, 0, 0)]);
    assert!(leaves(&federation).await[usize::try_from(leaf).unwrap()].4.is_some());
    federation.end().await;
}

#[test]
fn the_operator_shows_the_terms_and_runs_them() {
    let site = Site::new();
    let verb = |arguments: &[&str]| {
        let output = site.run(&[&["retention"], arguments].concat());
        String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap()
    };
    assert!(verb(&["show"]).starts_with("referral  kept without a term\n"));
    assert!(verb(&["run"]).starts_with("No class of record has a term"));
    let config = std::fs::read_to_string(site.config()).unwrap();
    let term = "[retention.case]\nmonths = 24\nbasis = \"BKAG § 77(1)\"\n";
    std::fs::write(site.config(), format!("{config}{term}")).unwrap();
    let shown = verb(&["show"]);
    assert!(shown.contains("case      24 months, BKAG § 77(1): before 20"), "{shown}");
    let value = site.json(&["retention", "show"]);
    assert_eq!((&value[2]["months"], &value[0]["months"]), (&json!(24), &json!(null)));
    assert!(verb(&["run", "--dry-run"]).ends_with(": 0 leaves would be redacted\n"));
    let run = site.json(&["retention", "run"]);
    assert_eq!((&run["dry_run"], &run["log_emptied"]), (&json!(false), &json!(true)));
    assert_eq!((&run["classes"][0]["class"], &run["classes"][0]["leaves"]), (&json!("case"), &json!(0)));
    std::fs::write(site.config(), format!("{config}{}", term.replace("24", "0"))).unwrap();
    assert!(verb(&["show"]).contains("months must be 1 to 1200"));
}
