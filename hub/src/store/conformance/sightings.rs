//! Links that were looked for before the lock, and what a transaction keeps of what it has read.

use meldeverbund_domain::{AgencyNo, AgencyState, Target, TargetNo, liaison::Visibility, life::Life};
use meldeverbund_proto::{CommandId, v1::Case};

use super::{Fixture, card, event, link, on_both, run_all};
use crate::store::{AliasRow, Engine, FeedKind, LifeRow, NewCommand, NewFeedRow, Sighting, Tx};

on_both!(
    what_was_seen_is_true_under_the_lock,
    what_was_seen_elsewhere_is_looked_for_again,
    what_is_kept_is_read_again_once_it_was_written,
    what_comes_with_every_batch_lets_go_of_nothing,
);

fn target(no: i64) -> Target {
    Target::opened(TargetNo(no), AgencyNo(1))
}

async fn open(tx: &mut Tx<'_>, numbers: impl IntoIterator<Item = u16>) {
    let rows: Vec<_> = numbers.into_iter().map(|n| (link(n), target(n.into()), i64::from(n))).collect();
    let next = rows.iter().map(|(_, target, _)| target.no.0 + 1).max().unwrap();
    tx.open_targets(rows, TargetNo(next)).await.unwrap();
}

async fn sighted(fixture: &Fixture, links: &[u16]) -> Sighting {
    let links = links.iter().copied().map(link);
    Sighting::of(&mut fixture.store.reader().await.unwrap(), links).await.unwrap()
}

/// The links' own numbers and their targets', in order, by this sighting; and by a look under the lock the same.
async fn found(tx: &mut Tx<'_>, links: &[u16], sighting: Sighting) -> Vec<(i64, i64)> {
    let mut by_sighting = tx.sighted_targets(links.iter().copied().map(link), sighting).await.unwrap();
    let mut looked = tx.targets(links.iter().copied().map(link)).await.unwrap();
    by_sighting.sort_by_key(|(_, own, _)| *own);
    looked.sort_by_key(|(_, own, _)| *own);
    assert_eq!(by_sighting, looked);
    looked.into_iter().map(|(_, own, target)| (own.0, target.no.0)).collect()
}

async fn what_was_seen_is_true_under_the_lock(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let nothing = sighted(&fixture, &[1, 2]).await;
    let mut tx = fixture.begin().await;
    open(&mut tx, [1, 2]).await;
    tx.commit().await.unwrap();
    let two = sighted(&fixture, &[1, 2, 3, 4, 5]).await;
    // Opened since by somebody else, and one of those seen is another name by now.
    let mut tx = fixture.begin().await;
    open(&mut tx, [3]).await;
    let (target, into) = (TargetNo(2), TargetNo(1));
    tx.add_aliases(&[AliasRow { target, into, root: into, since_leaf: 9, body: None }]).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = fixture.begin().await;
    assert_eq!(found(&mut tx, &[1, 2, 3, 4, 5], two.clone()).await, [(1, 1), (2, 1), (3, 3)]);
    // By an earlier batch of the same transaction.
    open(&mut tx, [4]).await;
    assert_eq!(found(&mut tx, &[1, 2, 3, 4, 5], two.clone()).await, [(1, 1), (2, 1), (3, 3), (4, 4)]);
    assert_eq!(found(&mut tx, &[5], two.clone()).await, []);
    assert_eq!(found(&mut tx, &[1, 2, 5], nothing).await, [(1, 1), (2, 1)], "seen before there was any");
    tx.roll_back().await.unwrap();

    let mut tx = fixture.begin().await;
    assert_eq!(found(&mut tx, &[3, 4], two).await, [(3, 3)], "what was undone is not there");
}

async fn what_was_seen_elsewhere_is_looked_for_again(engine: Engine) {
    let (mut here, mut there) = (Fixture::new(engine).await, Fixture::new(engine).await);
    let mut tx = there.begin().await;
    open(&mut tx, [1, 2, 3]).await;
    tx.commit().await.unwrap();
    let more = sighted(&there, &[1, 2, 3]).await;
    let fewer = sighted(&here, &[1, 2, 3]).await;

    let mut tx = here.begin().await;
    open(&mut tx, [2]).await;
    tx.commit().await.unwrap();
    let mut tx = here.begin().await;
    assert_eq!(found(&mut tx, &[1, 2, 3], more).await, [(2, 2)], "it has fewer than were seen");
    // Far more than are read one after the other.
    open(&mut tx, [3]).await;
    tx.open_targets([], TargetNo(1 << 20)).await.unwrap();
    assert_eq!(found(&mut tx, &[1, 2, 3], fewer).await, [(2, 2), (3, 3)]);
}

async fn what_is_kept_is_read_again_once_it_was_written(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let (id, nobody) = ("de-nw-lka".parse().unwrap(), Vec::new());
    assert_eq!(tx.agencies().await.unwrap(), nobody);
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    assert!(tx.agency(&id).await.unwrap().is_some());
    tx.put_agency_state(AgencyNo(1), AgencyState::Suspended).await.unwrap();
    assert_eq!(tx.agency(&id).await.unwrap().unwrap().agency.state, AgencyState::Suspended);
    assert_eq!(tx.case(AgencyNo(1), "").await.unwrap(), None);
    tx.open_case(AgencyNo(1), &Case::default()).await.unwrap();
    assert!(tx.case(AgencyNo(1), "").await.unwrap().is_some());
    assert_eq!(tx.newest_policy().await.unwrap(), None);
    tx.put_policy(7, "").await.unwrap();
    assert_eq!(tx.newest_policy().await.unwrap(), Some((7, None)));
    tx.save_point().await.unwrap();
    tx.put_agency_state(AgencyNo(1), AgencyState::Active).await.unwrap();
    assert_eq!(tx.agency(&id).await.unwrap().unwrap().agency.state, AgencyState::Active);
    tx.back_to_save_point().await.unwrap();
    assert_eq!(tx.agency(&id).await.unwrap().unwrap().agency.state, AgencyState::Suspended);
}

async fn what_comes_with_every_batch_lets_go_of_nothing(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let agency = tx.add_agency(&card("de-nw-lka")).await.unwrap();
    let case = tx.open_case(agency, &Case::default()).await.unwrap();
    assert_eq!(tx.newest_policy().await.unwrap(), None);
    // So that it shows when it is read again.
    run_all(tx.reading(), "INSERT INTO policy (leaf_index, text) VALUES (7, '')").await;

    let (one, said) = (TargetNo(1), [(TargetNo(1), Visibility::default())]);
    open(&mut tx, [1]).await;
    tx.put_targets([target(1)]).await.unwrap();
    tx.bind(agency, case, [(one, 0, Visibility::default())]).await.unwrap();
    tx.bind_by_names(agency, case, []).await.unwrap();
    tx.bind_names(agency, case, []).await.unwrap();
    tx.add_aliases(&[]).await.unwrap();
    tx.say_of_links(agency, case, [one]).await.unwrap();
    tx.tighten(agency, case, &said).await.unwrap();
    tx.note_hashes(Vec::new()).await.unwrap();
    tx.add_object_keys([([1; 32], one)]).await.unwrap();
    tx.add_interests(&[]).await.unwrap();
    tx.put_lives(&[LifeRow::new(one, None, &Life::default())]).await.unwrap();
    tx.note_history(0, [one]).await.unwrap();
    let first_leaf = tx.append(&[event(b"a")]).await.unwrap();
    let (id, digest) = (CommandId::from_bytes([1; 16]), [1; 32]);
    tx.remember(NewCommand { agency, id, digest, first_leaf, leaf_count: 1, verdict: Vec::new() })
        .await
        .unwrap();
    let (kind, body) = (FeedKind::ReferralsRecorded, Vec::new());
    tx.tell(NewFeedRow { agency, kind, first_leaf, leaf_count: 1, body }).await.unwrap();
    assert_eq!(tx.newest_policy().await.unwrap(), None, "it was read once");

    tx.close_case(case).await.unwrap();
    assert_eq!(tx.newest_policy().await.unwrap(), Some((7, None)), "whatever else is written");
}
