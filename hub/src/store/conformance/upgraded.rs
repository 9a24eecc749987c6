//! A database of an earlier schema, once this version has done its work on it: what people look for is found.

use std::fmt::Write as _;

use meldeverbund_domain::TargetNo;
use meldeverbund_proto::{
    AgencyId, CanonicalLink, CommandId,
    leaf::Kind,
    statement::ReferralStatement,
    v1::{AgencyKind, Referral},
};

use super::{Place, on_both, run_all};
use crate::{
    flow::{Behind, Command as _, Compare, Found, Policies, Views, What, search},
    store::{Connection, Engine, Store, Tx, compared_to, noted_to, query_scalar, schema},
};

/// Links of one host: more than two slices of the job that notes them.
const LINKS: i64 = 450;

/// When the first of them was referred; each that follows a second later.
const FIRST_US: i64 = 1_700_000_000_000_000;

/// What schema 10 held of the central office, of an office, and of links that they had referred; all of them were compared.
fn before_desk() -> String {
    let (centre, office) = (AgencyKind::CentralOffice as i32, AgencyKind::StateOffice as i32);
    let mut rows = String::new();
    for (no, id, kind) in [(1, "de-bka", centre), (2, "de-nw-lka", office)] {
        let row = format!(
            "INSERT INTO agency (agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence) \
             VALUES ({no}, '{id}', 'Office', 'duty', {kind}, 0, 1000, 0); \
             INSERT INTO case_file VALUES ({no}, {no}, '7{no}/26', 'U', 1, '2027-01-01', '2028-01-01', '', 0, NULL);"
        );
        rows.push_str(&row);
    }
    for leaf in 0..LINKS {
        referred(&mut rows, leaf, 2, "de-nw-lka", &format!("https://cdn.files.example/{leaf}"));
    }
    referred(&mut rows, LINKS, 1, "de-bka", "https://other.example/c");
    let next = LINKS + 1;
    let _ = write!(
        rows,
        "UPDATE head SET next_leaf = {next}, next_target = {next} + 1, next_case = 3, last_time_us = {FIRST_US}; \
         UPDATE compared SET next_leaf = {next};"
    );
    rows
}

fn referred(rows: &mut String, leaf: i64, agency_no: i64, agency: &str, link: &str) {
    let agency = agency.parse::<AgencyId>().unwrap();
    let referral = Referral { link: link.into(), ..Referral::default() };
    let mut statement = Vec::new();
    let submission = CommandId::from_bytes([7; 16]);
    let case_number = format!("7{agency_no}/26");
    ReferralStatement {
        agency: &agency,
        submission,
        position: 0,
        case_number: &case_number,
        referral: &referral,
    }
    .encode(&mut statement);
    let id = CanonicalLink::parse(link).unwrap().id();
    let (kind, us, target) = (Kind::Referral as u16, FIRST_US + leaf * 1_000_000, leaf + 1);
    let (salt, statement, id) = (hex::encode([9; 32]), hex::encode(statement), hex::encode(id.as_bytes()));
    let hash = hex::encode([1; 32]);
    let _ = write!(
        rows,
        "INSERT INTO event (leaf_index, kind, recorded_at_us, agency_no, leaf_hash, salt, statement, decision) \
         VALUES ({leaf}, {kind}, {us}, {agency_no}, x'{hash}', x'{salt}', x'{statement}', x''); \
         INSERT INTO target VALUES ({target}, x'{id}', 1, 1, {agency_no}, 3, {leaf}); \
         INSERT INTO binding (target_no, agency_no, case_no, since_leaf) VALUES ({target}, {agency_no}, {agency_no}, {leaf});"
    );
}

/// What the central office finds.
async fn found(store: &Store, text: &str) -> Found {
    let views = Views::new(store.target_ids().clone(), Policies::default(), FIRST_US);
    let mut reader = store.reader().await.unwrap();
    let found = search(&mut reader, &views, &"de-bka".parse().unwrap(), text, None).await.unwrap();
    let [found] = found.try_into().unwrap_or_else(|_| panic!("{text} is one thing"));
    found
}

/// A turn of the job; true if there may be more.
async fn turn(writer: &mut Connection) -> bool {
    let mut tx = Tx::begin(writer, FIRST_US + LINKS * 1_000_000).await.unwrap();
    let more = Compare { policies: Policies::default() }.run(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    more
}

async fn old_links_are_found_by_host_and_case_once_the_job_was_there(engine: Engine) {
    let place = Place::new(engine);
    let mut connection = place.connect().await;
    schema::migrate_to(&mut connection, 10).await.unwrap();
    run_all(&mut connection, &before_desk()).await;
    let store = Store::open(place.database()).await.unwrap();
    let (all, host, case) = (LINKS + 1, "cdn.files.example", "71/26");
    let behind = |until_us, done| Some(Behind { until_us, done, all });

    for (text, what) in [(host, What::Host), (case, What::Case)] {
        let found = found(&store, text).await;
        assert_eq!((found.what, found.rows.len(), found.behind), (what, 0, behind(None, 0)), "{text}");
    }
    let mut writer = store.writer().await.unwrap();
    // A hub of the version before, left running, goes on to the ledger's end and notes nothing.
    let mut tx = Tx::begin(&mut writer, FIRST_US).await.unwrap();
    tx.put_compared_to(all).await.unwrap();
    tx.commit().await.unwrap();

    assert!(turn(&mut writer).await);
    let some = found(&store, host).await;
    assert_eq!((some.rows.len(), some.behind), (50, behind(Some(FIRST_US + 199 * 1_000_000), 200)));
    assert!(found(&store, case).await.rows.is_empty(), "not so far yet");
    while turn(&mut writer).await {}
    let first = found(&store, host).await;
    assert_eq!((first.rows.len(), first.behind), (50, None));
    let own = found(&store, case).await;
    let id = store.target_ids().id(TargetNo(all)).to_string();
    assert_eq!((own.rows.len(), own.behind), (1, None));
    assert_eq!(
        (&own.rows[0].view.target_id, own.rows[0].link.as_deref()),
        (&id, Some("https://other.example/c"))
    );

    // Other host rules let links be compared anew; what was noted stays found.
    let mut tx = Tx::begin(&mut writer, FIRST_US).await.unwrap();
    tx.put_compared_to(0).await.unwrap();
    tx.commit().await.unwrap();
    assert!(turn(&mut writer).await);
    assert_eq!(found(&store, host).await.behind, None);
    let mut reader = store.reader().await.unwrap();
    assert_eq!(compared_to(&mut reader).await.unwrap(), 200);
    assert_eq!(noted_to(&mut reader).await.unwrap(), all);
}

/// Schema 18 had no deadline for a provider's silence: whatever may wait for an answer is looked at, and nothing else.
async fn what_waits_for_an_answer_is_looked_at_after_the_upgrade(engine: Engine) {
    let place = Place::new(engine);
    let mut connection = place.connect().await;
    schema::migrate_to(&mut connection, 18).await.unwrap();
    let rows = [(1, "NULL", 4), (2, "NULL", -1), (3, "NULL", 5), (4, "9000", 4), (5, "9000", 0)];
    let rows = rows.map(|(target, due, notice)| {
        format!("INSERT INTO life (target_no, due_us, centre, body, notice) VALUES ({target}, {due}, 0, '{{}}', {notice});")
    });
    run_all(&mut connection, &rows.concat()).await;
    Store::open(place.database()).await.unwrap();
    let due = "SELECT target_no FROM life WHERE due_us = 0 ORDER BY target_no";
    let due: Vec<i64> = query_scalar(due).fetch_all(&mut connection).await.unwrap();
    assert_eq!(due, [1, 2, 4]);
}

on_both!(
    old_links_are_found_by_host_and_case_once_the_job_was_there,
    what_waits_for_an_answer_is_looked_at_after_the_upgrade,
);
