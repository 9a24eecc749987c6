//! Figures: the quick count and the count from the first leaf are one, and both are what the tables of the pages hold.

use std::{collections::BTreeMap, time::Duration};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::{
    TargetNo,
    figures::{Counts, Ended, Figure, Grouping, Month, Seat, Spell, Wait},
    life::Responsibility,
    retention::{Term, Terms},
};
use meldeverbund_hub::{
    flow::{
        ForgetFigures, Hub, LeasedJob, PutHostRules, Run, Sweep, count_figures, figures_behind,
        read_all_figures, recount, retain,
    },
    store::{lives, query, query_as, query_scalar},
};
use meldeverbund_proto::{
    statement::Act,
    v1::{
        AcceptOwnership, CheckResult, CloseRound, DisputeOwnership, LiftHold, NoticeKind, OfferOwnership,
        Outcome, ReopenRound, ReportCheck, ReportComplaint, ReportFailed, ReportSent, ResolveIntent,
        SettleComplaint, Stage, WithdrawReferral, decide_request::Decision,
    },
};
use proptest::{prelude::*, test_runner::FileFailurePersistence};

use crate::{
    decisions::{gates, hold, intend, request_grant},
    duplicates::{judge, request},
    harness::{CENTRAL, Federation, Office, decided, decision_on, salt},
    ledger::epochs::copy,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Histories of one run.
const HISTORIES: u32 = 12;

const RULES: &str = "\
    version = 1\n\
    [[provider]]\nname = \"home\"\nhosts = [\"*.home.example\"]\ncountry = \"DE\"\n\
    [[provider]]\nname = \"far\"\nhosts = [\"*.far.example\"]\ncountry = \"NL\"\n";

/// Counts until there is no more.
pub(crate) async fn count(hub: &Hub) {
    while count_figures(hub).await.unwrap() {}
}

/// The figures, which both ways find.
pub(crate) async fn agreed(hub: &Hub) -> Counts {
    count(hub).await;
    let found = recount(&mut hub.still().await.unwrap(), hub.store().target_ids()).await.unwrap();
    assert_eq!(found.differs, BTreeMap::new(), "the tables against the ledger");
    assert_eq!((found.unknown, found.unreadable), (0, 0));
    let next: i64 =
        query_scalar("SELECT next_leaf FROM head").fetch_one(&mut hub.reader().await.unwrap()).await.unwrap();
    assert_eq!(found.leaves, next);
    found.counts
}

/// The sum of a figure over all time.
fn sum(counts: &Counts, grouping: Grouping, name: &str, figure: Figure) -> i64 {
    counts.value(grouping, name, figure, (Month::from_number(0), Month::LAST))
}

fn of_land(counts: &Counts, land: &str, figure: Figure) -> i64 {
    sum(counts, Grouping::Land, land, figure)
}

/// What stands, counted from the tables of the pages and not from the ledger.
async fn standing(hub: &Hub) -> BTreeMap<(String, Wait), i64> {
    const SQL: &str = "SELECT t.target_no, t.stage, g.agency_id FROM target t \
                       JOIN agency g ON g.agency_no = t.owner_no \
                       WHERE t.target_no NOT IN (SELECT a.target_no FROM alias a)";
    let mut reader = hub.reader().await.unwrap();
    let rows: Vec<(i64, i64, String)> = query_as(SQL).fetch_all(&mut reader).await.unwrap();
    let decided = lives(&mut reader, rows.iter().map(|(target, ..)| TargetNo(*target))).await.unwrap();
    let decided: BTreeMap<_, _> = decided.into_iter().collect();
    let mut standing = BTreeMap::new();
    for (target, stage, owner) in rows {
        let life = decided.get(&TargetNo(target)).cloned().unwrap_or_default();
        let stage = Stage::try_from(i32::try_from(stage).unwrap()).unwrap();
        let wait = match stage {
            Stage::Closed => continue,
            _ if !life.holds.is_empty() => Wait::Held,
            _ if life.responsibility != Responsibility::Confirmed => Wait::Owner,
            Stage::Cleared => Wait::Grant,
            Stage::Granted => Wait::Dispatch,
            Stage::Notified => Wait::Provider,
            Stage::Referred | Stage::Unspecified => Wait::Conditions,
        };
        *standing.entry((owner, wait)).or_default() += 1;
    }
    standing
}

fn counted_standing(counts: &Counts) -> BTreeMap<(String, Wait), i64> {
    let lands = counts.names(Grouping::Land).into_iter();
    let all = lands.flat_map(|land| Wait::ALL.map(|wait| (land.to_owned(), wait)));
    let with = all.map(|(land, wait)| {
        let found = of_land(counts, &land, Figure::Waiting(wait));
        ((land, wait), found)
    });
    with.filter(|(_, found)| *found != 0).collect()
}

/// A random step: what, by whom, on which targets.
type Op = (u8, u8, u8, u8);

struct World {
    federation: Federation,
    clock: ManualClock,
    offices: Vec<Office>,
    targets: Vec<String>,
    fences: BTreeMap<String, u64>,
}

impl World {
    async fn new() -> Self {
        let clock = ManualClock::new(Clock::system().now());
        let federation = Federation::start_with(clock.clock(), |_| {}).await;
        let mut offices = vec![federation.connect(CENTRAL, "main").await];
        for land in ["de-nw-lka", "de-by-lka"] {
            offices.push(federation.office(land).await);
        }
        for office in &offices {
            office.open_case("1/26").await;
        }
        Self { federation, clock, offices, targets: Vec::new(), fences: BTreeMap::new() }
    }

    /// Whatever is refused has changed nothing: most of what is tried here cannot be.
    async fn step(&mut self, (what, who, one, other): Op) {
        let office = usize::from(who) % 3;
        match what % 20 {
            0..=3 => return self.refer(office, one).await,
            4 => return self.pass(u64::from(one % 4)).await,
            5 => {
                let put = PutHostRules::parse(RULES.into(), "KD Beispiel".into(), salt()).unwrap();
                self.federation.server.hub().run(put).await.unwrap();
                return;
            }
            _ if self.targets.is_empty() => return,
            _ => {}
        }
        let pick = |n: u8| self.targets[usize::from(n) % self.targets.len()].clone();
        let (target, second) = (pick(one), pick(other));
        match what % 20 {
            6 | 7 => {
                for gate in gates() {
                    self.decide(office, &target, gate).await;
                }
                self.decide(office, &target, request_grant()).await;
            }
            8 => self.decide(office, &target, request_grant()).await,
            9 | 10 => self.notify(office, &target, other).await,
            11 => self.decide(office, &target, hold()).await,
            12 => self.decide(office, &target, Decision::LiftHold(LiftHold::default_of("over"))).await,
            13 => {
                let outcome =
                    [Outcome::Gone, Outcome::GoneBeforeNotice, Outcome::Refused, Outcome::Unresolved];
                let outcome = outcome[usize::from(other) % 4].into();
                self.decide(
                    office,
                    &target,
                    Decision::CloseRound(CloseRound { outcome, reason: "r".into() }),
                )
                .await;
            }
            14 => self.duplicates(Act::Merge, &target, &second).await,
            15 => self.duplicates(Act::Split, &target, &second).await,
            16 => {
                let seen_at_us = 1;
                let seen = ReopenRound { seen_at_us, means: "looked".into() };
                self.decide(office, &target, Decision::ReopenRound(seen)).await;
            }
            17 => self.hand_over(office, &target, other).await,
            18 => self.complain(office, &target, other).await,
            _ => {
                let withdraw = WithdrawReferral { case_number: "1/26".into(), reason: "r".into() };
                self.decide(office, &target, Decision::WithdrawReferral(withdraw)).await;
            }
        }
    }

    async fn refer(&mut self, office: usize, one: u8) {
        let host = ["a.home.example", "b.far.example", "c.nobody.example"][usize::from(one) % 3];
        let link = format!("https://{host}/{}", one % 9);
        let accepted = self.offices[office].refer("1/26", &[&link]).await;
        let target = accepted.answers[0].target_id.clone();
        if !self.targets.contains(&target) {
            self.targets.push(target);
        }
    }

    async fn pass(&mut self, days: u64) {
        self.clock.advance(DAY * u32::try_from(days).unwrap());
        let hub = self.federation.server.hub();
        let (target_ids, policies) = (hub.store().target_ids().clone(), hub.policies().clone());
        while hub
            .run(Sweep { salt: salt(), target_ids: target_ids.clone(), policies: policies.clone() })
            .await
            .unwrap()
        {}
    }

    async fn decide(&mut self, office: usize, target: &str, decision: Decision) {
        let grants = matches!(decision, Decision::RequestGrant(_));
        let answers = self.offices[office].decide(&[target.to_owned()], decision).await;
        if grants && answers[0].refusal.is_none() {
            self.fences.insert(target.to_owned(), answers[0].fence);
        }
    }

    async fn notify(&mut self, office: usize, target: &str, how: u8) {
        let kind = if how.is_multiple_of(5) { NoticeKind::Reminder } else { NoticeKind::First };
        let fence = self.fences.get(target).copied().unwrap_or(1);
        let request = decision_on(&[target.to_owned()], intend(kind, vec![fence]));
        let intent_id = request.command_id.clone();
        let answered = decided(self.offices[office].ask(request).await);
        if answered.answers[0].refusal.is_some() {
            return;
        }
        let sent_at_us = meldeverbund_hub::clock::now_us(&self.clock.clock());
        let what = match how % 4 {
            0 => Decision::ReportFailed(ReportFailed { intent_id: intent_id.clone(), reason: "r".into() }),
            _ => Decision::ReportSent(ReportSent {
                intent_id: intent_id.clone(),
                sent_at_us,
                ..ReportSent::default()
            }),
        };
        self.decide(office, target, what).await;
        if how.is_multiple_of(8) {
            let was_sent = how.is_multiple_of(16);
            let sent_at_us = if was_sent { sent_at_us } else { 0 };
            let resolve = ResolveIntent { intent_id, was_sent, sent_at_us, reason: "r".into() };
            self.decide(office, target, Decision::ResolveIntent(resolve)).await;
        }
        let gone = ReportCheck {
            result: CheckResult::Gone.into(),
            checked_at_us: sent_at_us,
            means: "looked".into(),
        };
        if how.is_multiple_of(3) {
            self.decide(office, target, Decision::ReportCheck(gone)).await;
        }
    }

    async fn hand_over(&mut self, office: usize, target: &str, other: u8) {
        let to = self.offices[usize::from(other) % 3].agency.to_string();
        let decision = match other % 4 {
            0 => Decision::DisputeOwnership(DisputeOwnership { agency_id: to, reason: "r".into() }),
            1 => Decision::AcceptOwnership(AcceptOwnership {}),
            _ => Decision::OfferOwnership(OfferOwnership { agency_id: to, reason: "r".into() }),
        };
        self.decide(office, target, decision).await;
    }

    async fn complain(&mut self, office: usize, target: &str, other: u8) {
        let decision = match other % 3 {
            0 => Decision::SettleComplaint(SettleComplaint {
                upheld: other.is_multiple_of(2),
                reason: "r".into(),
            }),
            _ => Decision::ReportComplaint(ReportComplaint {
                by: "provider".into(),
                received_at_us: 1,
                ..ReportComplaint::default()
            }),
        };
        self.decide(office, target, decision).await;
    }

    async fn duplicates(&self, act: Act, one: &str, other: &str) {
        if one != other {
            judge(&self.federation, request(act, &[(one, other)])).await.unwrap();
        }
    }
}

trait OfReason {
    fn default_of(reason: &str) -> Self;
}

impl OfReason for LiftHold {
    fn default_of(reason: &str) -> Self {
        Self { hold_id: String::new(), reason: reason.into() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: HISTORIES,
        max_shrink_iters: 60,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    /// After merges and splits, hand-overs and withdrawals, with everything that was redacted, in the middle and at the end.
    #[test]
    fn both_ways_count_the_same_and_what_stands_is_what_the_pages_show(
        history in proptest::collection::vec(any::<Op>(), 20..90),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for (n, op) in history.into_iter().enumerate() {
                world.step(op).await;
                if n % 10 == 9 {
                    let counts = agreed(world.federation.server.hub()).await;
                    assert_eq!(counted_standing(&counts), standing(world.federation.server.hub()).await);
                }
            }
            let counts = agreed(world.federation.server.hub()).await;
            assert_eq!(counted_standing(&counts), standing(world.federation.server.hub()).await);
            world.clock.advance(DAY * 35);
            let term = || Term::new(1, "BKAG § 77(1)").ok();
            let terms = Terms { referral: term(), decision: term(), case: None, liaison: None };
            let hub = world.federation.server.hub();
            retain(hub, &terms, salt, Run::Now).await.unwrap();
            for _ in 0..2 {
                let after = agreed(hub).await;
                // A sweep of the hub's own may have moved on what stands.
                for figure in Figure::all().filter(|figure| !matches!(figure, Figure::Waiting(_))) {
                    let (was, is) = (sum(&counts, Grouping::All, "", figure), sum(&after, Grouping::All, "", figure));
                    assert_eq!(was, is, "{figure:?} after redaction");
                }
                hub.run(ForgetFigures).await.unwrap();
            }
            let World { federation, offices, .. } = world;
            drop(offices);
            federation.end().await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_takedown_is_counted_where_its_provider_is_and_stays_when_its_leaves_go() {
    let clock = ManualClock::new(Clock::system().now());
    let federation = Federation::start_with(clock.clock(), |_| {}).await;
    let hub = federation.server.hub();
    hub.run(PutHostRules::parse(RULES.into(), "KD Beispiel".into(), salt()).unwrap()).await.unwrap();
    let (nw, by) = (federation.office("de-nw-lka").await, federation.office("de-by-lka").await);
    for office in [&nw, &by] {
        office.open_case("1/26").await;
    }
    let referred = nw.refer("1/26", &["https://a.home.example/1", "https://b.far.example/2"]).await;
    let targets: Vec<_> = referred.answers.iter().map(|answer| answer.target_id.clone()).collect();
    for gate in gates() {
        nw.decided(&targets, gate).await;
    }
    let fences = nw.decided(&targets, request_grant()).await.iter().map(|answer| answer.fence).collect();
    let request = decision_on(&targets, intend(NoticeKind::First, fences));
    let intent_id = request.command_id.clone();
    decided(nw.ask(request).await);
    let sent_at_us = meldeverbund_hub::clock::now_us(&clock.clock());
    nw.decided(&targets, Decision::ReportSent(ReportSent { intent_id, sent_at_us, ..ReportSent::default() }))
        .await;
    by.refer("1/26", &["http://a.home.example/1"]).await;
    clock.advance(DAY * 5);
    let gone =
        |outcome: Outcome| Decision::CloseRound(CloseRound { outcome: outcome.into(), reason: "r".into() });
    nw.decided(&targets[..1], gone(Outcome::Gone)).await;
    nw.decided(&targets[1..], gone(Outcome::Refused)).await;

    let expected = [
        (Figure::Opened, "de-nw-lka", 2),
        (Figure::Joined, "de-by-lka", 1),
        (Figure::Notified(Seat::Domestic), "de-nw-lka", 1),
        (Figure::Notified(Seat::Abroad), "de-nw-lka", 1),
        (Figure::Gone(Seat::Domestic, Spell::Week), "de-nw-lka", 1),
        (Figure::Gone(Seat::Abroad, Spell::Week), "de-nw-lka", 0),
        (Figure::Ended(Ended::Gone), "de-nw-lka", 1),
        (Figure::Ended(Ended::Refused), "de-nw-lka", 1),
    ];
    let is = |counts: &Counts| {
        for (figure, land, number) in expected {
            assert_eq!(of_land(counts, land, figure), number, "{figure:?} of {land}");
        }
        assert_eq!(sum(counts, Grouping::Host, "home.example", Figure::Opened), 1);
        assert_eq!(sum(counts, Grouping::Class, "stgb-184b", Figure::Notified(Seat::Domestic)), 1);
        assert_eq!(counted_standing(counts), BTreeMap::new());
    };
    is(&agreed(hub).await);
    clock.advance(DAY * 35);
    let term = || Term::new(1, "BKAG § 77(1)").ok();
    let terms = Terms { referral: term(), decision: term(), case: None, liaison: None };
    retain(hub, &terms, salt, Run::Now).await.unwrap();
    let mut reader = hub.reader().await.unwrap();
    let gone: i64 = query_scalar("SELECT count(*) FROM figure_fact").fetch_one(&mut reader).await.unwrap();
    assert!(gone >= 10, "{gone} leaves were redacted");
    let kept: Vec<String> =
        query_scalar("SELECT body FROM figure_fact").fetch_all(&mut reader).await.unwrap();
    drop(reader);
    for secret in ["1/26", "/1\"", "Beispiel", "UJs"] {
        assert!(kept.iter().all(|body| !body.contains(secret)), "{secret}: {kept:?}");
    }
    is(&agreed(hub).await);
    hub.run(ForgetFigures).await.unwrap();
    is(&agreed(hub).await);

    // Seen again by somebody else: what is known of the round before is enough to say so.
    by.refer("1/26", &["https://a.home.example/1"]).await;
    let counts = agreed(hub).await;
    assert_eq!(of_land(&counts, "de-by-lka", Figure::Reopened), 1);
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Reappeared), 1);
    drop((nw, by));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_somebody_bent_is_found_and_counted_anew() {
    let federation = Federation::start_on_a_file().await;
    let hub = federation.server.hub();
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    agreed(hub).await;
    let mut writer = hub.store().writer().await.unwrap();
    query("UPDATE figure SET number = number + 1 WHERE figure = 1 AND grouped_by = 2")
        .execute(&mut writer)
        .await
        .unwrap();
    drop(writer);
    let found = recount(&mut hub.still().await.unwrap(), hub.store().target_ids()).await.unwrap();
    let differs: Vec<_> = found.differs.iter().map(|(key, sums)| (key.name.as_str(), *sums)).collect();
    assert_eq!(differs, [("a.test", (1, 2))]);
    hub.run(ForgetFigures).await.unwrap();
    agreed(hub).await;
    drop(nw);
    federation.end().await;
}

/// From the first word on nobody is shown what was counted, however long its rows stand there, and nothing is counted onto them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_forgotten_is_shown_to_nobody() {
    let federation = Federation::start().await;
    let hub = federation.server.hub();
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1", "https://b.test/2"]).await;
    let before = agreed(hub).await;
    federation.leave_to_others(LeasedJob::Figures).await;
    let months = ("2020-01".parse().unwrap(), "2199-12".parse().unwrap());
    let shown = async || {
        let (total, sheet) =
            read_all_figures(&mut hub.still().await.unwrap(), Grouping::Host, months).await.unwrap();
        total.lines.iter().chain(&sheet.lines).flat_map(|line| &line.values).sum::<i64>()
    };
    assert!(shown().await > 0);
    hub.run(ForgetFigures).await.unwrap();
    let rows = "SELECT count(*) FROM figure_target";
    let rows: i64 = query_scalar(rows).fetch_one(&mut hub.reader().await.unwrap()).await.unwrap();
    assert_eq!((rows, shown().await), (2, 0), "its rows stand there still");
    let mut still = hub.still().await.unwrap();
    let next: i64 = query_scalar("SELECT next_leaf FROM head").fetch_one(&mut still).await.unwrap();
    assert_eq!(figures_behind(&mut still).await.unwrap(), next);
    let found = recount(&mut still, hub.store().target_ids()).await.unwrap();
    assert_eq!((found.leaves, found.differs), (0, BTreeMap::new()), "nothing is compared with what is left");
    drop(still);
    let mut writer = hub.store().writer().await.unwrap();
    query("DELETE FROM lease").execute(&mut writer).await.unwrap();
    drop(writer);
    assert_eq!(agreed(hub).await, before);
    drop(nw);
    federation.end().await;
}

/// What a restore has lost is counted by neither way, and what is handed in again by both.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_epoch_goes_on_from_the_restored_ledger() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    nw.refer("1/26", &["https://a.test/1"]).await;
    agreed(federation.server.hub()).await;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    nw.refer("1/26", &["https://a.test/2"]).await;
    let counts = agreed(federation.server.hub()).await;
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Opened), 2);
    drop(nw);
    let federation = federation.restore(&backup).await;
    federation.new_epoch(None).await;
    let federation = federation.restart().await;
    // The backup holds the lease of a process that is no more; nobody here waits for its term.
    let mut writer = federation.server.hub().store().writer().await.unwrap();
    query("DELETE FROM lease").execute(&mut writer).await.unwrap();
    drop(writer);
    let counts = agreed(federation.server.hub()).await;
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Opened), 1);
    let nw = federation.connect("de-nw-lka", "main").await;
    nw.refer("1/26", &["https://a.test/2"]).await;
    let counts = agreed(federation.server.hub()).await;
    assert_eq!(of_land(&counts, "de-nw-lka", Figure::Opened), 2);
    drop(nw);
    federation.end().await;
}
