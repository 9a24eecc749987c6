//! Who may decide at all, how large the news of decisions are, and two hubs that sweep one database.

use std::time::Duration;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::{AgencyNo, AgencyState};
use meldeverbund_hub::{
    flow::{FEED_PAGE, Hub, SetAgencyState, read_feed},
    store::{Counts, Store, query_scalar},
};
use meldeverbund_proto::v1::{
    AgencyKind, ExplainTargetRequest, Refusal, RefusalCode, Responsibility, ShowTargetsRequest,
    decide_response, follow_response::Event,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    decisions::{assess, hold},
    harness::{Federation, Office, batch, decision_on, referral, salt, sweep},
};

pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

async fn refused_stream(office: &Office, targets: &[String]) -> Status {
    let one = tokio_stream::iter([decision_on(targets, hold())]);
    office.decisions().decide(one).await.unwrap_err()
}

fn refused(response: meldeverbund_proto::v1::DecideResponse) -> Refusal {
    match response.result.unwrap() {
        decide_response::Result::Refused(refusal) => refusal,
        decide_response::Result::Decided(decided) => panic!("{decided:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn liaison_bodies_and_suspended_agencies_decide_nothing() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let targets = vec![nw.refer("1/26", &["https://a.test/1"]).await.answers.remove(0).target_id];
    let before = federation.counts().await.leaves;

    federation.register("eu-europol", AgencyKind::Liaison).await;
    let europol = federation.connect("eu-europol", "desk").await;
    let status = refused_stream(&europol, &targets).await;
    assert_eq!((status.code(), &*reason(&status)), (Code::PermissionDenied, "REFUSAL_CODE_NOT_PERMITTED"));
    let request = ShowTargetsRequest { target_ids: targets.clone() };
    let shown = europol.targets().show_targets(request.clone()).await.unwrap().into_inner();
    assert!(shown.targets.is_empty(), "it may look, and sees nothing");

    // Suspended while its stream is open, and then when it opens one.
    let (requests, stream) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
    let mut answers = nw.decisions().decide(stream).await.unwrap().into_inner();
    let suspend =
        SetAgencyState::parse("de-nw-lka".parse().unwrap(), AgencyState::Suspended, String::new(), salt());
    federation.server.hub().run(suspend.unwrap()).await.unwrap();
    requests.send(decision_on(&targets, assess())).await.unwrap();
    let refusal = refused(answers.message().await.unwrap().unwrap());
    assert_eq!(refusal.code(), RefusalCode::AgencySuspended);
    let explain = ExplainTargetRequest { target_id: targets[0].clone(), at_leaf: 0 };
    for status in [
        refused_stream(&nw, &targets).await,
        nw.targets().show_targets(request).await.unwrap_err(),
        nw.targets().explain_target(explain).await.unwrap_err(),
    ] {
        let said = (status.code(), &*reason(&status));
        assert_eq!(said, (Code::PermissionDenied, "REFUSAL_CODE_AGENCY_SUSPENDED"));
    }
    // An agency and its suspension: two leaves, and none of a decision.
    assert_eq!(federation.counts().await.leaves, before + 2);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_decisions_has_no_more_targets_than_the_largest_of_them() {
    let federation = Federation::start().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let links: Vec<_> = (0..1_000).map(|n| format!("https://a.test/{n}")).collect();
    let links: Vec<_> = links.iter().map(String::as_str).collect();
    let answers = nw.refer("1/26", &links).await.answers;
    let targets: Vec<_> = answers.into_iter().map(|answer| answer.target_id).collect();
    for count in [1_000, 1_000, 500, 400, 300, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] {
        nw.decided(&targets[..count], assess()).await;
    }
    let hub = federation.server.hub();
    let mut reader = hub.reader().await.unwrap();
    let (mut after, mut pages) = (2, Vec::new());
    loop {
        let instance = crate::harness::INSTANCE.parse().unwrap();
        let page = read_feed(&mut reader, &hub.views(), AgencyNo(2), instance, after).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence.cast_signed();
        let changed = page.iter().map(|event| match &event.event {
            Some(Event::TargetsChanged(changed)) => changed.targets.len(),
            other => panic!("{other:?}"),
        });
        pages.push((page.len(), changed.sum::<usize>()));
    }
    let page = usize::try_from(FEED_PAGE).unwrap();
    assert_eq!(pages, [(1, 1_000), (1, 1_000), (2, 900), (page, 307), (3, 3)]);
    drop(reader);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hubs_that_sweep_at_once_do_each_thing_once() {
    const TARGETS: usize = 2_500;
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    nw.open_case("1/26").await;
    by.open_case("1/26").await;
    let mut targets = Vec::new();
    for n in 0..TARGETS / 500 {
        let mut request = batch("1/26", &[]);
        for m in 0..500 {
            let mut one = referral(&format!("https://a.test/{n}/{m}"));
            one.proposed_owner = "de-by-lka".into();
            request.referrals.push(one);
        }
        let answers = crate::harness::accepted(nw.submit(request).await).answers;
        targets.extend(answers.into_iter().map(|answer| answer.target_id));
    }
    let before = federation.counts().await.leaves;
    // Nobody has accepted in time: each target falls to the next rule, once.
    clock.advance(Duration::from_secs(73 * 3600));
    let store = Store::open(&federation.config.database).await.unwrap();
    let (other, tasks) =
        Hub::start(store.clone(), clock.clock(), &federation.config.ledger_files()).await.unwrap();
    let sweeper = |hub: Hub| async move { sweep(&hub).await };
    let one = tokio::spawn(sweeper(federation.server.hub().clone()));
    let two = tokio::spawn(sweeper(other.clone()));
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(federation.counts().await.leaves, before + 3, "1,000 targets a leaf, no leaf for nothing");
    for targets in targets.chunks(500) {
        let request = ShowTargetsRequest { target_ids: targets.to_vec() };
        let shown = nw.targets().show_targets(request).await.unwrap().into_inner().targets;
        assert_eq!(shown.len(), 500);
        for view in shown {
            let owner = (&*view.owner_agency_id, view.responsibility());
            assert_eq!(owner, ("de-nw-lka", Responsibility::Proposed));
        }
    }
    for target in [&targets[0], &targets[TARGETS - 1]] {
        let told = nw.explain(target).await;
        let story: Vec<_> = told.timeline.iter().map(|entry| entry.what.as_str()).collect();
        assert_eq!(story, ["referral", "deadline"]);
    }
    let twice = "SELECT count(*) FROM (SELECT target_no FROM history GROUP BY target_no HAVING count(*) > 1) AS twice";
    let mut reader = store.reader().await.unwrap();
    let twice: i64 = query_scalar(twice).fetch_one(&mut reader).await.unwrap();
    assert_eq!(twice, 0);
    assert_eq!(Counts::read(&mut reader).await.unwrap().ownerless, 0);
    drop((reader, other));
    tasks.end().await;
    federation.end().await;
}
