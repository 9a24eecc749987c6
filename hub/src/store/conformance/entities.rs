//! Agencies, keys, cases, targets and bindings.

use meldeverbund_domain::{
    AgencyNo, AgencyState, CaseFacts, CaseNo, CaseState, Ownership, Target, TargetNo, liaison::Visibility,
};
use meldeverbund_proto::v1::{Case, CaseKind, OwnerBasis, Stage};

use super::{Fixture, card, fails, link, on_both};
use crate::store::{
    AgencyRow, Counts, Engine, KeyRow, StoreError, Tx, bound_to_case, case_number, case_of_number,
    proceeding_at, proceedings_between, query, query_scalar, targets_by_number,
};

fn target(no: i64, owner: i64) -> Target {
    let ownership = Ownership { owner: AgencyNo(owner), basis: OwnerBasis::FirstSeised };
    Target { no: TargetNo(no), round: 1, stage: Stage::Referred, ownership }
}

async fn agencies(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(tx.add_agency(&card("de-nw-lka")).await.unwrap(), AgencyNo(1));
    assert_eq!(tx.add_agency(&card("de-by-lka")).await.unwrap(), AgencyNo(2));
    tx.put_agency_state(AgencyNo(2), AgencyState::Suspended).await.unwrap();
    let rows = tx.agencies().await.unwrap();
    let found: Vec<_> =
        rows.iter().map(|row| (row.agency.no, row.agency.state, row.registered_at_us)).collect();
    let expected = [(AgencyNo(1), AgencyState::Active, 1_000), (AgencyNo(2), AgencyState::Suspended, 1_000)];
    assert_eq!(found, expected);
    assert_eq!(rows[1].card, card("de-by-lka"));
    let by_id = |row: Option<AgencyRow>| row.map(|row| row.agency.no);
    assert_eq!(by_id(tx.agency(&"de-by-lka".parse().unwrap()).await.unwrap()), Some(AgencyNo(2)));
    assert_eq!(by_id(tx.agency(&"de-th-lka".parse().unwrap()).await.unwrap()), None);
    for (id, no) in [("de-by-lka", Some(AgencyNo(2))), ("de-th-lka", None)] {
        let row = AgencyRow::by_id(tx.reading(), &id.parse().unwrap()).await.unwrap();
        assert_eq!(by_id(row), no, "{id}, without a transaction's own copy");
    }

    let given_away = async |tx: &mut Tx<'_>| {
        let row = tx.agencies().await.unwrap().swap_remove(1);
        (row.suspended_at_us, row.given_away_to)
    };
    assert_eq!(given_away(&mut tx).await, (Some(1_000), Some(TargetNo(0))), "nothing is yet");
    for reached in [Some(TargetNo(7)), None] {
        tx.put_given_away(AgencyNo(2), reached).await.unwrap();
        assert_eq!(given_away(&mut tx).await, (Some(1_000), reached));
    }
    assert!(tx.put_given_away(AgencyNo(3), None).await.is_err());
    tx.put_given_away(AgencyNo(2), Some(TargetNo(7))).await.unwrap();
    tx.put_agency_state(AgencyNo(2), AgencyState::Active).await.unwrap();
    assert_eq!(tx.agencies().await.unwrap()[1].agency.state, AgencyState::Active);
    assert_eq!(given_away(&mut tx).await, (None, None), "who is back keeps what it has");
    let nobody = tx.put_agency_state(AgencyNo(3), AgencyState::Active).await;
    assert!(matches!(nobody, Err(StoreError::Rows { rows: 0, expected: 1, .. })));
    assert!(fails!(tx, tx.add_agency(&card("de-nw-lka"))), "an id stands for one agency");
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    assert_eq!(AgencyRow::all(&mut reader).await.unwrap().len(), 2);
}

async fn keys(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    for agency in ["de-nw-lka", "de-by-lka"] {
        tx.add_agency(&card(agency)).await.unwrap();
    }
    tx.put_key(&[2; 32], AgencyNo(1), "main").await.unwrap();
    tx.put_key(&[1; 32], AgencyNo(1), "spare").await.unwrap();
    tx.put_key(&[2; 32], AgencyNo(2), "new").await.unwrap();
    assert!(tx.drop_key(&[1; 32]).await.unwrap());
    assert!(!tx.drop_key(&[1; 32]).await.unwrap(), "it was forgotten already");
    tx.commit().await.unwrap();
    let rows = KeyRow::all(&mut fixture.store.reader().await.unwrap()).await.unwrap();
    let agency = "de-by-lka".parse().unwrap();
    assert_eq!(rows, [KeyRow { fingerprint: [2; 32], agency, node: "new".into() }], "it passed on");
}

async fn cases(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let case = Case {
        number: "1/26".into(),
        unit: "D 42".into(),
        kind: CaseKind::Proceedings.into(),
        review_on: "2028-01-01".into(),
        delete_on: "2029-01-01".into(),
        prosecutor_reference: "UJs 1/26".into(),
    };
    let mut tx = fixture.begin().await;
    for agency in ["de-nw-lka", "de-by-lka"] {
        tx.add_agency(&card(agency)).await.unwrap();
    }
    let first = tx.open_case(AgencyNo(1), &case).await.unwrap();
    let second = tx.open_case(AgencyNo(2), &case).await.unwrap();
    assert_eq!((first, second), (CaseNo(1), CaseNo(2)), "numbers are scoped to the agency");
    let open = CaseFacts { no: first, state: CaseState::Open };
    assert_eq!(tx.case(AgencyNo(1), "1/26").await.unwrap(), Some((open, case.clone())));
    assert_eq!(tx.case(AgencyNo(3), "1/26").await.unwrap(), None);
    assert_eq!(case_of_number(tx.reading(), AgencyNo(2), "1/26").await.unwrap(), Some(second));
    assert_eq!(case_of_number(tx.reading(), AgencyNo(2), "2/26").await.unwrap(), None);
    tx.close_case(first).await.unwrap();
    let closed = CaseFacts { no: first, state: CaseState::Closed };
    assert_eq!(tx.case(AgencyNo(1), "1/26").await.unwrap().unwrap().0, closed);
    assert_eq!(tx.case(AgencyNo(2), "1/26").await.unwrap().unwrap().0.state, CaseState::Open);
    assert!(matches!(tx.close_case(first).await, Err(StoreError::Rows { rows: 0, .. })), "once");
    assert!(fails!(tx, tx.open_case(AgencyNo(1), &case)), "one case a number");
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    assert_eq!(case_number(&mut reader, second).await.unwrap().as_deref(), Some("1/26"));
    assert!(case_number(&mut reader, CaseNo(9)).await.is_err());
}

/// In the order of their bytes on both engines: a server's language would put `ujs` beside `UJs`, and drop the `/`.
async fn proceedings_are_found_by_their_references(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    for agency in ["de-nw-lka", "de-by-lka"] {
        tx.add_agency(&card(agency)).await.unwrap();
    }
    let (us, proceedings) = (AgencyNo(1), CaseKind::Proceedings);
    let mut open = async |agency, reference: &str, kind: CaseKind| {
        let number = format!("{reference} of {}", kind as i32);
        let case =
            Case { number, kind: kind.into(), prosecutor_reference: reference.into(), ..Case::default() };
        tx.open_case(agency, &case).await.unwrap()
    };
    let slashed = open(us, "60 UJs/1", proceedings).await;
    let spaced = open(us, " 60\u{a0} UJs  1/26", proceedings).await;
    let bare = open(us, "60 UJs", proceedings).await;
    open(us, "60 ujs 1/26", proceedings).await;
    open(us, "60 UJsA 1/26", proceedings).await;
    let danger = open(us, "60 UJs 1/26", CaseKind::DangerPrevention).await;
    let theirs = open(AgencyNo(2), "60 UJs 1/26", proceedings).await;
    let nameless = open(us, "", proceedings).await;
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    let mut between = async |from: &str, no, before: &str, most| {
        proceedings_between(&mut reader, us, (from, no), before, most).await.unwrap()
    };
    assert_eq!(between("60 UJs", CaseNo(0), "60 UJs!", 9).await, [bare, spaced]);
    assert_eq!(between("60 UJs/", CaseNo(0), "60 UJs0", 9).await, [slashed]);
    assert_eq!(between("60 UJs", CaseNo(0), "60 UJs!", 1).await, [bare]);
    assert_eq!(between("60 UJs", bare, "60 UJs!", 9).await, [spaced], "the next page");
    assert_eq!(between("60 UJs 1/26", spaced, "60 UJs!", 9).await, []);
    let row = proceeding_at(&mut reader, spaced).await.unwrap().unwrap();
    assert_eq!((row.no, row.agency, row.key.as_str(), row.is_closed), (spaced, us, "60 UJs 1/26", false));
    assert_eq!(row.case.prosecutor_reference, " 60\u{a0} UJs  1/26", "as it was written");
    assert_eq!(proceeding_at(&mut reader, theirs).await.unwrap().unwrap().agency, AgencyNo(2));
    for none in [danger, nameless, CaseNo(99)] {
        assert_eq!(proceeding_at(&mut reader, none).await.unwrap(), None);
    }
    drop(reader);

    let visible = Visibility::default();
    let mut tx = fixture.begin().await;
    tx.bind(us, bare, [(TargetNo(1), 5, visible), (TargetNo(3), 6, visible)]).await.unwrap();
    tx.bind(us, spaced, [(TargetNo(2), 7, visible)]).await.unwrap();
    let bound = bound_to_case(tx.reading(), us, bare, [3, 2, 1].map(TargetNo)).await.unwrap();
    assert_eq!(bound.len(), 2);
    assert!(!bound.contains(&TargetNo(2)), "of another case");
    assert_eq!(bound_to_case(tx.reading(), AgencyNo(2), bare, [TargetNo(1)]).await.unwrap(), []);
    tx.commit().await.unwrap();
}

async fn targets(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    // One row more than all sizes of a bulk insert together.
    let many = 256 + 64 + 16 + 4 + 1 + 1;
    let rows = (1..=many).map(|n| (link(n), target(n.into(), 1), i64::from(n) + 100));
    tx.open_targets(rows.collect::<Vec<_>>(), TargetNo(i64::from(many) + 1)).await.unwrap();
    assert_eq!(tx.next_target(), TargetNo(i64::from(many) + 1));

    let mut found = tx.targets([link(many), link(9_999), link(1)]).await.unwrap();
    found.sort_by_key(|(_, own, _)| *own);
    let one = |n: u16| (link(n), TargetNo(n.into()), target(n.into(), 1));
    assert_eq!(found, [one(1), one(many)]);
    assert_eq!(tx.targets([]).await.unwrap(), []);
    let found = tx.targets_by_number([TargetNo(2), TargetNo(9_999)]).await.unwrap();
    assert_eq!(found, [target(2, 1)]);

    let ownership = Ownership { owner: AgencyNo(2), basis: OwnerBasis::Prosecutor };
    let moved = [1, 3, 5].map(|n| Target { no: TargetNo(n), round: 2, stage: Stage::Granted, ownership });
    let closed = Target { stage: Stage::Closed, ..target(4, 1) };
    tx.put_targets(moved.into_iter().chain([closed])).await.unwrap();
    let mut found = tx.targets_by_number([1, 2, 3, 4, 5].map(TargetNo)).await.unwrap();
    found.sort_by_key(|target| target.no);
    assert_eq!(found, [moved[0], target(2, 1), moved[1], closed, moved[2]]);
    let nobody = tx.put_targets([moved[0], target(9_999, 1)]).await;
    assert!(matches!(nobody, Err(StoreError::Rows { .. })), "a target that is not there");

    let slice = async |tx: &mut Tx<'_>, owner, after, up_to, most| {
        let found = tx.owned_targets(AgencyNo(owner), TargetNo(after), TargetNo(up_to), most).await.unwrap();
        found.into_iter().map(|no| no.0).collect::<Vec<_>>()
    };
    assert_eq!(slice(&mut tx, 1, 0, 7, 9).await, [2, 6, 7], "open ones of its own, in their order");
    assert_eq!(slice(&mut tx, 1, 2, 7, 1).await, [6], "behind the first, and no more than asked");
    assert_eq!(slice(&mut tx, 2, 0, 5, 9).await, [1, 3, 5]);
    assert_eq!(slice(&mut tx, 3, 0, 9_999, 9).await, [0; 0]);

    let twice = vec![(link(1), target(i64::from(many) + 1, 1), 900)];
    assert!(fails!(tx, tx.open_targets(twice, TargetNo(1))), "one target a link");
    query("UPDATE target SET stage = 77 WHERE target_no = 2").execute(tx.writing()).await.unwrap();
    let unknown = tx.targets_by_number([TargetNo(2)]).await;
    assert!(matches!(unknown, Err(StoreError::Value { column: "target.stage" })));
    tx.roll_back().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    assert_eq!(targets_by_number(&mut reader, [TargetNo(1)]).await.unwrap(), []);
}

async fn bulk_inserts_write_each_row_once_whatever_their_number(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut next = 1;
    for count in [0, 1, 3, 4, 5, 15, 16, 63, 64, 255, 256, 257, 600] {
        let mut tx = fixture.begin().await;
        let numbers = next..next + count;
        let rows = numbers.clone().map(|n| (link(u16::try_from(n).unwrap()), target(n, 1), n));
        tx.open_targets(rows.collect::<Vec<_>>(), TargetNo(next + count)).await.unwrap();
        tx.commit().await.unwrap();
        next += count;
        let mut reader = fixture.store.reader().await.unwrap();
        let found: Vec<i64> = query_scalar("SELECT opened_leaf FROM target ORDER BY target_no")
            .fetch_all(&mut reader)
            .await
            .unwrap();
        assert_eq!(found, (1..next).collect::<Vec<_>>());
    }
}

async fn bindings(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let (us, them, case) = (AgencyNo(1), AgencyNo(2), CaseNo(20));
    let mut tx = fixture.begin().await;
    tx.bind(
        us,
        CaseNo(10),
        [(TargetNo(1), 0, Visibility::default()), (TargetNo(2), 1, Visibility::default())],
    )
    .await
    .unwrap();
    tx.bind(us, case, [(TargetNo(1), 2, Visibility::default())]).await.unwrap();
    tx.bind(
        us,
        CaseNo(30),
        [(TargetNo(1), 3, Visibility::default()), (TargetNo(4), 4, Visibility::default())],
    )
    .await
    .unwrap();
    tx.bind(them, case, [(TargetNo(3), 5, Visibility::default())]).await.unwrap();

    let mut found = tx.bindings(us, case, [1, 2, 3, 4, 5].map(TargetNo)).await.unwrap();
    found.sort_unstable_by_key(|(target, case)| (target.0, case.0));
    let expected =
        [(1, 10), (1, 20), (2, 10), (4, 30)].map(|(target, case)| (TargetNo(target), CaseNo(case)));
    assert_eq!(found, expected, "the first of ours, and this case; never another agency's");
    assert!(
        fails!(tx, tx.bind(us, case, [(TargetNo(1), 6, Visibility::default())])),
        "one binding a target and case"
    );

    let own = async |tx: &mut Tx<'_>, agency| {
        let mut own = tx.own_bindings(agency, [1, 3, 4].map(TargetNo)).await.unwrap();
        own.sort_unstable_by_key(|(target, case)| (target.0, case.0));
        own.into_iter().map(|(target, case)| (target.0, case.0)).collect::<Vec<_>>()
    };
    assert_eq!(own(&mut tx, us).await, [(1, 10), (1, 20), (1, 30), (4, 30)]);
    tx.unbind(us, Some(CaseNo(30)), [1, 2].map(TargetNo)).await.unwrap();
    assert_eq!(own(&mut tx, us).await, [(1, 10), (1, 20), (4, 30)], "that case, those targets");
    tx.unbind(us, None, [1, 3].map(TargetNo)).await.unwrap();
    assert_eq!(own(&mut tx, us).await, [(4, 30)], "all of its cases");
    assert_eq!(own(&mut tx, them).await, [(3, 20)], "never another agency's");
    tx.commit().await.unwrap();
}

async fn totals(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    let case = tx.open_case(AgencyNo(1), &Case { number: "1".into(), ..Case::default() }).await.unwrap();
    let opened = vec![(link(1), target(1, 1), 0), (link(2), target(2, 9), 1)];
    tx.open_targets(opened, TargetNo(3)).await.unwrap();
    tx.bind(AgencyNo(1), case, [(TargetNo(1), 0, Visibility::default())]).await.unwrap();
    tx.append(&[super::event(b"one"), super::event(b"two"), super::event(b"three")]).await.unwrap();
    tx.commit().await.unwrap();
    let counts = Counts::read(&mut fixture.store.reader().await.unwrap()).await.unwrap();
    let by_owner = Counts::targets_by_owner(&mut fixture.store.reader().await.unwrap()).await.unwrap();
    assert_eq!(by_owner, [("de-nw-lka".into(), 1)]);
    let by_stage = Counts::targets_by_stage(&mut fixture.store.reader().await.unwrap()).await.unwrap();
    assert_eq!(by_stage, [(Stage::Referred, 2)]);
    let expected = Counts { agencies: 1, cases: 1, targets: 2, ownerless: 1, bindings: 1, leaves: 3 };
    assert_eq!(counts, expected);
}

on_both!(
    agencies,
    keys,
    cases,
    proceedings_are_found_by_their_references,
    targets,
    bulk_inserts_write_each_row_once_whatever_their_number,
    bindings,
    totals,
);
