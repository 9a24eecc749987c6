//! The hub is restored from an older copy: what it lost goes in again, in its order, and then the hub is told so.

use std::collections::HashMap;

use meldeverbund_node::client::intend;
use meldeverbund_proto::{
    node::v1::{LinkState, Reconciliation, Selection, decide_request as desk},
    v1::{DecideRequest, ReportSent, Verdict, decide_request::Decision},
};

use crate::{
    decisions::{assess, case, decide, gates, grant, hold, terms},
    harness::{Running, links},
    hub::{Ledger, State},
    ledger::Scene,
};

async fn refer(node: &mut Running, name: &str, list: &[String]) -> u64 {
    let hand_in = node.refer(name, list, 10).await;
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    hand_in.id
}

fn only(link: &str) -> Selection {
    Selection { links: vec![link.into()], ..Selection::default() }
}

async fn reported(node: &mut Running) -> Reconciliation {
    node.until(|status| status.reconciliation.filter(|state| state.reported_at_us > 0)).await
}

/// Bytes of submissions by their ids.
fn submissions(state: &State) -> HashMap<String, Vec<u8>> {
    state.submissions.iter().map(|(id, (bytes, _))| (id.clone(), bytes.clone())).collect()
}

fn name(request: &DecideRequest) -> &'static str {
    meldeverbund_proto::check::decision_name(request.decision.as_ref().unwrap())
}

#[tokio::test]
async fn what_the_hub_lost_is_handed_in_again_in_its_order() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    let list = links(30);
    refer(&mut node, "kept", &list[..10]).await;
    let kept = scene.look(Ledger::size);
    let lost = refer(&mut node, "lost", &list[10..]).await;
    // On targets of both, on one that was lost, on one that was kept.
    decide(&mut node, case(), assess(), false).await.unwrap();
    decide(&mut node, only(&list[20]), hold(), false).await.unwrap();
    decide(&mut node, only(&list[0]), hold(), false).await.unwrap();
    scene.change(Ledger::publish);
    scene.vouched(scene.look(Ledger::size)).await;
    let (before, known, decided) = {
        let state = scene.hub.state.lock().unwrap();
        (submissions(&state), state.decisions.known.clone(), state.decisions.read.len())
    };
    let targets = node.report(lost).await;

    scene.restore(kept).await;
    let state = reported(&mut node).await;
    assert_eq!((state.epoch, state.kept_leaves, state.waiting_submissions, state.refused), (2, kept, 0, 0));
    {
        let state = scene.hub.state.lock().unwrap();
        assert_eq!((state.reconciled.as_slice(), &state.broken), (&[2][..], &Vec::new()));
        assert_eq!(submissions(&state), before, "the same ids, the same bytes");
        let again = &state.decisions.read[decided..];
        assert_eq!(again.iter().map(name).collect::<Vec<_>>(), ["assess", "place_hold", "place_hold"]);
        // Of a target that was kept it is the same decision; of those that were opened anew it is about what they are now.
        let same = |request: &DecideRequest| known.contains_key(&request.command_id);
        assert_eq!(again.iter().map(same).collect::<Vec<_>>(), [false, false, true]);
        for (request, count) in again.iter().zip([30, 1, 1]) {
            assert_eq!(request.target_ids.len(), count);
            assert!(request.target_ids.iter().all(|id| state.decisions.targets.contains(id)), "{request:?}");
        }
        let hold = &state.decisions.known[&again[2].command_id];
        assert_eq!(hold.0, known[&again[2].command_id].0, "the same bytes");
        assert!(targets.iter().all(|row| state.asked.contains(&row.target_id)), "lost targets are asked for");
        assert!(state.shown.iter().skip(1).any(|note| !note.is_empty()), "the node shows what it knows");
    }
    let (cursor, parked) = {
        let told = scene.hub.state.lock().unwrap().feed.len() as u64;
        node.until(|status| status.feed.clone().filter(|feed| feed.cursor == told)).await;
        let feed = node.status().await.feed.unwrap();
        (feed.cursor, feed.parked)
    };
    assert!(cursor > 0 && parked == 0);
    let status = node.status().await;
    assert_eq!((status.totals.unwrap().new, status.totals.unwrap().waiting), (30, 0), "nothing counts twice");
    let now = node.report(lost).await;
    assert!(now.iter().all(|row| (row.verdict(), row.state()) == (Verdict::New, LinkState::Answered)));
    assert!(now.iter().zip(&targets).all(|(now, before)| now.target_id != before.target_id));

    // A process that starts later has nothing left to do.
    node.stop().await;
    let mut node = scene.start().await;
    refer(&mut node, "more", &links(40)[30..]).await;
    assert_eq!(scene.hub.state.lock().unwrap().reconciled, [2]);
    node.stop().await;
}

#[tokio::test]
async fn a_permission_is_not_asked_for_again_and_a_notice_that_left_is_told_as_a_fact() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    let list = links(3);
    refer(&mut node, "list", &list).await;
    let kept = scene.look(Ledger::size);
    for gate in gates() {
        decide(&mut node, case(), gate, false).await.unwrap();
    }
    decide(&mut node, case(), grant(), false).await.unwrap();
    let intended = intend::intend(&mut node.desk, case(), terms(), String::new()).await.unwrap();
    assert_eq!(intended.taken.len(), 3);
    let sent =
        ReportSent { sent_at_us: 1_800_000_000_000_001, reference: "R 1".into(), ..ReportSent::default() };
    decide(&mut node, only(&list[0]), desk::Decision::ReportSent(sent), false).await.unwrap();
    scene.change(Ledger::publish);
    scene.vouched(scene.look(Ledger::size)).await;
    let decided = scene.hub.state.lock().unwrap().decisions.read.len();

    scene.restore(kept).await;
    reported(&mut node).await;
    let state = scene.hub.state.lock().unwrap().decisions.read[decided..].to_vec();
    let names: Vec<_> = state.iter().map(name).collect();
    assert_eq!(names[..4], ["assess", "secure_evidence", "settle_provider_data", "release"]);
    assert_eq!(names[4..], ["report_incident", "report_incident"]);
    let incidents: Vec<_> = state[4..]
        .iter()
        .map(|request| match &request.decision {
            Some(Decision::ReportIncident(incident)) => (request.target_ids.len(), incident.clone()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((incidents[0].0, incidents[0].1.reference.as_str()), (1, "R 1"));
    assert_eq!((incidents[1].0, incidents[1].1.recipient.as_str()), (2, "Files Example Ltd."));
    assert!(incidents[1].1.reason.contains("nobody has said whether it left"));
    assert_eq!(scene.hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}
