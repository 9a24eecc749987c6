//! What the hub sees and writes of a blind question does not depend on the selectors. That the elements themselves are uniformly
//! random is shown in `hub/blind/tests/oblivious.rs`.

use meldeverbund_blind::{Questions, Selector};
use meldeverbund_hub::store::{Connection, Counts, EventRow, QueryRow, query_scalar};
use meldeverbund_proto::{
    leaf::Kind,
    statement::{LiaisonQueryStatement, QueryMode},
};
use prost::Message as _;

use super::{evaluate, federation, link, newest, request, turn};
use crate::liaison::europol;

/// Tables that a question could write to.
const TABLES: [&str; 10] = [
    "blind_epoch",
    "blind_increment",
    "blind_piece",
    "blind_spent",
    "command",
    "event",
    "feed",
    "history",
    "liaison_query",
    "life",
];

async fn rows(reader: &mut Connection) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in TABLES {
        let sql = format!("SELECT count(*) FROM {table}");
        rows.push(query_scalar(sql).fetch_one(reader).await.unwrap());
    }
    rows
}

/// All that a batch leaves behind, but for what is random and when it was.
#[derive(Debug, PartialEq)]
struct Left {
    rows: Vec<i64>,
    kind: Kind,
    statement_bytes: usize,
    statement: LiaisonQueryStatement,
    log: QueryRow,
    request_bytes: usize,
    answer_bytes: usize,
    spent: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn hits_and_misses_leave_the_same_behind() {
    let federation = federation().await;
    let (asker, nw) = (europol(&federation).await, federation.office("de-nw-lka").await);
    nw.open_case("1/26").await;
    let hits = ["https://a.test/1", "https://a.test/2", "https://a.test/3", "https://a.test/4"];
    nw.refer("1/26", &hits).await;
    turn(&federation).await;
    let known = newest(&asker).await;
    let hits = hits.map(link);
    let misses =
        [1, 2, 3, 4].map(|n| link(&format!("https://very-much-longer-than-the-others.test/never/{n}")));
    let mixed = [hits[0], misses[0], hits[0], Selector::Md5([1; 16])];
    let hub = federation.server.hub();
    let mut left = Vec::new();
    // An agency's first question of all opens its account.
    evaluate(&asker, request(known.epoch.epoch, &Questions::blind(&hits, &mut rand::rng()))).await.unwrap();
    let mut budget = super::show(&asker).await.unwrap().budget_left;
    for selectors in [hits, misses, mixed] {
        let mut reader = hub.reader().await.unwrap();
        let before = rows(&mut reader).await;
        let leaves = Counts::read(&mut reader).await.unwrap().leaves;
        drop(reader);
        let request = request(known.epoch.epoch, &Questions::blind(&selectors, &mut rand::rng()));
        let request_bytes = request.encoded_len();
        let mut answer = evaluate(&asker, request).await.unwrap();
        let mut reader = hub.reader().await.unwrap();
        let after = rows(&mut reader).await;
        let event = EventRow::range(&mut reader, leaves, 9).await.unwrap();
        assert_eq!(event.len(), 1, "one leaf a batch");
        let mut statement = LiaisonQueryStatement::decode(&event[0].statement).unwrap();
        let mut log = QueryRow::after(&mut reader, leaves - 1, 9).await.unwrap().remove(0);
        assert_eq!((log.leaf, log.mode, log.selectors), (leaves, QueryMode::Blind, 4));
        assert!(log.body.is_empty(), "no selectors");
        // What is random, and when it was.
        (statement.query, statement.content) = ([0; 16], [0; 32]);
        log = QueryRow {
            leaf: 0,
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            recorded_at_us: 0,
            ..log
        };
        let spent = budget - answer.budget_left;
        budget = answer.budget_left;
        (answer.recorded_at_us, answer.budget_left, answer.receipt) = (0, 0, None);
        left.push(Left {
            rows: after.iter().zip(before).map(|(after, before)| after - before).collect(),
            kind: event[0].kind,
            statement_bytes: event[0].statement.len(),
            statement,
            log,
            request_bytes,
            answer_bytes: answer.encoded_len(),
            spent,
        });
    }
    assert_eq!(left[0].spent, 4);
    assert_eq!(left[0], left[1]);
    assert_eq!(left[0], left[2]);
    drop((asker, nw));
    federation.end().await;
}
