//! The one writer: groups, lanes, and commands that go wrong.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::FutureExt as _;
use meldeverbund_domain::{AgencyNo, Target, TargetNo};
use meldeverbund_hub::{
    clock::Clock,
    flow::{AddAgency, Command, Failure, Hub, HubTasks, Lane, OpenCase, Policies, StatementKeys, Submit},
    ledger::LedgerFiles,
    store::{Connection, Counts, EventRow, NewEvent, Store, StoreError, Tx, query},
};
use meldeverbund_proto::{
    AgencyId, LinkId,
    leaf::{Kind, statement_digest},
    v1::{AgencyCard, AgencyKind, Refusal, RefusalCode},
};
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};

use crate::harness::{DOMAIN, Place, batch, open_case, salt};

struct Bench {
    store: Store,
    hub: Hub,
    tasks: HubTasks,
    _folder: TempDir,
    _place: Place,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::chosen();
        let store = Store::open(place.database(folder.path())).await.unwrap();
        let (hub, tasks) =
            Hub::start(store.clone(), Clock::system(), &LedgerFiles::in_folder(DOMAIN, folder.path()))
                .await
                .unwrap();
        Self { store, hub, tasks, _folder: folder, _place: place }
    }

    /// Keeps the writer waiting at the start of its next transaction, so that what is handed in meanwhile is a group.
    async fn hold(&self) -> Held {
        let mut connection = self.store.writer().await.unwrap();
        query("{begin}").execute(&mut connection).await.unwrap();
        query("UPDATE head SET next_leaf = next_leaf").execute(&mut connection).await.unwrap();
        Held(connection)
    }

    /// What stands in the ledger, in its order.
    async fn said(&self) -> Vec<String> {
        let mut reader = self.store.reader().await.unwrap();
        // The first leaf is the hub's key.
        let rows = EventRow::range(&mut reader, 1, 1_000).await.unwrap();
        rows.into_iter().map(|row| String::from_utf8(row.statement).unwrap()).collect()
    }

    async fn end(self) {
        drop(self.hub);
        self.tasks.end().await;
    }
}

struct Held(Connection);

impl Held {
    async fn release(mut self) {
        query("ROLLBACK").execute(&mut self.0).await.unwrap();
    }
}

/// Hands a command in without waiting for it.
fn hand_in<C: Command>(
    hub: &Hub,
    command: C,
) -> Pin<Box<dyn Future<Output = Result<C::Verdict, Failure>> + Send>> {
    let hub = hub.clone();
    // All the way into its lane at once, however many were handed in before it.
    let mut running = Box::pin(tokio::task::unconstrained(async move { hub.run(command).await }));
    match running.as_mut().now_or_never() {
        None => running,
        // The writer has a thread of its own, and may have been that quick.
        Some(done) => Box::pin(std::future::ready(done)),
    }
}

/// Rows that a server is still writing when the caller goes on.
const LARGE: i64 = 300;

/// Writes one leaf and then does as it is told.
struct Say {
    text: &'static str,
    lane: Lane,
    then: Then,
    runs: Arc<AtomicUsize>,
}

enum Then {
    Agree,
    Refuse,
    Fail,
    /// Opens many targets and one of them again, which a server says only after the command has said that all is well.
    Double,
    Panic,
    /// Says that it runs, and waits until it may go on.
    Wait(Arc<Notify>, Arc<Notify>),
    /// Takes so long.
    Last(Duration),
}

impl Say {
    fn new(text: &'static str, then: Then) -> (Self, Arc<AtomicUsize>) {
        let runs = Arc::new(AtomicUsize::new(0));
        (Self { text, lane: Lane::Interactive, then, runs: Arc::clone(&runs) }, runs)
    }

    fn bulk(text: &'static str, then: Then) -> Self {
        Self { lane: Lane::Bulk, ..Self::new(text, then).0 }
    }
}

impl Command for Say {
    type Verdict = i64;

    fn lane(&self) -> Lane {
        self.lane
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Failure> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let (salt, statement) = (salt(), self.text.as_bytes());
        let (kind, agency) = (Kind::CaseOpened, AgencyNo(1));
        let statement_digest = statement_digest(&salt, statement);
        let event = NewEvent { kind, agency, salt, statement, statement_digest, decision: Vec::new() };
        let leaf = tx.append(&[event]).await?;
        match &self.then {
            Then::Agree => {}
            Then::Refuse => return Err(Refusal::of(RefusalCode::NotPermitted, "no").into()),
            Then::Fail => return Err(StoreError::Value { column: "test" }.into()),
            Then::Double => {
                let first = tx.next_target().0;
                let targets = (0..LARGE).chain([0]).map(|n| {
                    let mut link = [0; 32];
                    link[..8].copy_from_slice(&n.to_be_bytes());
                    (LinkId::from_bytes(link), Target::opened(TargetNo(first + n), agency), leaf)
                });
                tx.open_targets(targets, TargetNo(first + LARGE)).await?;
            }
            Then::Panic => panic!("on purpose"),
            Then::Wait(runs, go_on) => {
                runs.notify_one();
                go_on.notified().await;
            }
            Then::Last(time) => tokio::time::sleep(*time).await,
        }
        Ok(leaf)
    }
}

/// Refuses before it writes anything, as a command must.
struct Decline;

impl Command for Decline {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, _: &mut Tx<'_>) -> Result<(), Failure> {
        Err(Refusal::of(RefusalCode::CaseUnknown, "no").into())
    }
}

/// In a group of three the middle one goes wrong: it alone is told so, and leaves nothing.
async fn one_bad_apple(then: Then) -> Failure {
    let bench = Bench::new().await;
    let held = bench.hold().await;
    let (one, runs) = Say::new("one", Then::Agree);
    let (bad, bad_runs) = Say::new("bad", then);
    let (two, _) = Say::new("two", Then::Agree);
    let one = hand_in(&bench.hub, one);
    let bad = hand_in(&bench.hub, bad);
    let two = hand_in(&bench.hub, two);
    held.release().await;
    assert_eq!(one.await.unwrap(), 1);
    let failure = bad.await.unwrap_err();
    assert_eq!(two.await.unwrap(), 2);
    assert_eq!(runs.load(Ordering::SeqCst), 2, "in the group, and again by itself");
    assert_eq!(bad_runs.load(Ordering::SeqCst), 2);
    assert_eq!(bench.said().await, ["one", "two"]);
    bench.hub.run(Say::new("after", Then::Agree).0).await.unwrap();
    assert_eq!(bench.said().await, ["one", "two", "after"]);
    bench.end().await;
    failure
}

#[tokio::test]
async fn a_command_that_fails_takes_nobody_with_it() {
    let failure = one_bad_apple(Then::Fail).await;
    assert!(matches!(failure, Failure::Store(StoreError::Value { column: "test" })));
}

#[tokio::test]
async fn a_large_write_that_fails_takes_nobody_with_it() {
    let failure = one_bad_apple(Then::Double).await;
    let Failure::Store(StoreError::Engine(sqlx::Error::Database(error))) = failure else {
        panic!("{failure:?}")
    };
    assert!(error.is_unique_violation(), "{error}");
}

#[tokio::test]
async fn a_command_that_panics_takes_nobody_with_it() {
    let failure = one_bad_apple(Then::Panic).await;
    assert!(matches!(failure, Failure::Store(StoreError::Panicked)));
}

#[tokio::test]
async fn a_command_that_refuses_after_it_wrote_is_undone() {
    let failure = one_bad_apple(Then::Refuse).await;
    assert!(matches!(failure, Failure::Store(StoreError::RefusedAfterWriting)));
}

#[tokio::test]
async fn a_refusal_is_a_verdict_like_any_other() {
    let bench = Bench::new().await;
    let held = bench.hold().await;
    let (one, runs) = Say::new("one", Then::Agree);
    let one = hand_in(&bench.hub, one);
    let no = hand_in(&bench.hub, Decline);
    held.release().await;
    let failure = no.await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(refusal) if refusal.code() == RefusalCode::CaseUnknown));
    one.await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1, "the group came through");
    bench.end().await;
}

#[tokio::test]
async fn a_caller_who_goes_away_drops_nothing() {
    let bench = Bench::new().await;
    let held = bench.hold().await;
    drop(hand_in(&bench.hub, Say::new("gone", Then::Agree).0));
    let stays = hand_in(&bench.hub, Say::new("stays", Then::Agree).0);
    held.release().await;
    stays.await.unwrap();
    assert_eq!(bench.said().await, ["gone", "stays"]);
    bench.end().await;
}

#[tokio::test]
async fn the_end_waits_for_what_was_handed_in() {
    let bench = Bench::new().await;
    let held = bench.hold().await;
    let handed_in = (0..50).map(|_| hand_in(&bench.hub, Say::bulk("said", Then::Agree))).collect::<Vec<_>>();
    let Bench { store, hub, tasks, _folder, _place } = bench;
    drop(hub);
    // Callers keep the hub until they are told.
    let (said, (), ()) = tokio::join!(futures::future::join_all(handed_in), tasks.end(), held.release());
    assert!(said.into_iter().all(|said| said.is_ok()));
    let store = Store::open(store.database()).await.unwrap();
    assert_eq!(Counts::read(&mut store.reader().await.unwrap()).await.unwrap().leaves, 1 + 50);
}

#[tokio::test]
async fn who_waits_himself_goes_before_all_that_is_queued_in_bulk() {
    let bench = Bench::new().await;
    let held = bench.hold().await;
    let bulk = (0..100).map(|_| hand_in(&bench.hub, Say::bulk("bulk", Then::Agree))).collect::<Vec<_>>();
    // The writer has the first one in its hands and waits to begin.
    let officer = hand_in(&bench.hub, Say::new("officer", Then::Agree).0);
    held.release().await;
    assert!(officer.await.unwrap() <= 2, "one bulk command at most comes before");
    futures::future::join_all(bulk).await.into_iter().for_each(|done| assert!(done.is_ok()));
    assert_eq!(bench.said().await.len(), 101);
    bench.end().await;
}

/// The same with real submissions: ten referrals are a person's, eleven are a file's.
#[tokio::test]
async fn an_officers_few_referrals_go_before_an_import() {
    let bench = Bench::new().await;
    let agency: AgencyId = "de-nw-lka".parse().unwrap();
    let (name, contact, kind) = ("LKA".into(), "duty".into(), AgencyKind::StateOffice.into());
    let card = AgencyCard { agency_id: agency.to_string(), name, contact, kind };
    bench.hub.run(AddAgency::parse(card, salt()).unwrap()).await.unwrap();
    bench.hub.run(OpenCase::parse(agency.clone(), open_case("1/26")).unwrap()).await.unwrap();
    let submission = |links: usize| {
        let links: Vec<_> = (0..links).map(|n| format!("https://host.example/{n}")).collect();
        let request = batch("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>());
        Submit::parse(
            agency.clone(),
            &request,
            &StatementKeys::default(),
            bench.store.target_ids().clone(),
            Policies::default(),
        )
        .unwrap()
    };
    let held = bench.hold().await;
    let import = (0..30).map(|_| hand_in(&bench.hub, submission(11))).collect::<Vec<_>>();
    let officer = hand_in(&bench.hub, submission(10));
    held.release().await;
    let before = 3;
    assert!(officer.await.unwrap().first_leaf_index <= before + 11, "one batch at most comes before");
    for done in futures::future::join_all(import).await {
        assert_eq!(done.unwrap().answers.len(), 11);
    }
    bench.end().await;
}

#[tokio::test]
async fn what_nobody_waits_for_goes_behind_all_others() {
    let bench = Bench::new().await;
    let held = bench.hold().await;
    // The writer has the first one in its hands and waits to begin.
    let first = hand_in(&bench.hub, Say::bulk("first", Then::Agree));
    tokio::task::yield_now().await;
    let job = Say { lane: Lane::Behind, ..Say::bulk("job", Then::Agree) };
    let job = hand_in(&bench.hub, job);
    let bulk = (0..20).map(|_| hand_in(&bench.hub, Say::bulk("bulk", Then::Agree))).collect::<Vec<_>>();
    let officer = hand_in(&bench.hub, Say::new("officer", Then::Agree).0);
    held.release().await;
    assert_eq!(job.await.unwrap(), 1 + 22);
    assert!(first.await.is_ok() && officer.await.is_ok());
    futures::future::join_all(bulk).await.into_iter().for_each(|done| assert!(done.is_ok()));
    bench.end().await;
}

/// Files that go on for ever: more than one transaction takes in wait at any time.
#[tokio::test]
async fn what_nobody_waits_for_goes_on_beside_an_import_that_does_not_end() {
    let bench = Bench::new().await;
    let job = Say { lane: Lane::Behind, ..Say::bulk("job", Then::Agree) };
    let (hub, stop) = (bench.hub.clone(), Arc::new(Notify::new()));
    async fn import(hub: Hub) {
        loop {
            hub.run(Say::bulk("bulk", Then::Last(Duration::from_millis(5)))).await.unwrap();
        }
    }
    let imports = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            let imports = futures::future::join_all((0..40).map(|_| import(hub.clone())));
            tokio::select! {
                _ = imports => {}
                () = stop.notified() => {}
            }
        }
    });
    let done = tokio::time::timeout(Duration::from_secs(20), bench.hub.run(job)).await;
    assert!(done.expect("it has its turn").is_ok());
    stop.notify_one();
    imports.await.unwrap();
    bench.end().await;
}

#[tokio::test]
async fn who_comes_during_a_group_goes_before_the_rest_of_it() {
    let bench = Bench::new().await;
    let (runs, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let first = hand_in(&bench.hub, Say::bulk("first", Then::Wait(Arc::clone(&runs), Arc::clone(&go_on))));
    let bulk = (0..20).map(|_| hand_in(&bench.hub, Say::bulk("bulk", Then::Agree))).collect::<Vec<_>>();
    runs.notified().await;
    let officer = hand_in(&bench.hub, Say::new("officer", Then::Agree).0);
    go_on.notify_one();
    assert_eq!(officer.await.unwrap(), 2);
    first.await.unwrap();
    futures::future::join_all(bulk).await.into_iter().for_each(|done| assert!(done.is_ok()));
    bench.end().await;
}

/// Where others write too, the lock is waited for; what waited meanwhile goes in together.
#[tokio::test]
async fn a_slice_begins_when_the_lock_is_there() {
    let bench = Bench::new().await;
    let held = bench.hold().await;
    let bulk = (0..5).map(|_| hand_in(&bench.hub, Say::bulk("bulk", Then::Agree))).collect::<Vec<_>>();
    // Longer than a slice.
    tokio::time::sleep(Duration::from_millis(200)).await;
    held.release().await;
    futures::future::join_all(bulk).await.into_iter().for_each(|done| assert!(done.is_ok()));
    let rows = EventRow::range(&mut bench.store.reader().await.unwrap(), 1, 5).await.unwrap();
    // A slice that had begun with the wait would have ended with it, and carry the first alone.
    let times: Vec<_> = rows.iter().map(|row| row.recorded_at_us).collect();
    assert_eq!((times.len(), times[0]), (5, times[1]), "one transaction has one time");
    bench.end().await;
}

#[tokio::test]
async fn bulk_does_not_keep_a_transaction_open() {
    a_slice_ends_behind(Say::bulk("first", Then::Last(Duration::from_millis(80)))).await;
}

#[tokio::test]
async fn behind_an_officer_a_slice_ends_sooner() {
    a_slice_ends_behind(Say::new("first", Then::Last(Duration::from_millis(40))).0).await;
}

/// The next bulk command goes on only once the first is durable: together in one transaction they would wait for ever.
async fn a_slice_ends_behind(first: Say) {
    let bench = Bench::new().await;
    let first = hand_in(&bench.hub, first);
    let (runs, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let second = hand_in(&bench.hub, Say::bulk("second", Then::Wait(runs, Arc::clone(&go_on))));
    let (told, first_is_told) = oneshot::channel();
    let waiting = tokio::spawn(async move {
        first.await.unwrap();
        told.send(()).unwrap();
    });
    tokio::time::timeout(Duration::from_secs(20), first_is_told).await.expect("a slice ends").unwrap();
    assert_eq!(bench.said().await, ["first"]);
    go_on.notify_one();
    second.await.unwrap();
    waiting.await.unwrap();
    bench.end().await;
}
