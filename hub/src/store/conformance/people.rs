//! Sessions and sign-ins: found by digest, ended one by one and all at once. What people saw.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::TargetId;

use super::{Fixture, card, fails, on_both};
use crate::store::{CertificateRow, Engine, LoggedOut, PageViewRow, PersonActRow, SessionRow, Tx};

fn session(number: u8, subject: &str, begun_at_us: i64) -> SessionRow {
    SessionRow {
        digest: vec![number; 32],
        issuer: "https://login.example".into(),
        subject: subject.into(),
        issuer_session: Some(format!("sid {number}")),
        agency_id: "de-bka".into(),
        roles: "desk-officer supervisor".into(),
        proceedings: "60 UJs\n12 Js 34/26".into(),
        name: Some("Erika Mustermann".into()),
        authenticated_at_us: begun_at_us - 5,
        begun_at_us,
        seen_at_us: begun_at_us,
        ends_at_us: begun_at_us + 1_000,
    }
}

async fn of(fixture: &Fixture, subject: &str) -> Vec<u8> {
    let mut reader = fixture.store.reader().await.unwrap();
    let rows = SessionRow::of_person(&mut reader, "https://login.example", subject).await.unwrap();
    rows.iter().map(|row| row.digest[0]).collect()
}

async fn a_session_is_found_used_and_ended(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let nameless = SessionRow { name: None, issuer_session: None, ..session(2, "max", 900) };
    let mut tx = fixture.begin().await;
    tx.begin_session(&session(1, "erika", 900)).await.unwrap();
    tx.begin_session(&nameless).await.unwrap();
    assert!(fails!(tx, tx.begin_session(&session(1, "eve", 900))), "an id is nobody else's");
    assert!(tx.touch_session(&[1; 32]).await.unwrap());
    assert!(!tx.touch_session(&[1; 32]).await.unwrap(), "not backwards, and not for nothing");
    assert!(!tx.touch_session(&[9; 32]).await.unwrap());
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    let found = SessionRow::by_digest(&mut reader, &[1; 32]).await.unwrap();
    assert_eq!(found, Some(SessionRow { seen_at_us: 1_000, ..session(1, "erika", 900) }));
    assert_eq!(SessionRow::by_digest(&mut reader, &[2; 32]).await.unwrap(), Some(nameless));
    assert_eq!(SessionRow::by_digest(&mut reader, &[9; 32]).await.unwrap(), None);
    drop(reader);

    let mut tx = fixture.begin().await;
    assert!(tx.end_session(&[1; 32]).await.unwrap());
    assert!(!tx.end_session(&[1; 32]).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!((of(&fixture, "erika").await, of(&fixture, "max").await), (vec![], vec![2]));
}

async fn sessions_end_by_person_by_issuer_session_by_time_and_all(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let elsewhere = SessionRow { issuer: "https://other.example".into(), ..session(4, "erika", 100) };
    let rows = [session(1, "erika", 100), session(2, "erika", 200), session(3, "max", 300), elsewhere];
    let mut tx = fixture.begin().await;
    for row in &rows {
        tx.begin_session(row).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(of(&fixture, "erika").await, [2, 1], "the newest first");

    const ISSUER: &str = "https://login.example";
    let mut tx = fixture.begin().await;
    assert_eq!(tx.end_sessions_of_person(ISSUER, "erika", 199).await.unwrap(), 1, "later ones are not meant");
    assert_eq!(tx.end_sessions_of_person(ISSUER, "nobody", i64::MAX).await.unwrap(), 0);
    assert_eq!(tx.end_sessions_of_issuer_session(ISSUER, "sid 4").await.unwrap(), 0, "another issuer's");
    assert_eq!(tx.end_sessions_of_issuer_session(ISSUER, "sid 3").await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!((of(&fixture, "erika").await, of(&fixture, "max").await), (vec![2], vec![]));

    let mut tx = fixture.begin().await;
    tx.begin_session(&session(5, "erika", 0)).await.unwrap();
    assert_eq!(tx.drop_overdue_sessions().await.unwrap(), 1, "its time ends at this instant");
    assert_eq!(tx.end_all_sessions().await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert_eq!(of(&fixture, "erika").await, [0_u8; 0]);
}

async fn an_attempt_is_used_once(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    assert!(!tx.is_used_sign_in(&[1; 32]).await.unwrap());
    assert!(tx.use_sign_in(&[1; 32], 1_000).await.unwrap());
    assert!(tx.use_sign_in(&[2; 32], 1_001).await.unwrap());
    assert!(!tx.use_sign_in(&[1; 32], 9_000).await.unwrap());
    assert!(tx.is_used_sign_in(&[1; 32]).await.unwrap());
    tx.drop_overdue_sign_ins().await.unwrap();
    assert!(!tx.is_used_sign_in(&[1; 32]).await.unwrap());
    assert!(tx.is_used_sign_in(&[2; 32]).await.unwrap());
    tx.commit().await.unwrap();
}

async fn the_latest_logout_is_remembered_for_a_while(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let mut tx = fixture.begin().await;
    let (one, other) = ("https://login.example", "https://other.example");
    for at_us in [500, 400] {
        tx.note_logged_out(one, LoggedOut::Person, "erika", at_us, at_us + 600).await.unwrap();
    }
    tx.note_logged_out(one, LoggedOut::Session, "erika", 100, 1_000).await.unwrap();
    assert_eq!(tx.logged_out_at(one, LoggedOut::Person, "erika").await.unwrap(), Some(500));
    assert_eq!(tx.logged_out_at(one, LoggedOut::Session, "erika").await.unwrap(), Some(100));
    assert_eq!(tx.logged_out_at(other, LoggedOut::Person, "erika").await.unwrap(), None);
    tx.drop_overdue_sign_ins().await.unwrap();
    assert_eq!(tx.logged_out_at(one, LoggedOut::Session, "erika").await.unwrap(), None);
    assert_eq!(tx.logged_out_at(one, LoggedOut::Person, "erika").await.unwrap(), Some(500));
    tx.commit().await.unwrap();
}

async fn views_are_read_newest_first_and_erased_oldest_first(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let view = |no: i64, at_us, shown: &[u8]| PageViewRow {
        no,
        at_us,
        agency_id: "de-bka".into(),
        issuer: "https://login.example".into(),
        officer: "erika".into(),
        roles: "auditor".into(),
        page: "target".into(),
        shown: shown.iter().map(|byte| TargetId::from_bytes([*byte; 16])).collect(),
    };
    let views = [view(1, 1_000, &[7]), view(2, 1_000, &[]), view(3, 2_000, &[8, 9])];
    let mut tx = fixture.begin().await;
    for one in &views[..2] {
        tx.note_view(one).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = Tx::begin(&mut fixture.connection, 2_000).await.unwrap();
    tx.note_view(&view(99, 99, &[8, 9])).await.unwrap();
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    let mut before = async |from_us, place, most| {
        let rows = PageViewRow::before(&mut reader, from_us, place, most).await.unwrap();
        rows.iter().map(|row| row.no).collect::<Vec<_>>()
    };
    let end = (i64::MAX, i64::MAX);
    assert_eq!(before(0, end, 9).await, [3, 2, 1], "number and time are given where it is written");
    assert_eq!(before(0, end, 2).await, [3, 2]);
    assert_eq!(before(0, (1_000, 2), 9).await, [1], "behind the last one of a page");
    assert_eq!(before(1_001, end, 9).await, [3]);
    assert_eq!(PageViewRow::before(&mut reader, 0, end, 9).await.unwrap().last(), Some(&views[0]));
    assert_eq!(PageViewRow::before(&mut reader, 0, end, 1).await.unwrap()[0], views[2]);
    drop(reader);

    let mut tx = Tx::begin(&mut fixture.connection, 3_000).await.unwrap();
    assert_eq!(tx.erase_views(1_000, 9).await.unwrap(), 0, "nothing is older");
    assert_eq!(tx.erase_views(2_000, 1).await.unwrap(), 1);
    assert_eq!(tx.erase_views(2_000, 9).await.unwrap(), 1);
    assert_eq!(tx.erase_views(2_001, 9).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn who_decided_is_read_in_order_and_erased_oldest_first(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let row = |leaf, recorded_at_us| PersonActRow {
        leaf,
        recorded_at_us,
        agency: AgencyNo(2),
        issuer: "https://login.example".into(),
        officer: "erika".into(),
        act: "release".into(),
    };
    let rows = [row(3, 100), row(5, 100), row(8, 200)];
    let mut tx = fixture.begin().await;
    for one in &rows {
        tx.note_person(one).await.unwrap();
    }
    assert!(fails!(tx, tx.note_person(&row(3, 300))), "a leaf is one person's");
    tx.commit().await.unwrap();

    let mut reader = fixture.store.reader().await.unwrap();
    let mut between = async |span, after, most| {
        let found = PersonActRow::between(&mut reader, span, after, most).await.unwrap();
        found.iter().map(|row| row.leaf).collect::<Vec<_>>()
    };
    let (ever, first) = ((i64::MIN, i64::MAX), (i64::MIN, -1));
    assert_eq!(between(ever, first, 9).await, [3, 5, 8]);
    assert_eq!(between(ever, first, 2).await, [3, 5]);
    assert_eq!(between(ever, (100, 3), 9).await, [5, 8], "behind the last one of a page");
    assert_eq!(between((101, 201), first, 9).await, [8]);
    assert_eq!(between((0, 100), first, 9).await, [0_i64; 0], "a time ends before its end");
    assert_eq!(PersonActRow::between(&mut reader, ever, first, 9).await.unwrap(), rows);
    assert_eq!(PersonActRow::at(&mut reader, 5).await.unwrap(), Some(row(5, 100)));
    assert_eq!(PersonActRow::at(&mut reader, 6).await.unwrap(), None);
    drop(reader);

    let mut tx = fixture.begin().await;
    assert_eq!(tx.erase_persons(100, 9).await.unwrap(), 0, "nothing is older");
    assert_eq!(tx.erase_persons(200, 1).await.unwrap(), 1);
    assert_eq!(tx.erase_persons(200, 9).await.unwrap(), 1);
    assert_eq!(tx.erase_persons(201, 9).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn certificates_are_noted_when_they_are_shown(engine: Engine) {
    let mut fixture = Fixture::new(engine).await;
    let shown = |agency: &str, serial: &str, not_after_us| CertificateRow {
        agency_id: agency.into(),
        node: "main".into(),
        serial: serial.into(),
        public_key: "sha256:00".into(),
        not_after_us,
        first_seen_us: 0,
        seen_at_us: 0,
    };
    let mut tx = fixture.begin().await;
    tx.add_agency(&card("de-nw-lka")).await.unwrap();
    assert!(tx.note_certificate(&shown("de-nw-lka", "01", 5)).await.unwrap());
    assert!(tx.note_certificate(&shown("de-nw-lka", "02", 9)).await.unwrap());
    assert!(!tx.note_certificate(&shown("de-xx-lka", "03", 9)).await.unwrap(), "not registered");
    tx.commit().await.unwrap();
    let mut tx = Tx::begin(&mut fixture.connection, 2_000).await.unwrap();
    assert!(tx.note_certificate(&shown("de-nw-lka", "01", 5)).await.unwrap());
    tx.commit().await.unwrap();
    let mut reader = fixture.store.reader().await.unwrap();
    let found = CertificateRow::all(&mut reader).await.unwrap();
    let seen = |row: &CertificateRow| (row.serial.clone(), row.first_seen_us, row.seen_at_us);
    let found: Vec<_> = found.iter().map(seen).collect();
    assert_eq!(
        found,
        [("02".into(), 1_000, 1_000), ("01".into(), 1_000, 2_000)],
        "the one that lasts longest first"
    );
}

on_both!(
    certificates_are_noted_when_they_are_shown,
    who_decided_is_read_in_order_and_erased_oldest_first,
    views_are_read_newest_first_and_erased_oldest_first,
    a_session_is_found_used_and_ended,
    sessions_end_by_person_by_issuer_session_by_time_and_all,
    an_attempt_is_used_once,
    the_latest_logout_is_remembered_for_a_while,
);
