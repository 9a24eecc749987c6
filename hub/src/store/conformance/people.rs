//! Sessions and sign-ins: found by digest, ended one by one and all at once.

use super::{Fixture, fails, on_both};
use crate::store::{Engine, LoggedOut, SessionRow};

fn session(number: u8, subject: &str, begun_at_us: i64) -> SessionRow {
    SessionRow {
        digest: vec![number; 32],
        issuer: "https://login.example".into(),
        subject: subject.into(),
        issuer_session: Some(format!("sid {number}")),
        agency_id: "de-bka".into(),
        roles: "desk-officer supervisor".into(),
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

on_both!(
    a_session_is_found_used_and_ended,
    sessions_end_by_person_by_issuer_session_by_time_and_all,
    an_attempt_is_used_once,
    the_latest_logout_is_remembered_for_a_while,
);
