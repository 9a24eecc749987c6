//! Duplicates over real TLS: a merge is another name, wherever the old one is used; a split gives back what each had.

use std::time::Duration;

use meldeverbund_hub::{
    flow::{Duplicates, DuplicatesRequest, Failure, Judged},
    store::{query_as, query_scalar},
};
use meldeverbund_proto::{
    CommandId, TargetId,
    statement::Act,
    v1::{
        AssignOwner, DecisionRecord, ExplainTargetRequest, LiftHold, NoticeKind, OwnerBasis, RefusalCode,
        ReportFailed, Role, Stage, TargetsChanged, Verdict, WithdrawReferral, decide_request::Decision,
        follow_response::Event,
    },
};
use prost::Message as _;
use tokio::time::Instant;

use crate::{
    decisions::{code, gates, hold, intend, notify, request_grant},
    harness::{CENTRAL, Federation, Office, batch, decided, decision_on, salt, uuid},
};

/// How long the central office waits for two targets of a thousand links each, in a build for tests beside other tests: a second
/// in one that is shipped.
const PATIENCE: Duration = Duration::from_secs(5);

fn id(text: &str) -> TargetId {
    text.parse().unwrap()
}

pub(crate) fn request(act: Act, pairs: &[(&str, &str)]) -> DuplicatesRequest {
    DuplicatesRequest {
        command: uuid().parse().unwrap(),
        salt: salt(),
        officer: "KHKin Beispiel".into(),
        act,
        reason: "looked at both".into(),
        pairs: pairs.iter().map(|(one, other)| (id(one), id(other))).collect(),
        undone: None,
        seen: Vec::new(),
        dry_run: false,
        signature: None,
    }
}

fn undo(of: CommandId) -> DuplicatesRequest {
    DuplicatesRequest { undone: Some(of), ..request(Act::Undo, &[]) }
}

pub(crate) async fn judge(federation: &Federation, request: DuplicatesRequest) -> Result<Judged, Failure> {
    judge_as(federation, CENTRAL, request).await
}

async fn judge_as(federation: &Federation, who: &str, request: DuplicatesRequest) -> Result<Judged, Failure> {
    let hub = federation.server.hub();
    let (keys, target_ids) = (hub.statement_keys(), hub.store().target_ids().clone());
    let caller = who.parse().unwrap();
    let command = Duplicates::parse(caller, request, keys, target_ids, hub.policies().clone()).unwrap();
    hub.run(command).await
}

pub(crate) async fn judged(federation: &Federation, request: DuplicatesRequest) -> Judged {
    let judged = judge(federation, request).await.unwrap();
    let refused = judged.answers.iter().find_map(|answer| answer.refusal.as_ref());
    assert_eq!(refused, None);
    judged
}

fn refusal(answer: &Judged) -> RefusalCode {
    answer.answers[0].refusal.as_ref().unwrap().code()
}

async fn office(federation: &Federation, agency: &str) -> Office {
    let office = federation.office(agency).await;
    office.open_case("1/26").await;
    office
}

async fn refer(office: &Office, link: &str) -> String {
    office.refer("1/26", &[link]).await.answers.remove(0).target_id
}

/// Two offices with a target each, that of the first the older.
async fn scene() -> (Federation, Office, Office, String, String) {
    let federation = Federation::start().await;
    let (nw, by) = (office(&federation, "de-nw-lka").await, office(&federation, "de-by-lka").await);
    let (a, b) = (refer(&nw, "https://files.example/a").await, refer(&by, "https://files.example/b").await);
    (federation, nw, by, a, b)
}

async fn last_change(federation: &Federation, office: &Office) -> TargetsChanged {
    let after = federation.told(office.agency.as_str()).await - 1;
    let event = office.feed("33333333-3333-4333-8333-333333333333", after, 1).await.remove(0);
    match event.event {
        Some(Event::TargetsChanged(changed)) => changed,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_target_is_found_under_every_name() {
    let (federation, nw, by, a, b) = scene().await;
    let batch = batch("1/26", &["https://files.example/b2"]);
    let submitted = by.submit(batch.clone()).await;
    let c = crate::harness::accepted(submitted).answers.remove(0).target_id;
    let merged = judged(&federation, request(Act::Merge, &[(&b, &a), (&c, &b)])).await;
    for answer in &merged.answers {
        assert_eq!((answer.target_id.as_str(), answer.owner_agency_id.as_str()), (a.as_str(), "de-nw-lka"));
    }
    assert_eq!(
        (merged.answers[0].name_id.as_str(), merged.answers[1].name_id.as_str()),
        (b.as_str(), c.as_str())
    );

    let seen = by.see(&b).await;
    assert_eq!((seen.target_id.as_str(), seen.role()), (a.as_str(), Role::CoInterested));
    assert_eq!(by.see(&c).await.target_id, a);
    let told = last_change(&federation, &by).await;
    assert_eq!((told.what.as_str(), told.agency_id.as_str()), ("merge", CENTRAL));
    let mut pairs: Vec<_> = told.merged.iter().map(|one| (&*one.target_id, &*one.into_target_id)).collect();
    pairs.sort_unstable();
    let mut expected = [(b.as_str(), a.as_str()), (c.as_str(), a.as_str())];
    expected.sort_unstable();
    assert_eq!(pairs, expected);
    assert_eq!((told.targets.len(), told.gone_target_ids.len()), (1, 2));
    assert_eq!(last_change(&federation, &nw).await.what, "merge");

    // The same submission again, and one of another office.
    let again = crate::harness::accepted(by.submit(batch).await);
    assert_eq!((again.repeated, again.answers[0].target_id.as_str()), (true, a.as_str()));
    assert_eq!(again.answers[0].owner_agency_id, "de-nw-lka");
    let be = office(&federation, "de-be-lka").await;
    let joined = be.refer("1/26", &["https://files.example/b", "https://files.example/a"]).await.answers;
    assert_eq!(
        joined.iter().map(|one| one.verdict()).collect::<Vec<_>>(),
        [Verdict::Joined, Verdict::AlreadyYours]
    );
    assert!(joined.iter().all(|one| one.target_id == a && one.role() == Role::CoInterested));
    let names: Vec<_> = joined.iter().map(|one| one.name_id.as_str()).collect();
    assert_eq!(names, [b.as_str(), ""], "each link's own id, for when they are parted");
    assert_eq!(again.answers[0].name_id, c);

    // Decided by an old id, once for two names; and told by it.
    let answers = be.decided(&[b.clone(), a.clone(), c.clone()], hold()).await;
    assert_eq!(answers.len(), 3);
    assert_eq!(nw.see(&a).await.holds.len(), 1);
    let explain = |target: &String| ExplainTargetRequest { target_id: target.clone(), at_leaf: 0 };
    let told = by.targets().explain_target(explain(&b)).await.unwrap().into_inner();
    let what: Vec<_> = told.timeline.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(what, ["referral", "merge"], "its own story, then the target's");
    assert_eq!(told.owner_agency_id, "de-nw-lka");
    assert_eq!(told.timeline[0].owner_agency_id, "de-by-lka");
    let told = nw.targets().explain_target(explain(&a)).await.unwrap().into_inner();
    assert_eq!(told.timeline[0].agency_id, "de-nw-lka");
    assert_eq!(told.timeline.iter().filter(|entry| entry.what == "merge").count(), 1, "one decision");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_central_office_decides_once_and_a_dry_run_changes_nothing() {
    let (federation, nw, by, a, b) = scene().await;
    let denied = judge_as(&federation, "de-nw-lka", request(Act::Merge, &[(&a, &b)])).await;
    assert!(matches!(denied, Err(Failure::Refused(refusal)) if refusal.code() == RefusalCode::NotPermitted));
    let leaves = federation.counts().await;
    let merge = request(Act::Merge, &[(&a, &b)]);
    let dry = judged(&federation, DuplicatesRequest { dry_run: true, ..merge.clone() }).await;
    assert_eq!((dry.answers[0].target_id.as_str(), dry.recorded_at_us), (a.as_str(), 0));
    assert_eq!(federation.counts().await, leaves);
    assert_eq!(by.see(&b).await.target_id, b);

    let first = judged(&federation, merge.clone()).await;
    let again = judged(&federation, merge.clone()).await;
    assert_eq!(again, Judged { repeated: true, ..first });
    let other = DuplicatesRequest { reason: "another".into(), ..merge };
    let conflict = judge(&federation, other).await;
    assert!(matches!(conflict, Err(Failure::Refused(refusal)) if refusal.code() == RefusalCode::IdConflict));
    let twice = judge(&federation, request(Act::Merge, &[(&a, &b)])).await.unwrap();
    assert_eq!(refusal(&twice), RefusalCode::NothingToDo);
    let unknown = judge(&federation, request(Act::Merge, &[(&a, &uuid())])).await.unwrap();
    assert_eq!(refusal(&unknown), RefusalCode::TargetUnknown);
    let last = judge(&federation, request(Act::Split, &[(&a, &b)])).await.unwrap();
    assert_eq!(refusal(&last), RefusalCode::NothingToDo, "the older one does not leave");
    drop((nw, by));
    federation.end().await;
}

/// The newest fence that the owner is shown.
async fn fence(office: &Office, target: &str) -> u64 {
    office.see(target).await.fence
}

#[tokio::test(flavor = "multi_thread")]
async fn one_grant_survives_and_nothing_is_merged_under_a_notice() {
    let (federation, nw, _, a, _) = scene().await;
    let d = refer(&nw, "https://files.example/d").await;
    let both = [a.clone(), d.clone()];
    for gate in gates() {
        nw.decided(&both, gate).await;
    }
    // One decision, so that both grants have one fence.
    let granted = nw.decided(&both, request_grant()).await;
    let old = granted[0].fence;
    assert_eq!(granted[1].fence, old);
    judged(&federation, request(Act::Merge, &[(&d, &a)])).await;
    let new = fence(&nw, &d).await;
    assert!(new > old, "every fence that was given before is dead");
    let first = |fence| intend(NoticeKind::First, vec![fence]);
    assert_eq!(code(&nw.decide(&both[1..], first(old)).await[0]), Some(RefusalCode::FenceStale));
    let intent = decision_on(&both[..1], first(new));
    let intent_id = intent.command_id.clone();
    assert_eq!(decided(nw.ask(intent).await).answers[0].refusal, None);
    assert_eq!(code(&nw.decide(&both[1..], first(new)).await[0]), Some(RefusalCode::UnderWay));

    let e = refer(&nw, "https://files.example/e").await;
    for act in [request(Act::Merge, &[(&a, &e)]), request(Act::Split, &[(&d, &a)])] {
        assert_eq!(refusal(&judge(&federation, act).await.unwrap()), RefusalCode::UnderWay);
    }
    let failed = ReportFailed { intent_id, reason: "no answer".into() };
    nw.decided(&both[1..], Decision::ReportFailed(failed)).await;
    let unresolved = judge(&federation, request(Act::Merge, &[(&a, &e)])).await.unwrap();
    assert_eq!(refusal(&unresolved), RefusalCode::UnderWay);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_and_an_undo_give_back_what_each_had() {
    let (federation, nw, by, a, b) = scene().await;
    by.decided(std::slice::from_ref(&b), hold()).await;
    let merge = request(Act::Merge, &[(&a, &b)]);
    judged(&federation, merge.clone()).await;
    assert_eq!(
        code(&nw.decide(std::slice::from_ref(&a), request_grant()).await[0]),
        Some(RefusalCode::GateMissing)
    );
    assert_eq!(nw.see(&a).await.holds.len(), 1, "holds unite");
    // Another office joins by the other link, and a third one's case is bound to the target alone.
    let be = office(&federation, "de-be-lka").await;
    refer(&be, "https://files.example/b").await;
    let sn = office(&federation, "de-sn-lka").await;
    refer(&sn, "https://files.example/a").await;

    let undone = judged(&federation, undo(merge.command)).await;
    assert_eq!(undone.answers[0].name_owner_agency_id, "de-by-lka");
    let (mine, theirs) = (nw.see(&a).await, by.see(&b).await);
    assert_eq!((mine.target_id.as_str(), mine.holds.len(), mine.stage()), (a.as_str(), 0, Stage::Referred));
    assert_eq!((theirs.target_id.as_str(), theirs.holds.len(), theirs.role()), (b.as_str(), 1, Role::Owner));
    assert_eq!(be.see(&b).await.role(), Role::CoInterested, "who came by its link is bound to it");
    assert_eq!(be.see(&a).await.role(), Role::CoInterested, "and later events never move");
    assert_eq!(sn.see(&a).await.role(), Role::CoInterested);
    let shown = |office: &Office, target: &str| {
        let request = meldeverbund_proto::v1::ShowTargetsRequest { target_ids: vec![target.to_owned()] };
        let mut targets = office.targets();
        async move { targets.show_targets(request).await.unwrap().into_inner().targets.len() }
    };
    assert_eq!(
        (shown(&by, &a).await, shown(&sn, &b).await, shown(&nw, &b).await),
        (0, 0, 0),
        "strangers again"
    );
    let told = last_change(&federation, &by).await;
    assert_eq!(
        (told.what.as_str(), &*told.gone_target_ids, told.targets.len()),
        ("split", std::slice::from_ref(&a), 1)
    );
    assert_eq!(by.refer("1/26", &["https://files.example/b"]).await.answers[0].target_id, b);
    let nothing = judge(&federation, undo(merge.command)).await.unwrap();
    assert_eq!(refusal(&nothing), RefusalCode::NothingToDo, "it is undone already");
    let lift = Decision::LiftHold(LiftHold { hold_id: String::new(), reason: "secured".into() });
    by.decided(std::slice::from_ref(&b), lift).await;

    // Merged again and split by name; that is undone, so that they are one once more.
    judged(&federation, request(Act::Merge, &[(&a, &b)])).await;
    let split = request(Act::Split, &[(&b, &a)]);
    judged(&federation, split.clone()).await;
    assert_eq!(by.see(&b).await.target_id, b);
    judged(&federation, undo(split.command)).await;
    assert_eq!(by.see(&b).await.target_id, a);
    // A name that leaves takes its own names along, and who is told of it is told that.
    let c = refer(&by, "https://files.example/c").await;
    judged(&federation, request(Act::Split, &[(&b, &a)])).await;
    judged(&federation, request(Act::Merge, &[(&b, &c)])).await;
    judged(&federation, request(Act::Merge, &[(&a, &b)])).await;
    let told = last_change(&federation, &by).await;
    assert_eq!((told.what.as_str(), told.merged.len()), ("merge", 2));
    judged(&federation, request(Act::Split, &[(&b, &a)])).await;
    let told = last_change(&federation, &by).await;
    let pairs: Vec<_> = told.merged.iter().map(|one| (&*one.target_id, &*one.into_target_id)).collect();
    assert_eq!((told.what.as_str(), pairs), ("split", vec![(c.as_str(), b.as_str())]));
    let shown = meldeverbund_proto::v1::ShowTargetsRequest { target_ids: vec![c.clone(), b.clone()] };
    let shown = by.targets().show_targets(shown).await.unwrap().into_inner();
    assert_eq!((shown.targets.len(), shown.merged.len(), &shown.merged[0].target_id), (1, 1, &c));
    let refused = judge(&federation, undo(uuid().parse().unwrap())).await;
    assert!(matches!(refused, Err(Failure::Refused(refusal)) if refusal.code() == RefusalCode::NothingToDo));
    federation.end().await;
}

/// One decision placed a hold on two of three, one report told of the notices of both: with one of them leaves neither.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_name_brought_stays_with_it_though_one_list_merged_another() {
    let federation = Federation::start().await;
    let nw = office(&federation, "de-nw-lka").await;
    let of = async |letters: [&str; 3]| {
        let links = letters.map(|letter| format!("https://files.example/{letter}"));
        let accepted = nw.refer("1/26", &links.each_ref().map(String::as_str)).await;
        accepted.answers.into_iter().map(|answer| answer.target_id).collect::<Vec<_>>()
    };
    let together = async |targets: &[String], first: usize, second: usize| {
        let [root, first, second] = [0, first, second].map(|n| targets[n].as_str());
        judged(&federation, request(Act::Merge, &[(root, first), (root, second)])).await;
    };

    let held = of(["a", "b", "c"]).await;
    nw.decided(&held[1..], hold()).await;
    together(&held, 2, 1).await;
    judged(&federation, request(Act::Split, &[(&held[2], &held[0])])).await;
    assert_eq!(nw.see(&held[2]).await.holds.len(), 1);
    assert_eq!(nw.see(&held[0]).await.holds.len(), 1, "nobody has lifted it of what stays");

    let notified = of(["d", "e", "f"]).await;
    notify(&nw, &notified[1..]).await;
    together(&notified, 2, 1).await;
    judged(&federation, request(Act::Split, &[(&notified[2], &notified[0])])).await;
    for target in [&notified[0], &notified[2]] {
        assert_eq!(nw.see(target).await.stage(), Stage::Notified, "its provider knows");
    }
    federation.end().await;
}

/// A join by a name is found by its binding, and by the history once that has gone with the name.
#[tokio::test(flavor = "multi_thread")]
async fn a_join_by_a_name_is_told_of_after_the_name_has_left_twice() {
    let federation = Federation::start().await;
    let nw = office(&federation, "de-nw-lka").await;
    let by = office(&federation, "de-by-lka").await;
    let centre = federation.connect(CENTRAL, "main").await;
    let (a, b) = (refer(&nw, "https://files.example/a").await, refer(&nw, "https://files.example/b").await);
    judged(&federation, request(Act::Merge, &[(&a, &b)])).await;
    let joined = by.refer("1/26", &["https://files.example/b"]).await;
    assert_eq!((&joined.answers[0].target_id, joined.answers[0].verdict()), (&a, Verdict::Joined));
    let told = async || {
        let told = centre.explain(&a).await;
        let joins = told.timeline.iter().filter(|entry| entry.agency_id == "de-by-lka");
        joins.map(|entry| entry.what.clone()).collect::<Vec<_>>()
    };
    let split = request(Act::Split, &[(&b, &a)]);
    judged(&federation, split.clone()).await;
    assert_eq!(told().await, ["referral"]);
    judged(&federation, undo(split.command)).await;
    judged(&federation, request(Act::Split, &[(&b, &a)])).await;
    assert_eq!(told().await, ["referral"]);
    drop(centre);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_withdraws_from_a_merged_target_withdraws_from_every_name() {
    let (federation, nw, by, a, b) = scene().await;
    judged(&federation, request(Act::Merge, &[(&a, &b)])).await;
    let withdraw =
        Decision::WithdrawReferral(WithdrawReferral { reason: "wrong link".into(), ..Default::default() });
    by.decided(std::slice::from_ref(&b), withdraw).await;
    judged(&federation, request(Act::Split, &[(&b, &a)])).await;
    let explained =
        by.targets().explain_target(ExplainTargetRequest { target_id: b.clone(), at_leaf: 0 }).await;
    // It was responsible for the link and is for its closed round, with no case bound to it any more.
    let view = explained.unwrap().into_inner();
    assert_eq!(view.timeline.last().unwrap().stage(), Stage::Closed);
    assert_eq!(nw.see(&a).await.stage(), Stage::Referred);
    federation.end().await;
}

/// What became a name while an office had no part in it was not told to it. Once it has one in the target, by a referral or
/// because it is named, its own links' ids lead there.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_told_which_of_its_links_has_become_a_name() {
    let federation = Federation::start().await;
    let nw = office(&federation, "de-nw-lka").await;
    let by = office(&federation, "de-by-lka").await;
    let of = async |office: &Office, letter| refer(office, &format!("https://files.example/{letter}")).await;
    let (one, other) = ((of(&nw, "a").await, of(&nw, "b").await), (of(&nw, "c").await, of(&nw, "d").await));
    for (letter, (target, name)) in [("b", &one), ("d", &other)] {
        assert_eq!(of(&by, letter).await, *name);
        let withdraw = WithdrawReferral { reason: "not this case".into(), ..Default::default() };
        by.decided(std::slice::from_ref(name), Decision::WithdrawReferral(withdraw)).await;
        let before = federation.told("de-by-lka").await;
        judged(&federation, request(Act::Merge, &[(target, name)])).await;
        assert_eq!(federation.told("de-by-lka").await, before, "it is a stranger to both");
    }
    let leads = async |name: &str, target: &str| {
        let told = last_change(&federation, &by).await;
        let pairs: Vec<_> = told.merged.iter().map(|one| (&*one.target_id, &*one.into_target_id)).collect();
        assert_eq!(pairs, [(name, target)]);
        assert_eq!(told.targets.len(), 1);
    };
    assert_eq!(of(&by, "a").await, one.0);
    leads(&one.1, &one.0).await;
    let assign = AssignOwner {
        agency_id: "de-by-lka".into(),
        basis: OwnerBasis::Prosecutor.into(),
        decider: "GStA Beispielstadt".into(),
        reference: "4 AR 1/26".into(),
    };
    let centre = federation.connect(CENTRAL, "main").await;
    centre.decided(std::slice::from_ref(&other.0), Decision::AssignOwner(assign)).await;
    leads(&other.1, &other.0).await;
    federation.end().await;
}

/// What the ledger alone says of names, next to what the database says.
#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_alone_tells_which_targets_are_one() {
    let (federation, nw, by, a, b) = scene().await;
    let c = refer(&by, "https://files.example/c").await;
    judged(&federation, request(Act::Merge, &[(&c, &b)])).await;
    judged(&federation, request(Act::Merge, &[(&a, &b)])).await;
    judged(&federation, request(Act::Split, &[(&c, &a)])).await;
    const EVENTS: &str = "SELECT decision FROM event WHERE kind = 24 ORDER BY leaf_index";
    const NAMES: &str = "SELECT target_no, root_no FROM alias";
    let mut reader = federation.server.hub().reader().await.unwrap();
    let events: Vec<Vec<u8>> = query_scalar(EVENTS).fetch_all(&mut reader).await.unwrap();
    let mut into = std::collections::BTreeMap::new();
    for record in events.iter().flat_map(|bytes| DecisionRecord::decode(&bytes[..]).unwrap().targets) {
        into.insert(record.target_id.clone(), record.merged_into.clone());
    }
    into.retain(|_, into| !into.is_empty());
    let ids = federation.server.hub().store().target_ids().clone();
    let bytes = |no| ids.id(meldeverbund_domain::TargetNo(no)).as_bytes().to_vec();
    let names: Vec<(i64, i64)> = query_as(NAMES).fetch_all(&mut reader).await.unwrap();
    let names = names.into_iter().map(|(name, root)| (bytes(name), bytes(root))).collect();
    assert_eq!(into, names);
    drop((reader, nw));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_links_are_merged_with_a_thousand_in_a_second() {
    let federation = Federation::start().await;
    let nw = office(&federation, "de-nw-lka").await;
    let mut heads = Vec::new();
    for side in ["a", "b"] {
        let links: Vec<_> = (0..1_000).map(|n| format!("https://files.example/{side}/{n}")).collect();
        let links: Vec<_> = links.iter().map(String::as_str).collect();
        let targets: Vec<_> =
            nw.refer("1/26", &links).await.answers.into_iter().map(|answer| answer.target_id).collect();
        let pairs: Vec<_> = targets[1..].iter().map(|other| (targets[0].as_str(), other.as_str())).collect();
        judged(&federation, request(Act::Merge, &pairs)).await;
        heads.push(targets[0].clone());
    }
    let begun = Instant::now();
    let merge = request(Act::Merge, &[(&heads[0], &heads[1])]);
    judged(&federation, merge.clone()).await;
    let took = begun.elapsed();
    assert!(took < PATIENCE, "{took:?}");
    let begun = Instant::now();
    judged(&federation, undo(merge.command)).await;
    assert!(begun.elapsed() < 2 * PATIENCE, "{:?}", begun.elapsed());
    let answer = nw.refer("1/26", &["https://files.example/b/7"]).await.answers.remove(0);
    assert_eq!((answer.target_id.as_str(), answer.verdict()), (heads[1].as_str(), Verdict::AlreadyYours));
    federation.end().await;
}
