//! From referral to outcome over real TLS: what each party is told, and what is refused to whom.

use std::time::Duration;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_hub::flow::PutPolicy;
use meldeverbund_proto::v1::{
    AcceptOwnership, Assess, CloseRound, DeclineOwnership, DisputeOwnership, DueKind, ExplainTargetRequest,
    Finding, GateState, HoldReason, Intend, LiftHold, NoticeForce, NoticeKind, OffenceClass, Outcome,
    OwnerBasis, PlaceHold, ProviderDataState, RefusalCode, Release, ReleaseForm, ReleaseScope,
    ReportIncident, ReportSent, RequestGrant, Responsibility, Role, SecureEvidence, SettleProviderData,
    ShowTargetsRequest, Stage, TargetAnswer, Verdict, decide_request::Decision, follow_response::Event,
};

use crate::harness::{CENTRAL, Federation, Office, batch, decided, decision_on, referral, salt, sweep};

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn assess() -> Decision {
    Decision::Assess(Assess {
        finding: Finding::Unlawful.into(),
        offence_class: OffenceClass::Stgb184b.into(),
        means_of_collection: "open forum".into(),
        ..Assess::default()
    })
}

/// The four gates of the owner.
pub(crate) fn gates() -> [Decision; 4] {
    [
        assess(),
        Decision::SecureEvidence(SecureEvidence {
            secured_at_us: 1,
            custodian: "evidence room".into(),
            container_sha256: vec![7; 32],
            reference: String::new(),
        }),
        Decision::SettleProviderData(SettleProviderData {
            state: ProviderDataState::Requested.into(),
            ..SettleProviderData::default()
        }),
        Decision::Release(Release {
            authority: "StA Beispielstadt".into(),
            person: "OStAin Muster".into(),
            prosecutor_reference: "UJs 1/26".into(),
            form: ReleaseForm::Written.into(),
            scope: ReleaseScope::Links.into(),
            ..Release::default()
        }),
    ]
}

pub(crate) fn request_grant() -> Decision {
    Decision::RequestGrant(RequestGrant {})
}

pub(crate) fn intend(kind: NoticeKind, fences: Vec<u64>) -> Decision {
    Decision::Intend(Intend {
        kind: kind.into(),
        force: NoticeForce::Request.into(),
        fences,
        legal_basis: "dsa-16".into(),
        on_behalf_of: String::new(),
        recipient: "abuse@provider.example".into(),
        channel: "mail".into(),
        file_reference: "NW-7".into(),
    })
}

/// From the gates to a first notice that has left.
pub(crate) async fn notify(office: &Office, targets: &[String]) {
    for gate in gates() {
        office.decided(targets, gate).await;
    }
    let granted = office.decided(targets, request_grant()).await;
    let fences = granted.iter().map(|answer| answer.fence).collect();
    let intent = decision_on(targets, intend(NoticeKind::First, fences));
    let intent_id = intent.command_id.clone();
    decided(office.ask(intent).await);
    let sent = ReportSent { intent_id, sent_at_us: 1, ..ReportSent::default() };
    office.decided(targets, Decision::ReportSent(sent)).await;
}

pub(crate) fn hold() -> Decision {
    Decision::PlaceHold(PlaceHold {
        reason: HoldReason::Investigation.into(),
        authority: "Dezernat 42".into(),
        ..PlaceHold::default()
    })
}

pub(crate) fn code(answer: &TargetAnswer) -> Option<RefusalCode> {
    answer.refusal.as_ref().map(|refusal| refusal.code())
}

async fn refer(office: &Office, links: &[&str]) -> Vec<String> {
    let accepted = office.refer("1/26", links).await;
    accepted.answers.into_iter().map(|answer| answer.target_id).collect()
}

pub(crate) async fn offices(federation: &Federation) -> (Office, Office) {
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("1/26").await;
    by.open_case("1/26").await;
    (nw, by)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_takedown_from_referral_to_outcome() {
    let federation = Federation::start().await;
    let (nw, by) = offices(&federation).await;
    let target = refer(&nw, &["https://files.example/a"]).await;

    assert_eq!(code(&nw.decide(&target, request_grant()).await[0]), Some(RefusalCode::GateMissing));
    for (n, gate) in gates().into_iter().enumerate() {
        let answer = nw.decided(&target, gate).await;
        assert_eq!(answer[0].stage(), if n == 3 { Stage::Cleared } else { Stage::Referred });
    }
    let grant = nw.decided(&target, request_grant()).await.remove(0);
    assert_eq!(grant.stage(), Stage::Granted);
    assert_eq!(code(&nw.decide(&target, request_grant()).await[0]), Some(RefusalCode::GrantLive));

    // Another office joins: the grant is suspended until its window has ended or it consents.
    assert_eq!(by.refer("1/26", &["HTTP://files.example/a"]).await.answers[0].verdict(), Verdict::Joined);
    let first = intend(NoticeKind::First, vec![grant.fence]);
    assert_eq!(code(&nw.decide(&target, first.clone()).await[0]), Some(RefusalCode::WindowOpen));
    let held = by.decided(&target, hold()).await;
    assert_eq!(held[0].under_way_since_us, 0);
    assert_eq!(code(&nw.decide(&target, first.clone()).await[0]), Some(RefusalCode::HoldInForce));
    let view = nw.see(&target[0]).await;
    assert_eq!((view.holds.len(), view.windows.len()), (1, 1));
    assert_eq!(view.holds[0].agency_id, "de-by-lka");
    assert!(view.missing.iter().any(|refusal| refusal.code() == RefusalCode::HoldInForce));
    let theirs = by.see(&target[0]).await;
    assert_eq!((theirs.role(), theirs.owner_agency_id.as_str()), (Role::CoInterested, "de-nw-lka"));
    assert_eq!((theirs.fence, theirs.missing.len()), (0, 0), "the owner's business");

    let lift = Decision::LiftHold(LiftHold { hold_id: String::new(), reason: "secured".into() });
    assert_eq!(code(&nw.decide(&target, lift.clone()).await[0]), Some(RefusalCode::NotYourRecord));
    by.decided(&target, lift).await;
    by.decided(&target, Decision::Consent(Default::default())).await;
    let stale = intend(NoticeKind::First, vec![grant.fence - 1]);
    assert_eq!(code(&nw.decide(&target, stale).await[0]), Some(RefusalCode::FenceStale));
    let intent = decision_on(&target, first);
    let intent_id = intent.command_id.clone();
    assert_eq!(decided(nw.ask(intent).await).answers[0].refusal, None);

    // From here on a hold is answered with what it came too late for.
    let late = by.decided(&target, hold()).await;
    assert!(late[0].under_way_since_us > 0);
    let sent = Decision::ReportSent(ReportSent { intent_id, sent_at_us: 5, reference: String::new() });
    assert_eq!(nw.decided(&target, sent).await[0].stage(), Stage::Notified);
    assert_eq!(code(&nw.decide(&target, request_grant()).await[0]), Some(RefusalCode::NotifiedAlready));
    let close = |outcome: Outcome| {
        Decision::CloseRound(CloseRound { outcome: outcome.into(), reason: "looked".into() })
    };
    let early = nw.decide(&target, close(Outcome::GoneBeforeNotice)).await;
    assert_eq!(code(&early[0]), Some(RefusalCode::OutcomeUnfit));
    assert_eq!(nw.decided(&target, close(Outcome::Gone)).await[0].stage(), Stage::Closed);

    // Seen again: the next round, with all gates to be set anew and the fence still growing.
    assert_eq!(nw.refer("1/26", &["https://files.example/a"]).await.answers[0].verdict(), Verdict::Reopened);
    let again = nw.see(&target[0]).await;
    assert_eq!((again.round, again.stage(), again.outcome()), (2, Stage::Referred, Outcome::Unspecified));
    assert!(again.gates.iter().all(|gate| *gate == i32::from(GateState::Unspecified)));
    let explained = nw.explain(&target[0]).await;
    let story: Vec<_> = explained.timeline.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(story[..2], ["referral", "assess"]);
    // What was refused changed nothing of the target, and is no part of its story.
    let times = |what: &str| story.iter().filter(|told| **told == what).count();
    assert_eq!((times("request_grant"), times("close_round")), (1, 1));
    assert_eq!(story[story.len() - 3..], ["report_sent", "close_round", "referral"]);
    assert_eq!(explained.rules.last().unwrap().rule, "first-seised");
    assert!(explained.timeline.iter().all(|entry| entry.agency_id == "de-nw-lka" || entry.detail.is_empty()));
    let release = explained.timeline.iter().find(|entry| entry.what == "release").unwrap();
    assert!(release.detail.contains("authority: StA Beispielstadt"), "{}", release.detail);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_repeated_is_answered_alike_and_other_content_is_a_conflict() {
    let federation = Federation::start().await;
    let (nw, _) = offices(&federation).await;
    let targets = refer(&nw, &["https://a.test/1", "https://a.test/2"]).await;
    let mut request = decision_on(&targets, assess());
    let first = decided(nw.ask(request.clone()).await);
    let leaves = federation.counts().await.leaves;
    let again = decided(nw.ask(request.clone()).await);
    assert!(again.repeated && !first.repeated);
    assert_eq!((&again.answers, again.leaf_index), (&first.answers, first.leaf_index));
    assert_eq!(federation.counts().await.leaves, leaves);
    request.officer = "somebody else".into();
    let refused = match nw.ask(request).await.result.unwrap() {
        meldeverbund_proto::v1::decide_response::Result::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused.code(), RefusalCode::IdConflict);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_answers_and_writes_nothing() {
    let federation = Federation::start().await;
    let (nw, _) = offices(&federation).await;
    let target = refer(&nw, &["https://a.test/1"]).await;
    let before = federation.counts().await;
    let mut request = decision_on(&target, assess());
    request.dry_run = true;
    assert_eq!(decided(nw.ask(request.clone()).await).answers[0].refusal, None);
    assert_eq!(federation.counts().await, before);
    request.dry_run = false;
    assert!(!decided(nw.ask(request).await).repeated, "the same id may still be taken in earnest");
    federation.end().await;
}

/// An incident is told to the central office at once, also one of a closed round, which its list no longer has.
#[tokio::test(flavor = "multi_thread")]
async fn every_incident_is_told_to_the_central_office() {
    let federation = Federation::start().await;
    let (nw, _by) = offices(&federation).await;
    let bka = federation.connect(CENTRAL, "main").await;
    let target = refer(&nw, &["https://a.test/1"]).await;
    let incident = || {
        Decision::ReportIncident(ReportIncident {
            sent_at_us: 5,
            recipient: "abuse@host.example".into(),
            reference: String::new(),
            reason: "by mistake".into(),
        })
    };
    let close = CloseRound { outcome: Outcome::Gone.into(), reason: "looked".into() };
    nw.decided(&target, incident()).await;
    nw.decided(&target, Decision::CloseRound(close)).await;
    nw.decided(&target, incident()).await;
    // Each event shows the target as it is when it is read.
    let mut told = Vec::new();
    for event in bka.feed(crate::harness::INSTANCE, 0, 3).await {
        let Some(Event::TargetsChanged(changed)) = event.event else { panic!("{event:?}") };
        assert_eq!(changed.targets[0].incidents, 2);
        told.push(changed.what);
    }
    assert_eq!(told, ["report_incident", "close_round", "report_incident"]);
    let explained = bka.explain(&target[0]).await;
    let story: Vec<_> = explained.timeline.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(story, ["referral", "report_incident", "close_round", "report_incident"]);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_target_is_like_none() {
    let federation = Federation::start().await;
    let (nw, by) = offices(&federation).await;
    let target = refer(&nw, &["https://a.test/1"]).await;
    let nobody = "00000000-0000-4000-8000-000000000001".to_owned();
    let answers = by.decide(&[target[0].clone(), nobody.clone()], hold()).await;
    assert_eq!(answers[0], answers[1]);
    assert_eq!(code(&answers[0]), Some(RefusalCode::TargetUnknown));
    let request = ShowTargetsRequest { target_ids: vec![target[0].clone(), nobody.clone()] };
    let shown = by.targets().show_targets(request).await.unwrap().into_inner();
    assert_eq!((shown.targets.len(), shown.agencies.len()), (0, 0));
    for target_id in [target[0].clone(), nobody] {
        let request = ExplainTargetRequest { target_id, at_leaf: 0 };
        let status = by.targets().explain_target(request).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::NotFound);
    }
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_party_is_told_by_the_decision_and_nobody_else() {
    let federation = Federation::start().await;
    let (nw, by) = offices(&federation).await;
    let sn = federation.office("de-sn-lka").await;
    sn.open_case("1/26").await;
    let links: Vec<_> = (0..100).map(|n| format!("https://a.test/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let targets = refer(&nw, &links).await;
    refer(&by, &links).await;
    nw.decided(&targets, assess()).await;
    let assessed = nw.feed(crate::harness::INSTANCE, 3, 1).await.remove(0);
    let Some(Event::TargetsChanged(changed)) = assessed.event else { panic!("{assessed:?}") };
    assert_eq!((changed.what.as_str(), changed.agency_id.as_str()), ("assess", "de-nw-lka"));
    assert!(!changed.command_id.is_empty());
    assert_eq!(changed.targets.len(), 100);
    by.decided(&targets, hold()).await;
    let held = nw.feed(crate::harness::INSTANCE, 4, 1).await.remove(0);
    let Some(Event::TargetsChanged(changed)) = held.event else { panic!("{held:?}") };
    assert_eq!((changed.what.as_str(), changed.command_id.as_str()), ("place_hold", ""));
    // BY was told of its case, its referrals and its hold; the assessment changed nothing that it sees.
    assert!(matches!(by.feed(crate::harness::INSTANCE, 2, 1).await[0].event, Some(Event::TargetsChanged(_))));
    sn.refer("1/26", &["https://other.test/"]).await;
    assert!(matches!(
        sn.feed(crate::harness::INSTANCE, 1, 1).await[0].event,
        Some(Event::ReferralsRecorded(_))
    ));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposed_owner_declines_and_the_next_rule_names_one() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(manual.clock(), |_| {}).await;
    let (nw, by) = offices(&federation).await;
    let mut request = batch("1/26", &[]);
    for n in 0..2 {
        let mut one = referral(&format!("https://a.test/{n}"));
        one.proposed_owner = "de-by-lka".into();
        request.referrals.push(one);
    }
    let answers = crate::harness::accepted(nw.submit(request).await).answers;
    assert!(answers.iter().all(|answer| answer.owner_agency_id == "de-by-lka"));
    assert_eq!(answers[0].role(), Role::CoInterested);
    let targets: Vec<_> = answers.into_iter().map(|answer| answer.target_id).collect();
    let due = by.see(&targets[0]).await;
    assert_eq!(due.responsibility(), Responsibility::Proposed);
    assert_eq!(due.due[0].kind(), DueKind::AnswerProposal);
    assert_eq!(
        code(&nw.decide(&targets, Decision::AcceptOwnership(AcceptOwnership {})).await[0]),
        Some(RefusalCode::NotOwner)
    );
    let decline = Decision::DeclineOwnership(DeclineOwnership { reason: "not our Land".into() });
    by.decided(&targets[..1], decline).await;
    let view = nw.see(&targets[0]).await;
    assert_eq!((view.owner_agency_id.as_str(), view.owner_basis()), ("de-nw-lka", OwnerBasis::FirstSeised));
    // The other one is never answered: overdue, it falls to the next rule by itself.
    manual.advance(DAY * 4);
    sweep(federation.server.hub()).await;
    let view = nw.see(&targets[1]).await;
    assert_eq!(
        (view.owner_agency_id.as_str(), view.responsibility()),
        ("de-nw-lka", Responsibility::Proposed)
    );
    let explained = nw.explain(&targets[1]).await;
    assert_eq!(explained.timeline.last().unwrap().what, "deadline");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_runs_from_the_acknowledgement_and_its_end_only_asks() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(manual.clock(), |_| {}).await;
    let (nw, by) = offices(&federation).await;
    let target = refer(&nw, &["https://a.test/1"]).await;
    for gate in gates() {
        nw.decided(&target, gate).await;
    }
    refer(&by, &["https://a.test/1"]).await;
    manual.advance(DAY * 14);
    sweep(federation.server.hub()).await;
    assert_eq!(
        code(&nw.decide(&target, request_grant()).await[0]),
        Some(RefusalCode::WindowOpen),
        "not begun"
    );
    by.acknowledge(2).await;
    assert_eq!(code(&nw.decide(&target, request_grant()).await[0]), Some(RefusalCode::WindowOpen), "running");
    assert_eq!(by.see(&target[0]).await.due[0].kind(), DueKind::AnswerWindow);
    manual.advance(DAY * 14);
    sweep(federation.server.hub()).await;
    let view = nw.see(&target[0]).await;
    assert_eq!((view.stage(), view.fence), (Stage::Cleared, 0), "nothing is granted because time passed");
    nw.decided(&target, request_grant()).await;
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_is_escalated_and_decided_by_the_central_office() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(manual.clock(), |_| {}).await;
    let (nw, by) = offices(&federation).await;
    let central = federation.connect(crate::harness::CENTRAL, "desk").await;
    let target = refer(&nw, &["https://a.test/1"]).await;
    refer(&by, &["https://a.test/1"]).await;
    let dispute = Decision::DisputeOwnership(DisputeOwnership {
        agency_id: "de-by-lka".into(),
        reason: "our suspect".into(),
    });
    by.decided(&target, dispute).await;
    manual.advance(DAY * 6);
    sweep(federation.server.hub()).await;
    assert_eq!(nw.see(&target[0]).await.responsibility(), Responsibility::Escalated);
    assert_eq!(central.see(&target[0]).await.due[0].kind(), DueKind::DecideDispute);
    let assign = Decision::AssignOwner(meldeverbund_proto::v1::AssignOwner {
        agency_id: "de-by-lka".into(),
        basis: OwnerBasis::Prosecutor.into(),
        decider: "GStA Beispielstadt".into(),
        reference: "4 AR 1/26".into(),
    });
    assert_eq!(code(&nw.decide(&target, assign.clone()).await[0]), Some(RefusalCode::NotPermitted));
    central.decided(&target, assign).await;
    let view = by.see(&target[0]).await;
    assert_eq!((view.role(), view.owner_basis()), (Role::Owner, OwnerBasis::Prosecutor));
    assert_eq!(nw.see(&target[0]).await.role(), Role::CoInterested);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_co_interested_agency_learns_of_others_only_what_came_of_it() {
    let federation = Federation::start().await;
    let (nw, by) = offices(&federation).await;
    let sn = federation.office("de-sn-lka").await;
    sn.open_case("1/26").await;
    let target = refer(&nw, &["https://a.test/1"]).await;
    for office in [&by, &sn] {
        refer(office, &["https://a.test/1"]).await;
        office.decided(&target, Decision::Consent(Default::default())).await;
    }
    for gate in gates() {
        nw.decided(&target, gate).await;
    }
    // Saxony's hold changes what Bavaria sees: the takedown is not cleared any more. Whose hold it is is the owner's to know.
    sn.decided(&target, hold()).await;
    let events = by.feed(crate::harness::INSTANCE, 2, 3).await;
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.event {
            Some(Event::TargetsChanged(changed)) => Some((changed.what.as_str(), changed.agency_id.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(told.first(), Some(&("consent", "de-by-lka")));
    assert!(told.contains(&("release", "de-nw-lka")));
    assert_eq!(told.last(), Some(&("changed", "")));
    assert!(told.iter().all(|(_, agency)| *agency != "de-sn-lka"));
    let request = ExplainTargetRequest { target_id: target[0].clone(), at_leaf: 0 };
    let explained = by.targets().explain_target(request.clone()).await.unwrap().into_inner();
    assert!(explained.timeline.iter().all(|entry| entry.agency_id != "de-sn-lka"));
    assert!(explained.agencies.iter().all(|card| card.agency_id != "de-sn-lka"));
    assert_eq!(explained.timeline.last().unwrap().what, "changed");
    let whole = nw.targets().explain_target(request).await.unwrap().into_inner();
    assert_eq!(whole.timeline.last().unwrap().agency_id, "de-sn-lka");
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_counts_from_its_leaf_on() {
    let federation = Federation::start().await;
    let (nw, _) = offices(&federation).await;
    let first = nw.refer("1/26", &["https://files.example/a"]).await;
    assert_eq!(first.answers[0].owner_basis(), OwnerBasis::FirstSeised);
    let policy = "[[ownership.lead_cases]]\nagency = \"de-by-lka\"\nmatter = { host = \"files.example\" }\n";
    let put = PutPolicy::parse(policy.into(), "KHKin Beispiel".into(), salt()).unwrap();
    federation.server.hub().run(put).await.unwrap();
    // The very next batch, made ready while the former policy was the one that was read last.
    let next = nw.refer("1/26", &["https://files.example/b", "https://other.example/b"]).await;
    let owners: Vec<_> =
        next.answers.iter().map(|answer| (answer.owner_agency_id.as_str(), answer.owner_basis())).collect();
    assert_eq!(owners, [("de-by-lka", OwnerBasis::LeadCase), ("de-nw-lka", OwnerBasis::FirstSeised)]);
    federation.end().await;
}
