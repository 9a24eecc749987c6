//! A hub's database moved from its file to a server: everything is there, nobody notices, and never do two hubs go on.

use std::{path::PathBuf, time::Duration};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::retention::{Term, Terms};
use meldeverbund_hub::{
    flow::{CopyError, Hub, Probe, PutLedgerKey, Run, copy_to, retain, take_back},
    ledger::{Ledger, verify::Verified},
    serve::Server,
    store::{CopyProgress, Database, Moved, OpenError, Store},
};
use meldeverbund_pgtest::TestDatabase;
use meldeverbund_proto::v1::{SubmissionAccepted, Verdict};
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use crate::{
    cli::{err, out},
    decisions::{assess, hold},
    harness::{Federation, INSTANCE, Place, accepted, batch, salt},
    ledger::epochs::copy,
    process::Site,
    retention::{close, close_case},
    signatures::{key, register, sign},
};

/// Longer than the term of what goes.
const LONG: Duration = Duration::from_secs(60 * 24 * 3_600);

fn silent(_: CopyProgress) {}

async fn moved(federation: &Federation, to: &Database) -> Result<Verified, CopyError> {
    copy_to(&federation.config.database, to, &federation.config.ledger_files(), &mut silent).await
}

/// Ends the hub, and starts it on this database.
async fn go_on(mut federation: Federation, database: Database) -> Federation {
    federation.server.end().await.unwrap();
    federation.config.database = database;
    federation.server = Server::start(&federation.config, federation.clock.clone(), None).await.unwrap();
    federation
}

/// What does not change where nothing is handed in; checkpoints are published at any time.
fn ledger(whole: &Verified) -> (u32, u64, [u8; 32], u64, u64) {
    (whole.epoch, whole.leaves, whole.root, whole.redacted, whole.commands)
}

/// Another key takes office.
async fn rotate(federation: &Federation) {
    let (store, files) =
        (Store::open(&federation.config.database).await.unwrap(), federation.config.ledger_files());
    let new: PathBuf = federation.folder.path().join("next.key");
    let mut reader = store.reader().await.unwrap();
    let ledger = Ledger::open_between(&files, &new, [7; 32], &mut reader).await.unwrap();
    drop(reader);
    let (hub, tasks) = Hub::start_with(store, federation.clock.clone(), ledger.clone()).await.unwrap();
    hub.run(PutLedgerKey::new(&ledger, [8; 32])).await.unwrap();
    ledger.keep_key().unwrap();
    drop(hub);
    tasks.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_there_and_nobody_notices() {
    let manual = ManualClock::new(Clock::system().now());
    let federation = Federation::start_at(Place::file(), manual.clock(), |_| {}).await;
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    let ours = key("de-nw-lka", 1);
    register(&federation, &nw.agency, &ours).await.unwrap();
    nw.open_case("1/26").await;
    by.open_case("2/26").await;
    let mut request = batch("1/26", &["https://goes.test/a", "https://stays.test/b"]);
    sign(&ours, &nw.agency, &mut request);
    let first = accepted(nw.submit(request.clone()).await);
    let theirs =
        by.refer("2/26", &["https://goes.test/c", "https://stays.test/b", "https://held.test/"]).await;
    let target = |n: usize| std::slice::from_ref(&theirs.answers[n].target_id).to_vec();
    by.decided(&target(2), assess()).await;
    by.decided(&target(2), hold()).await;
    by.decided(&target(0), close()).await;
    by.open_case("3/26").await;
    close_case(&by, "3/26").await;
    let told = nw.feed(INSTANCE, 0, 1).await;
    nw.acknowledge(told[0].sequence).await;
    rotate(&federation).await;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    let lost = by.refer("2/26", &["https://lost.test/"]).await;
    drop((nw, by));
    let federation = federation.restore(&backup).await;
    assert_eq!(federation.new_epoch(None).await.0, 2);
    manual.advance(LONG);
    let terms = Terms {
        liaison: None,
        decision: Term::new(1, "BKAG § 77").ok(),
        referral: Term::new(1, "BKAG § 77").ok(),
        case: None,
    };
    let gone = retain(federation.server.hub(), &terms, salt, Run::Now).await.unwrap();
    assert!(gone.iter().any(|class| class.leaves > 0), "{gone:?}");
    let before = federation.whole().await;
    let receipt = first.receipt.clone();
    let counts = federation.counts().await;
    let vkeys = federation.server.hub().ledger().vkeys();

    let place = TestDatabase::new();
    let to: Database = place.url().parse().unwrap();
    let busy = moved(&federation, &to).await;
    assert!(matches!(busy, Err(CopyError::InUse)), "a hub is at work: {busy:?}");
    let Federation { folder, authority, mut config, clock, server, place: file } = federation;
    server.end().await.unwrap();
    let file_before = config.database.clone();
    let mut told_tables = Vec::new();
    let mut tell = |progress: CopyProgress| told_tables.extend(progress.is_done.then_some(progress.table));
    let whole = copy_to(&config.database, &to, &config.ledger_files(), &mut tell).await.unwrap();
    assert_eq!(ledger(&whole), ledger(&before));
    assert!(told_tables.contains(&"event"));

    // Nobody serves the file any more.
    let refused = Server::start(&config, clock.clone(), None).await.err().unwrap();
    assert!(format!("{refused:?}").contains("Gone"), "{refused:?}");
    config.database = to.clone();
    let server = Server::start(&config, clock.clone(), None).await.unwrap();
    let federation = Federation { folder, authority, config, clock, server, place: file };
    assert_eq!(ledger(&federation.whole().await), ledger(&before));
    assert_eq!(federation.counts().await, counts);
    assert_eq!(federation.server.hub().ledger().vkeys(), vkeys);
    let nw = federation.connect("de-nw-lka", "main").await;
    // What was handed in is known, with its id and its place in the ledger.
    let again = accepted(nw.submit(request).await);
    assert_eq!(again.first_leaf_index, first.first_leaf_index);
    let ids = |accepted: &SubmissionAccepted| -> Vec<_> {
        accepted.answers.iter().map(|answer| (answer.target_id.clone(), answer.verdict())).collect()
    };
    assert_eq!(ids(&again), ids(&first));
    assert!(receipt.is_some() && again.receipt.is_some());
    let by = federation.connect("de-by-lka", "main").await;
    assert_eq!(by.see(&target(2)[0]).await.target_id, target(2)[0]);
    // Feeds go on where they were, and so does the ledger.
    let next = nw.feed(INSTANCE, told[0].sequence, 1).await;
    assert_eq!(next[0].sequence, told[0].sequence + 1);
    let new = by.refer("2/26", &["https://lost.test/"]).await;
    assert_eq!(new.answers[0].verdict(), Verdict::New);
    assert_ne!(new.answers[0].target_id, lost.answers[0].target_id);
    federation.proven(&new).await;
    federation.whole().await;
    // What was written there stays there.
    let back = take_back(&file_before, Some(&to), &federation.config.ledger_files()).await;
    assert!(matches!(back, Err(CopyError::NotWhole { .. })), "the mark is ahead of the file: {back:?}");
    std::fs::rename(&federation.config.ledger.mark, federation.folder.path().join("mark")).unwrap();
    let back = take_back(&file_before, Some(&to), &federation.config.ledger_files()).await;
    assert!(matches!(back, Err(CopyError::Written(_))), "{back:?}");
    std::fs::rename(federation.folder.path().join("mark"), &federation.config.ledger.mark).unwrap();
    drop((nw, by));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_taken_back_as_long_as_nothing_was_written() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let first = nw.refer("1/26", &["https://a.test/1"]).await;
    drop(nw);
    let (place, other) = (TestDatabase::new(), TestDatabase::new());
    let (to, other): (Database, Database) = (place.url().parse().unwrap(), other.url().parse().unwrap());
    let files = federation.config.ledger_files();
    let file = federation.config.database.clone();
    let Federation { folder, authority, config, clock, server, place: at } = federation;
    server.end().await.unwrap();
    assert!(matches!(take_back(&file, Some(&to), &files).await, Err(CopyError::NotMoved)));
    copy_to(&file, &to, &files, &mut silent).await.unwrap();
    let twice = copy_to(&file, &other, &files, &mut silent).await;
    assert!(matches!(twice, Err(CopyError::Elsewhere(Moved::Gone(_)))), "{twice:?}");
    // A hub that was there and wrote nothing.
    let mut there = config.clone();
    there.database = to.clone();
    let server = Server::start(&there, clock.clone(), None).await.unwrap();
    take_back(&file, Some(&to), &files).await.unwrap();
    let written = server.hub().run(Probe).await;
    assert!(written.is_err(), "it can write no more, although it runs");
    server.end().await.unwrap();
    let given_up = Store::open(&to).await;
    assert!(matches!(given_up, Err(OpenError::Moved { mark: Moved::GivenUp, .. })), "{given_up:?}");
    let server = Server::start(&config, clock.clone(), None).await.unwrap();
    let federation = Federation { folder, authority, config, clock, server, place: at };
    let nw = federation.connect("de-nw-lka", "main").await;
    assert_eq!(nw.see(&first.answers[0].target_id).await.target_id, first.answers[0].target_id);
    drop(nw);
    let federation = go_on(federation, file.clone()).await;
    drop(federation.server.end().await);
    // The place is no place for another try; an empty one is.
    assert!(matches!(copy_to(&file, &to, &files, &mut silent).await, Err(CopyError::NotEmpty(_))));
    copy_to(&file, &other, &files, &mut silent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bent_file_stays_where_it_is_and_nothing_is_there() {
    let site = Site::on_a_file();
    site.register("de-nw-lka", "state-office");
    let place = TestDatabase::new();
    let (url, file) = (place.url(), site.folder.path().join("hub.sqlite"));
    let copy = ["copy-to", "--database", &url];
    let bend = |sql: &str| rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    bend("UPDATE event SET recorded_at_us = recorded_at_us + 1 WHERE leaf_index = 1");
    let bent = site.run(&copy);
    assert!(err(&bent).contains("the ledger in the database is not whole"), "{bent:?}");
    bend("UPDATE event SET recorded_at_us = recorded_at_us - 1 WHERE leaf_index = 1");
    // A text where a number belongs, which a file lets pass.
    bend("UPDATE agency SET registered_at_us = 'yesterday'");
    let bent = site.run(&copy);
    assert_eq!(bent.status.code(), Some(1), "{bent:?}");
    bend("UPDATE agency SET registered_at_us = 1000");
    // It can be served as before, and the same server is taken.
    assert_eq!(site.json(&["status"])["counts"]["agencies"], 1);
    let said = site.run(&copy);
    assert!(out(&said).contains("was moved to postgres://"), "{said:?}");
    assert!(err(&said).contains("event: 2 rows"), "{said:?}");
    let refused = site.run(&["status"]);
    assert!(err(&refused).contains("was moved to postgres://"), "{refused:?}");
    let again = site.run(&copy);
    assert!(err(&again).contains("was moved to"), "{again:?}");

    // Only there, and never back.
    let other = Site::on_a_file();
    other.register("de-by-lka", "state-office");
    let taken = other.run(&copy);
    assert!(err(&taken).contains("holds something already"), "{taken:?}");
    other.configure(&format!("database = \"{url}\""));
    let back = other.run(&["copy-to", "--database", "new.sqlite"]);
    assert!(err(&back).contains("there is no way back"), "{back:?}");
    site.configure("database = \"hub.sqlite\"");
    let gone = site.run(&["copy-to", "--undo", "--copy-is-gone"]);
    assert!(out(&gone).contains("can be served again"), "{gone:?}");
    let to_file = site.run(&["copy-to", "--database", "new.sqlite"]);
    assert!(err(&to_file).contains("must be a server's"), "{to_file:?}");
}

/// Marks the file as it is marked on its way to this address.
fn mark(site: &Site, name: &str, url: &str) {
    let address = url.parse::<Database>().unwrap().to_string();
    let file = rusqlite::Connection::open(site.folder.path().join("hub.sqlite")).unwrap();
    file.execute("DELETE FROM meta WHERE name LIKE 'mov%'", []).unwrap();
    file.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", (name, address.as_bytes())).unwrap();
}

/// Statements one after the other, where a copy is or could be.
async fn at(place: &TestDatabase, statements: &'static str) {
    let options: PgConnectOptions = place.url().parse().unwrap();
    sqlx::raw_sql(statements).execute(&mut options.connect().await.unwrap()).await.unwrap();
}

/// How many tables are there, and how many heads: a copy that was given up has none.
async fn stands(place: &TestDatabase) -> (i64, i64) {
    let options: PgConnectOptions = place.url().parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
    let tables = sqlx::query_scalar(tables).fetch_one(&mut connection).await.unwrap();
    (tables, sqlx::query_scalar("SELECT count(*) FROM head").fetch_one(&mut connection).await.unwrap())
}

/// A move is taken back from the copy alone: what is there besides stays as it is, and so does the file's mark.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_copy_is_left_alone() {
    let site = Site::on_a_file();
    site.register("de-nw-lka", "state-office");
    let [copy, empty, unused, half] = [(); 4].map(|()| TestDatabase::new());
    for place in [&unused, &half] {
        Store::migrate(&place.url().parse().unwrap()).await.unwrap();
    }
    at(&half, "DROP TABLE figured; DELETE FROM _sqlx_migrations WHERE version > 9").await;
    let undo = |place: &TestDatabase| site.run(&["copy-to", "--undo", "--database", &place.url()]);
    let refused = |place: &TestDatabase, why: &str| {
        let refused = undo(place);
        assert_eq!((refused.status.code(), err(&refused).contains(why)), (Some(1), true), "{refused:?}");
        let kept = site.run(&["status"]);
        assert!(err(&kept).contains("was moved to"), "{kept:?}");
    };
    let (none, others) = ("there is no copy", "other tables than this version's");
    mark(&site, "moved_to", &empty.url());
    refused(&empty, none);
    for (place, why) in [(&unused, none), (&half, others)] {
        let before = stands(place).await;
        mark(&site, "moved_to", &place.url());
        refused(place, why);
        assert_eq!(stands(place).await, before);
    }
    // It was never said that it had arrived.
    for place in [&empty, &unused] {
        mark(&site, "moving_to", &place.url());
        assert!(out(&undo(place)).contains("can be served again"));
    }
    assert_eq!(stands(&unused).await.1, 1, "what somebody made ready stays ready");

    let moved = site.run(&["copy-to", "--database", &copy.url()]);
    assert!(out(&moved).contains("was moved to"), "{moved:?}");
    let before = stands(&copy).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'newer', true, '', 0)";
    at(&copy, newer).await;
    refused(&copy, others);
    assert_eq!(stands(&copy).await, before);
    at(&copy, "DELETE FROM _sqlx_migrations WHERE version = 9999; CREATE TABLE later (id BIGINT)").await;
    refused(&copy, others);
    assert_eq!(stands(&copy).await, (before.0 + 1, 1));
    at(&copy, "DROP TABLE later").await;
    assert!(out(&undo(&copy)).contains("can be served again"));
    assert_eq!(stands(&copy).await, (before.0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_interrupted_runs_it_again() {
    let site = Site::on_a_file();
    site.register("de-nw-lka", "state-office");
    let place = TestDatabase::new();
    let url = place.url();
    let mark = |name: &str| mark(&site, name, &url);
    // Before anything was there.
    mark("moving_to");
    assert!(err(&site.run(&["status"])).contains("run `copy-to` again"));
    let done = site.run(&["copy-to", "--database", &url]);
    assert!(out(&done).contains("was moved to"), "{done:?}");
    // When everything was there, and nobody was told.
    mark("moving_to");
    let done = site.run(&["copy-to", "--database", &url]);
    assert!(out(&done).contains("was moved to"), "{done:?}");
    // Not what somebody else has put there meanwhile.
    site.configure(&format!("database = \"{url}\""));
    site.register("de-by-lka", "state-office");
    site.configure("database = \"hub.sqlite\"");
    mark("moving_to");
    let refused = site.run(&["copy-to", "--database", &url]);
    assert!(
        err(&refused).contains("is not whole") || err(&refused).contains("holds something"),
        "{refused:?}"
    );
}
