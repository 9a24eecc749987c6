//! The tree: extended by each commit, the same whoever looks it up, caught up where an earlier schema kept none.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Range, Span, Subtree},
};
use sqlx::AssertSqlSafe;

use super::{Fixture, event};
use crate::store::{
    Connection, Head, LeafRow, LedgerKeyRow, Store, StoreError, Tx, decision_digests, hashes, subtrees,
};

/// Enough for two full tiles of roots: 65,536 would be one of the next level.
const LEAVES: usize = 2 * 256 + 77;

async fn leaf_hashes(connection: &mut Connection) -> Vec<Digest> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar("SELECT leaf_hash FROM event ORDER BY leaf_index")
        .fetch_all(connection)
        .await
        .unwrap();
    rows.into_iter().map(|hash| hash.try_into().unwrap()).collect()
}

fn range(hashes: &[Digest]) -> Range {
    let mut range = Range::empty(0);
    hashes.iter().for_each(|hash| range.push(*hash));
    range
}

async fn filled() -> Fixture {
    let mut fixture = Fixture::new().await;
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

#[tokio::test]
async fn each_commit_extends_it() {
    let mut fixture = filled().await;
    let all = leaf_hashes(&mut fixture.connection).await;
    let head = Head::read(&mut fixture.connection).await.unwrap();
    assert_eq!((head.epoch, head.next_leaf, &head.range), (1, LEAVES as i64, &range(&all)));
    let kept: Vec<(i64, i64)> = sqlx::query_as("SELECT level, position FROM subtree")
        .fetch_all(&mut fixture.connection)
        .await
        .unwrap();
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

#[tokio::test]
async fn leaves_are_what_they_commit_to_redacted_or_not() {
    let mut fixture = filled().await;
    let before = LeafRow::range(&mut fixture.connection, 2, 3).await.unwrap();
    let decisions = decision_digests(&mut fixture.connection, Span { begin: 2, end: 5 }).await.unwrap();
    assert_eq!(before.iter().map(|row| row.index).collect::<Vec<_>>(), [2, 3, 4]);
    for row in &before {
        assert_eq!(row.leaf_hash, row.leaf().unwrap().hash());
    }
    let digests = hex::encode(before[1].both_digests().unwrap().as_flattened());
    let redact = format!(
        "UPDATE event SET salt = NULL, statement = NULL, decision = NULL, digests = x'{digests}' WHERE leaf_index = 3"
    );
    sqlx::query(AssertSqlSafe(redact)).execute(&mut fixture.connection).await.unwrap();
    let after = LeafRow::range(&mut fixture.connection, 2, 3).await.unwrap();
    assert_eq!((after[1].payload.as_ref(), after[1].leaf()), (None, before[1].leaf()));
    assert_eq!(
        decision_digests(&mut fixture.connection, Span { begin: 2, end: 5 }).await.unwrap(),
        decisions
    );
    let beyond = Span { begin: 588, end: 590 };
    assert!(decision_digests(&mut fixture.connection, beyond).await.is_err());
}

#[tokio::test]
async fn what_an_earlier_schema_wrote_is_caught_up_when_it_is_opened() {
    let mut fixture = filled().await;
    let before = fixture.dump().await;
    for back in ["UPDATE head SET tree_size = 0, frontier = ''", "DELETE FROM subtree"] {
        sqlx::query(back).execute(&mut fixture.connection).await.unwrap();
    }
    let error = Tx::begin(&mut fixture.connection, 0).await.err().unwrap();
    assert!(
        matches!(error, StoreError::Value { column: "head.tree_size" }),
        "nothing is written onto half a tree"
    );
    Store::open(fixture.path()).await.unwrap();
    assert_eq!(fixture.dump().await, before, "the same tree, and no time has passed");
    // From wherever it stopped.
    let part = range(&leaf_hashes(&mut fixture.connection).await[..300]);
    sqlx::query("UPDATE head SET tree_size = 300, frontier = $1")
        .bind(part.hashes().as_flattened())
        .execute(&mut fixture.connection)
        .await
        .unwrap();
    sqlx::query("DELETE FROM subtree WHERE position = 1").execute(&mut fixture.connection).await.unwrap();
    Store::open(fixture.path()).await.unwrap();
    assert_eq!(fixture.dump().await, before);
}

#[tokio::test]
async fn a_tree_that_is_none_is_refused() {
    let mut fixture = filled().await;
    for broken in ["frontier = x'00'", "tree_size = -1", "tree_size = 591", "epoch = 0", "next_leaf = 590"] {
        let sql = AssertSqlSafe(format!("UPDATE head SET {broken}"));
        let mut tx = fixture.begin().await;
        sqlx::query(sql).execute(tx.writing()).await.unwrap();
        // Not committed: the transaction would write its own.
        let read = Head::read(tx.reading()).await;
        assert!(read.is_err() || broken.starts_with("next"), "{broken}");
        tx.roll_back().await.unwrap();
    }
    let sql = "UPDATE event SET leaf_index = 1000 WHERE leaf_index = 588";
    sqlx::query(sql).execute(&mut fixture.connection).await.unwrap();
    let first = Subtree { level: 0, index: 587 };
    assert!(subtrees::row_of(&mut fixture.connection, first, 2).await.unwrap().len() == 1);
    assert!(hashes(&mut fixture.connection, [Subtree { level: 0, index: 588 }]).await.is_err());
}

#[tokio::test]
async fn the_hubs_keys_in_the_order_of_their_leaves() {
    let mut fixture = Fixture::new().await;
    let key = |vkey: &str, since_leaf| LedgerKeyRow { vkey: vkey.into(), since_leaf };
    let mut tx = fixture.begin().await;
    for key in [key("b", 7), key("a", 9)] {
        tx.put_ledger_key(&key).await.unwrap();
    }
    assert!(tx.put_ledger_key(&key("b", 11)).await.is_err(), "a key comes into office once");
    tx.commit().await.unwrap();
    let all = LedgerKeyRow::all(&mut fixture.connection).await.unwrap();
    assert_eq!(all, [key("b", 7), key("a", 9)]);
}
