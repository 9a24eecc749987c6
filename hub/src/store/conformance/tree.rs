//! The tree: extended by each commit, the same whoever looks it up, caught up where an earlier schema kept none.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Range, Span, Subtree},
};

use super::{Fixture, event, fails, on_both, run_all};
use crate::store::{
    Connection, Engine, Head, LeafRow, LedgerKeyRow, Store, StoreError, Tx, decision_digests, hashes, query,
    query_as, query_scalar, subtrees,
};

/// Enough for two full tiles of roots: 65,536 would be one of the next level.
const LEAVES: usize = 2 * 256 + 77;

async fn leaf_hashes(connection: &mut Connection) -> Vec<Digest> {
    let rows: Vec<Vec<u8>> =
        query_scalar("SELECT leaf_hash FROM event ORDER BY leaf_index").fetch_all(connection).await.unwrap();
    rows.into_iter().map(|hash| hash.try_into().unwrap()).collect()
}

fn range(hashes: &[Digest]) -> Range {
    let mut range = Range::empty(0);
    hashes.iter().for_each(|hash| range.push(*hash));
    range
}

async fn filled(engine: Engine) -> Fixture {
    let mut fixture = Fixture::new(engine).await;
    let events: Vec<_> = (0..LEAVES).map(|_| event(b"said")).collect();
    for part in events.chunks(100) {
        let mut tx = fixture.begin().await;
        // Two appends of one transaction are side by side.
        tx.append(&part[..part.len() / 2]).await.unwrap();
        tx.append(&part[part.len() / 2..]).await.unwrap();
        tx.commit().await.unwrap();
    }
    fixture
}

async fn each_commit_extends_it(engine: Engine) {
    let mut fixture = filled(engine).await;
    let all = leaf_hashes(&mut fixture.connection).await;
    let head = Head::read(&mut fixture.connection).await.unwrap();
    assert_eq!((head.epoch, head.next_leaf, &head.range), (1, LEAVES as i64, &range(&all)));
    let kept: Vec<(i64, i64)> =
        query_as("SELECT level, position FROM subtree").fetch_all(&mut fixture.connection).await.unwrap();
    assert_eq!(kept, [(8, 0), (8, 1)]);
    for (begin, end) in [(0, 1), (0, 512), (0, 589), (3, 500), (256, 512), (255, 513), (588, 589), (7, 7)] {
        let span = Span { begin, end };
        let found = hashes(&mut fixture.connection, span.subtrees()).await.unwrap();
        let mut expected = Range::empty(begin);
        all[begin as usize..end as usize].iter().for_each(|hash| expected.push(*hash));
        assert_eq!(found, expected.hashes(), "{begin}..{end}");
    }
    for beyond in
        [Subtree { level: 0, index: 589 }, Subtree { level: 8, index: 2 }, Subtree { level: 9, index: 1 }]
    {
        assert!(hashes(&mut fixture.connection, [beyond]).await.is_err(), "{beyond:?}");
    }
}

async fn leaves_are_what_they_commit_to_redacted_or_not(engine: Engine) {
    let mut fixture = filled(engine).await;
    let before = LeafRow::range(&mut fixture.connection, 2, 3).await.unwrap();
    let decisions = decision_digests(&mut fixture.connection, Span { begin: 2, end: 5 }).await.unwrap();
    assert_eq!(before.iter().map(|row| row.index).collect::<Vec<_>>(), [2, 3, 4]);
    for row in &before {
        assert_eq!(row.leaf_hash, row.leaf().unwrap().hash());
    }
    let digests = before[1].both_digests().unwrap();
    const REDACT: &str = "UPDATE event SET salt = NULL, statement = NULL, decision = NULL, digests = $1 \
                          WHERE leaf_index = 3";
    query(REDACT).bind(digests.as_flattened()).execute(&mut fixture.connection).await.unwrap();
    let after = LeafRow::range(&mut fixture.connection, 2, 3).await.unwrap();
    assert_eq!((after[1].payload.as_ref(), after[1].leaf()), (None, before[1].leaf()));
    assert_eq!(
        decision_digests(&mut fixture.connection, Span { begin: 2, end: 5 }).await.unwrap(),
        decisions
    );
    let beyond = Span { begin: 588, end: 590 };
    assert!(decision_digests(&mut fixture.connection, beyond).await.is_err());
}

async fn what_an_earlier_schema_wrote_is_caught_up_when_it_is_opened(engine: Engine) {
    let mut fixture = filled(engine).await;
    let before = fixture.dump().await;
    for back in ["UPDATE head SET tree_size = 0, frontier = ''", "DELETE FROM subtree"] {
        query(back).execute(&mut fixture.connection).await.unwrap();
    }
    let error = Tx::begin(&mut fixture.connection, 0).await.err().unwrap();
    assert!(
        matches!(error, StoreError::Value { column: "head.tree_size" }),
        "nothing is written onto half a tree"
    );
    Store::open(fixture.database()).await.unwrap();
    assert_eq!(fixture.dump().await, before, "the same tree, and no time has passed");
    // From wherever it stopped.
    let part = range(&leaf_hashes(&mut fixture.connection).await[..300]);
    query("UPDATE head SET tree_size = 300, frontier = $1")
        .bind(part.hashes().as_flattened())
        .execute(&mut fixture.connection)
        .await
        .unwrap();
    query("DELETE FROM subtree WHERE position = 1").execute(&mut fixture.connection).await.unwrap();
    Store::open(fixture.database()).await.unwrap();
    assert_eq!(fixture.dump().await, before);
}

async fn a_tree_that_is_none_is_refused(engine: Engine) {
    let mut fixture = filled(engine).await;
    for broken in ["frontier = x'00'", "tree_size = -1", "tree_size = 591", "epoch = 0", "next_leaf = 590"] {
        let mut tx = fixture.begin().await;
        run_all(tx.writing(), &format!("UPDATE head SET {broken}")).await;
        // Not committed: the transaction would write its own.
        let read = Head::read(tx.reading()).await;
        assert!(read.is_err() || broken.starts_with("next"), "{broken}");
        tx.roll_back().await.unwrap();
    }
    let sql = "UPDATE event SET leaf_index = 1000 WHERE leaf_index = 588";
    query(sql).execute(&mut fixture.connection).await.unwrap();
    let first = Subtree { level: 0, index: 587 };
    assert!(subtrees::row_of(&mut fixture.connection, first, 2).await.unwrap().len() == 1);
    assert!(hashes(&mut fixture.connection, [Subtree { level: 0, index: 588 }]).await.is_err());
}

async fn the_hubs_keys_in_the_order_of_their_leaves(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let key = |vkey: &str, since_leaf| LedgerKeyRow { vkey: vkey.into(), since_leaf };
    let mut tx = fixture.begin().await;
    for key in [key("b", 7), key("a", 9)] {
        tx.put_ledger_key(&key).await.unwrap();
    }
    assert!(fails!(tx, tx.put_ledger_key(&key("b", 11))), "a key comes into office once");
    tx.commit().await.unwrap();
    let all = LedgerKeyRow::all(&mut fixture.connection).await.unwrap();
    assert_eq!(all, [key("b", 7), key("a", 9)]);
}

on_both!(
    each_commit_extends_it,
    leaves_are_what_they_commit_to_redacted_or_not,
    what_an_earlier_schema_wrote_is_caught_up_when_it_is_opened,
    a_tree_that_is_none_is_refused,
    the_hubs_keys_in_the_order_of_their_leaves,
);
