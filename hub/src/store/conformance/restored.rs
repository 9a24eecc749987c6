//! What a hub that was restored keeps: what nodes have shown, where feeds were kept, whom an epoch waits for.

use meldeverbund_domain::{AgencyNo, AgencyState};
use meldeverbund_proto::v1::{AgencyCard, AgencyKind};

use super::{Fixture, card, on_both};
use crate::store::{CheckpointRow, Engine, FeedKind, NewFeedRow, StoreError, awaited, feed_kept, is_awaited};

fn checkpoint(epoch: u32, size: u64) -> CheckpointRow {
    CheckpointRow { epoch, size, root: [size as u8; 32], note: format!("{epoch}/{size}") }
}

async fn the_newest_lost_checkpoint_of_an_epoch_is_known(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let by = tx.add_agency(&card("de-nw-lka")).await.unwrap();
    assert_eq!(CheckpointRow::newest_lost(tx.reading(), 0).await.unwrap(), None);
    for (epoch, size) in [(1, 9), (2, 4), (2, 3)] {
        assert!(tx.note_lost(&checkpoint(epoch, size), by).await.unwrap());
    }
    assert!(!tx.note_lost(&checkpoint(2, 3), by).await.unwrap(), "known");
    assert_eq!(CheckpointRow::newest_lost(tx.reading(), 1).await.unwrap(), Some(checkpoint(2, 4)));
    assert_eq!(CheckpointRow::newest_lost(tx.reading(), 2).await.unwrap(), Some(checkpoint(2, 4)));
    assert_eq!(CheckpointRow::newest_lost(tx.reading(), 3).await.unwrap(), None, "owned up to");
    tx.commit().await.unwrap();
}

async fn a_feed_is_kept_as_far_as_each_later_epoch_kept_it(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let one = tx.add_agency(&card("de-nw-lka")).await.unwrap();
    let other = tx.add_agency(&card("de-by-lka")).await.unwrap();
    let row = NewFeedRow {
        agency: one,
        kind: FeedKind::CaseClosed,
        first_leaf: 0,
        leaf_count: 1,
        body: Vec::new(),
    };
    tx.tell(row.clone()).await.unwrap();
    tx.keep_feeds(2).await.unwrap();
    tx.tell(row).await.unwrap();
    tx.keep_feeds(3).await.unwrap();
    let late = tx.add_agency(&card("de-sn-lka")).await.unwrap();
    tx.keep_no_feed(late, 3).await.unwrap();
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    for (agency, epoch, kept) in
        [(one, 1, Some(1)), (one, 2, Some(2)), (one, 3, None), (other, 1, Some(0)), (late, 2, Some(0))]
    {
        assert_eq!(feed_kept(&mut reader, agency, epoch).await.unwrap(), kept, "{agency:?} {epoch}");
    }
}

async fn an_epoch_waits_for_each_active_agency_that_hands_in(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let liaison = AgencyCard { kind: AgencyKind::Liaison.into(), ..card("eu-europol") };
    let mut numbers = Vec::new();
    for card in [card("de-nw-lka"), card("de-by-lka"), liaison, card("de-sn-lka")] {
        numbers.push(tx.add_agency(&card).await.unwrap());
    }
    tx.await_all(2).await.unwrap();
    tx.put_agency_state(numbers[1], AgencyState::Suspended).await.unwrap();
    let late = tx.add_agency(&card("de-he-lka")).await.unwrap();
    tx.await_one(2, late).await.unwrap();
    let waits = async |tx: &mut super::Tx<'_>, epoch| {
        let found = awaited(tx.reading(), epoch).await.unwrap();
        found.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    };
    assert_eq!(waits(&mut tx, 2).await, ["de-nw-lka", "de-sn-lka", "de-he-lka"]);
    assert_eq!(waits(&mut tx, 1).await, [] as [&str; 0]);
    tx.reconcile(2, numbers[0], 7).await.unwrap();
    assert_eq!(waits(&mut tx, 2).await, ["de-sn-lka", "de-he-lka"]);
    assert!(matches!(tx.reconcile(2, numbers[0], 8).await, Err(StoreError::Rows { rows: 0, .. })), "once");
    assert!(!is_awaited(tx.reading(), 2, numbers[0]).await.unwrap());
    assert!(is_awaited(tx.reading(), 2, numbers[1]).await.unwrap(), "when it is let in again");
    assert!(!is_awaited(tx.reading(), 2, AgencyNo(99)).await.unwrap());
    tx.put_agency_state(numbers[1], AgencyState::Active).await.unwrap();
    assert_eq!(waits(&mut tx, 2).await, ["de-by-lka", "de-sn-lka", "de-he-lka"]);
    tx.commit().await.unwrap();
}

on_both!(
    the_newest_lost_checkpoint_of_an_epoch_is_known,
    a_feed_is_kept_as_far_as_each_later_epoch_kept_it,
    an_epoch_waits_for_each_active_agency_that_hands_in,
);
