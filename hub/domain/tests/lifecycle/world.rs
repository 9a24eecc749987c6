//! The federation in a box: six agencies with two nodes each, three targets, a clock, and an oracle beside each target.

use meldeverbund_domain::{
    Agency, AgencyNo, AgencyState, Policy, Target, TargetNo,
    life::{HoldId, Life, Origin, State},
    order::{Apart, Context, Order, decide},
    rules::{LeadCase, Matter},
};
use meldeverbund_proto::v1::{AgencyKind, RefusalCode};

use crate::{
    ops::{AGENCIES, Op, Rules, TARGETS, Who},
    oracle::Oracle,
};

pub(crate) const HOUR_US: i64 = 3_600_000_000;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;

/// A target that was merged into another one.
pub(crate) struct Alias {
    pub(crate) from: usize,
    pub(crate) into: usize,
    pub(crate) apart: Apart,
}

pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) agencies: Vec<Agency>,
    pub(crate) items: Vec<(State, Oracle)>,
    /// Whose cases are bound by each target's own link, with the leaves.
    pub(crate) links: Vec<Vec<(AgencyNo, i64)>>,
    /// Which targets are another name of which, in the order of the merges.
    pub(crate) aliases: Vec<Alias>,
    pub(crate) now_us: i64,
    pub(crate) steps: u64,
}

impl World {
    pub(crate) fn new(rules: &Rules) -> Self {
        let ids = ["de-nw-lka", "de-by-lka", "de-be-lka", "de-sn-lka", "de-bka", "eu-europol"];
        let agencies = ids.iter().zip(1..).map(|(id, no)| {
            let kind = match no {
                5 => AgencyKind::CentralOffice,
                6 => AgencyKind::Liaison,
                _ => AgencyKind::StateOffice,
            };
            Agency { no: AgencyNo(no), id: id.parse().unwrap(), kind, state: AgencyState::Active }
        });
        let mut policy = Policy { consent_required: rules.consent_required, ..Policy::default() };
        policy.four_eyes.clone_from(&rules.four_eyes);
        policy.ownership.fallback = rules.fallback_is_named.then(|| ids[2].parse().unwrap());
        let matter = Matter { platform: "forum".into(), ..Matter::default() };
        let lead = LeadCase { agency: ids[3].parse().unwrap(), matter, from_us: 0, until_us: i64::MAX };
        policy.ownership.lead_cases.push(lead);
        let items = (0..TARGETS).map(|n| opened(n, AgencyNo(1 + i64::try_from(n).unwrap() * 2))).collect();
        let links = (0..TARGETS).map(|n| vec![(AgencyNo(1 + i64::try_from(n).unwrap() * 2), 0)]).collect();
        let (agencies, aliases) = (agencies.collect(), Vec::new());
        Self { policy, agencies, items, links, aliases, now_us: 20_000 * DAY_US, steps: 0 }
    }

    pub(crate) fn step(&mut self, op: &Op) {
        match op {
            Op::Join { target: link, who } => self.join(*link, self.agency(self.root(*link), *who)),
            Op::Acknowledge { target, who } => {
                let target = self.root(*target);
                self.acknowledge(target, self.agency(target, *who));
            }
            Op::Act { target, who, second_node, second_officer, order, aimed } => {
                let target = self.root(*target);
                let who = self.agency(target, *who);
                let order = self.aim(target, order.clone(), *aimed);
                self.act(target, who, *second_node, *second_officer, &order);
            }
            Op::Prepare { target, adopts } => self.prepare(self.root(*target), *adopts),
            Op::Answer { target, how } => self.answer(self.root(*target), *how),
            Op::Notify { target, far } => self.notify(self.root(*target), *far),
            Op::Merge { one, other } => self.merge(self.root(*one), self.root(*other)),
            Op::Part { target } => self.part(*target),
            Op::Wait { hours, swept } => {
                self.now_us += i64::from(*hours) * HOUR_US;
                for target in (0..TARGETS).filter(|target| self.root(*target) == *target).collect::<Vec<_>>()
                {
                    if *swept {
                        self.pass(target);
                    }
                    self.check(target);
                }
            }
            Op::Suspend { who } => self.agencies[*who].state = AgencyState::Suspended,
            Op::Admit { who } => self.agencies[*who].state = AgencyState::Active,
            Op::FallBack { target } => self.fall_back(self.root(*target)),
        }
    }

    fn agency(&self, target: usize, who: Who) -> AgencyNo {
        let (state, oracle) = &self.items[target];
        match who {
            Who::Owner => state.owner(),
            Who::Bound(n) => oracle.bound.get(n).map_or(state.owner(), |bound| bound.agency),
            Who::Central => AgencyNo(5),
            Who::Any(n) => self.agencies[n % AGENCIES].no,
        }
    }

    /// Times count from now; an aimed order has the id, fence or hold that is right at the moment.
    pub(crate) fn aim(&self, target: usize, mut order: Order, aimed: bool) -> Order {
        let (state, _) = &self.items[target];
        match &mut order {
            Order::Release { until_us: Some(until_us) }
            | Order::PlaceHold { until_us: Some(until_us), .. }
            | Order::RenewHold { until_us: Some(until_us), .. } => *until_us += self.now_us,
            _ => {}
        }
        match &mut order {
            Order::Intend { fence, .. } if aimed => *fence = state.life.fence,
            Order::Overrule { of } if aimed => {
                let suspended = |agency: &&Agency| agency.state == AgencyState::Suspended;
                *of = self.agencies.iter().find(suspended).map_or(*of, |agency| agency.no);
            }
            Order::ReportSent { intent, .. }
            | Order::ReportFailed { intent }
            | Order::ResolveIntent { intent, .. }
                if aimed =>
            {
                *intent = state.life.intent().map_or(*intent, |under_way| under_way.id);
            }
            Order::LiftHold { hold: Some(hold) } | Order::RenewHold { hold: Some(hold), .. } if aimed => {
                *hold = state.life.holds.first().map_or(HoldId(0), |first| first.id);
            }
            _ => {}
        }
        order
    }

    /// One order, checked: what is refused changes nothing, what is taken is what the oracle allows.
    pub(crate) fn act(
        &mut self,
        target: usize,
        who: AgencyNo,
        second_node: bool,
        second_officer: bool,
        order: &Order,
    ) {
        self.steps += 1;
        let (state, mut oracle) = self.items[target].clone();
        let context = self.context(who, second_node, second_officer);
        let expected = oracle.may_be_granted(&context) && context.actor.state == AgencyState::Active;
        let decided = decide(state, order, &context);
        match &decided {
            Ok(new) => {
                oracle.taken(order, &context);
                if *order == Order::RequestGrant {
                    oracle.granted(new.life.fence, &context);
                }
            }
            Err(refusal) => {
                assert!(*order != Order::RequestGrant || !expected, "a grant was due: {refusal:?}");
                let lifts = *order == Order::LiftHold { hold: None } && context.actor.admit().is_ok();
                let holds = oracle.holds.iter().any(|(_, by, _)| *by == who);
                assert!(!lifts || !holds, "who placed a hold lifts it: {refusal:?}");
                let concerned = context.actor.is_central() || oracle.concerns(who);
                let code = refusal.code();
                match (context.actor.state, concerned) {
                    (AgencyState::Suspended, _) => assert_eq!(code, RefusalCode::AgencySuspended),
                    (_, false) => assert_eq!(code, RefusalCode::TargetUnknown, "strangers learn nothing"),
                    _ => assert_ne!(code, RefusalCode::AgencySuspended),
                }
            }
        }
        if let Ok(new) = decided {
            if let Order::WithdrawReferral { .. } = order {
                for link in self.members(target) {
                    self.links[link].retain(|(agency, _)| *agency != who);
                }
            }
            self.items[target] = (new, oracle);
        }
        self.check(target);
    }

    /// What the next decision is decided with. A leaf and an id are used once.
    pub(crate) fn context(&self, who: AgencyNo, second_node: bool, second_officer: bool) -> Context<'_> {
        Context {
            actor: self.agencies.iter().find(|agency| agency.no == who).unwrap(),
            officer: if second_officer { "M. Zweit" } else { "M. Erst" },
            instance: u128::from(who.0.unsigned_abs()) * 2 + u128::from(second_node),
            command: u128::from(self.steps),
            leaf: i64::try_from(self.steps).unwrap(),
            epoch: 1,
            now_us: self.now_us,
            policy: &self.policy,
            agencies: &self.agencies,
        }
    }

    pub(crate) fn check(&self, target: usize) {
        let (state, oracle) = &self.items[target];
        crate::invariants::check(state, oracle, self.now_us, &self.policy);
        for agency in &self.agencies {
            let context = self.context(agency.no, false, false);
            crate::invariants::need_to_know(state, oracle, &context);
        }
    }
}

fn opened(n: usize, by: AgencyNo) -> (State, Oracle) {
    let (land, platform) = [("", ""), ("DE-BY", ""), ("", "forum")][n % 3];
    let origin = Origin {
        host: "bilder.example".into(),
        suspect_land: land.into(),
        platform: platform.into(),
        ..Origin::default()
    };
    let target = Target::opened(TargetNo(i64::try_from(n).unwrap()), by);
    let state = State { target, life: Life::default(), interests: Vec::new(), origin: Some(origin) };
    let seat = (!land.is_empty()).then_some(AgencyNo(2));
    let lead = (!platform.is_empty()).then_some(AgencyNo(4));
    (state, Oracle::opened(by, seat, lead))
}
