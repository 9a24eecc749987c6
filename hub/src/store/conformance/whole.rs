//! Reading everything: what is there in its order, in one snapshot; published checkpoints and keys of witnesses.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    CommandId,
    note::{SigningKey, witness_key_name},
};

use super::{Fixture, card, event, fails, on_both};
use crate::store::{
    CheckpointRow, CommandSpan, Engine, NewCommand, WitnessKeyRow, count_envelopes, count_subtrees,
    head_time, next_leaf_from,
};

async fn commands_come_in_the_order_of_their_leaves(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let mut remember = async |agency: i64, id: u8, first_leaf, leaf_count| {
        let (agency, id) = (AgencyNo(agency), CommandId::from_bytes([id; 16]));
        let command = NewCommand {
            agency,
            id,
            digest: [id.as_bytes()[0]; 32],
            first_leaf,
            leaf_count,
            verdict: vec![],
        };
        tx.remember(command).await.unwrap();
    };
    for (agency, id, first, count) in [(2, 9, 4, 1), (1, 5, 0, 4), (1, 7, 4, 0), (1, 6, 4, 2), (3, 1, 6, 1)] {
        remember(agency, id, first, count).await;
    }
    tx.commit().await.unwrap();
    let (mut found, mut last) = (Vec::new(), None);
    loop {
        let page = CommandSpan::after(&mut fixture.connection, last.as_ref(), 2).await.unwrap();
        let Some(span) = page.last() else { break };
        last = Some(span.clone());
        found.extend(page.iter().map(|span| (span.agency.0, span.id[0], span.first_leaf, span.end())));
    }
    // Two say that leaf 4 is theirs: both are seen. What has no leaves is not.
    assert_eq!(found, [(1, 5, 0, 4), (1, 6, 4, 6), (2, 9, 4, 5), (3, 1, 6, 7)]);
}

async fn a_snapshot_stands_still(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.append(&[event(b"a")]).await.unwrap();
    tx.commit().await.unwrap();
    let mut snapshot = fixture.store.snapshot().await.unwrap();
    let mut tx = fixture.begin().await;
    tx.append(&vec![event(b"b"); 300]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(next_leaf_from(&mut snapshot, 0).await.unwrap(), Some(0));
    assert_eq!(next_leaf_from(&mut snapshot, 1).await.unwrap(), None);
    assert_eq!(next_leaf_from(&mut fixture.connection, 1).await.unwrap(), Some(1));
    assert_eq!(count_subtrees(&mut snapshot).await.unwrap(), 0);
    assert_eq!(count_subtrees(&mut fixture.connection).await.unwrap(), 1);
    assert_eq!(count_envelopes(&mut snapshot).await.unwrap(), 0);
    assert_eq!(head_time(&mut snapshot).await.unwrap(), 1_000);
}

async fn checkpoints_are_published_once_and_each_agency_vouches_once(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let row =
        |epoch, size| CheckpointRow { epoch, size, root: [size as u8; 32], note: format!("{epoch} {size}") };
    let mut tx = fixture.begin().await;
    assert_eq!(CheckpointRow::newest(tx.reading()).await.unwrap(), None);
    for one in [row(1, 5), row(1, 9), row(2, 7)] {
        tx.publish(&one).await.unwrap();
    }
    assert!(fails!(tx, tx.publish(&row(1, 9))));
    assert!(tx.keep_cosignature((1, 9), AgencyNo(2), "b").await.unwrap());
    assert!(tx.keep_cosignature((1, 9), AgencyNo(1), "a").await.unwrap());
    assert!(!tx.keep_cosignature((1, 9), AgencyNo(1), "other").await.unwrap(), "the first word stays");
    tx.commit().await.unwrap();
    let connection = &mut fixture.connection;
    assert_eq!(CheckpointRow::newest(connection).await.unwrap(), Some(row(2, 7)));
    assert_eq!(CheckpointRow::last(connection, 2).await.unwrap(), [row(2, 7), row(1, 9)]);
    assert_eq!(CheckpointRow::last_of(connection, 1).await.unwrap(), Some(row(1, 9)));
    assert_eq!(CheckpointRow::last_of(connection, 3).await.unwrap(), None);
    assert_eq!(CheckpointRow::at(connection, 1, 9).await.unwrap(), Some(row(1, 9)));
    assert_eq!(CheckpointRow::at(connection, 2, 9).await.unwrap(), None);
    assert_eq!(CheckpointRow::after(connection, (1, 5), 9).await.unwrap(), [row(1, 9), row(2, 7)]);
    assert_eq!(CheckpointRow::after(connection, (0, 0), 1).await.unwrap(), [row(1, 5)]);
    let lines = row(1, 9).cosignatures(connection).await.unwrap();
    assert_eq!(lines, [(AgencyNo(1), "a".into()), (AgencyNo(2), "b".into())]);
    assert_eq!(row(2, 7).cosignatures(connection).await.unwrap(), []);
}

async fn witness_keys_are_dropped_and_not_forgotten(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let agencies = ["de-nw-lka", "de-by-lka"];
    let key = |agency: &str, seed| {
        let name = witness_key_name("mv.test", &agency.parse().unwrap());
        SigningKey::from_seed(&name, &[seed; 32]).unwrap().witness_vkey()
    };
    let mut tx = fixture.begin().await;
    for agency in agencies {
        tx.add_agency(&card(agency)).await.unwrap();
    }
    let (old, new, other) = (key(agencies[0], 1), key(agencies[0], 2), key(agencies[1], 3));
    tx.add_witness_key(AgencyNo(1), &old, 4).await.unwrap();
    tx.add_witness_key(AgencyNo(2), &other, 5).await.unwrap();
    tx.add_witness_key(AgencyNo(1), &new, 6).await.unwrap();
    assert!(fails!(tx, tx.add_witness_key(AgencyNo(2), &old, 7)));
    tx.drop_witness_key(&old, 8).await.unwrap();
    assert!(tx.drop_witness_key(&old, 9).await.is_err(), "it was dropped");
    tx.commit().await.unwrap();
    let of = |rows: Vec<WitnessKeyRow>| -> Vec<_> {
        rows.into_iter().map(|row| (row.agency_no.0, row.vkey, row.since_leaf, row.dropped_leaf)).collect()
    };
    let own = WitnessKeyRow::of(&mut fixture.connection, &agencies[0].parse().unwrap()).await.unwrap();
    assert_eq!(of(own), [(1, old.clone(), 4, Some(8)), (1, new.clone(), 6, None)]);
    let all = WitnessKeyRow::all(&mut fixture.connection).await.unwrap();
    assert_eq!(of(all), [(1, old, 4, Some(8)), (2, other, 5, None), (1, new, 6, None)]);
}

on_both!(
    commands_come_in_the_order_of_their_leaves,
    a_snapshot_stands_still,
    checkpoints_are_published_once_and_each_agency_vouches_once,
    witness_keys_are_dropped_and_not_forgotten,
);
