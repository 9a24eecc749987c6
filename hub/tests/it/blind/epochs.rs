//! Epochs follow each other without a gap, and their keys go when they are over.

use std::time::Duration;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_hub::store::{BlindEpochRow, EventRow, query_scalar};
use meldeverbund_proto::{
    leaf::Kind,
    statement::BlindEpochStatement,
    v1::{FetchSetRequest, WithdrawReferral, decide_request::Decision, fetch_set_response::Piece},
};
use tokio_stream::StreamExt as _;

use super::{BASIS, ask, client, fetch, link, newest, on, refusal, show, turn};
use crate::{
    harness::Federation,
    liaison::{europol, token, with_token},
};

/// So long that no step falls on the end of anything.
const STEP: Duration = Duration::from_secs(50 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_gap_between_two_epochs() {
    let now = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(now.clock(), on).await;
    let (asker, nw) = (europol(&federation).await, federation.office("de-nw-lka").await);
    nw.open_case("1/26").await;
    let gone = nw.refer("1/26", &["https://a.test/gone"]).await.answers.remove(0).target_id;
    nw.refer("1/26", &["https://a.test/stays"]).await;
    turn(&federation).await;
    let first = newest(&asker).await;
    let selectors = [link("https://a.test/gone"), link("https://a.test/stays"), link("https://a.test/new")];
    assert_eq!(ask(&asker, &first, &selectors).await.unwrap(), [true, true, false]);

    let reason = "no".to_owned();
    let withdraw = WithdrawReferral { reason, ..WithdrawReferral::default() };
    nw.decided(&[gone], Decision::WithdrawReferral(withdraw)).await;
    nw.refer("1/26", &["https://a.test/new"]).await;
    // Step after step the newest epoch is answered, and one that was shown is answered as long as was said.
    let mut seen = Vec::new();
    for step in 0..36 {
        turn(&federation).await;
        let shown = show(&asker).await.unwrap();
        assert_eq!(shown.legal_basis, BASIS);
        assert!((1..=2).contains(&shown.epochs.len()), "step {step}");
        for epoch in &shown.epochs {
            let known = fetch(&asker, epoch).await.unwrap();
            let is_first = epoch.epoch == 1;
            assert_eq!(ask(&asker, &known, &selectors).await.unwrap(), [is_first, true, true], "step {step}");
        }
        seen.push(shown.epochs.iter().map(|epoch| epoch.epoch).collect::<Vec<_>>());
        now.advance(STEP);
    }
    // A day has 28.8 steps; two hours after the next epoch began, 2.4 steps, the first is over.
    let expected = |step| match step {
        0..29 => vec![1],
        29..32 => vec![2, 1],
        _ => vec![2],
    };
    assert_eq!(seen, (0..36).map(expected).collect::<Vec<_>>());
    let over = ask(&asker, &first, &selectors).await.unwrap_err();
    assert_eq!(refusal(&over).0, "REFUSAL_CODE_EPOCH_OVER");
    assert!(fetch(&asker, &first.epoch).await.is_err());

    // The next one is late: the one in office goes on.
    now.advance(STEP * 300);
    let second = newest(&asker).await;
    assert_eq!(second.epoch.epoch, 2);
    assert_eq!(ask(&asker, &second, &selectors).await.unwrap(), [false, true, true]);

    // What is over has neither key nor set.
    let mut reader = federation.server.hub().reader().await.unwrap();
    let live: Vec<_> = BlindEpochRow::live(&mut reader).await.unwrap();
    assert_eq!(live.iter().map(|row| row.epoch).collect::<Vec<_>>(), [2]);
    for table in ["blind_piece", "blind_increment"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE epoch = 1");
        let rows: i64 = query_scalar(sql).fetch_one(&mut reader).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    drop((reader, asker, nw));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_stands_in_the_ledger_and_outlives_a_restart() {
    let federation = super::federation().await;
    let (asker, nw) = (europol(&federation).await, federation.office("de-nw-lka").await);
    nw.open_case("1/26").await;
    turn(&federation).await;
    nw.refer("1/26", &["https://a.test/1", "https://a.test/2"]).await;
    turn(&federation).await;
    nw.refer("1/26", &["https://a.test/2", "https://a.test/3"]).await;
    turn(&federation).await;
    turn(&federation).await;
    let known = newest(&asker).await;
    let first_leaf = i64::try_from(known.epoch.leaf_index).unwrap();
    let mut reader = federation.server.hub().reader().await.unwrap();
    let event = EventRow::range(&mut reader, first_leaf, 1).await.unwrap().remove(0);
    drop(reader);
    assert_eq!(event.kind, Kind::BlindEpoch);
    let statement = BlindEpochStatement::decode(&event.statement).unwrap();
    assert_eq!((statement.epoch, statement.legal_basis.as_str()), (1, BASIS));
    assert_eq!(statement.public_key, known.key.to_bytes());
    assert_eq!(statement.filter_digest[..], known.epoch.filter_digest);
    assert_eq!(statement.entries, known.filter.entries());
    assert_eq!((known.epoch.newest_increment, known.added.len()), (2, 3), "what is there comes once");

    // An asker that has the filter and the first increment fetches what is new alone.
    let request = FetchSetRequest { epoch: 1, without_filter: true, after_increment: 1 };
    let request = with_token(request, &token(asker.agency.as_str()));
    let pieces: Vec<_> = client(&asker).fetch_set(request).await.unwrap().into_inner().collect().await;
    let numbers: Vec<_> = pieces
        .into_iter()
        .map(|piece| match piece.unwrap().piece.unwrap() {
            Piece::Filter(_) => 0,
            Piece::Increment(increment) => increment.number,
        })
        .collect();
    assert_eq!(numbers, [2]);

    let selectors = [link("https://a.test/1"), link("https://a.test/3"), link("https://a.test/4")];
    assert_eq!(ask(&asker, &known, &selectors).await.unwrap(), [true, true, false]);
    let federation = federation.restart().await;
    let asker = federation.connect(asker.agency.as_str(), "main").await;
    turn(&federation).await;
    assert_eq!(newest(&asker).await.epoch, known.epoch, "the same epoch, and the same key");
    assert_eq!(ask(&asker, &known, &selectors).await.unwrap(), [true, true, false]);
    drop((asker, nw));
    federation.end().await;
}
