//! Two hubs on one database: each job is done by one of them, and by the other when that one is gone.

use std::time::Duration;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::{AgencyNo, AgencyState};
use meldeverbund_hub::{
    flow::{
        Command, Failure, Hub, HubTasks, Lane, LeasedJob, Policies, SetAgencyState, Sweep, Turn,
        publish_in_turn,
    },
    ledger::LedgerFiles,
    serve::Server,
    store::{CheckpointRow, Counts, LeaseRow, NewEvent, Store, Tx},
};
use meldeverbund_proto::leaf::{Kind, statement_digest};
use tempfile::TempDir;

use crate::harness::{DOMAIN, Federation, Place, salt};

/// Each transaction has a time of its own, a little behind a clock that stands still.
const A_MOMENT: Duration = Duration::from_millis(1);

/// Two hubs without their network side, on one database and with one clock.
struct Two {
    folder: TempDir,
    place: Place,
    clock: ManualClock,
    hubs: [Hub; 2],
    tasks: Vec<HubTasks>,
}

impl Two {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(Clock::system().now());
        let (files, place) = (LedgerFiles::in_folder(DOMAIN, folder.path()), Place::chosen());
        let (mut hubs, mut tasks) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let store = Store::open(place.database(folder.path())).await.unwrap();
            let (hub, task) = Hub::start(store, clock.clock(), &files).await.unwrap();
            hubs.push(hub);
            tasks.push(task);
        }
        Self { folder, place, clock, hubs: hubs.try_into().unwrap(), tasks }
    }

    async fn leaves(&self) -> i64 {
        Counts::read(&mut self.hubs[0].reader().await.unwrap()).await.unwrap().leaves
    }

    async fn lease(&self, job: LeasedJob) -> LeaseRow {
        let rows = LeaseRow::all(&mut self.hubs[0].reader().await.unwrap()).await.unwrap();
        rows.into_iter().find(|row| row.name == job.name()).unwrap()
    }

    async fn end(self) {
        drop(self.hubs);
        for tasks in self.tasks {
            tasks.end().await;
        }
        drop((self.folder, self.place));
    }
}

/// A job's effect: one leaf.
struct Effect;

impl Command for Effect {
    type Verdict = i64;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Failure> {
        let (salt, statement) = (salt(), &b"effect"[..]);
        let statement_digest = statement_digest(&salt, statement);
        let (kind, agency) = (Kind::CaseOpened, AgencyNo(1));
        let event = NewEvent { kind, agency, salt, statement, statement_digest, decision: Vec::new() };
        Ok(tx.append(&[event]).await?)
    }
}

/// A turn at the sweep; its fence if it was had.
async fn turn(hub: &Hub, under: Option<i64>) -> Option<i64> {
    let turn = hub.leases().turn(LeasedJob::Sweep, Effect).under(under);
    match hub.run(turn).await.unwrap() {
        Turn::Mine(_, fence) => Some(fence),
        Turn::Others => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_passes_on_when_its_holder_is_silent_and_not_before() {
    let two = Two::new().await;
    let [one, other] = &two.hubs;
    let before = two.leaves().await;
    assert_eq!((turn(one, None).await, turn(other, None).await), (Some(1), None));
    assert_eq!(two.leaves().await, before + 1, "the other one's effect is none");
    two.clock.advance(LeasedJob::Sweep.term() - Duration::from_secs(1));
    assert_eq!(turn(other, None).await, None);
    // Whoever holds it is killed here: it says nothing any more.
    two.clock.advance(Duration::from_secs(1) + A_MOMENT);
    assert_eq!(turn(other, None).await, Some(2));
    assert_eq!(two.lease(LeasedJob::Sweep).await.holder, hex::decode(other.leases().holder()).unwrap());
    assert_eq!(two.leaves().await, before + 2);
    two.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_stood_still_writes_nothing_when_its_job_has_passed_on() {
    let two = Two::new().await;
    let [stalled, other] = &two.hubs;
    let fence = turn(stalled, None).await;
    two.clock.advance(LeasedJob::Sweep.term() + A_MOMENT);
    assert_eq!(turn(other, None).await, Some(2));
    let before = two.leaves().await;
    assert_eq!(turn(stalled, fence).await, None, "it goes on, and finds out");
    assert_eq!(turn(stalled, None).await, None);
    // Also where the job could be had again: what it planned is older than what was done since.
    assert!(other.run(other.leases().give_back(LeasedJob::Sweep)).await.unwrap());
    assert_eq!(turn(stalled, fence).await, None);
    assert_eq!(two.leaves().await, before, "nothing was written");
    assert_eq!(turn(stalled, None).await, Some(3), "a new turn is one");
    assert!(!other.run(other.leases().give_back(LeasedJob::Sweep)).await.unwrap(), "not its own any more");
    two.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_hubs_publishes() {
    let two = Two::new().await;
    let [one, other] = &two.hubs;
    assert!(publish_in_turn(one).await.unwrap());
    turn(other, None).await.unwrap();
    assert!(!publish_in_turn(other).await.unwrap(), "although it has something new");
    // What another hub has committed is signed with the next transaction, and published with the one after that.
    assert!(!publish_in_turn(one).await.unwrap());
    assert!(publish_in_turn(one).await.unwrap());
    let newest = CheckpointRow::newest(&mut one.reader().await.unwrap()).await.unwrap().unwrap();
    assert_eq!(newest.size, two.leaves().await.cast_unsigned());
    two.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overdue_moves_on_once() {
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    let other = Server::start(&federation.config, clock.clock(), None).await.unwrap();
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    // What a suspended agency owns falls to the fallback after some days.
    let suspend =
        SetAgencyState::parse("de-nw-lka".parse().unwrap(), AgencyState::Suspended, "".into(), salt());
    assert!(federation.server.hub().run(suspend.unwrap()).await.unwrap());
    let before = federation.counts().await.leaves;
    clock.advance(Duration::from_secs(30 * 24 * 3_600));
    let mut turns = 0;
    for hub in [federation.server.hub(), other.hub()] {
        let (target_ids, policies): (_, Policies) =
            (hub.store().target_ids().clone(), hub.policies().clone());
        let sweep = Sweep { salt: salt(), target_ids, policies };
        if let Turn::Mine(..) = hub.run(hub.leases().turn(LeasedJob::Sweep, sweep)).await.unwrap() {
            turns += 1;
        }
    }
    assert_eq!(turns, 1, "one hub sweeps");
    assert_eq!(federation.counts().await.leaves, before + 1);
    drop(nw);
    other.end().await.unwrap();
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_ends_gives_its_jobs_back() {
    let federation = Federation::start().await;
    let held = async |server: &Server| {
        let rows = LeaseRow::all(&mut server.hub().reader().await.unwrap()).await.unwrap();
        rows.into_iter().find(|row| row.name == LeasedJob::Sweep.name())
    };
    // The first sweep is at the start.
    let first = loop {
        match held(&federation.server).await {
            Some(row) => break row,
            None => tokio::task::yield_now().await,
        }
    };
    let federation = federation.restart().await;
    let taken = async {
        loop {
            let row = held(&federation.server).await.unwrap();
            if row.holder != first.holder && row.until_us > first.until_us {
                break row;
            }
            tokio::task::yield_now().await;
        }
    };
    let next = tokio::time::timeout(LeasedJob::Sweep.term() / 3, taken).await.expect("without its term");
    assert_eq!(next.fence, first.fence + 1);
    assert_eq!(hex::encode(next.holder), federation.server.hub().leases().holder());
    federation.end().await;
}
