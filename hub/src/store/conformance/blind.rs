//! Blind questions: epochs, sets, budgets, and which selectors are visible.

use meldeverbund_domain::{
    AgencyNo, CaseNo, TargetNo,
    blind::Budget,
    liaison::{HashKey, Visibility},
};

use super::{Fixture, fails, link, on_both, run_all};
use crate::store::{
    BlindEpochRow, Engine, blind_budget, blind_increment, blind_piece, visible_hashes, visible_links,
    visible_of_hashes, visible_of_links,
};

fn row(epoch: u32) -> BlindEpochRow {
    BlindEpochRow {
        epoch,
        public_key: [1; 32],
        nonce: Some([2; 32]),
        filter_digest: [3; 32],
        entries: 4,
        leaf: 5,
        from_us: 6,
        until_us: None,
        newest_increment: 0,
        added: 0,
        seen_leaf: 7,
    }
}

async fn an_epoch_ends_and_loses_its_key(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(BlindEpochRow::newest(tx.reading()).await.unwrap(), None);
    tx.put_blind_epoch(&row(1)).await.unwrap();
    assert!(fails!(tx, tx.put_blind_epoch(&row(1))), "a number is given once");
    assert_eq!(tx.end_blind_epochs(1_000).await.unwrap(), 1);
    tx.put_blind_epoch(&row(2)).await.unwrap();
    tx.put_blind_seen(2, 8, 1, 9).await.unwrap();
    assert!(fails!(tx, tx.put_blind_seen(3, 8, 1, 9)), "an epoch that is not there");
    let first = BlindEpochRow { until_us: Some(1_000), ..row(1) };
    let second = BlindEpochRow { newest_increment: 1, added: 9, seen_leaf: 8, ..row(2) };
    assert_eq!(BlindEpochRow::live(tx.reading()).await.unwrap(), [second.clone(), first]);
    assert_eq!(tx.forget_blind_keys().await.unwrap(), 1, "its time is over now");
    assert_eq!(tx.forget_blind_keys().await.unwrap(), 0);
    assert_eq!(BlindEpochRow::live(tx.reading()).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(tx.end_all_blind_epochs().await.unwrap(), 1);
    let newest = BlindEpochRow::newest(tx.reading()).await.unwrap();
    assert_eq!(newest, Some(BlindEpochRow { until_us: Some(1_000), ..second }));
    tx.commit().await.unwrap();
}

async fn a_set_is_appended_and_dropped_in_parts(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.add_blind_pieces(1, 0, [&b"a"[..], b"b"]).await.unwrap();
    tx.add_blind_pieces(1, 2, [&b"c"[..]]).await.unwrap();
    assert!(fails!(tx, tx.add_blind_pieces(1, 2, [&b"d"[..]])), "never written twice");
    tx.add_blind_pieces(2, 0, [&b"e"[..]]).await.unwrap();
    tx.add_blind_increments(1, 1, [&b"f"[..], b"g"]).await.unwrap();
    assert!(fails!(tx, tx.add_blind_increments(1, 2, [&b"h"[..]])));
    let reading = tx.reading();
    assert_eq!(blind_piece(reading, 1, 2).await.unwrap(), Some(b"c".to_vec()));
    assert_eq!(blind_piece(reading, 1, 3).await.unwrap(), None);
    assert_eq!(blind_increment(reading, 1, 2).await.unwrap(), Some(b"g".to_vec()));
    assert_eq!(blind_increment(reading, 2, 1).await.unwrap(), None);
    for (most, dropped) in [(2, 2), (2, 1), (2, 0)] {
        assert_eq!(tx.drop_blind_pieces(1, most).await.unwrap(), dropped);
    }
    assert_eq!(tx.drop_blind_increments(1, 9).await.unwrap(), 2);
    assert_eq!(blind_piece(tx.reading(), 2, 0).await.unwrap(), Some(b"e".to_vec()), "another epoch's");
    tx.commit().await.unwrap();
}

async fn a_budget_is_kept_by_agency(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(blind_budget(tx.reading(), AgencyNo(1)).await.unwrap(), Budget::default());
    for elements in [5, 6] {
        let budget = Budget { day: 20_000, elements };
        tx.put_blind_budget(AgencyNo(1), budget).await.unwrap();
        assert_eq!(blind_budget(tx.reading(), AgencyNo(1)).await.unwrap(), budget);
    }
    assert_eq!(blind_budget(tx.reading(), AgencyNo(2)).await.unwrap(), Budget::default());
    tx.commit().await.unwrap();
}

/// Targets 1 to 4: visible, hidden, of an unknown old binding, and bound no more; 5 is hidden for one agency alone.
const TARGETS: &str = "\
    INSERT INTO target VALUES (1, x'0001070707070707070707070707070707070707070707070707070707070707', 1, 1, 1, 3, 0);
    INSERT INTO target VALUES (2, x'0002070707070707070707070707070707070707070707070707070707070707', 1, 1, 1, 3, 0);
    INSERT INTO target VALUES (3, x'0003070707070707070707070707070707070707070707070707070707070707', 1, 1, 1, 3, 0);
    INSERT INTO target VALUES (4, x'0004070707070707070707070707070707070707070707070707070707070707', 1, 1, 1, 3, 0);
    INSERT INTO target VALUES (5, x'0005070707070707070707070707070707070707070707070707070707070707', 1, 1, 1, 3, 0);";

async fn visible_is_what_open_questions_answer(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    run_all(tx.reading(), TARGETS).await;
    let strict = Visibility { handling: meldeverbund_proto::v1::HandlingCode::H3, ..Visibility::default() };
    let hidden = Visibility { hidden: true, ..strict };
    let bound = [
        (1, 1, Some(strict)),
        (2, 1, Some(hidden)),
        (3, 1, None),
        (5, 1, Some(hidden)),
        (5, 2, Some(strict)),
    ];
    for (target, agency, visible) in bound {
        let visible = visible.map_or("NULL".to_owned(), |visible| visible.to_number().to_string());
        let sql = format!("INSERT INTO binding VALUES ({target}, {agency}, 1, 10, {visible}, 0)");
        run_all(tx.reading(), &sql).await;
    }
    // Another link of the hidden target is visible.
    tx.bind_by_names(AgencyNo(4), CaseNo(1), [(TargetNo(2), 10, strict)]).await.unwrap();
    // Stated of a visible, a hidden and an unbound target; before the binding; by the agency that hides and by the one that does not.
    let stated = [
        (1, 1, 1, 10),
        (2, 2, 1, 10),
        (3, 4, 1, 10),
        (4, 1, 1, 9),
        (5, 5, 1, 10),
        (6, 5, 2, 11),
        (6, 1, 1, 12),
    ];
    for (digest, target, agency, leaf) in stated {
        let sql = format!(
            "INSERT INTO content_hash VALUES (x'{}', 1, {target}, {agency}, 1, {leaf})",
            format!("{digest:02x}").repeat(32)
        );
        run_all(tx.reading(), &sql).await;
    }
    let reading = tx.reading();
    let links = |rows: Vec<(TargetNo, _)>| rows.into_iter().map(|(target, _)| target.0).collect::<Vec<_>>();
    assert_eq!(links(visible_links(reading, TargetNo(0), 9).await.unwrap()), [1, 5]);
    assert_eq!(links(visible_links(reading, TargetNo(0), 1).await.unwrap()), [1]);
    assert_eq!(links(visible_links(reading, TargetNo(1), 9).await.unwrap()), [5]);
    let key = |byte: u8| HashKey { algorithm: 1, digest: [byte; 32] };
    assert_eq!(visible_hashes(reading, key(0), 9).await.unwrap(), [key(1), key(6)]);
    assert_eq!(visible_hashes(reading, key(1), 9).await.unwrap(), [key(6)]);
    assert_eq!(visible_hashes(reading, key(0), 1).await.unwrap(), [key(1)]);
    let mut found = visible_of_links(reading, (1..=9).map(link)).await.unwrap();
    found.sort_unstable();
    assert_eq!(found, [link(1), link(5)]);
    let mut found = visible_of_hashes(reading, (1..=9).map(|byte| [byte; 32])).await.unwrap();
    found.sort_unstable();
    assert_eq!(found, [key(1), key(6)]);
    tx.roll_back().await.unwrap();
}

on_both!(
    an_epoch_ends_and_loses_its_key,
    a_set_is_appended_and_dropped_in_parts,
    a_budget_is_kept_by_agency,
    visible_is_what_open_questions_answer,
);
