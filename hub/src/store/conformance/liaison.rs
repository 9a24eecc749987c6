//! What liaison is told of bindings, what it asked, announced and was disclosed.

use meldeverbund_domain::{
    AgencyNo, CaseNo, TargetNo,
    liaison::{Bound, Day, HashKey, Signal, Spent, Visibility},
};
use meldeverbund_proto::{
    CommandId,
    leaf::{Kind, Salt, statement_digest},
    statement::{QueryMode, ReferralStatement},
    v1::{AnnouncementState, ContentHash, DisclosureState, HandlingCode, HashAlgorithm, Purpose, Referral},
};

use super::{Fixture, Place, fails, on_both, run_all};
use crate::store::{
    AnnouncementRow, AskedRow, DisclosureRow, Engine, HashRow, LiaisonCounts, NewEvent, QueryRow, ReadRow,
    SignalRow, Store, Tx, bound_for_liaison, by_content, query_scalar, schema, told_up_to,
};

const US: AgencyNo = AgencyNo(1);

fn id(n: u8) -> CommandId {
    CommandId::from_bytes([n; 16])
}

fn hidden() -> Visibility {
    Visibility { hidden: true, ..Visibility::default() }
}

fn strict() -> Visibility {
    Visibility { handling: HandlingCode::H3, ..Visibility::default() }
}

async fn a_binding_tells_the_strictest_that_was_said(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let none = Visibility::default();
    tx.bind(US, CaseNo(1), [(TargetNo(1), 4, none), (TargetNo(2), 5, none), (TargetNo(3), 6, hidden())])
        .await
        .unwrap();
    tx.bind(AgencyNo(2), CaseNo(2), [(TargetNo(1), 7, none)]).await.unwrap();
    let said =
        [(TargetNo(1), strict()), (TargetNo(2), none), (TargetNo(3), strict()), (TargetNo(9), hidden())];
    tx.tighten(US, CaseNo(1), &said).await.unwrap();
    tx.tighten(US, CaseNo(1), &said).await.unwrap();
    let since_us = tx.now_us();
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let mut found = bound_for_liaison(&mut reader, [1, 2, 3, 4].map(TargetNo)).await.unwrap();
    found.sort_by_key(|(target, case, _)| (target.0, case.0));
    let row = |target, agency, case, leaf, visibility| {
        let (visibility, of_another_link) = (Some(visibility), false);
        let bound = Bound { agency, visibility, since_leaf: leaf, since_us, of_another_link };
        (TargetNo(target), CaseNo(case), bound)
    };
    let both = hidden().with(strict());
    let expected = [
        row(1, US, 1, 4, strict()),
        row(1, AgencyNo(2), 2, 7, none),
        row(2, US, 1, 5, none),
        row(3, US, 1, 6, both),
    ];
    assert_eq!(found, expected);
}

async fn a_content_leads_to_what_was_said_of_it_last(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let key = |byte| HashKey { algorithm: HashAlgorithm::Sha256.into(), digest: [byte; 32] };
    let row = |byte, target, leaf| HashRow {
        key: key(byte),
        target: TargetNo(target),
        agency: US,
        case: CaseNo(1),
        leaf,
    };
    let mut tx = fixture.begin().await;
    tx.note_hashes(Vec::new()).await.unwrap();
    tx.note_hashes(vec![row(1, 1, 3), row(1, 1, 4), row(1, 2, 5), row(2, 1, 6)]).await.unwrap();
    tx.note_hashes(vec![row(2, 1, 8)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let mut found = by_content(&mut reader, [key(1), key(2), key(3)]).await.unwrap();
    found.sort_by_key(|row| (row.key, row.target.0));
    assert_eq!(found, [row(1, 1, 4), row(1, 2, 5), row(2, 1, 8)]);
    drop(reader);
    let mut tx = fixture.begin().await;
    tx.forget_hashes([(5, key(1)), (6, key(2))]).await.unwrap();
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let left = by_content(&mut reader, [key(1), key(2)]).await.unwrap();
    assert_eq!(left.len(), 2, "what was said again since stays");
}

fn question(leaf: i64, agency: AgencyNo, case: &str) -> QueryRow {
    QueryRow {
        leaf,
        agency,
        id: id(u8::try_from(leaf).unwrap()),
        recorded_at_us: leaf * 1_000,
        issuer: "https://id.example".into(),
        officer: "u-7".into(),
        purpose: Purpose { code: "prevention".into(), case_number: case.into(), reason: "why".into() },
        mode: QueryMode::Open,
        selectors: 3,
        body: vec![1, 2],
    }
}

async fn questions_are_logged_counted_found_and_erased(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert_eq!(tx.spent(US).await.unwrap(), Spent::default());
    for spent in [1, 2].map(|n| Spent { minute: n, in_minute: 2 * n, day: 3 * n, in_day: 4 * n }) {
        tx.put_spent(US, spent).await.unwrap();
        assert_eq!(tx.spent(US).await.unwrap(), spent);
    }
    let rows =
        [question(1, US, "a"), question(2, US, "b"), question(3, AgencyNo(2), "b"), question(4, US, "b")];
    for row in &rows {
        tx.log_query(row).await.unwrap();
    }
    let again = QueryRow { leaf: 9, ..rows[0].clone() };
    assert!(fails!(tx, tx.log_query(&again)), "an agency's id is one question");
    assert_eq!(told_up_to(tx.reading()).await.unwrap(), -1);
    tx.put_told(1).await.unwrap();
    tx.put_told(2).await.unwrap();
    assert_eq!(told_up_to(tx.reading()).await.unwrap(), 2);
    tx.note_read("KD", "complaint", "everything", 4).await.unwrap();
    tx.note_read("KD", "audit", "a link", 0).await.unwrap();
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    assert_eq!(QueryRow::count(&mut reader).await.unwrap(), 4);
    assert_eq!(QueryRow::by_id(&mut reader, US, id(2)).await.unwrap().as_ref(), Some(&rows[1]));
    assert_eq!(QueryRow::by_id(&mut reader, AgencyNo(2), id(2)).await.unwrap(), None);
    assert_eq!(QueryRow::after(&mut reader, 1, 2).await.unwrap(), rows[1..3]);
    assert_eq!(QueryRow::between(&mut reader, 2_000, 4_000, -1, 9).await.unwrap(), rows[1..3]);
    assert_eq!(QueryRow::between(&mut reader, 0, i64::MAX, 2, 1).await.unwrap(), rows[2..3]);
    let mut before = async |from_us, place, most| {
        let rows = AskedRow::before(&mut reader, from_us, place, most).await.unwrap();
        rows.iter().map(|row| row.leaf).collect::<Vec<_>>()
    };
    assert_eq!(before(2_000, (i64::MAX, i64::MAX), 9).await, [4, 3, 2], "the newest first");
    assert_eq!(before(0, (3_000, 3), 1).await, [2], "behind the last one of a page");
    assert_eq!(before(0, (3_000, 4), 9).await, [3, 2, 1]);
    let reads = ReadRow::newest(&mut reader, 9).await.unwrap();
    let reads: Vec<_> = reads.iter().map(|row| (row.reason.as_str(), row.found)).collect();
    assert_eq!(reads, [("audit", 0), ("complaint", 4)]);
    drop(reader);

    let mut tx = fixture.begin().await;
    assert_eq!(tx.erase_liaison(900, 9).await.unwrap(), 0, "nothing is that old");
    assert_eq!(
        tx.erase_liaison(3_000, 1).await.unwrap(),
        1 + 2,
        "one question; the readings are of time 1000"
    );
    assert_eq!(tx.erase_liaison(3_000, 9).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    assert_eq!(QueryRow::after(&mut reader, -1, 9).await.unwrap(), rows[2..]);
}

async fn a_day_is_counted_openly_and_blindly(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let blind = QueryRow { mode: QueryMode::Blind, selectors: 5, ..question(5, US, "c") };
    let other = question(3, AgencyNo(2), "b");
    for row in [question(1, US, "a"), question(2, US, "b"), other, question(4, US, "b"), blind] {
        tx.log_query(&row).await.unwrap();
    }
    let mut asked = async |from_us, until_us| tx.asked_between(US, from_us, until_us).await.unwrap();
    assert_eq!(asked(2_000, 5_000).await, Day { open: 6, blind: 0, cases: 1 });
    assert_eq!(asked(0, 5_001).await, Day { open: 9, blind: 5, cases: 3 });
    assert_eq!(asked(0, 2_000).await, Day { open: 3, blind: 0, cases: 1 }, "the next day is another one");
    assert_eq!(asked(9_000, i64::MAX).await, Day::default());
    tx.commit().await.unwrap();
}

async fn a_signal_stands_once_a_day_until_somebody_looks(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    tx.raise(US, Signal::Walking, 7, "first").await.unwrap();
    tx.raise(US, Signal::Walking, 7, "second").await.unwrap();
    tx.raise(US, Signal::Volume, 8, "much").await.unwrap();
    assert!(SignalRow::is_unseen(tx.reading(), US, Signal::Walking, 7).await.unwrap());
    assert!(!SignalRow::is_unseen(tx.reading(), US, Signal::Walking, 8).await.unwrap());
    tx.look_at(US, Signal::Walking, 7, "KD").await.unwrap();
    assert!(!SignalRow::is_unseen(tx.reading(), US, Signal::Walking, 7).await.unwrap());
    assert!(SignalRow::is_raised(tx.reading(), US, Signal::Walking, 7).await.unwrap(), "seen or not");
    assert!(!SignalRow::is_raised(tx.reading(), US, Signal::Walking, 8).await.unwrap());
    assert!(fails!(tx, tx.look_at(US, Signal::Walking, 7, "KD")), "it was looked at");
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let details = async |reader: &mut _, all| {
        let rows = SignalRow::newest(reader, all, 9).await.unwrap();
        rows.into_iter().map(|row| (row.detail, row.seen_by)).collect::<Vec<_>>()
    };
    let [much, first] = [("much", ""), ("first", "KD")].map(|(one, by)| (one.to_owned(), by.to_owned()));
    assert_eq!(details(&mut reader, true).await, [much.clone(), first]);
    assert_eq!(details(&mut reader, false).await, [much]);
    let counts = LiaisonCounts::read(&mut reader, 0).await.unwrap();
    assert_eq!((counts.signals_unseen, counts.is_quiet()), (1, false));
}

async fn announcements_are_answered_once(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let row = |leaf, agency| AnnouncementRow {
        leaf,
        agency,
        id: id(1),
        recorded_at_us: 1_000,
        issuer: "https://id.example".into(),
        officer: "u-7".into(),
        state: AnnouncementState::Received,
        body: vec![1],
        answer: String::new(),
        answered_by: String::new(),
        answered_at_us: 0,
    };
    let mut tx = fixture.begin().await;
    tx.add_announcement(&row(1, US)).await.unwrap();
    tx.add_announcement(&row(2, AgencyNo(2))).await.unwrap();
    assert!(fails!(tx, tx.add_announcement(&row(3, US))), "an agency's id is one announcement");
    tx.answer_announcement(1, AnnouncementState::Done, "placed", "KD").await.unwrap();
    assert!(fails!(tx, tx.answer_announcement(1, AnnouncementState::Declined, "no", "KD")));
    let answered_at_us = tx.now_us();
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let (state, answer, answered_by) = (AnnouncementState::Done, "placed".into(), "KD".into());
    let answered = AnnouncementRow { state, answer, answered_by, answered_at_us, ..row(1, US) };
    assert_eq!(AnnouncementRow::by_leaf(&mut reader, 1).await.unwrap().as_ref(), Some(&answered));
    assert_eq!(AnnouncementRow::by_leaf(&mut reader, 9).await.unwrap(), None);
    let all = [row(2, AgencyNo(2)), answered.clone()];
    assert_eq!(AnnouncementRow::newest(&mut reader, None, 9).await.unwrap(), all);
    assert_eq!(AnnouncementRow::newest(&mut reader, Some(US), 9).await.unwrap(), all[1..]);
    assert_eq!(AnnouncementRow::by_id(&mut reader, id(1)).await.unwrap().len(), 2);
    assert_eq!(LiaisonCounts::read(&mut reader, 0).await.unwrap().announcements_waiting, 1);
}

async fn disclosures_are_found_by_either_side_and_by_their_time(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let row = |leaf: i64, asked| DisclosureRow {
        leaf,
        id: id(u8::try_from(leaf).unwrap()),
        agency: AgencyNo(5),
        asked,
        is_named: leaf != 2,
        target: TargetNo(3),
        recorded_at_us: 10,
        due_us: 5_000 - leaf,
        look_us: Some(leaf * 100),
        reminded: false,
        escalated: false,
        issuer: "https://id.example".into(),
        officer: "u-7".into(),
        request: vec![1],
        purpose: vec![2],
        state: DisclosureState::Asked,
        answered_at_us: 0,
        answered_by: String::new(),
        answer: Vec::new(),
    };
    let mut tx = fixture.begin().await;
    let rows = [row(1, US), row(2, US), row(30, AgencyNo(2))];
    for row in &rows {
        tx.add_disclosure(row).await.unwrap();
    }
    let twice = DisclosureRow { leaf: 9, ..rows[0].clone() };
    assert!(fails!(tx, tx.add_disclosure(&twice)), "an id is one disclosure");
    assert_eq!(tx.due_disclosures(9).await.unwrap(), rows[..2]);
    let escalated = DisclosureRow {
        look_us: None,
        escalated: true,
        state: DisclosureState::Escalated,
        ..rows[0].clone()
    };
    tx.put_disclosure(&escalated).await.unwrap();
    let (answered_by, answer) = ("KD".to_owned(), vec![7]);
    let answered =
        DisclosureRow { look_us: None, answered_at_us: 900, answered_by, answer, ..rows[1].clone() };
    tx.put_disclosure(&answered).await.unwrap();
    assert_eq!(tx.due_disclosures(9).await.unwrap(), []);
    assert!(fails!(tx, tx.put_disclosure(&row(8, US))), "it is not there");
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    let mut waiting = async |now_us| {
        let counts = LiaisonCounts::read(&mut reader, now_us).await.unwrap();
        (counts.disclosures_overdue, counts.disclosures_escalated)
    };
    assert_eq!(waiting(4_969).await, (0, 1), "one escalated, one answered, one due at 4970");
    assert_eq!(waiting(4_970).await, (1, 1));
    assert_eq!(waiting(5_000).await, (2, 1));
    assert_eq!(DisclosureRow::by_leaf(&mut reader, 2).await.unwrap().as_ref(), Some(&answered));
    assert_eq!(DisclosureRow::by_id(&mut reader, id(1)).await.unwrap().as_ref(), Some(&escalated));
    let of = DisclosureRow::of(&mut reader, AgencyNo(5), 2).await.unwrap();
    assert_eq!(of, [rows[2].clone(), answered.clone()], "the newest first");
    let mut asked = async |agency, central, all| {
        DisclosureRow::asked_of(&mut reader, agency, central, all, 9).await.unwrap()
    };
    assert_eq!(asked(US, false, true).await, [answered, escalated.clone()], "the one due first first");
    assert_eq!(asked(US, false, false).await, std::slice::from_ref(&escalated));
    assert_eq!(asked(AgencyNo(9), false, true).await, []);
    assert_eq!(asked(AgencyNo(9), true, true).await, [escalated]);
    drop(reader);
    let mut tx = fixture.begin().await;
    assert_eq!(tx.erase_liaison(i64::MAX, 9).await.unwrap(), 1, "what is not answered stays");
    tx.commit().await.unwrap();
}

/// A schema before this one, with a binding whose referral is readable and one whose is not.
async fn old_bindings_are_looked_up_when_the_database_is_opened(engine: Engine) {
    let place = Place::new(engine);
    let mut connection = place.connect().await;
    schema::migrate_to(&mut connection, 4).await.unwrap();
    let salt = Salt::from_random([7; 32]);
    let (agency, submission) =
        ("de-nw-lka".parse().unwrap(), "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
    let hash = ContentHash { algorithm: HashAlgorithm::Md5.into(), digest: vec![5; 16] };
    let referral = Referral {
        link: "https://a.test/1".into(),
        salt: salt.as_bytes().to_vec(),
        content_hashes: vec![hash.clone()],
        hidden_from_liaison: true,
        handling: HandlingCode::H2.into(),
        ..Referral::default()
    };
    let mut statement = Vec::new();
    let (position, case_number, said) = (0, "1/26", &referral);
    ReferralStatement { agency: &agency, submission, position, case_number, referral: said }
        .encode(&mut statement);
    let mut tx = Tx::begin(&mut connection, 1_000).await.unwrap();
    let statement_digest = statement_digest(&salt, &statement);
    let event = |statement| NewEvent {
        kind: Kind::Referral,
        agency: US,
        salt,
        statement,
        statement_digest,
        decision: Vec::new(),
    };
    tx.append(&[event(&statement), event(&statement)]).await.unwrap();
    tx.commit().await.unwrap();
    let rows = "UPDATE head SET next_target = 3; UPDATE event SET salt = NULL, statement = NULL, decision = NULL WHERE leaf_index = 1;
        INSERT INTO binding VALUES (1, 1, 1, 0); INSERT INTO binding VALUES (2, 1, 1, 1);";
    run_all(&mut connection, rows).await;
    drop(connection);

    let store = Store::open(place.database()).await.unwrap();
    let mut reader = store.reader().await.unwrap();
    let found = bound_for_liaison(&mut reader, [TargetNo(1), TargetNo(2)]).await.unwrap();
    let mut found: Vec<_> =
        found.iter().map(|(target, _, one)| (target.0, one.visibility, one.since_us)).collect();
    found.sort_by_key(|(target, ..)| *target);
    let known = Visibility { hidden: true, handling: HandlingCode::H2, ..Visibility::default() };
    assert_eq!(
        found,
        [(1, Some(known), 1_000), (2, None, 1_000)],
        "what is redacted is not known, and not told"
    );
    let hashes = by_content(&mut reader, HashKey::of(&hash)).await.unwrap();
    assert_eq!(hashes.iter().map(|row| (row.target, row.leaf)).collect::<Vec<_>>(), [(TargetNo(1), 0)]);
    let reached: i64 =
        query_scalar("SELECT leaf_index FROM liaison_progress").fetch_one(&mut reader).await.unwrap();
    assert_eq!(reached, i64::MAX, "it is not looked for again");
}

on_both!(
    a_binding_tells_the_strictest_that_was_said,
    a_content_leads_to_what_was_said_of_it_last,
    questions_are_logged_counted_found_and_erased,
    a_day_is_counted_openly_and_blindly,
    a_signal_stands_once_a_day_until_somebody_looks,
    announcements_are_answered_once,
    disclosures_are_found_by_either_side_and_by_their_time,
    old_bindings_are_looked_up_when_the_database_is_opened,
);
