//! What the hub tells of targets, and the lists that come of it.

use meldeverbund_proto::{
    node::v1::{
        ExplainTargetRequest, HubLineState, ListTargetsRequest, ListTargetsResponse, ShowLinkRequest,
    },
    v1::{Due, DueKind, HoldView, Stage, TargetView, TargetsChanged, TargetsJoined, follow_response::Event},
};
use tonic_types::StatusExt as _;

use crate::{
    decisions::{assess, case, done, hold, office},
    harness::Running,
    hub::{FakeHub, card, fresh},
};

/// Tells of the `n`-th target.
fn tell(hub: &FakeHub, n: u128, change: impl Fn(&mut TargetView)) -> u64 {
    let mut view = fresh(&uuid::Uuid::from_u128(n).to_string());
    change(&mut view);
    let mut state = hub.state.lock().unwrap();
    let at_us = 1_800_000_000_500_000 + i64::try_from(state.feed.len()).unwrap();
    state.tell_changed("deadline", "", vec![view], at_us);
    state.feed.last().unwrap().sequence
}

async fn applied(hub: &FakeHub, node: &mut Running, sequence: u64) {
    hub.wake();
    node.until(|status| (status.feed.as_ref().unwrap().cursor >= sequence).then_some(())).await;
}

async fn list(node: &mut Running, request: ListTargetsRequest) -> ListTargetsResponse {
    node.desk.list_targets(request).await.unwrap().into_inner()
}

fn numbers(listed: &ListTargetsResponse) -> Vec<u128> {
    let id = |id: &str| uuid::Uuid::parse_str(id).unwrap().as_u128();
    listed.targets.iter().map(|row| id(&row.view.as_ref().unwrap().target_id)).collect()
}

fn due(kind: DueKind, by_us: i64) -> Vec<Due> {
    vec![Due { kind: kind.into(), by_us }]
}

#[tokio::test]
async fn the_inbox_is_in_the_order_of_what_is_due() {
    let (_office, hub, mut node) = office(5).await;
    tell(&hub, 1, |view| view.due = due(DueKind::AnswerOffer, 2_000));
    tell(&hub, 2, |view| view.due = due(DueKind::RequestGrant, 1_000));
    tell(&hub, 3, |view| {
        view.urgent = true;
        view.due = due(DueKind::SendNotice, 9_000);
    });
    let last = tell(&hub, 4, |view| {
        view.stage = Stage::Closed.into();
        view.due.clear();
    });
    applied(&hub, &mut node, last).await;
    let inbox = ListTargetsRequest { only_due: true, ..ListTargetsRequest::default() };
    let listed = list(&mut node, inbox.clone()).await;
    // Of the fifth the hub has told no more than its answer: its owner has gates to set, now.
    assert_eq!(numbers(&listed), [3, 5, 2, 1]);
    assert_eq!(listed.targets[0].links[0].link, "https://files.example/2");
    assert_eq!(listed.targets[1].view.as_ref().unwrap().due[0].kind(), DueKind::SetGates);
    let page = ListTargetsRequest { page_size: 2, ..inbox.clone() };
    let first = list(&mut node, page.clone()).await;
    let second = ListTargetsRequest { page_token: first.next_page_token.clone(), ..page };
    assert_eq!((numbers(&first), numbers(&list(&mut node, second).await)), (vec![3, 5], vec![2, 1]));
    let offers = ListTargetsRequest { due: vec![DueKind::AnswerOffer.into()], ..inbox };
    assert_eq!(numbers(&list(&mut node, offers).await), [1]);
    let closed = ListTargetsRequest { stage: Stage::Closed.into(), ..ListTargetsRequest::default() };
    assert_eq!(numbers(&list(&mut node, closed).await), [4]);
    let theirs = ListTargetsRequest { owner_agency_id: "de-by-lka".into(), ..ListTargetsRequest::default() };
    assert_eq!(numbers(&list(&mut node, theirs).await), [0; 0]);
    node.stop().await;
}

#[tokio::test]
async fn changes_are_applied_once_and_what_does_not_fit_is_parked() {
    let (_office, hub, mut node) = office(2).await;
    let held = HoldView { agency_id: "de-by-lka".into(), until_us: 7, ..HoldView::default() };
    tell(&hub, 1, |view| view.holds = vec![held.clone()]);
    // A target that is offered or proposed to this agency, which has no referral of it.
    tell(&hub, 77, |view| view.due = due(DueKind::AnswerProposal, 5));
    tell(&hub, 2, |view| view.stage = 99);
    tell(&hub, 2, |view| view.due[0].kind = 99);
    let last = tell(&hub, 2, |view| view.target_id = "x".into());
    applied(&hub, &mut node, last).await;
    let feed = node.status().await.feed.unwrap();
    assert_eq!((feed.parked, feed.cursor), (3, last));
    assert!(feed.first_parked[0].reason.contains("does not know"), "{:?}", feed.first_parked);
    let only = ListTargetsRequest { held: true, ..ListTargetsRequest::default() };
    assert_eq!(numbers(&list(&mut node, only).await), [1]);
    let proposed =
        ListTargetsRequest { due: vec![DueKind::AnswerProposal.into()], ..ListTargetsRequest::default() };
    let listed = list(&mut node, proposed).await;
    assert_eq!((numbers(&listed), listed.targets[0].links.len()), (vec![77], 0));
    let shown = node
        .desk
        .show_link(ShowLinkRequest { link_or_target: "https://files.example/0".into() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(shown.target.unwrap().view.unwrap().holds, [held]);
    node.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_told_later_than_a_view_does_not_drop_it() {
    let (_office, hub, mut node) = office(1).await;
    let held = HoldView { agency_id: "de-by-lka".into(), until_us: 7, ..HoldView::default() };
    // Answers and feed come side by side: the answer was applied first, and tells what came after the view.
    let sequence = {
        let mut view = fresh(&uuid::Uuid::from_u128(1).to_string());
        view.stage = Stage::Cleared.into();
        view.owner_agency_id = "de-by-lka".into();
        view.holds = vec![held.clone()];
        view.due = due(DueKind::AnswerWindow, 5);
        let mut state = hub.state.lock().unwrap();
        state.tell_changed("deadline", "", vec![view], 1);
        state.feed.last().unwrap().sequence
    };
    applied(&hub, &mut node, sequence).await;
    let listed = list(&mut node, ListTargetsRequest { only_due: true, ..Default::default() }).await;
    let row = &listed.targets[0];
    let view = row.view.as_ref().unwrap();
    assert_eq!((&view.holds, view.due[0].kind()), (&vec![held], DueKind::AnswerWindow));
    assert_eq!((view.stage(), &*view.owner_agency_id), (Stage::Referred, "de-nw-lka"), "the answer's word");
    assert!(row.told_at_us > 1, "the answer's time");
    node.stop().await;
}

#[tokio::test]
async fn what_is_told_no_more_is_not_kept() {
    let (_office, hub, mut node) = office(2).await;
    tell(&hub, 1, |view| {
        view.holds = vec![HoldView { agency_id: "de-by-lka".into(), ..HoldView::default() }];
    });
    tell(&hub, 77, |view| view.due = due(DueKind::AnswerOffer, 5));
    let joined = TargetsJoined {
        agency: Some(card("de-by-lka")),
        target_ids: [1, 77].map(|n| uuid::Uuid::from_u128(n).to_string()).into(),
    };
    let last = hub.tell(Some(Event::TargetsJoined(joined)));
    applied(&hub, &mut node, last).await;
    assert_eq!(numbers(&list(&mut node, ListTargetsRequest::default()).await), [1, 2, 77]);
    let gone = TargetsChanged {
        what: "withdraw_offer".into(),
        gone_target_ids: [77, 1, 99].map(|n| uuid::Uuid::from_u128(n).to_string()).into(),
        ..TargetsChanged::default()
    };
    let last = hub.tell(Some(Event::TargetsChanged(gone)));
    applied(&hub, &mut node, last).await;
    let listed = list(&mut node, ListTargetsRequest::default()).await;
    assert_eq!(numbers(&listed), [2, 1], "an own referral's target stays, and nothing is due there");
    let kept = TargetView { target_id: uuid::Uuid::from_u128(1).to_string(), ..TargetView::default() };
    assert_eq!(listed.targets[1].view, Some(kept));
    // It may come back.
    let last = tell(&hub, 77, |view| view.due = due(DueKind::AnswerOffer, 5));
    applied(&hub, &mut node, last).await;
    assert_eq!(numbers(&list(&mut node, ListTargetsRequest::default()).await), [2, 77, 1]);
    node.stop().await;
}

#[tokio::test]
async fn own_decisions_come_back_as_views() {
    let (_office, _hub, mut node) = office(2).await;
    done(&mut node, case(), assess()).await;
    done(&mut node, case(), hold()).await;
    node.until(|_| Some(())).await;
    let held = ListTargetsRequest { held: true, ..ListTargetsRequest::default() };
    let mut changes = node.node.changes();
    while list(&mut node, held.clone()).await.targets.len() < 2 {
        changes.changed().await.unwrap();
    }
    let listed = list(&mut node, held).await;
    let view = listed.targets[0].view.as_ref().unwrap();
    assert_eq!(view.gates().next(), Some(meldeverbund_proto::v1::GateState::Set));
    node.stop().await;
}

#[tokio::test]
async fn explain_asks_the_hub_and_says_when_it_could_not() {
    let (_office, hub, mut node) = office(1).await;
    let ask = |at_leaf| ExplainTargetRequest { link_or_target: "https://files.example/0".into(), at_leaf };
    let told = node.desk.explain_target(ask(4)).await.unwrap().into_inner();
    let explanation = told.explanation.unwrap();
    assert_eq!((&explanation.rules[0].rule[..], explanation.timeline[0].leaf_index), ("first_seised", 4));
    hub.down().await;
    node.until(|status| (status.hub.as_ref().unwrap().state() == HubLineState::Down).then_some(())).await;
    let told = node.desk.explain_target(ask(0)).await.unwrap().into_inner();
    assert!(told.explanation.is_none());
    assert_eq!(told.last_told.unwrap().owner_agency_id, "de-nw-lka");
    let unknown = ExplainTargetRequest { link_or_target: "https://unknown.example/".into(), at_leaf: 0 };
    let refused = node.desk.explain_target(unknown).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "NOTHING_KNOWN");
    node.stop().await;
}
