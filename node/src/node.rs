//! What the desk and the sync share: the store, the clock, and who is told when something changes.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use meldeverbund_proto::{
    node::v1::{HubLine, HubLineCause, HubLineState, WatchResponse, watch_response::What},
    note::VerifierKey,
};
use tokio::{
    sync::{broadcast, watch},
    time::Instant,
};
use tonic::transport::Channel;

use crate::{
    clock::{Clock, Random},
    config::Config,
    ledger::OwnKeys,
    line::{Line, Trouble},
    store::{Store, StoreError},
    sync::{Dial, Hubs, Now},
    witness::{Acknowledge, WitnessNow},
};

/// Happenings that a slow watcher may lag behind before it is told how many it missed.
const HAPPENINGS: usize = 1_024;

/// A running node.
#[derive(Debug)]
pub struct Node {
    /// The settings it was started with.
    pub config: Config,
    /// The store.
    pub store: Store,
    /// This office's own keys.
    pub keys: OwnKeys,
    /// The time.
    pub clock: Clock,
    /// Ids, salts, jitter.
    pub random: Random,
    /// When it started.
    pub started_us: i64,
    /// The line to the hub.
    pub line: watch::Sender<Line>,
    /// The way to the hub.
    pub dial: Arc<dyn Dial>,
    /// Counters of the sync.
    pub gauges: Gauges,
    pinned: Arc<[VerifierKey]>,
    channel: Mutex<Option<Channel>>,
    hubs: Mutex<Hubs>,
    witness_trouble: Mutex<Option<String>>,
    work: watch::Sender<u64>,
    changes: watch::Sender<u64>,
    happenings: broadcast::Sender<WatchResponse>,
}

/// What the sync is doing right now.
#[derive(Debug, Default)]
pub struct Gauges {
    in_flight: AtomicU64,
    set_aside: AtomicU64,
    feed_applied_us: AtomicI64,
}

impl Node {
    /// A node that has not begun anything.
    pub fn new(
        config: Config,
        store: Store,
        keys: OwnKeys,
        dial: Arc<dyn Dial>,
        clock: Clock,
        random: Random,
    ) -> Arc<Self> {
        let pinned = config.ledger.hub_keys.clone().into();
        let started_us = clock.now_us();
        let sync = &config.sync;
        let hubs = Hubs::new(config.hub.addresses(), sync.pause_min_ms, sync.pause_max_ms, started_us);
        Arc::new(Self {
            line: watch::Sender::new(Line::new(started_us)),
            config,
            store,
            keys,
            clock,
            random,
            started_us,
            dial,
            pinned,
            channel: Mutex::new(None),
            hubs: Mutex::new(hubs),
            witness_trouble: Mutex::new(None),
            work: watch::Sender::new(0),
            gauges: Gauges::default(),
            changes: watch::Sender::new(0),
            happenings: broadcast::Sender::new(HAPPENINGS),
        })
    }

    /// Whom this office believes about the ledger, now.
    pub(crate) fn witness_now(&self) -> WitnessNow {
        WitnessNow { pinned: Arc::clone(&self.pinned), now_us: self.clock.now_us() }
    }

    /// A person has seen an alarm, or all; answers how many. What was held back for them goes on.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn acknowledge_alarms(
        &self,
        alarm: Option<i64>,
        by: &str,
        why: &str,
    ) -> Result<u64, StoreError> {
        let (by, why, now_us) = (by.to_owned(), why.to_owned(), self.clock.now_us());
        let count = self.store.write(Acknowledge { alarm, by, why, now_us }).await?;
        self.changed();
        self.has_work();
        Ok(count)
    }

    /// Why the ledger is not followed at the moment.
    pub fn witness_trouble(&self) -> Option<String> {
        self.witness_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_witness_trouble(&self, trouble: Option<String>) {
        *self.witness_trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Wakes the sync: the hub has to be told something.
    pub fn has_work(&self) {
        self.work.send_modify(|count| *count += 1);
    }

    /// Sees each call of [`has_work`](Self::has_work) from now on.
    pub fn work(&self) -> watch::Receiver<u64> {
        self.work.subscribe()
    }

    /// Whether the line to the hub is up.
    pub fn is_connected(&self) -> bool {
        self.line.borrow().state == HubLineState::Connected
    }

    /// The connection with the hub while the line is up, for what a person waits for.
    pub fn channel(&self) -> Option<Channel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_channel(&self, channel: Option<Channel>) {
        *self.channel.lock().unwrap_or_else(PoisonError::into_inner) = channel;
    }

    /// What was learnt of the hub's addresses.
    pub(crate) fn hubs<T>(&self, body: impl FnOnce(&mut Hubs, Now) -> T) -> T {
        let now = Now { instant: Instant::now(), us: self.clock.now_us() };
        body(&mut self.hubs.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// The hub has recorded what it was sent.
    pub(crate) fn hub_wrote(&self) {
        let now_us = self.clock.now_us();
        self.hubs(|hubs, _| hubs.wrote());
        self.set_line(|line| line.answered(now_us));
    }

    /// The hub cannot write, or is behind; true if there is another address that may do.
    pub(crate) fn hub_is_unfit(&self, trouble: &Trouble, hint_ms: u64) -> bool {
        self.hubs(|hubs, now| hubs.unfit(trouble, hint_ms, now, &self.random))
    }

    /// Says that the store has changed.
    pub fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Sees each change of the store from now on; several may be seen as one.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Notes how the line stands, and tells whoever watches.
    pub fn set_line(&self, change: impl FnOnce(&mut Line)) {
        let mut news = false;
        self.line.send_if_modified(|line| {
            let before = line.clone();
            change(line);
            news = (before.state, &before.trouble) != (line.state, &line.trouble);
            before != *line
        });
        if news {
            self.tell(|| What::Hub(self.hub_line()));
        }
    }

    /// The line to the hub, for people.
    pub fn hub_line(&self) -> HubLine {
        let line = self.line.borrow().clone();
        let trouble = line.trouble;
        let certificate = self.dial.certificate();
        HubLine {
            address: self.hubs(|hubs, _| hubs.current()),
            addresses: self.hubs(|hubs, _| hubs.view()),
            state: line.state.into(),
            since_us: line.since_us,
            cause: trouble.as_ref().map_or(HubLineCause::Unspecified, |trouble| trouble.cause).into(),
            detail: trouble.as_ref().map_or_else(String::new, |trouble| trouble.detail.clone()),
            refusal: trouble.and_then(|trouble| trouble.refusal),
            next_try_at_us: line.next_try_us.unwrap_or(0),
            last_answer_at_us: line.last_answer_us.unwrap_or(0),
            who_am_i: line.who_am_i,
            clock_ahead_us: line.clock_ahead_us,
            certificate_not_after_us: certificate.not_after_us.unwrap_or(0),
            certificate_problem: certificate.problem.unwrap_or_default(),
        }
    }

    /// Tells watchers, if there are any; `what` is made only then.
    pub fn tell(&self, what: impl FnOnce() -> What) {
        if self.is_watched() {
            let happening = WatchResponse { at_us: self.clock.now_us(), what: Some(what()) };
            // The last watcher may have gone meanwhile.
            let _ = self.happenings.send(happening);
        }
    }

    /// Whether anybody watches.
    pub fn is_watched(&self) -> bool {
        self.happenings.receiver_count() > 0
    }

    /// Watches from now on.
    pub fn watch(&self) -> broadcast::Receiver<WatchResponse> {
        self.happenings.subscribe()
    }
}

impl Gauges {
    /// Submissions under way.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Submissions set aside for a while.
    pub fn set_aside(&self) -> u64 {
        self.set_aside.load(Ordering::Relaxed)
    }

    /// When an event of the feed was last applied; 0: not yet.
    pub fn feed_applied_us(&self) -> i64 {
        self.feed_applied_us.load(Ordering::Relaxed)
    }

    pub(crate) fn set_window(&self, in_flight: usize, set_aside: usize) {
        self.in_flight.store(in_flight as u64, Ordering::Relaxed);
        self.set_aside.store(set_aside as u64, Ordering::Relaxed);
    }

    pub(crate) fn nothing_in_flight(&self) {
        self.in_flight.store(0, Ordering::Relaxed);
    }

    pub(crate) fn set_feed_applied_us(&self, at_us: i64) {
        self.feed_applied_us.store(at_us, Ordering::Relaxed);
    }
}
