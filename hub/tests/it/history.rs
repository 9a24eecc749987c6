//! Grants and owners at two hubs of one database, of which one is killed again and again while everybody asks: what everybody
//! was told has one history.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use meldeverbund_certs::Clock;
use meldeverbund_failure::{Agency, Call, Outcome, What, check};
use meldeverbund_proto::v1::{
    AnswerOffer, Consent, DecideRequest, NoticeKind, OfferOwnership, ReportFailed, ResolveIntent,
    ReturnGrant, ShowTargetsRequest, TargetAnswer, decide_request::Decision,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rustix::process::Signal;
use tokio::{sync::Notify, time::Instant};

use crate::{
    decisions::{gates, intend, request_grant},
    harness::{Office, connect_to, decided, decision_on, uuid},
    process::{Process, Site},
};

const AGENCIES: [&str; 4] = ["de-nw-lka", "de-by-lka", "de-sn-lka", "de-he-lka"];

/// Few, so that everybody meets everybody.
const TARGETS: usize = 16;

/// How often a hub is killed.
const KILLS: usize = 4;

/// What each desk does between two kills; the hub dies in the middle of it.
const CALLS: usize = 40;

/// Two desks an agency, one at each hub.
const DESKS: usize = 2 * AGENCIES.len();

/// The calls on each target, by its place in the list.
type Histories = Vec<Vec<Call>>;

#[tokio::test(flavor = "multi_thread")]
async fn grants_at_two_hubs_have_one_history_while_one_is_killed() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let site = Site::on_a_server();
    let mut hubs = [site.serve().await, site.serve_another().await];
    let mut offices = Vec::new();
    for agency in AGENCIES {
        offices.push(site.office(agency, &hubs[0]).await);
    }
    let town = Arc::new(Town::new(prepare(&offices).await));
    for kill in 0..KILLS {
        let desks = desks(&site, &hubs, seed ^ kill as u64).await;
        let work: Vec<_> = desks.into_iter().map(|desk| tokio::spawn(desk.work(Arc::clone(&town)))).collect();
        town.half_is_done(kill).await;
        let dies = kill % 2;
        hubs[dies].signal(Signal::KILL);
        for desk in work {
            desk.await.unwrap();
        }
        hubs[dies] = if dies == 0 { site.serve().await } else { site.serve_another().await };
    }
    let histories = town.histories.lock().unwrap().clone();
    let counted = count(&histories);
    println!("{counted:#?}");
    for (target, calls) in histories.iter().enumerate() {
        if let Err(wrong) = check(calls.clone(), None) {
            panic!("target {target} has no history:\n{wrong}");
        }
    }
    // What a run without luck may lack, a failed notice that is resolved, or an offer that is taken, is no fault.
    for what in ["RequestGrant", "Intend", "Offer", "ReadOwner"] {
        assert!(counted.get(what).is_some_and(|taken| *taken > 0), "nobody came through with {what}");
    }
    a_planted_grant_is_seen(&histories);
    assert!(site.run(&["ledger", "verify"]).status.success());
}

/// Each agency opens its share, all others join and consent, each owner sets its gates.
async fn prepare(offices: &[Office]) -> Vec<String> {
    let links: Vec<_> = (0..TARGETS).map(|n| format!("https://host.example/{n}")).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    let mut targets = Vec::new();
    for (office, share) in offices.iter().zip(links.chunks(TARGETS / AGENCIES.len())) {
        office.open_case("1/26").await;
        let opened = office.refer("1/26", share).await.answers;
        targets.extend(opened.into_iter().map(|answer| answer.target_id));
    }
    for (number, office) in offices.iter().enumerate() {
        office.refer("1/26", &links).await;
        let is_own = |place: &usize| place / (TARGETS / AGENCIES.len()) == number;
        let (own, others): (Vec<_>, Vec<_>) = (0..TARGETS).partition(is_own);
        let named = |places: Vec<usize>| -> Vec<_> { places.iter().map(|at| targets[*at].clone()).collect() };
        office.decided(&named(others), Decision::Consent(Consent::default())).await;
        for gate in gates() {
            office.decided(&named(own.clone()), gate).await;
        }
    }
    targets
}

/// What all desks share.
struct Town {
    begun: Instant,
    targets: Vec<String>,
    /// The newest fence that was told of each target.
    fences: Mutex<HashMap<usize, u64>>,
    /// The newest intent of each target.
    intents: Mutex<HashMap<usize, String>>,
    histories: Mutex<Histories>,
    done: AtomicUsize,
    half: Notify,
}

impl Town {
    fn new(targets: Vec<String>) -> Self {
        let begun = Instant::now();
        // Who opened each is where its history begins.
        let open = |place| Call {
            by: place / (TARGETS / AGENCIES.len()),
            what: What::Open,
            invoked_us: 0,
            returned_us: Some(0),
            outcome: Outcome::Taken { fence: 0 },
        };
        let histories = (0..TARGETS).map(|place| vec![open(place)]).collect();
        Self {
            begun,
            targets,
            fences: Mutex::default(),
            intents: Mutex::default(),
            histories: Mutex::new(histories),
            done: AtomicUsize::new(0),
            half: Notify::new(),
        }
    }

    /// Behind the opening, whatever the clock says.
    fn now_us(&self) -> u64 {
        1 + u64::try_from(self.begun.elapsed().as_micros()).unwrap()
    }

    fn note(&self, target: usize, call: Call) {
        if let (What::RequestGrant, Outcome::Taken { fence }) = (call.what, call.outcome) {
            self.fences.lock().unwrap().insert(target, fence);
        }
        self.histories.lock().unwrap()[target].push(call);
    }

    /// Waits until half of the work before this kill is done.
    async fn half_is_done(&self, kill: usize) {
        let half = (2 * kill + 1) * DESKS * CALLS / 2;
        loop {
            let told = self.half.notified();
            if self.done.load(Ordering::SeqCst) >= half {
                return;
            }
            told.await;
        }
    }
}

/// Somebody of an agency, with a line to each hub.
struct Desk {
    by: Agency,
    offices: [Office; 2],
    at: usize,
    random: StdRng,
}

async fn desks(site: &Site, hubs: &[Process; 2], seed: u64) -> Vec<Desk> {
    let mut desks = Vec::new();
    for (by, agency) in AGENCIES.into_iter().enumerate() {
        for at in 0..2 {
            let mut offices = Vec::new();
            for hub in hubs {
                let files = site.credentials(agency);
                let channel = connect_to(hub.address, &files, Clock::system()).await.unwrap();
                offices.push(Office { agency: agency.parse().unwrap(), channel });
            }
            let Ok(offices) = offices.try_into() else { unreachable!("one for each hub") };
            let random = StdRng::seed_from_u64(seed.wrapping_mul(31) ^ (2 * by + at) as u64);
            desks.push(Desk { by, offices, at, random });
        }
    }
    desks
}

impl Desk {
    async fn work(mut self, town: Arc<Town>) {
        for _ in 0..CALLS {
            let target = self.random.random_range(0..TARGETS);
            if self.random.random_range(0..6) == 0 {
                self.look(&town, target).await;
            } else {
                self.decide(&town, target).await;
            }
            town.done.fetch_add(1, Ordering::SeqCst);
            town.half.notify_one();
        }
    }

    async fn look(&mut self, town: &Town, target: usize) {
        let target_ids = vec![town.targets[target].clone()];
        let invoked_us = town.now_us();
        let shown = loop {
            let request = ShowTargetsRequest { target_ids: target_ids.clone() };
            match self.offices[self.at].targets().show_targets(request).await {
                Ok(shown) => break shown.into_inner(),
                Err(_) => self.at = 1 - self.at,
            }
        };
        let owner = &shown.targets[0].owner_agency_id;
        let owner = AGENCIES.iter().position(|agency| agency == owner).unwrap();
        let (returned_us, outcome) = (Some(town.now_us()), Outcome::Owner(owner));
        town.note(target, Call { by: self.by, what: What::ReadOwner, invoked_us, returned_us, outcome });
    }

    async fn decide(&mut self, town: &Town, target: usize) {
        let fence = town.fences.lock().unwrap().get(&target).copied().unwrap_or(1);
        let intent = town.intents.lock().unwrap().get(&target).cloned().unwrap_or_else(uuid);
        let to = self.random.random_range(0..AGENCIES.len());
        let take = self.random.random_range(0..4) > 0;
        let (what, decision) = match self.random.random_range(0..10) {
            0..3 => (What::RequestGrant, request_grant()),
            3 => (What::ReturnGrant, Decision::ReturnGrant(ReturnGrant::default())),
            4 | 5 => (What::Intend { fence }, intend(NoticeKind::First, vec![fence])),
            6 => (What::ReportFailed, report_failed(intent)),
            7 => (What::Resolve { was_sent: false }, not_sent(intent)),
            8 => (What::Offer { to }, offer(AGENCIES[to])),
            _ => (What::AnswerOffer { take }, answer_offer(take)),
        };
        let request = decision_on(std::slice::from_ref(&town.targets[target]), decision);
        let (invoked_us, command_id) = (town.now_us(), request.command_id.clone());
        let answer = self.ask(request).await;
        let outcome = match &answer.refusal {
            None => Outcome::Taken { fence: answer.fence },
            Some(refusal) => Outcome::Refused(refusal.code()),
        };
        let returned_us = Some(town.now_us());
        town.note(target, Call { by: self.by, what, invoked_us, returned_us, outcome });
        if let (What::Intend { .. }, Outcome::Taken { .. }) = (what, outcome) {
            town.intents.lock().unwrap().insert(target, command_id);
        }
        // A new owner sets gates of its own.
        if let (What::AnswerOffer { take: true }, Outcome::Taken { .. }) = (what, outcome) {
            for gate in gates() {
                self.ask(decision_on(std::slice::from_ref(&town.targets[target]), gate)).await;
            }
        }
    }

    /// Asks until somebody answers: where one hub is gone, the other one, under the same id.
    async fn ask(&mut self, request: DecideRequest) -> TargetAnswer {
        loop {
            let mut decisions = self.offices[self.at].decisions();
            let asked = async {
                let answers = decisions.decide(tokio_stream::iter([request.clone()])).await.ok()?;
                answers.into_inner().message().await.ok()?
            };
            match asked.await {
                Some(answer) => return decided(answer).answers.remove(0),
                None => self.at = 1 - self.at,
            }
        }
    }
}

fn report_failed(intent_id: String) -> Decision {
    Decision::ReportFailed(ReportFailed { intent_id, reason: "bounced".into() })
}

fn not_sent(intent_id: String) -> Decision {
    Decision::ResolveIntent(ResolveIntent { intent_id, reason: "asked".into(), ..ResolveIntent::default() })
}

fn offer(agency: &str) -> Decision {
    Decision::OfferOwnership(OfferOwnership { agency_id: agency.into(), reason: "nearer".into() })
}

fn answer_offer(accepted: bool) -> Decision {
    let reason = if accepted { String::new() } else { "no time".into() };
    Decision::AnswerOffer(AnswerOffer { accepted, reason })
}

/// How often which command came through.
fn count(histories: &Histories) -> HashMap<String, usize> {
    let mut counted = HashMap::new();
    for call in histories.iter().flatten().filter(|call| !matches!(call.outcome, Outcome::Refused(_))) {
        let what = format!("{:?}", call.what);
        let what = what.split(' ').next().unwrap_or_default().to_owned();
        *counted.entry(what).or_insert(0) += 1;
    }
    counted
}

/// A second grant beside a live one, written into what really happened.
fn a_planted_grant_is_seen(histories: &Histories) {
    let grant =
        |call: &&Call| call.what == What::RequestGrant && matches!(call.outcome, Outcome::Taken { .. });
    for (target, calls) in histories.iter().enumerate() {
        if let Some(first) = calls.iter().find(grant) {
            let mut calls = calls.clone();
            calls.push(first.clone());
            assert!(check(calls, None).is_err(), "a second grant of target {target} is not seen");
        }
    }
}
