//! A node follows what the central office merges, splits and undoes: real hub, real TLS.

use std::collections::BTreeMap;

use meldeverbund_hub::flow::{Duplicates, DuplicatesRequest, StatementKeys};
use meldeverbund_node::client::{gather::gather, intend};
use meldeverbund_proto::{
    CommandId, TargetId,
    node::v1::{
        ExplainTargetRequest, GatherTargetsRequest, ListTargetsRequest, Selection, ShowLinkRequest,
        decide_request as desk,
    },
    statement::Act,
    v1::{ReportSent, Stage},
};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use tonic::Status;

use crate::{
    decisions::{case, done, gates, grant, terms},
    harness::{CASE, Running, links},
    real::{Federation, run, salt},
};

/// The central office decides on pairs of targets; the decision's id.
async fn judge(
    federation: &Federation,
    act: Act,
    pairs: &[(&str, &str)],
    undone: Option<CommandId>,
) -> CommandId {
    let id = |text: &str| text.parse::<TargetId>().unwrap();
    let command = meldeverbund_node::clock::Random::system().command_id(1_800_000_000_000_000);
    let request = DuplicatesRequest {
        command,
        salt: salt(),
        officer: "KHKin Beispiel".into(),
        act,
        reason: "one file".into(),
        pairs: pairs.iter().map(|(one, other)| (id(one), id(other))).collect(),
        undone,
        seen: Vec::new(),
        dry_run: false,
        signature: None,
    };
    let hub = federation.server().hub();
    let (target_ids, policies) = (hub.store().target_ids().clone(), hub.policies().clone());
    let keys = StatementKeys::default();
    let decision =
        Duplicates::parse("de-bka".parse().unwrap(), request, &keys, target_ids, policies).unwrap();
    let judged = hub.run(decision).await.unwrap();
    assert!(judged.answers.iter().all(|answer| answer.refusal.is_none()), "{judged:?}");
    command
}

/// Which of the node's links lead to which target.
async fn lead(node: &mut Running) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let request = GatherTargetsRequest { selection: Some(case()), with_referrals: true, only_known: false };
    gather(&mut node.desk.clone(), request, |page| {
        for target in page.targets {
            for referral in target.referrals {
                found.insert(referral.link, target.target_id.clone());
            }
        }
        Ok::<_, Status>(())
    })
    .await
    .unwrap();
    found
}

/// Waits until each of these links leads to its target.
async fn until(node: &mut Running, expected: &[(&String, &String)]) {
    let expected: BTreeMap<String, String> =
        expected.iter().map(|(link, target)| ((*link).clone(), (*target).clone())).collect();
    let waited = async {
        let mut changes = node.node.changes();
        loop {
            changes.mark_unchanged();
            if lead(node).await == expected {
                return;
            }
            changes.changed().await.unwrap();
        }
    };
    if tokio::time::timeout(crate::harness::PATIENCE, waited).await.is_err() {
        panic!("{:?} never became {expected:?}", lead(node).await);
    }
}

async fn refer(node: &mut Running, name: &str, links: &[String]) -> Vec<String> {
    let hand_in = node.refer(name, links, 10).await;
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    node.report(hand_in.id).await.into_iter().map(|row| row.target_id).collect()
}

async fn rows(node: &mut Running) -> Vec<String> {
    let listed = node.desk.list_targets(ListTargetsRequest::default()).await.unwrap().into_inner();
    listed.targets.into_iter().map(|row| row.view.unwrap().target_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn links_follow_what_is_merged_split_and_undone() {
    let federation = Federation::start().await;
    let (mut nw, mut by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    for node in [&mut nw, &mut by] {
        node.open_case(CASE).await;
    }
    let list = links(4);
    let [a, b, c, d] = &list[..] else { unreachable!() };
    let ids = refer(&mut nw, "first", &list[..2]).await;
    let [ta, tb] = &ids[..] else { unreachable!() };
    let tc = refer(&mut by, "theirs", &list[2..3]).await.remove(0);

    // B and another office's link become names of A; who comes by one of them joins A.
    let merge = judge(&federation, Act::Merge, &[(ta, tb), (ta, &tc)], None).await;
    until(&mut nw, &[(a, ta), (b, ta)]).await;
    until(&mut by, &[(c, ta)]).await;
    assert_eq!(rows(&mut nw).await, std::slice::from_ref(ta), "one target stands in the list");
    assert_eq!(refer(&mut by, "more", &[b.clone(), d.clone()]).await[0], *ta);
    let shown = ShowLinkRequest { link_or_target: tb.clone() };
    let shown = nw.desk.show_link(shown).await.unwrap().into_inner();
    assert_eq!((shown.target.unwrap().target_id, shown.canonical_links.len()), (ta.clone(), 2));
    let explain = ExplainTargetRequest { link_or_target: tb.clone(), ..ExplainTargetRequest::default() };
    nw.desk.explain_target(explain).await.unwrap();

    // The undo gives each what it had, and what came since by its link.
    judge(&federation, Act::Undo, &[], Some(merge)).await;
    until(&mut nw, &[(a, ta), (b, tb)]).await;
    let td = lead(&mut by).await[d].clone();
    until(&mut by, &[(b, tb), (c, &tc), (d, &td)]).await;
    assert_eq!(rows(&mut nw).await.len(), 2);

    // One by one, and the name that has a name takes it along.
    judge(&federation, Act::Merge, &[(tb, &tc)], None).await;
    judge(&federation, Act::Merge, &[(ta, tb)], None).await;
    until(&mut by, &[(b, ta), (c, ta), (d, &td)]).await;
    judge(&federation, Act::Split, &[(tb, ta)], None).await;
    until(&mut by, &[(b, tb), (c, tb), (d, &td)]).await;
    until(&mut nw, &[(a, ta), (b, tb)]).await;
    assert_eq!((nw.status().await.feed.unwrap().parked, by.status().await.feed.unwrap().parked), (0, 0));
    nw.stop().await;
    by.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_notice_holds_the_links_of_all_names_and_keeps_its_intent() {
    let federation = Federation::start().await;
    let mut nw = federation.office("de-nw-lka").await;
    nw.open_case(CASE).await;
    let list = links(2);
    let ids = refer(&mut nw, "first", &list).await;
    let [ta, tb] = &ids[..] else { unreachable!() };
    for gate in gates() {
        done(&mut nw, case(), gate).await;
    }
    judge(&federation, Act::Merge, &[(ta, tb)], None).await;
    until(&mut nw, &[(&list[0], ta), (&list[1], ta)]).await;
    // By whichever name it is called.
    let by_name = Selection { target_ids: vec![tb.clone()], ..Selection::default() };
    done(&mut nw, by_name.clone(), grant()).await;
    let intended = intend::intend(&mut nw.desk, by_name.clone(), terms(), String::new()).await.unwrap();
    assert_eq!(intended.taken.len(), 1);
    let mut gathered = Vec::new();
    let request = GatherTargetsRequest { selection: Some(by_name), with_referrals: true, only_known: true };
    gather(&mut nw.desk.clone(), request, |page| {
        gathered.extend(page.targets);
        Ok::<_, Status>(())
    })
    .await
    .unwrap();
    let [target] = &gathered[..] else { panic!("{gathered:?}") };
    assert_eq!((&target.target_id, target.referrals.len()), (ta, 2), "the notice has both links");
    assert!(!target.intent_id.is_empty());
    // Nothing is split under a notice; once it has left, both are theirs again and the notice stays with the whole.
    let sent_at_us = 1_800_000_000_000_001;
    let sent = ReportSent { intent_id: target.intent_id.clone(), sent_at_us, ..ReportSent::default() };
    done(&mut nw, case(), desk::Decision::ReportSent(sent)).await;
    judge(&federation, Act::Split, &[(tb, ta)], None).await;
    until(&mut nw, &[(&list[0], ta), (&list[1], tb)]).await;
    let listed = nw.desk.list_targets(ListTargetsRequest::default()).await.unwrap().into_inner().targets;
    let view =
        |id: &String| listed.iter().filter_map(|row| row.view.clone()).find(|view| view.target_id == *id);
    assert_eq!(view(ta).unwrap().stage(), Stage::Notified);
    assert!(view(tb).unwrap().intent.is_none());
    nw.stop().await;
}

/// A store of an earlier version took a target for gone that had become another's name.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_a_node_never_understood_is_known_with_the_next_line() {
    let federation = Federation::start().await;
    let mut nw = federation.office("de-nw-lka").await;
    nw.open_case(CASE).await;
    let list = links(2);
    let ids = refer(&mut nw, "first", &list).await;
    let [ta, tb] = &ids[..] else { unreachable!() };
    judge(&federation, Act::Merge, &[(ta, tb)], None).await;
    until(&mut nw, &[(&list[0], ta), (&list[1], ta)]).await;
    let (store, data) = (nw.node.config.store_path(), nw.node.config.data_dir.clone());
    nw.stop().await;

    let mut before =
        SqliteConnectOptions::new().filename(&store).foreign_keys(false).connect().await.unwrap();
    let tb_bytes = tb.parse::<TargetId>().unwrap().as_bytes().to_vec();
    for sql in [
        "INSERT INTO target (target_id, basis, stage, round, role, told_us) SELECT ?, 0, 0, 0, 0, 0",
        "UPDATE answer SET target = (SELECT max(id) FROM target), name = NULL WHERE name = ?",
        "DELETE FROM target_name WHERE name = ?",
    ] {
        sqlx::query(sql).bind(&tb_bytes).execute(&mut before).await.unwrap();
    }
    before.close().await.unwrap();
    let mut nw = run(data.parent().unwrap()).await;
    until(&mut nw, &[(&list[0], ta), (&list[1], ta)]).await;
    assert_eq!(rows(&mut nw).await, std::slice::from_ref(ta));
    nw.stop().await;
}
