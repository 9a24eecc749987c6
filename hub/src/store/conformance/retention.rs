//! What goes when its retention has ended, and what stays of it.

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo, liaison::Visibility};
use meldeverbund_proto::{
    CommandId,
    leaf::{Kind, Leaf, decision_digest, statement_digest},
    statement::RedactionStatement,
    v1::Case,
};

use super::{Fixture, card, event, on_both, run_all};
use crate::store::{
    Engine, EventRow, KeptRow, NewCommand, NewEvent, RedactedRow, StoreError, Tx, case_end, case_number,
    cases_with_referrals, first_leaf_from, query_as,
};

/// The digests that a leaf of [`event`] has.
fn digests(statement: &[u8]) -> ([u8; 32], [u8; 32]) {
    let event = event(statement);
    (event.statement_digest, decision_digest(&event.salt, &event.decision))
}

async fn redact(tx: &mut Tx<'_>, leaf: i64, statement: &[u8]) -> Result<(), StoreError> {
    let (statement, decision) = digests(statement);
    tx.redact(leaf, &statement, &decision).await
}

async fn a_redacted_event_leaves_its_digests(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.append(&[event(b"a"), event(b"b"), event(b"c")]).await.unwrap();
    redact(&mut tx, 1, b"b").await.unwrap();
    assert!(matches!(redact(&mut tx, 1, b"b").await, Err(StoreError::Rows { rows: 0, .. })), "once");
    assert!(redact(&mut tx, 3, b"d").await.is_err(), "there is none");
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    const SQL: &str = "SELECT salt IS NULL AND statement IS NULL AND decision IS NULL, digests, leaf_hash \
                       FROM event WHERE leaf_index = 1";
    let (gone, digests, hash): (bool, Vec<u8>, Vec<u8>) = query_as(SQL).fetch_one(&mut reader).await.unwrap();
    assert!(gone);
    let (statement, decision) = digests.split_at(32);
    let part = |digest: &[u8]| digest.try_into().unwrap();
    let leaf =
        Leaf { kind: Kind::Referral, time_us: 1_000, statement: part(statement), decision: part(decision) };
    assert_eq!(leaf.hash().to_vec(), hash, "the leaf can be made of what stays");
    let kept = KeptRow::some(&mut reader, [2, 1, 0, 9]).await.unwrap();
    assert_eq!(kept.iter().map(|row| row.event.leaf_index).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(kept[0].event, EventRow::range(&mut reader, 0, 1).await.unwrap()[0]);
    let (statement, decision) = self::digests(b"a");
    assert_eq!(kept[0].leaf_hash, Leaf { kind: Kind::Referral, time_us: 1_000, statement, decision }.hash());
}

async fn events_are_found_by_kind_and_time(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let kinds = [Kind::Referral, Kind::Decision, Kind::Deadline, Kind::Referral, Kind::Decision];
    for (now_us, kind) in [10, 20, 20, 30, 40].into_iter().zip(kinds) {
        let mut tx = Tx::begin(&mut fixture.connection, now_us).await.unwrap();
        tx.append(&[NewEvent { kind, ..event(b"x") }]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut reader = fixture.store.reader().await.unwrap();
    let mut found = async |kinds: &[Kind], first, end, most| {
        let rows = KeptRow::of_kinds(&mut reader, kinds, first, end, most).await.unwrap();
        rows.iter().map(|row| row.event.leaf_index).collect::<Vec<_>>()
    };
    assert_eq!(found(&[Kind::Referral], 0, 9, 9).await, [0, 3]);
    assert_eq!(found(&[Kind::Decision, Kind::Deadline], 0, 9, 9).await, [1, 2, 4]);
    assert_eq!(found(&[Kind::Decision, Kind::Deadline], 2, 4, 9).await, [2]);
    assert_eq!(found(&[Kind::Decision, Kind::Deadline], 0, 9, 2).await, [1, 2]);
    for (us, leaf) in [(0, 0), (10, 0), (11, 1), (20, 1), (21, 2), (22, 3), (40, 4), (41, 5)] {
        assert_eq!(first_leaf_from(&mut reader, us).await.unwrap(), leaf, "{us}");
    }
}

async fn it_is_known_when_and_on_what_basis_it_went(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.append(&(0..6).map(|_| event(b"a")).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = Tx::begin(&mut fixture.connection, 9_000).await.unwrap();
    let mut statement = Vec::new();
    RedactionStatement {
        class: "referral".into(),
        basis: "BKAG § 77".into(),
        before_us: 5_000,
        ranges: vec![(1, 2), (4, 1)],
    }
    .encode(&mut statement);
    for leaf in [1, 2, 4] {
        redact(&mut tx, leaf, b"a").await.unwrap();
    }
    let by = NewEvent { kind: Kind::Redaction, ..event(&statement) };
    let by_leaf = tx.append(&[by]).await.unwrap();
    tx.note_redaction(by_leaf, &[(1, 2), (4, 1)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let known = RedactedRow {
        recorded_at_us: 1_000,
        agency: AgencyNo(1),
        redacted_at_us: 9_000,
        basis: "BKAG § 77".into(),
    };
    for (leaf, expected) in
        [(0, None), (1, Some(&known)), (2, Some(&known)), (3, None), (4, Some(&known)), (5, None), (99, None)]
    {
        assert_eq!(RedactedRow::at(&mut reader, leaf).await.unwrap().as_ref(), expected, "{leaf}");
    }
}

async fn a_command_without_a_readable_leaf_is_retired(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.append(&(0..6).map(|_| event(b"a")).collect::<Vec<_>>()).await.unwrap();
    let command = |id, first_leaf, leaf_count| NewCommand {
        agency: AgencyNo(1),
        id: CommandId::from_bytes([id; 16]),
        digest: [4; 32],
        first_leaf,
        leaf_count,
        verdict: vec![7],
    };
    // Leaves 0 and 1; 2 to 4; none, at the place where the next one begins; 5.
    for (id, first, count) in [(1, 0, 2), (2, 2, 3), (3, 5, 0), (4, 5, 1)] {
        tx.remember(command(id, first, count)).await.unwrap();
    }
    let verdicts = async |tx: &mut Tx<'_>| {
        let mut found = Vec::new();
        for id in 1..=4 {
            let row = tx.command(AgencyNo(1), CommandId::from_bytes([id; 16])).await.unwrap();
            found.push(row.unwrap().verdict.len());
        }
        found
    };
    for leaf in [0, 3, 4] {
        redact(&mut tx, leaf, b"a").await.unwrap();
    }
    tx.retire_commands([0, 3, 4]).await.unwrap();
    assert_eq!(verdicts(&mut tx).await, [1, 1, 1, 1], "each has a leaf left");
    for leaf in [1, 2, 5] {
        redact(&mut tx, leaf, b"a").await.unwrap();
    }
    tx.retire_commands([1]).await.unwrap();
    assert_eq!(verdicts(&mut tx).await, [0, 1, 1, 1], "those that were asked about");
    tx.retire_commands([2, 5]).await.unwrap();
    assert_eq!(verdicts(&mut tx).await, [0, 0, 1, 0], "what never had a leaf keeps its verdict");
    tx.roll_back().await.unwrap();
}

async fn a_case_goes_behind_its_referrals(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let case = |number: &str| Case {
        number: number.into(),
        unit: "D 42".into(),
        review_on: "2028-01-01".into(),
        delete_on: "2029-01-01".into(),
        prosecutor_reference: "UJs 1/26".into(),
        ..Case::default()
    };
    let mut tx = fixture.begin().await;
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    let us = AgencyNo(1);
    let mut cases = Vec::new();
    for number in ["1/26", "2/26", "3/26"] {
        cases.push(tx.open_case(us, &case(number)).await.unwrap());
    }
    tx.append(&[event(b"a"), event(b"a")]).await.unwrap();
    tx.bind(us, cases[0], [(TargetNo(1), 0, Visibility::default())]).await.unwrap();
    tx.bind(us, cases[1], [(TargetNo(1), 1, Visibility::default())]).await.unwrap();
    tx.close_case(cases[0]).await.unwrap();
    tx.close_case(cases[1]).await.unwrap();
    redact(&mut tx, 1, b"a").await.unwrap();

    let end = async |tx: &mut Tx<'_>, number: &str| {
        let end = case_end(tx.reading(), us, number).await.unwrap();
        end.map(|end| (end.no, end.closed_at_us))
    };
    assert_eq!(end(&mut tx, "1/26").await, Some((cases[0], Some(1_000))));
    assert_eq!(end(&mut tx, "3/26").await, Some((cases[2], None)));
    assert_eq!(end(&mut tx, "4/26").await, None);
    assert_eq!(case_end(tx.reading(), AgencyNo(2), "1/26").await.unwrap(), None);
    assert_eq!(cases_with_referrals(tx.reading(), 1_001).await.unwrap(), [cases[0]]);
    assert_eq!(cases_with_referrals(tx.reading(), 1_000).await.unwrap(), [], "closed later");

    assert!(tx.redact_case(cases[2]).await.is_err(), "it is open");
    tx.redact_case(cases[0]).await.unwrap();
    tx.redact_case(cases[1]).await.unwrap();
    assert_eq!(end(&mut tx, "1/26").await, None);
    assert_eq!(case_number(tx.reading(), cases[0]).await.unwrap(), None);
    assert_eq!(case_number(tx.reading(), cases[2]).await.unwrap().as_deref(), Some("3/26"));
    let anew = tx.open_case(us, &case("1/26")).await.unwrap();
    assert_eq!(anew, CaseNo(4), "a number that nobody knows any more is free");
    tx.commit().await.unwrap();
    let said = fixture.dump().await;
    assert_eq!(said.iter().filter(|line| line.contains("UJs 1/26")).count(), 2, "of the open ones");
}

/// Overwritten with zeros in the file, and gone from the log.
#[tokio::test]
async fn what_is_redacted_does_not_stand_in_the_file_any_more() {
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    let text = |n: i64| format!("unmistakable {n}; ").repeat(if n % 7 == 0 { 400 } else { 12 });
    let mut tx = fixture.begin().await;
    for n in 0..600 {
        tx.append(&[event(text(n).as_bytes())]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let bytes = |fixture: &Fixture| {
        let mut log = fixture.path().as_os_str().to_owned();
        log.push("-wal");
        [std::fs::read(fixture.path()).unwrap(), std::fs::read(log).unwrap_or_default()].concat()
    };
    let found = |bytes: &[u8], n: i64| {
        let text = format!("unmistakable {n}; ");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    assert!(found(&bytes(&fixture), 14));
    for part in 0..3 {
        let mut tx = fixture.begin().await;
        for n in (0..600).filter(|n| n % 3 == part && n % 10 != 9) {
            let statement = text(n);
            let salt = event(b"").salt;
            let digest = statement_digest(&salt, statement.as_bytes());
            tx.redact(n, &digest, &decision_digest(&salt, b"decision")).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let mut reader = fixture.store.reader().await.unwrap();
    run_all(&mut reader, "BEGIN; SELECT count(*) FROM event; COMMIT").await;
    drop(reader);
    assert!(fixture.store.forget_log().await.unwrap());
    let bytes = bytes(&fixture);
    for n in 0..600 {
        assert_eq!(found(&bytes, n), n % 10 == 9, "{n}");
    }
}

#[tokio::test]
async fn numbers_of_redacted_cases_stand_in_no_index_any_more() {
    const CASES: i64 = 2_000;
    let mut fixture = Fixture::new(Engine::Sqlite).await;
    // In no order, so that the index's pages are divided again and again.
    let number = |no: i64| format!("ST/{:07}/26", no * 7_919 % 1_000_003);
    let mut tx = fixture.begin().await;
    for no in 1..=CASES {
        let case = Case { number: number(no), ..Case::default() };
        let case = tx.open_case(AgencyNo(no % 16), &case).await.unwrap();
        tx.close_case(case).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = fixture.begin().await;
    for no in (1..=CASES).filter(|no| no % 10 != 9) {
        tx.redact_case(CaseNo(no)).await.unwrap();
    }
    tx.tidy_cases().await.unwrap();
    tx.commit().await.unwrap();
    assert!(fixture.store.forget_log().await.unwrap());
    let bytes = std::fs::read(fixture.path()).unwrap();
    let stands = |no| {
        let number = number(no);
        bytes.windows(number.len()).any(|window| window == number.as_bytes())
    };
    for no in 1..=CASES {
        assert_eq!(stands(no), no % 10 == 9, "{no}");
    }
}

on_both!(
    a_redacted_event_leaves_its_digests,
    events_are_found_by_kind_and_time,
    it_is_known_when_and_on_what_basis_it_went,
    a_command_without_a_readable_leaf_is_retired,
    a_case_goes_behind_its_referrals,
);
