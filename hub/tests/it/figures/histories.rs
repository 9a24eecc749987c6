//! Random histories: both ways count the same, and what is counted and explained is what stands.

use std::collections::BTreeMap;

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::{
    figures::{Figure, Grouping},
    retention::{Term, Terms},
};
use meldeverbund_hub::flow::{ForgetFigures, LeasedJob, PutHostRules, Run, retain};
use meldeverbund_proto::{
    statement::Act,
    v1::{
        AcceptOwnership, CheckResult, CloseRound, DisputeOwnership, LiftHold, NoticeKind, OfferOwnership,
        Outcome, ReopenRound, ReportCheck, ReportComplaint, ReportFailed, ReportSent, ResolveIntent,
        Responsibility, SettleComplaint, WithdrawReferral, decide_request::Decision,
    },
};
use proptest::{prelude::*, test_runner::FileFailurePersistence};

use super::{DAY, RULES, agreed, counted_standing, standing, sum};
use crate::{
    decisions::{gates, hold, intend, request_grant},
    duplicates::{judge, request},
    harness::{CENTRAL, Federation, Office, decided, decision_on, salt, sweep},
};

/// Histories of one run.
const HISTORIES: u32 = 12;

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
        // It goes when the history says so: what stands is read more than once.
        federation.leave_to_others(LeasedJob::Sweep).await;
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
        sweep(self.federation.server.hub()).await;
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

    /// Whose a target is by what its leaves tell, is whose it is.
    async fn explained(&self) {
        let centre = &self.offices[0];
        for target in &self.targets {
            let told = centre.explain(target).await;
            let shown = centre.see(target).await;
            let as_told = (&told.owner_agency_id, told.owner_basis(), told.responsibility());
            let as_shown = (&shown.owner_agency_id, shown.owner_basis(), shown.responsibility());
            assert_eq!(as_told, as_shown, "{target}: {:?}", told.timeline);
        }
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
                    world.explained().await;
                }
            }
            let counts = agreed(world.federation.server.hub()).await;
            assert_eq!(counted_standing(&counts), standing(world.federation.server.hub()).await);
            world.explained().await;
            world.clock.advance(DAY * 35);
            let term = || Term::new(1, "BKAG § 77(1)").ok();
            let terms = Terms { referral: term(), decision: term(), case: None, liaison: None };
            let hub = world.federation.server.hub();
            retain(hub, &terms, salt, Run::Now).await.unwrap();
            for _ in 0..2 {
                let after = agreed(hub).await;
                for figure in Figure::all() {
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

/// Who is late with a dispute is not late in the next round.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_that_was_escalated_is_open_anew_in_the_next_round() {
    let mut world = World::new().await;
    let (refer, dispute, three_days, close) = ((0, 1, 0, 0), (17, 1, 0, 0), (4, 0, 3, 0), (13, 1, 0, 3));
    for op in [refer, dispute, three_days, three_days, close, refer] {
        world.step(op).await;
    }
    world.explained().await;
    let shown = world.offices[0].see(&world.targets[0]).await;
    assert_eq!((shown.round, shown.responsibility()), (2, Responsibility::Disputed));
    let told = world.offices[0].explain(&world.targets[0]).await;
    assert!(told.timeline.iter().any(|entry| entry.responsibility() == Responsibility::Escalated));
    let World { federation, offices, .. } = world;
    drop(offices);
    federation.end().await;
}
