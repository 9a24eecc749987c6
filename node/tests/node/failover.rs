//! Several hubs before one database: the node finds another by itself, and everything is there once.

use meldeverbund_node::witness::AlarmKind;
use meldeverbund_proto::{
    node::v1::{HubLine, HubLineCause, HubLineState},
    v1::{Refusal, RefusalCode, Verdict},
};

use crate::{
    decisions::{assess, case, decide, hold},
    harness::{CASE, Office, Running, links},
    hub::{FakeHub, Fault, Ledger, State},
    ledger::until,
};

async fn office(count: usize) -> (Office, Vec<FakeHub>, Running) {
    let office = Office::of_hubs(count);
    let first = FakeHub::start(office.path());
    let mut hubs = vec![first.clone()];
    hubs.extend((1..count).map(|n| first.beside(&format!("hub{n}.sock"))));
    let others: Vec<&FakeHub> = hubs[1..].iter().collect();
    let mut node = office.start(first.way_with(&others)).await;
    node.open_case(CASE).await;
    (office, hubs, node)
}

/// An office whose hubs have a ledger, of which it has verified so many leaves at the hub whose place is answered.
async fn with_ledger(rows: usize) -> (Office, Vec<FakeHub>, Running, usize) {
    let office = Office::of_hubs(2);
    let first = FakeHub::start(office.path());
    first.state.lock().unwrap().ledger = Some(Ledger::new());
    let hubs = vec![first.clone(), first.beside("hub1.sock")];
    let mut node = office.start(first.way_with(&[&hubs[1]])).await;
    node.open_case(CASE).await;
    node.refer("list", &links(rows), 10).await;
    answered(&mut node).await;
    first.state.lock().unwrap().ledger.as_mut().unwrap().publish();
    first.wake();
    let size = first.state.lock().unwrap().ledger.as_ref().unwrap().size();
    until(&node, |held| held.size() == size).await;
    let at = place(&connected(&mut node).await);
    (office, hubs, node, at)
}

async fn connected(node: &mut Running) -> HubLine {
    node.until(|status| {
        let hub = status.hub.clone().unwrap();
        (hub.state() == HubLineState::Connected).then_some(hub)
    })
    .await
}

/// Which of the hubs the line goes to.
fn place(line: &HubLine) -> usize {
    line.addresses.iter().position(|hub| hub.address == line.address).unwrap()
}

fn dials(hubs: &[FakeHub]) -> u64 {
    hubs.iter().map(FakeHub::dialled).sum()
}

async fn answered(node: &mut Running) {
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
}

#[tokio::test]
async fn a_hub_that_dies_in_the_middle_costs_one_try_and_nothing_else() {
    let (_office, hubs, mut node) = office(3).await;
    let before = place(&connected(&mut node).await);
    assert_eq!(dials(&hubs), 1, "it stays where the hub answers");
    // The first answers get through, the third waits for ever, and what was read with it is not answered.
    hubs[before].script([Fault::None, Fault::None, Fault::Hold]);
    let hand_in = node.refer("list", &links(200), 10).await;
    hubs[before].until(|state| (state.submissions.len() >= 2).then_some(())).await;
    hubs[before].down().await;
    answered(&mut node).await;

    let line = connected(&mut node).await;
    let after = place(&line);
    assert_ne!(before, after);
    assert_eq!(dials(&hubs), 2, "one try and no search");
    let left = &line.addresses[before];
    assert_eq!((left.state(), left.failures), (HubLineState::Down, 1));
    assert_eq!(left.cause(), HubLineCause::BrokenOff);
    assert!(node.report(hand_in.id).await.iter().all(|row| row.verdict() == Verdict::New));
    let (cursor, told) = {
        let state = hubs[0].state.lock().unwrap();
        assert_eq!((state.recorded(), &state.broken), (200, &Vec::new()));
        // The feed went on where it stood: from its cursor, at the other hub.
        assert_eq!(state.follows.len(), 2);
        (state.follows[1], state.feed.len() as u64)
    };
    assert!(cursor > 0, "the feed begins anew");
    node.until(|status| (status.feed.clone().unwrap().cursor == told).then_some(())).await;
    assert_eq!(node.status().await.feed.unwrap().parked, 0);

    // It is not left for the one that is back.
    hubs[before].up();
    node.refer("more", &links(210)[200..], 10).await;
    answered(&mut node).await;
    assert_eq!((place(&connected(&mut node).await), dials(&hubs)), (after, 2));
    node.stop().await;
}

#[tokio::test]
async fn each_address_is_tried_once_before_the_node_pauses() {
    let (_office, hubs, mut node) = office(3).await;
    let first = place(&connected(&mut node).await);
    let last = (first + 1) % 3;
    for (at, hub) in hubs.iter().enumerate() {
        if at != last {
            hub.down().await;
        }
    }
    hubs[0].wake();
    node.refer("list", &links(20), 10).await;
    answered(&mut node).await;
    assert_eq!(place(&connected(&mut node).await), last);
    assert!(dials(&hubs) <= 3, "{} tries", dials(&hubs));
    hubs[last].down().await;
    let line = node
        .until(|status| {
            let hub = status.hub.clone().unwrap();
            hub.addresses.iter().all(|hub| hub.failures >= 3).then_some(hub)
        })
        .await;
    assert_eq!((line.state(), line.cause()), (HubLineState::Down, HubLineCause::Unreachable));
    let failures: Vec<u32> = line.addresses.iter().map(|hub| hub.failures).collect();
    let (least, most) = (failures.iter().min().unwrap(), failures.iter().max().unwrap());
    assert!(most - least <= 1, "all are tried alike: {failures:?}");
    hubs[first].up();
    assert_eq!(place(&connected(&mut node).await), first);
    node.stop().await;
}

#[tokio::test]
async fn a_hub_that_cannot_write_is_left_for_one_that_can() {
    let (_office, hubs, mut node) = office(2).await;
    let before = place(&connected(&mut node).await);
    let read_only =
        || Fault::Refuse(Refusal::of(RefusalCode::Unavailable, "read-only").retry_after_ms(60_000));
    hubs[before].script(vec![read_only(); 40]);
    node.refer("list", &links(80), 10).await;
    answered(&mut node).await;
    let line = connected(&mut node).await;
    assert_eq!((place(&line), dials(&hubs)), (1 - before, 2));
    assert_eq!(line.addresses[before].cause(), HubLineCause::HubBusy);
    assert_eq!(hubs[0].state.lock().unwrap().recorded(), 80);

    // Neither can: the node stays and waits, and does not run from one to the other.
    let soon = || Fault::Refuse(Refusal::of(RefusalCode::Unavailable, "read-only").retry_after_ms(20));
    hubs[1 - before].script(vec![soon(); 10]);
    node.refer("more", &links(90)[80..], 10).await;
    answered(&mut node).await;
    assert_eq!(dials(&hubs), 2);
    assert_eq!(hubs[0].state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}

#[tokio::test]
async fn a_rate_limit_is_no_reason_to_go_elsewhere() {
    let (_office, hubs, mut node) = office(2).await;
    let before = place(&connected(&mut node).await);
    let slower = || Fault::Refuse(Refusal::of(RefusalCode::RateLimited, "slower").retry_after_ms(20));
    hubs[before].script(vec![slower(); 3]);
    node.refer("list", &links(20), 10).await;
    answered(&mut node).await;
    assert_eq!((place(&connected(&mut node).await), dials(&hubs)), (before, 1));
    node.stop().await;
}

#[tokio::test]
async fn a_decision_that_a_dying_hub_recorded_is_told_by_another_and_taken_once() {
    let (_office, hubs, mut node) = office(2).await;
    node.refer("list", &links(30), 10).await;
    answered(&mut node).await;
    let before = place(&connected(&mut node).await);
    hubs[before].script_decisions([Fault::Vanish]);
    let (_, done) = decide(&mut node, case(), assess(), false).await.unwrap();
    let summary = done.summary.unwrap();
    assert_eq!((summary.targets, summary.taken), (30, 30));
    assert_eq!((place(&connected(&mut node).await), dials(&hubs)), (1 - before, 2));
    // A permission is asked for where the hub is now, over the one line.
    let (_, done) = decide(&mut node, case(), hold(), true).await.unwrap();
    assert_eq!(done.summary.unwrap().targets, 30);
    {
        let state = hubs[0].state.lock().unwrap();
        assert_eq!((state.decisions.known.len(), state.decisions.read.len()), (1, 2));
        assert_eq!(state.broken, Vec::<String>::new());
    }
    node.stop().await;
}

#[tokio::test]
async fn a_hub_that_is_late_by_a_moment_raises_no_alarm() {
    let (_office, hubs, mut node, at) = with_ledger(5).await;
    hubs[1 - at].is_late(Some(3));
    hubs[at].down().await;
    let begun = |state: &State| state.ledger.as_ref().unwrap().begun.len();
    // It has looked again, more than once.
    hubs[0].until(|state| (begun(state) >= 4).then_some(())).await;
    hubs[1 - at].is_late(None);
    node.refer("more", &links(7)[5..], 10).await;
    answered(&mut node).await;
    hubs[0].state.lock().unwrap().ledger.as_mut().unwrap().publish();
    hubs[0].wake();
    let held = until(&node, |held| held.size() == 8).await;
    assert_eq!(held.kinds(), []);
    assert_eq!(place(&connected(&mut node).await), 1 - at);
    node.stop().await;
}

#[tokio::test]
async fn a_hub_that_stays_behind_is_told_and_left() {
    let (_office, hubs, mut node, at) = with_ledger(5).await;
    hubs[1 - at].is_late(Some(3));
    hubs[at].down().await;
    // The other one is all there is, and stays behind: that is told, and referrals go on.
    let held = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!(held.kinds(), [AlarmKind::Behind]);
    let looks = hubs[0].state.lock().unwrap().ledger.as_ref().unwrap().begun.len();
    assert!(looks > 15, "it was told after {looks} looks");
    node.refer("more", &links(7)[5..], 10).await;
    answered(&mut node).await;
    assert_eq!(hubs[0].state.lock().unwrap().recorded(), 7);
    node.stop().await;
}
