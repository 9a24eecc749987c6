//! Decisions: durable, in their order, answered once; and what needs the hub never waits for it.

use meldeverbund_node::client::intend;
use meldeverbund_proto::{
    node::v1::{
        DecideAccepted, DecideDone, DecideRequest, DryRunSource, HubLineState, ListDecisionsRequest,
        ReportDecisionRequest, ResendRequest, Selection, WatchRequest, decide_request::Decision,
        decide_response::Step, watch_response::What,
    },
    v1::{
        Assess, DueKind, Finding, GateKind, HoldReason, Intend, NoticeForce, NoticeKind, OffenceClass,
        PlaceHold, ProviderDataState, Refusal, RefusalCode, Release, ReleaseForm, ReleaseScope, ReportSent,
        RequestGrant, Role, SecureEvidence, SettleProviderData, Stage, WithdrawGate,
    },
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    harness::{CASE, Office, Running, links},
    hub::{FakeHub, Fault},
};

/// An office whose hub has answered so many referrals of one case.
pub(crate) async fn office(count: usize) -> (Office, FakeHub, Running) {
    office_of(Office::new(), &links(count)).await
}

/// An office whose hub has answered the referrals of these links of one case.
pub(crate) async fn office_of(office: Office, links: &[String]) -> (Office, FakeHub, Running) {
    let hub = FakeHub::start(office.path());
    let mut node = office.start(hub.dial()).await;
    node.open_case(CASE).await;
    node.refer("list", links, 1_000).await;
    node.until(|status| (status.totals.unwrap().new == links.len() as u64).then_some(())).await;
    (office, hub, node)
}

pub(crate) fn assess() -> Decision {
    Decision::Assess(Assess {
        finding: Finding::Unlawful.into(),
        offence_class: OffenceClass::Stgb184b.into(),
        means_of_collection: "own research".into(),
        ..Assess::default()
    })
}

pub(crate) fn hold() -> Decision {
    Decision::PlaceHold(PlaceHold {
        reason: HoldReason::Investigation.into(),
        authority: "StA".into(),
        ..PlaceHold::default()
    })
}

/// All gates of a case.
pub(crate) fn gates() -> [Decision; 4] {
    let release = Release {
        authority: "StA".into(),
        person: "OStA Muster".into(),
        form: ReleaseForm::Written.into(),
        scope: ReleaseScope::Case.into(),
        ..Release::default()
    };
    let evidence = SecureEvidence { secured_at_us: 1, custodian: "K 42".into(), ..SecureEvidence::default() };
    let data =
        SettleProviderData { state: ProviderDataState::Requested.into(), ..SettleProviderData::default() };
    [
        assess(),
        Decision::SecureEvidence(evidence),
        Decision::SettleProviderData(data),
        Decision::Release(release),
    ]
}

pub(crate) fn grant() -> Decision {
    Decision::RequestGrant(RequestGrant {})
}

pub(crate) fn terms() -> Intend {
    Intend {
        kind: NoticeKind::First.into(),
        force: NoticeForce::Request.into(),
        legal_basis: "dsa-16".into(),
        recipient: "Files Example Ltd.".into(),
        channel: "mail".into(),
        file_reference: "K 42/26".into(),
        ..Intend::default()
    }
}

pub(crate) fn case() -> Selection {
    Selection { case_number: CASE.into(), ..Selection::default() }
}

fn link(link: &str) -> Selection {
    Selection { links: vec![link.into()], ..Selection::default() }
}

/// Decides to the end of the call.
pub(crate) async fn decide(
    node: &mut Running,
    selection: Selection,
    decision: Decision,
    dry_run: bool,
) -> Result<(Option<DecideAccepted>, DecideDone), Status> {
    let request = DecideRequest {
        selection: Some(selection),
        dry_run,
        annotation: String::new(),
        decision: Some(decision),
    };
    let mut answers = node.desk.decide(request).await?.into_inner();
    let mut accepted = None;
    loop {
        match answers.message().await?.expect("the call ended").step.unwrap() {
            Step::Accepted(step) => accepted = Some(step),
            Step::Progress(_) => {}
            Step::Done(done) => return Ok((accepted, done)),
        }
    }
}

/// Decides, and goes away once it is safe.
async fn accept(node: &mut Running, selection: Selection, decision: Decision) {
    let request =
        DecideRequest { selection: Some(selection), decision: Some(decision), ..DecideRequest::default() };
    let mut answers = node.desk.decide(request).await.unwrap().into_inner();
    assert!(matches!(answers.message().await.unwrap().unwrap().step, Some(Step::Accepted(_))));
}

/// Decides, and all of it takes effect.
pub(crate) async fn done(node: &mut Running, selection: Selection, decision: Decision) -> DecideDone {
    let (_, done) = decide(node, selection, decision, false).await.unwrap();
    let row = done.decision.clone().unwrap();
    assert_eq!((row.taken, row.waiting), (row.targets, 0), "{:?}", done.summary);
    done
}

async fn all_answered(node: &mut Running) {
    node.until(|status| (status.queue.unwrap().decisions == 0).then_some(())).await;
}

async fn is(node: &mut Running, state: HubLineState) {
    node.until(|status| (status.hub.as_ref().unwrap().state() == state).then_some(())).await;
}

#[tokio::test]
async fn decided_offline_is_sent_later_under_the_same_id() {
    let (office, hub, mut node) = office(3).await;
    hub.down().await;
    is(&mut node, HubLineState::Down).await;
    let (accepted, done) = decide(&mut node, case(), assess(), false).await.unwrap();
    assert!(!accepted.unwrap().decision.unwrap().not_in_force);
    assert_eq!((done.decision.unwrap().waiting, done.hub.unwrap().state()), (3, HubLineState::Down));
    // The daemon is stopped and started: the queue is there.
    node.stop().await;
    hub.up();
    let mut node = office.start(hub.dial()).await;
    all_answered(&mut node).await;
    let listed = node.desk.list_decisions(ListDecisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.decisions.len(), listed.decisions[0].taken), (1, 3));
    assert_eq!(listed.decisions[0].officer, "Erika Muster");
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.decisions.read.len(), state.decisions.known.len()), (1, 1));
        assert_eq!((&state.decisions.read[0].officer[..], &state.broken), ("Erika Muster", &vec![]));
    }
    node.stop().await;
}

#[tokio::test]
async fn a_hold_overtakes_bulk_and_is_not_in_force_before_the_hub_says_so() {
    let (_office, hub, mut node) = office(3_000).await;
    hub.down().await;
    is(&mut node, HubLineState::Down).await;
    decide(&mut node, case(), assess(), false).await.unwrap();
    let (accepted, done) = decide(&mut node, link("hxxps://files[.]example/7"), hold(), false).await.unwrap();
    let accepted = accepted.unwrap();
    assert_eq!(accepted.owners[0].contact, "+49 30 0", "whom to ring up");
    assert!(accepted.decision.unwrap().not_in_force && done.decision.unwrap().not_in_force);
    hub.up();
    all_answered(&mut node).await;
    let kinds: Vec<usize> =
        hub.state.lock().unwrap().decisions.read.iter().map(|request| request.target_ids.len()).collect();
    assert_eq!(kinds, [1, 1_000, 1_000, 1_000]);
    let listed = node.desk.list_decisions(ListDecisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.decisions[0].taken, listed.decisions[0].not_in_force), (1, false));
    node.stop().await;
}

#[tokio::test]
async fn a_withdrawal_never_comes_before_what_it_withdraws() {
    let (_office, hub, mut node) = office(1_500).await;
    hub.down().await;
    is(&mut node, HubLineState::Down).await;
    decide(&mut node, case(), assess(), false).await.unwrap();
    let withdraw =
        Decision::WithdrawGate(WithdrawGate { gate: GateKind::Assessed.into(), reason: "wrong".into() });
    decide(&mut node, link("https://files.example/1400"), withdraw, false).await.unwrap();
    hub.up();
    all_answered(&mut node).await;
    let listed = node.desk.list_decisions(ListDecisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.decisions[0].taken, listed.decisions[0].refused), (1, 0));
    let sizes: Vec<usize> =
        hub.state.lock().unwrap().decisions.read.iter().map(|request| request.target_ids.len()).collect();
    assert_eq!(sizes, [500, 1, 1_000]);
    node.stop().await;
}

#[tokio::test]
async fn what_needs_the_hub_is_refused_while_it_is_away() {
    let (_office, hub, mut node) = office(1).await;
    hub.down().await;
    is(&mut node, HubLineState::Down).await;
    let refused = decide(&mut node, case(), grant(), false).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "HUB_AWAY");
    assert!(refused.message().contains("Nothing was queued"), "{}", refused.message());
    hub.up();
    is(&mut node, HubLineState::Connected).await;
    let queue = node.status().await.queue.unwrap();
    assert_eq!((queue.decisions, queue.refused_decisions), (0, 0));
    assert!(hub.state.lock().unwrap().decisions.read.is_empty());
    node.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_under_the_same_id() {
    let (_office, hub, mut node) = office(2_500).await;
    hub.script_decisions([Fault::None, Fault::LoseAnswer, Fault::LoseRequest]);
    let mut watched = node.desk.watch(WatchRequest {}).await.unwrap().into_inner();
    decide(&mut node, case(), assess(), false).await.unwrap();
    all_answered(&mut node).await;
    let listed = node.desk.list_decisions(ListDecisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.decisions[0].taken, listed.decisions[0].targets), (2_500, 2_500));
    {
        let state = hub.state.lock().unwrap();
        assert_eq!(state.broken, Vec::<String>::new());
        assert_eq!(state.decisions.known.len(), 3, "each part is recorded once");
        assert!(state.decisions.read.len() > 3, "something was sent again");
    }
    loop {
        let what = watched.message().await.unwrap().unwrap().what;
        if let Some(What::Decision(row)) = what
            && row.taken == 2_500
        {
            break;
        }
    }
    node.stop().await;
}

/// The officer asked while the line was up; it breaks in the middle.
#[tokio::test]
async fn of_what_needs_the_hub_the_sent_is_settled_and_the_unsent_given_up() {
    let (_office, hub, mut node) = office(6_000).await;
    for gate in gates() {
        done(&mut node, case(), gate).await;
    }
    hub.script_decisions(vec![Fault::LoseAnswer]);
    let (_, told) = decide(&mut node, case(), grant(), false).await.unwrap();
    let row = told.decision.unwrap();
    assert_eq!(row.waiting + row.given_up + row.taken, 6_000);
    assert!(row.given_up > 0 && row.given_up < 6_000, "{row:?}");
    all_answered(&mut node).await;
    let listed = node.desk.list_decisions(ListDecisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(
        (listed.decisions[0].taken, listed.decisions[0].given_up),
        (6_000 - row.given_up, row.given_up)
    );
    let state = hub.state.lock().unwrap();
    let granted = state.decisions.views.values().filter(|view| view.stage() == Stage::Granted).count();
    assert_eq!(granted as u64, 6_000 - row.given_up);
    assert_eq!(state.broken, Vec::<String>::new());
}

#[tokio::test]
async fn what_the_hub_refuses_as_a_whole_waits_for_a_person() {
    let (_office, hub, mut node) = office(2).await;
    let (busy, suspended) = (
        Refusal::of(RefusalCode::RateLimited, "slower").retry_after_ms(20),
        Refusal::of(RefusalCode::AgencySuspended, "is suspended"),
    );
    hub.script_decisions([Fault::Refuse(busy), Fault::Refuse(suspended)]);
    let (_, told) = decide(&mut node, case(), hold(), false).await.unwrap();
    let row = told.decision.unwrap();
    assert_eq!((row.held_up, row.not_in_force), (2, true));
    assert_eq!(row.refused_parts[0].refusal.as_ref().unwrap().code(), RefusalCode::AgencySuspended);
    assert_eq!(told.summary.unwrap().refused[0].targets, 2);
    assert_eq!(node.status().await.queue.unwrap().refused_decisions, 1);
    let open = ListDecisionsRequest { only_open: true, ..ListDecisionsRequest::default() };
    assert_eq!(node.desk.list_decisions(open).await.unwrap().into_inner().decisions.len(), 1);
    let again = ResendRequest { decision: row.decision, ..ResendRequest::default() };
    assert_eq!(node.desk.resend(again).await.unwrap().into_inner().decisions, 1);
    all_answered(&mut node).await;
    assert!(node.desk.list_decisions(open).await.unwrap().into_inner().decisions.is_empty());
    let state = hub.state.lock().unwrap();
    let ids: Vec<&str> = state.decisions.read.iter().map(|request| &request.command_id[..]).collect();
    assert_eq!((ids.len(), ids[0] == ids[1], ids[1] == ids[2]), (3, true, true), "unchanged, under its id");
    assert_eq!(state.broken, Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_that_breaks_the_contract_is_not_believed() {
    let (_office, hub, mut node) = office(2).await;
    hub.script_decisions([Fault::ShortAnswer]);
    accept(&mut node, case(), assess()).await;
    hub.until(|state| (!state.decisions.read.is_empty()).then_some(())).await;
    // A second decision goes ahead of the one that is set aside for five seconds.
    accept(&mut node, link("https://files.example/1"), hold()).await;
    node.until(|status| (status.queue.unwrap().decided_targets == 2).then_some(())).await;
    let listed = node.desk.list_decisions(ListDecisionsRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.decisions[0].taken, listed.decisions[1].waiting), (1, 2));
    node.stop().await;
}

#[tokio::test]
async fn a_dry_run_asks_the_hub_and_leaves_nothing_behind() {
    let (_office, hub, mut node) = office(2).await;
    let (accepted, told) = decide(&mut node, case(), grant(), true).await.unwrap();
    assert!(accepted.is_none() && told.decision.is_none());
    assert_eq!(told.dry_run(), DryRunSource::Hub);
    let summary = told.summary.unwrap();
    assert_eq!((summary.taken, summary.refused[0].targets), (0, 2));
    assert_eq!(summary.refused[0].refusal.as_ref().unwrap().code(), RefusalCode::GateMissing);
    hub.down().await;
    is(&mut node, HubLineState::Down).await;
    let (_, told) = decide(&mut node, case(), grant(), true).await.unwrap();
    assert_eq!(told.dry_run(), DryRunSource::Node, "an estimate that says so");
    assert_eq!(told.summary.unwrap().refused[0].refusal.as_ref().unwrap().code(), RefusalCode::GateMissing);
    let (_, told) = decide(&mut node, case(), assess(), true).await.unwrap();
    assert_eq!(told.summary.unwrap().taken, 2);
    let listed = node.desk.list_decisions(ListDecisionsRequest::default()).await.unwrap().into_inner();
    assert!(listed.decisions.is_empty());
    {
        let state = hub.state.lock().unwrap();
        assert_eq!((state.decisions.dry_runs, state.decisions.known.len()), (1, 0));
    }
    node.stop().await;
}

#[tokio::test]
async fn a_selection_says_what_it_means() {
    let (_office, _hub, mut node) = office(3).await;
    let reason = |status: &Status| status.get_details_error_info().unwrap().reason;
    let refused = decide(&mut node, Selection::default(), assess(), false).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD");
    assert!(refused.message().contains("(selection)"), "{}", refused.message());
    let refused = decide(&mut node, link("https://unknown.example/"), assess(), false).await.unwrap_err();
    assert_eq!(reason(&refused), "UNKNOWN");
    assert!(refused.message().contains("selection.links[0]"), "{}", refused.message());
    let nobody = Selection { role: Role::CoInterested.into(), ..case() };
    let refused = decide(&mut node, nobody, assess(), false).await.unwrap_err();
    assert_eq!((refused.code(), &reason(&refused)[..]), (Code::NotFound, "NOTHING_SELECTED"));
    let unknown = Selection { case_number: "9/99".into(), ..Selection::default() };
    assert_eq!(reason(&decide(&mut node, unknown, assess(), false).await.unwrap_err()), "CASE_UNKNOWN");
    let vague = Decision::Assess(Assess::default());
    let refused = decide(&mut node, case(), vague, false).await.unwrap_err();
    assert!(refused.message().contains("assess.finding"), "{}", refused.message());

    let target = done(&mut node, link("HTTPS://Files.example:443/1"), assess()).await;
    let first = target.decision.unwrap();
    assert_eq!(first.targets, 1);
    for (selection, targets) in [
        (Selection { all: true, ..Selection::default() }, 3),
        (case(), 3),
        (Selection { hand_in: 1, ..Selection::default() }, 3),
        (Selection { host: "FILES.example".into(), ..Selection::default() }, 3),
        (Selection { stage: Stage::Referred.into(), ..case() }, 3),
        (Selection { role: Role::Owner.into(), ..Selection::default() }, 3),
        (Selection { due: DueKind::SetGates.into(), ..Selection::default() }, 3),
        (link("https://files.example/2"), 1),
    ] {
        let (_, told) = decide(&mut node, selection.clone(), assess(), true).await.unwrap();
        assert_eq!(told.summary.unwrap().targets, targets, "{selection:?}");
    }
    node.stop().await;
}

#[tokio::test]
async fn a_notice_from_intent_to_sent() {
    let (_office, hub, mut node) = office(1_200).await;
    // The feed is silent: answers alone tell fences and intents.
    hub.state.lock().unwrap().decisions.silent = true;
    for gate in gates() {
        done(&mut node, case(), gate).await;
    }
    done(&mut node, case(), grant()).await;
    let intended = intend::intend(&mut node.desk, case(), terms(), String::new()).await.unwrap();
    assert_eq!((intended.taken.len(), intended.decision.waiting), (1_200, 0));
    let first = &intended.taken[0];
    assert_eq!(first.referrals[0].link, "https://files.example/0");
    assert!(first.referrals[0].salt.is_empty() && first.fence > 0 && first.answer.refusal.is_none());
    let mut ids: Vec<&str> = intended.taken.iter().map(|target| &target.intent_id[..]).collect();
    ids.dedup();
    assert_eq!(ids.len(), 2, "an intent covers at most 1,000 targets");
    // No intent is named: the node knows the notices under way.
    let sent = Decision::ReportSent(ReportSent { sent_at_us: 5, ..ReportSent::default() });
    done(&mut node, case(), sent).await;
    let request = ReportDecisionRequest { decision: intended.decision.decision + 1, with_referrals: false };
    let mut pages = node.desk.report_decision(request).await.unwrap().into_inner();
    let mut notified = 0;
    while let Some(page) = pages.message().await.unwrap() {
        notified +=
            page.targets.iter().filter(|t| t.answer.as_ref().unwrap().stage() == Stage::Notified).count();
    }
    assert_eq!(notified, 1_200);
    assert_eq!(hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}
