//! A bench for the tests: six agencies, one target that NW opened and BY joined, and orders on it.

use meldeverbund_proto::v1::{AgencyKind, RefusalCode};

use crate::{
    Agency, AgencyNo, AgencyState, CaseNo, Policy, Target, TargetNo, deadlines,
    life::{Finding, HoldId, IntentId, Interest, Life, NoticeKind, Origin, State, Window},
    order::{Context, Order, decide},
    policy::{days_us, hours_us},
    view::{View, view},
};

pub(crate) const NW: AgencyNo = AgencyNo(1);
pub(crate) const BY: AgencyNo = AgencyNo(2);
pub(crate) const BE: AgencyNo = AgencyNo(3);
pub(crate) const SN: AgencyNo = AgencyNo(4);
pub(crate) const BKA: AgencyNo = AgencyNo(5);
pub(crate) const EUROPOL: AgencyNo = AgencyNo(6);

#[derive(Debug, Clone)]
pub(crate) struct Bench {
    pub(crate) policy: Policy,
    pub(crate) agencies: Vec<Agency>,
    pub(crate) state: State,
    pub(crate) now_us: i64,
    pub(crate) officer: &'static str,
    pub(crate) node: u128,
    pub(crate) command: u128,
    pub(crate) epoch: u32,
}

#[expect(clippy::needless_pass_by_value, reason = "orders read better without a reference")]
impl Bench {
    /// A target that NW opened, and that BY joined.
    pub(crate) fn new() -> Self {
        let mut bench = Self::alone();
        bench.join(BY);
        bench
    }

    /// A target that NW opened.
    pub(crate) fn alone() -> Self {
        let target = Target::opened(TargetNo(7), NW);
        let origin = Some(Origin { host: "bilder.example".into(), ..Origin::default() });
        let state = State { target, life: Life::default(), interests: Vec::new(), origin };
        let (policy, agencies) = (Policy::default(), agencies());
        Self {
            policy,
            agencies,
            state,
            now_us: days_us(20_000),
            officer: "Erst",
            node: 1,
            command: 100,
            epoch: 1,
        }
    }

    /// The same bench where everything is there that a grant needs.
    pub(crate) fn cleared() -> Self {
        let mut bench = Self::new();
        bench.set_gates(NW);
        bench.ok(BY, Order::Consent { of: None });
        bench
    }

    pub(crate) fn granted() -> Self {
        Self::cleared().then(NW, Order::RequestGrant)
    }

    pub(crate) fn under_way() -> Self {
        let bench = Self::granted();
        let intend = bench.intend(NoticeKind::First);
        bench.then(NW, intend)
    }

    pub(crate) fn notified() -> Self {
        let bench = Self::under_way();
        let sent = bench.sent();
        bench.then(NW, sent)
    }

    /// NW has declined what a rule gave it, so that BY is asked.
    pub(crate) fn proposed_to_by() -> Self {
        let mut bench = Self::new();
        bench.withdraw(NW);
        bench
    }

    pub(crate) fn then(mut self, who: AgencyNo, order: Order) -> Self {
        self.ok(who, order);
        self
    }

    pub(crate) fn ok(&mut self, who: AgencyNo, order: Order) {
        let decided = self.act(who, order.clone());
        assert_eq!(decided, Ok(()), "{who:?} {order:?}");
    }

    #[track_caller]
    pub(crate) fn no(&mut self, code: RefusalCode, who: AgencyNo, order: Order) {
        let before = self.state.clone();
        assert_eq!(self.act(who, order), Err(code));
        assert_eq!(self.state, before);
    }

    pub(crate) fn act(&mut self, who: AgencyNo, order: Order) -> Result<(), RefusalCode> {
        self.command += 1;
        let decided = decide(self.state.clone(), &order, &self.context(who));
        decided.map(|state| self.state = state).map_err(|refusal| refusal.code())
    }

    pub(crate) fn set_gates(&mut self, who: AgencyNo) {
        self.ok(who, Order::Assess { finding: Finding::Unlawful(1), automatic: false });
        self.ok(who, Order::SecureEvidence);
        self.ok(who, Order::SettleProviderData);
        self.ok(who, Order::Release { until_us: None });
    }

    pub(crate) fn join(&mut self, agency: AgencyNo) {
        self.command += 1;
        let joined_leaf = self.context(agency).leaf;
        let (seised_leaf, window) = (joined_leaf, Window::NotBegun);
        self.state.interests.push(Interest { agency, joined_leaf, seised_leaf, window });
    }

    pub(crate) fn withdraw(&mut self, who: AgencyNo) {
        self.ok(who, Order::WithdrawReferral { cases: vec![CaseNo(1)], left: 0 });
    }

    pub(crate) fn wait_hours(&mut self, hours: u32) {
        self.now_us += hours_us(hours);
    }

    pub(crate) fn pass(&mut self) {
        self.state = deadlines::pass(self.state.clone(), &self.context(BKA));
    }

    pub(crate) fn suspend(&mut self, who: AgencyNo) {
        let agency = self.agencies.iter_mut().find(|agency| agency.no == who).unwrap();
        agency.state = AgencyState::Suspended;
    }

    pub(crate) fn intend(&self, kind: NoticeKind) -> Order {
        Order::Intend { kind, fence: self.state.life.fence }
    }

    pub(crate) fn intent(&self) -> IntentId {
        self.state.life.intent().unwrap().id
    }

    pub(crate) fn sent(&self) -> Order {
        Order::ReportSent { intent: self.intent(), sent_us: self.now_us }
    }

    pub(crate) fn hold(&self) -> HoldId {
        self.state.life.holds.last().unwrap().id
    }

    pub(crate) fn view(&self, who: AgencyNo) -> Option<View> {
        view(&self.state, &self.context(who))
    }

    pub(crate) fn context(&self, who: AgencyNo) -> Context<'_> {
        Context {
            actor: self.agencies.iter().find(|agency| agency.no == who).unwrap(),
            officer: self.officer,
            instance: self.node,
            command: self.command,
            leaf: i64::try_from(self.command).unwrap(),
            epoch: self.epoch,
            now_us: self.now_us,
            policy: &self.policy,
            agencies: &self.agencies,
        }
    }
}

pub(crate) fn agencies() -> Vec<Agency> {
    let ids = ["de-nw-lka", "de-by-lka", "de-be-lka", "de-sn-lka", "de-bka", "eu-europol"];
    let kind = |no| match no {
        BKA => AgencyKind::CentralOffice,
        EUROPOL => AgencyKind::Liaison,
        _ => AgencyKind::StateOffice,
    };
    let agency = |(id, no): (&str, _)| {
        let no = AgencyNo(no);
        Agency { no, id: id.parse().unwrap(), kind: kind(no), state: AgencyState::Active }
    };
    ids.into_iter().zip(1..).map(agency).collect()
}

pub(crate) const HOLD: Order = Order::PlaceHold { until_us: None, on_behalf: false };
