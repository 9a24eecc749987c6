//! Two offices and the real hub, over real TLS.

use meldeverbund_proto::{
    node::v1::{HubLineCause, HubLineState, ShowLinkRequest},
    v1::{RefusalCode, Role, Verdict},
};

use crate::{
    harness::{CASE, links},
    real::Federation,
};

#[tokio::test]
async fn two_offices_learn_what_they_are_to_each_target() {
    let federation = Federation::start().await;
    let mut nw = federation.office("de-nw-lka").await;
    let mut by = federation.office("de-by-lka").await;
    for node in [&mut nw, &mut by] {
        node.open_case(CASE).await;
    }
    let list = links(2_500);
    let first = nw.refer("list", &list[..2_000], 1_000).await;
    nw.until(|status| (status.totals.unwrap().new == 2_000).then_some(())).await;
    let second = by.refer("list", &list[1_000..], 700).await;
    by.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    let counts = by.status().await.totals.unwrap();
    assert_eq!((counts.new, counts.joined, counts.rejected, counts.refused), (500, 1_000, 0, 0));
    assert_eq!(federation.counts().await.targets, 2_500);

    let report = by.report(second.id).await;
    assert!(
        report[..1_000]
            .iter()
            .all(|row| row.owner_agency_id == "de-nw-lka" && row.role() == Role::CoInterested)
    );
    assert!(
        report[1_000..].iter().all(|row| row.owner_agency_id == "de-by-lka" && row.role() == Role::Owner)
    );
    assert!(nw.report(first.id).await.iter().all(|row| row.verdict() == Verdict::New));

    // The owner is told who joined, with a contact and without the case.
    let show = ShowLinkRequest { link_or_target: list[1_500].clone() };
    nw.until(|status| (status.feed.as_ref().unwrap().cursor >= 5).then_some(())).await;
    let shown = nw.desk.show_link(show).await.unwrap().into_inner();
    assert_eq!(shown.target.unwrap().joined[0].agency_id, "de-by-lka");
    let card = shown.agencies.iter().find(|card| card.agency_id == "de-by-lka").unwrap();
    assert_eq!(card.contact, "+49 30 0");
    nw.stop().await;
    by.stop().await;
}

#[tokio::test]
async fn a_real_hub_that_restarts_costs_only_time() {
    let mut federation = Federation::start().await;
    let mut nw = federation.office("de-nw-lka").await;
    nw.open_case(CASE).await;
    let list = links(6_000);
    let mut hand_in = crate::harness::Refer::begin(&mut nw.desk, "list", false).await.unwrap();
    for (i, rows) in list.chunks(500).enumerate() {
        hand_in.rows(rows).await.unwrap();
        if i % 4 == 1 {
            federation.restart().await;
        }
    }
    hand_in.finish().await.unwrap();
    nw.until(|status| (status.totals.unwrap().new == 6_000).then_some(())).await;
    assert_eq!(federation.counts().await.targets, 6_000);
    assert_eq!(nw.status().await.feed.unwrap().parked, 0);
    nw.stop().await;
}

#[tokio::test]
async fn a_suspended_agency_is_shown_why_nothing_goes_out() {
    let federation = Federation::start().await;
    let mut nw = federation.office("de-nw-lka").await;
    nw.until(|status| (status.hub.as_ref().unwrap().state() == HubLineState::Connected).then_some(())).await;
    federation.suspend("de-nw-lka").await;
    let line = nw.until(|status| status.hub.clone().filter(|hub| hub.state() == HubLineState::Refused)).await;
    assert_eq!(
        (line.cause(), line.refusal.unwrap().code()),
        (HubLineCause::Refusal, RefusalCode::AgencySuspended)
    );
    nw.stop().await;
}

#[tokio::test]
async fn a_copied_node_is_refused_while_the_first_one_lives() {
    let federation = Federation::start().await;
    let mut first = federation.office("de-nw-lka").await;
    first
        .until(|status| (status.hub.as_ref().unwrap().state() == HubLineState::Connected).then_some(()))
        .await;
    let folder = first.node.config.file.parent().unwrap().to_owned();
    let copy = folder.with_extension("copy");
    std::fs::create_dir_all(copy.join("data")).unwrap();
    std::fs::copy(folder.join("node.toml"), copy.join("node.toml")).unwrap();
    for file in ["node.sqlite", "node.sqlite-wal"] {
        std::fs::copy(folder.join("data").join(file), copy.join("data").join(file)).unwrap();
    }
    let mut second = crate::real::run(&copy).await;
    let line =
        second.until(|status| status.hub.clone().filter(|hub| hub.state() == HubLineState::Refused)).await;
    assert_eq!(line.refusal.unwrap().code(), RefusalCode::InstanceCloned);
    first.stop().await;
    second
        .until(|status| (status.hub.as_ref().unwrap().state() == HubLineState::Connected).then_some(()))
        .await;
    second.stop().await;
}
