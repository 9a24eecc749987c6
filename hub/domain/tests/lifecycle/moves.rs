//! What happens besides single orders: intake, time, and several agencies at work on one thing.

use meldeverbund_domain::{
    AgencyNo, AgencyState,
    conditions::Gate,
    deadlines,
    life::{Finding, IntentId, Interest, NoticeKind, Window},
    order::{Order, fall_back, next_round},
};
use meldeverbund_proto::v1::OwnerBasis;

use crate::{
    invariants::time_only_asks,
    oracle::{Bound, Firm},
    world::{DAY_US, World},
};

impl World {
    /// Intake: a case is bound, and a closed round is followed by the next.
    pub(crate) fn join(&mut self, link: usize, who: AgencyNo) {
        self.steps += 1;
        let target = self.root(link);
        let (mut state, mut oracle) = self.items[target].clone();
        let context = self.context(who, false, false);
        if context.actor.may_refer().is_err() {
            return;
        }
        let leaf = context.leaf;
        if !oracle.is_bound(who) {
            assert!(!state.is_bound(who));
            oracle.bound.push(Bound { agency: who, opened: false, window: None });
            state.interests.push(Interest {
                agency: who,
                joined_leaf: context.leaf,
                seised_leaf: context.leaf,
                window: Window::NotBegun,
            });
        }
        if !oracle.is_open {
            oracle.begin_round(&context);
            state = next_round(state, &context);
        }
        let state = state.staged(context.policy, context.now_us);
        self.items[target] = (state, oracle);
        self.bind(link, who, leaf);
        self.bind(target, who, leaf);
        self.check(target);
    }

    fn bind(&mut self, link: usize, who: AgencyNo, leaf: i64) {
        if self.links[link].iter().all(|(agency, _)| *agency != who) {
            self.links[link].push((who, leaf));
        }
    }

    pub(crate) fn acknowledge(&mut self, target: usize, who: AgencyNo) {
        let end_us = self.now_us + 3 * DAY_US;
        let (state, oracle) = &mut self.items[target];
        let windows = state.interests.iter_mut().filter(|interest| interest.agency == who);
        for interest in windows.filter(|interest| interest.window == Window::NotBegun) {
            interest.window = Window::Until(end_us);
            let bound = oracle.bound.iter_mut().find(|bound| bound.agency == who).unwrap();
            bound.window = Some(end_us);
        }
        self.check(target);
    }

    pub(crate) fn pass(&mut self, target: usize) {
        self.steps += 1;
        let (state, mut oracle) = self.items[target].clone();
        let context = self.context(AgencyNo(5), false, false);
        let passed = deadlines::pass(state.clone(), &context);
        oracle.passed(&context);
        time_only_asks(&state, &passed);
        assert_eq!(deadlines::pass(passed.clone(), &context), passed, "twice is once");
        let due_us = deadlines::due_us(&passed, &context);
        assert!(due_us.is_none_or(|due_us| due_us > context.now_us), "nothing stays overdue: {due_us:?}");
        self.items[target] = (passed, oracle);
    }

    /// The owner is suspended for long enough, and let in again afterwards.
    pub(crate) fn fall_back(&mut self, target: usize) {
        let (state, mut oracle) = self.items[target].clone();
        let before = self.agencies.clone();
        let owner = self.agencies.iter_mut().find(|agency| agency.no == oracle.owner).unwrap();
        owner.state = AgencyState::Suspended;
        let context = self.context(AgencyNo(5), false, false);
        oracle.falls_back(&context);
        let state = fall_back(state, &context);
        self.items[target] = (state, oracle);
        self.agencies = before;
        self.check(target);
    }

    pub(crate) fn prepare(&mut self, target: usize, adopts: bool) {
        let (state, oracle) = &self.items[target];
        let (owner, firm) = (state.owner(), oracle.firm);
        let holders: Vec<_> = oracle.holds.iter().map(|(_, by, _)| *by).collect();
        for who in holders {
            self.act(target, who, false, false, &Order::LiftHold { hold: None });
        }
        let adopted = [Order::AdoptGates(Vec::new())];
        let set = [
            Order::SecureEvidence,
            Order::SettleProviderData,
            Order::Assess { finding: Finding::Unlawful(1), automatic: false },
        ];
        match firm {
            Firm::Disputed { by, .. } => self.act(target, by, false, false, &Order::WithdrawDispute),
            Firm::Proposed(_) => self.act(target, owner, false, false, &Order::AcceptOwnership),
            Firm::Accepted | Firm::Offered(..) => {}
        }
        for order in if adopts { &adopted[..] } else { &set[..] } {
            self.act(target, owner, false, false, order);
        }
        self.act(target, owner, false, false, &Order::Release { until_us: None });
        let needed: Vec<Gate> = self.policy.four_eyes.iter().map(|name| Gate::from(*name)).collect();
        for gate in needed {
            self.act(target, owner, false, true, &Order::Confirm(gate));
        }
        let others: Vec<_> = self.items[target].0.open_windows().map(|interest| interest.agency).collect();
        for who in others {
            self.act(target, who, false, false, &Order::Consent { of: None });
        }
    }

    pub(crate) fn answer(&mut self, target: usize, how: usize) {
        let (state, oracle) = &self.items[target];
        let other = AgencyNo(i64::try_from(how % 5).unwrap() + 1);
        let (who, order) = match oracle.firm {
            Firm::Accepted if how < 5 => (state.owner(), Order::OfferOwnership { to: other }),
            Firm::Accepted => return,
            Firm::Proposed(_) if how == 1 => {
                (state.owner(), Order::Intend { kind: NoticeKind::Recall, fence: state.life.fence })
            }
            Firm::Proposed(_) if how.is_multiple_of(3) => (state.owner(), Order::AcceptOwnership),
            Firm::Proposed(_) => (state.owner(), Order::DeclineOwnership),
            Firm::Offered(..) if how == 0 => (state.owner(), Order::WithdrawOffer),
            Firm::Offered(to, _) => (to, Order::AnswerOffer { accepted: !how.is_multiple_of(3) }),
            Firm::Disputed { by, .. } if how < 2 => (by, Order::WithdrawDispute),
            Firm::Disputed { .. } => {
                let basis = if how > 6 { OwnerBasis::Prosecutor } else { OwnerBasis::Assignment };
                (AgencyNo(5), Order::AssignOwner { to: other, basis })
            }
        };
        self.act(target, who, false, false, &order);
    }

    pub(crate) fn notify(&mut self, target: usize, far: usize) {
        self.prepare(target, false);
        let owner = self.items[target].0.owner();
        let intend = Order::Intend { kind: NoticeKind::First, fence: 0 };
        let sent = Order::ReportSent { intent: IntentId(0), sent_us: 5 };
        for order in [Order::RequestGrant, intend, sent].into_iter().take(far) {
            let order = self.aim(target, order, true);
            self.act(target, owner, false, false, &order);
        }
    }
}
