//! A hub, four nodes and one clock; operations happen to them, and at the end everything heals.

use std::{
    collections::BTreeSet,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures::future::select_all;
use meldeverbund_domain::AgencyState;
use meldeverbund_hub::store::Database;
use meldeverbund_node::clock::Clock;
use meldeverbund_proto::{
    CommandId,
    node::v1::{HubLineState, Queue, Selection, StatusResponse},
    v1::{AgencyKind, Referral},
};
use tokio::{runtime::Handle, sync::watch};

use crate::{
    PATIENCE,
    acts::{Act, HOUR_US},
    hub::SimHub,
    line::{Exchange, Line},
    office::Office,
    ops::{CASES, Link, Op},
};

/// The agencies; the first is the central office.
pub(crate) const AGENCIES: [&str; 3] = ["de-bka", "de-nw-lka", "de-by-lka"];

/// The nodes' agencies and names. One agency has two nodes, so that it can be in its own way.
pub(crate) const NODES: [(&str, &str); 4] =
    [("de-bka", "main"), ("de-nw-lka", "main"), ("de-nw-lka", "second"), ("de-by-lka", "main")];

/// When it all begins: 15 January 2027, 08:00 UTC.
const BEGIN_US: i64 = 1_800_000_000_000_000;

/// A federation.
pub(crate) struct World {
    clock: Clock,
    now_us: Arc<AtomicI64>,
    exchange: Exchange,
    /// When the clock was last moved by an operation.
    pub(crate) moved_us: i64,
    pub(crate) hub: SimHub,
    pub(crate) offices: Vec<Office>,
    suspended: BTreeSet<&'static str>,
    /// What was handed in: node, hand-in, rows.
    pub(crate) handed_in: Vec<(usize, u64, usize)>,
    /// What the central office decided on what is one, and may take back.
    judged: Vec<CommandId>,
    /// How many decisions a desk took.
    pub(crate) taken: AtomicUsize,
}

impl World {
    /// Everybody is there, and has cases.
    pub(crate) async fn start(root: &Path) -> Self {
        let mut world = Self::found(root, root.join("hub/hub.sqlite").into(), BEGIN_US);
        let Self { hub, offices, .. } = &mut world;
        hub.start().await;
        for agency in AGENCIES {
            let central = agency == AGENCIES[0];
            let kind = if central { AgencyKind::CentralOffice } else { AgencyKind::StateOffice };
            hub.register(agency, kind).await;
        }
        let mut witnesses = Vec::new();
        for office in offices.iter() {
            let keys = office.keys();
            let (statement, witness) = (keys.statement_vkey().to_string(), keys.witness_vkey().to_string());
            hub.register_keys(office.agency, statement, witness.clone()).await;
            witnesses.push(witness);
        }
        for office in offices {
            office.pin(&witnesses);
            office.start().await;
            for case in 0..CASES {
                office.open_case(&number(case)).await;
            }
        }
        world
    }

    /// The houses on this folder, empty or as other processes left them; nobody is up. Their clock begins at `now_us`.
    pub(crate) fn found(root: &Path, database: Database, now_us: i64) -> Self {
        let (moved_us, now_us) = (now_us, Arc::new(AtomicI64::new(now_us)));
        let exchange = Exchange::default();
        // Each look at the clock is a little later than the one before, as it is outside.
        let hand = Arc::clone(&now_us);
        let clock = Clock::new(move || hand.fetch_add(1, Ordering::Relaxed));
        let hand = Arc::clone(&now_us);
        let hub_clock = meldeverbund_certs::Clock::new(move || {
            let now_us = hand.fetch_add(1, Ordering::Relaxed);
            SystemTime::UNIX_EPOCH + Duration::from_micros(now_us.unsigned_abs())
        });
        let hub = SimHub::new(database, root.join("hub"), hub_clock, exchange.clone());
        let office = |(agency, node)| {
            let line = Line::new(agency, node, exchange.clone(), &clock, Handle::current());
            Office::new(agency, root.join(home(agency, node)), line, clock.clone())
        };
        let offices = NODES.into_iter().map(office).collect();
        let (handed_in, judged, taken) = (Vec::new(), Vec::new(), AtomicUsize::new(0));
        let suspended = BTreeSet::new();
        Self { clock, now_us, exchange, moved_us, hub, offices, suspended, handed_in, judged, taken }
    }

    pub(crate) async fn run(&mut self, op: &Op) {
        match op {
            Op::Refer { node, case, links, proposed, urgent } => {
                let referral = Referral {
                    proposed_owner: proposed.map(|agency| AGENCIES[agency].to_owned()).unwrap_or_default(),
                    urgency_reason: if *urgent { "abuse is going on".into() } else { String::new() },
                    ..Referral::default()
                };
                self.refer(*node, *case, links, &referral).await;
            }
            Op::Decide { node, act, links } => {
                let selection = match links {
                    None => Selection { all: true, ..Selection::default() },
                    Some(links) => links_of(links),
                };
                self.decide(*node, selection, *act).await;
            }
            Op::Work { node, hesitant } => self.work(*node, *hesitant).await,
            Op::Day { hesitant } => {
                for node in 0..NODES.len() {
                    self.work(node, *hesitant).await;
                }
                if self.hub.is_up() {
                    self.quiet(false).await;
                }
            }
            Op::Suspend { agency } => self.set_state(AGENCIES[*agency], AgencyState::Suspended).await,
            Op::Resume { agency } => self.set_state(AGENCIES[*agency], AgencyState::Active).await,
            Op::SetAside => {
                for agency in &self.suspended {
                    let of = AGENCIES.iter().position(|one| one == agency).unwrap();
                    let selection = Selection { all: true, ..Selection::default() };
                    self.decide(0, selection, Act::Overrule { of }).await;
                }
            }
            Op::FourEyes { on } if self.hub.is_up() => {
                let gates = if *on { "\"released\"" } else { "" };
                self.hub.put_policy(format!("four_eyes = [{gates}]\n")).await;
            }
            Op::FourEyes { .. } => {}
            Op::Merge { links } if self.hub.is_up() => self.merge(*links).await,
            Op::Duplicates { node, links, before, after, undone } if self.hub.is_up() => {
                // One by one: what one decision places on both is one.
                for link in [links.0, links.1] {
                    self.decide(*node, links_of(&[link]), *before).await;
                }
                self.quiet(false).await;
                let decided = self.judged.len();
                self.merge(*links).await;
                // The central office's node may have to decide.
                let decider = if matches!(after, Act::Assign { .. }) { 0 } else { *node };
                self.decide(decider, links_of(&[links.0]), *after).await;
                self.quiet(false).await;
                if let (true, Some(merge)) = (*undone, self.judged.get(decided).copied()) {
                    self.hub.undo(self.offices[0].keys(), merge).await;
                }
            }
            Op::Returns { node, links, named } if self.hub.is_up() => {
                self.decide(*node, links_of(&[links.1]), Act::Withdraw).await;
                self.quiet(false).await;
                self.merge(*links).await;
                if *named {
                    let to = AGENCIES.iter().position(|agency| *agency == NODES[*node].0).unwrap();
                    self.decide(0, links_of(&[links.0]), Act::Assign { to }).await;
                } else {
                    let link = Link { link: links.0, spelling: 0 };
                    self.refer(*node, 0, &[link], &Referral::default()).await;
                }
                self.quiet(false).await;
            }
            Op::Split { link } if self.hub.is_up() => {
                let judged =
                    self.hub.split(self.offices[0].keys(), Link { link: *link, spelling: 0 }.text()).await;
                self.judged.extend(judged);
            }
            Op::Undo { which } if self.hub.is_up() && !self.judged.is_empty() => {
                let undone = self.judged[which % self.judged.len()];
                self.hub.undo(self.offices[0].keys(), undone).await;
            }
            Op::Merge { .. } | Op::Duplicates { .. } | Op::Returns { .. } => {}
            Op::Split { .. } | Op::Undo { .. } => {}
            Op::Cut { node, cut } => self.offices[*node].line.arm(*cut),
            Op::Down { node } => self.offices[*node].line.down(),
            Op::Up { node } => self.offices[*node].line.heal(),
            Op::Restart { node, drain } => {
                self.offices[*node].stop(*drain).await;
                self.offices[*node].start().await;
            }
            Op::HubDown => self.hub.kill().await,
            Op::HubUp => {
                self.hub.start().await;
                self.hub.sweep().await;
            }
            Op::Clock { hours } => {
                self.moved_us = self.now_us.fetch_add(hours * HOUR_US, Ordering::Relaxed) + hours * HOUR_US;
                if self.hub.is_up() {
                    self.hub.sweep().await;
                }
            }
            Op::Settle if self.hub.is_up() => self.quiet(false).await,
            Op::Settle => {}
        }
    }

    /// Everything works again, and nothing moves any more.
    pub(crate) async fn heal(&mut self) {
        self.hub.start().await;
        for agency in self.suspended.clone() {
            self.set_state(agency, AgencyState::Active).await;
        }
        for office in &self.offices {
            office.line.heal();
        }
        self.hub.sweep().await;
        self.quiet(true).await;
        // What the hub refused as a whole while the agency was suspended waits for a person.
        let mut again = false;
        for office in &self.offices {
            again |= office.resend().await;
        }
        if again {
            self.quiet(true).await;
        }
    }

    /// Everybody goes home.
    pub(crate) async fn end(mut self) {
        for office in &mut self.offices {
            office.stop(true).await;
        }
        self.hub.kill().await;
    }

    /// A line beside a node's own, with the same certificate.
    pub(crate) fn line(&self, node: usize) -> Arc<Line> {
        let (agency, name) = NODES[node];
        Line::new(agency, name, self.exchange.clone(), &self.clock, Handle::current())
    }

    async fn refer(&mut self, node: usize, case: usize, links: &[Link], referral: &Referral) {
        let referrals = links.iter().map(|link| Referral { link: link.text(), ..referral.clone() }).collect();
        let name = format!("list {}", self.handed_in.len());
        let hand_in = self.offices[node].refer(&name, &number(case), referrals).await;
        self.handed_in.push((node, hand_in, links.len()));
    }

    async fn merge(&mut self, links: (usize, usize)) {
        let first = |link: usize| Link { link, spelling: 0 }.text();
        let judged = self.hub.merge(self.offices[0].keys(), first(links.0), first(links.1)).await;
        self.judged.extend(judged);
    }

    /// The central office's word on an agency; it needs the hub.
    async fn set_state(&mut self, agency: &'static str, state: AgencyState) {
        if !self.hub.is_up() {
            return;
        }
        self.hub.set_state(agency, state).await;
        match state {
            AgencyState::Active => self.suspended.remove(agency),
            AgencyState::Suspended => self.suspended.insert(agency),
        };
    }

    pub(crate) async fn decide(&self, node: usize, selection: Selection, act: Act) {
        let now_us = self.now_us.load(Ordering::Relaxed);
        // Whoever recorded does not confirm.
        self.offices[node].seat(usize::from(matches!(act, Act::Confirm(_))));
        if self.offices[node].decide(selection, act.decision(now_us)).await {
            self.taken.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until nothing moves: whoever has a line has told everything and knows everything; `all`: and the hub knows
    /// that everybody knows.
    async fn quiet(&self, all: bool) {
        let waited = async {
            loop {
                let mut bells: Vec<Bell> = vec![bell(self.hub.acknowledged())];
                for office in &self.offices {
                    bells.push(bell(office.node().changes()));
                    bells.push(bell(office.node().line.subscribe()));
                }
                if self.is_quiet(all).await {
                    return;
                }
                select_all(bells).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waited).await.is_err() {
            panic!("it never becomes quiet:\n{}", self.state().await);
        }
    }

    async fn is_quiet(&self, all: bool) -> bool {
        let is_out = |office: &Office| !office.line.is_up() || self.suspended.contains(office.agency);
        let reached = || self.offices.iter().filter(|office| all || !is_out(office));
        let mut cursors = Vec::new();
        for office in reached() {
            let status = office.status().await;
            if !is_idle(&status) {
                return false;
            }
            cursors.push((office.agency, status.instance_id, status.feed.unwrap().cursor));
        }
        // All has been told: from here on the feeds grow no more, unless somebody acts who is not reached.
        let feeds = self.hub.agencies().await;
        let end = |agency: &str| {
            let row = feeds.iter().find(|row| row.agency.id.as_str() == agency).unwrap();
            row.feed_sequence.cast_unsigned()
        };
        if cursors.iter().any(|(agency, _, cursor)| *cursor != end(agency)) {
            return false;
        }
        let instances = if all { self.hub.instances().await } else { Vec::new() };
        let acknowledged = |id: &str, end: u64| {
            let mut known = instances.iter();
            known.any(|row| row.instance.to_string() == id && row.acknowledged.cast_unsigned() == end)
        };
        !all || cursors.iter().all(|(_, id, cursor)| acknowledged(id, *cursor))
    }

    /// For whoever has to find out why it does not become quiet.
    async fn state(&self) -> String {
        let mut text = String::new();
        for office in &self.offices {
            let StatusResponse { agency_id, hub, queue, feed, .. } = office.status().await;
            let line = hub.map(|hub| (hub.state(), hub.cause(), hub.detail));
            text += &format!("{agency_id}: {line:?} {queue:?} {feed:?}\n");
        }
        for row in self.hub.instances().await {
            text += &format!("hub: {row:?}\n");
        }
        text
    }
}

/// The targets of some links.
fn links_of(links: &[usize]) -> Selection {
    let first = |link: &usize| Link { link: *link, spelling: 0 }.text();
    Selection { links: links.iter().map(first).collect(), ..Selection::default() }
}

type Bell = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Rings at the next change from now on.
fn bell<T: Send + Sync + 'static>(mut changes: watch::Receiver<T>) -> Bell {
    changes.mark_unchanged();
    Box::pin(async move { changes.changed().await.expect("it is up") })
}

/// Whether the node has told everything, and was answered.
fn is_idle(status: &StatusResponse) -> bool {
    let Queue { case_commands, submissions, decisions, .. } = status.queue.unwrap();
    let connected = status.hub.as_ref().is_some_and(|hub| hub.state() == HubLineState::Connected);
    connected && [case_commands, submissions, decisions] == [0; 3]
}

/// The folder of a node.
pub(crate) fn home(agency: &str, node: &str) -> String {
    format!("{agency}-{node}")
}

/// A case's number.
pub(crate) fn number(case: usize) -> String {
    format!("ST/{case}/2026")
}
