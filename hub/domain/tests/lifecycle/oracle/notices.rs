//! I2: one grant, one first notice a round, fences that only grow, and a sender that is one node.

use meldeverbund_domain::{
    life::NoticeKind,
    order::{Context, Order},
};

use super::{Oracle, Sending};
use crate::world::HOUR_US;

impl Oracle {
    /// What the promises ask of a grant, both ways: it is given if and only if this holds.
    pub(crate) fn may_be_granted(&self, context: &Context<'_>) -> bool {
        let is_live = self.live.is_some_and(|(_, until_us)| until_us > context.now_us);
        let quiet = self.is_open && self.sending.is_none() && !self.was_notified() && !is_live;
        quiet && self.owner == context.actor.no && self.is_clear(context.policy, context.now_us)
    }

    pub(crate) fn notice_taken(&mut self, order: &Order, context: &Context<'_>) {
        let owns = context.actor.no == self.owner;
        match order {
            Order::RequestGrant => {
                assert!(self.may_be_granted(context), "granted too early");
            }
            Order::ReturnGrant => {
                assert!(owns && self.live.take().is_some(), "only a grant of one's own is returned");
            }
            Order::Intend { kind, fence } => self.intended(*kind, *fence, context),
            Order::ReportSent { intent, .. } => {
                let sending = self.sending.take().expect("only what is under way has been sent");
                assert_eq!((intent.0, context.instance), (sending.id, sending.node), "one sender");
                assert!(owns && !sending.failed, "a person resolves what is said to have failed");
                self.has_left(sending.kind);
            }
            Order::ReportFailed { intent } => {
                let sending = self.sending.as_mut().expect("only what is under way fails");
                assert_eq!((intent.0, context.instance), (sending.id, sending.node), "one sender");
                (sending.failed, sending.in_doubt) = (true, false);
            }
            Order::ResolveIntent { intent, sent_us } => {
                let sending = self.sending.take().expect("only what is unresolved is resolved");
                assert!(owns || context.actor.is_central());
                assert!(sending.failed || sending.in_doubt, "what is under way is left alone");
                assert_eq!(intent.0, sending.id);
                if sent_us.is_some() {
                    self.has_left(sending.kind);
                }
            }
            Order::ReportIncident { .. } => {
                self.incidents += 1;
                if self.is_open {
                    self.has_left(NoticeKind::Incident);
                }
            }
            Order::ReportElsewhere => {
                assert!(self.is_open && !self.elsewhere);
                (self.elsewhere, self.live) = (true, None);
            }
            _ => unreachable!("another room's"),
        }
    }

    /// The grant that the hub gave.
    pub(crate) fn granted(&mut self, fence: u64, context: &Context<'_>) {
        assert!(self.fences.iter().all(|given| *given < fence), "fences only grow");
        self.fences.push(fence);
        self.live = Some((fence, context.now_us + 48 * HOUR_US));
    }

    fn intended(&mut self, kind: NoticeKind, fence: u64, context: &Context<'_>) {
        assert!(self.is_open && self.sending.is_none(), "one notice at a time");
        assert_eq!(context.actor.no, self.owner, "only the owner sends");
        assert_eq!(Some(fence), self.fences.last().copied().or(Some(0)), "a stale fence");
        let clear = self.is_clear(context.policy, context.now_us);
        match kind {
            NoticeKind::First => {
                let (live, until_us) = self.live.expect("a first notice has a grant");
                assert!(live == fence && until_us > context.now_us, "the grant is live");
                assert!(!self.was_notified() && self.firsts == 0, "one first notice a round");
                assert!(clear, "intended too early");
            }
            NoticeKind::Reminder => assert!(self.left > 0 && clear, "a reminder has a thread and asks again"),
            NoticeKind::Recall => assert!(self.left > 0, "a recall has a thread"),
            NoticeKind::Incident => panic!("nobody intends an incident"),
        }
        self.live = None;
        let (id, node, doubt_us) = (context.command, context.instance, context.now_us + HOUR_US);
        self.sending = Some(Sending { id, node, kind, doubt_us, in_doubt: false, failed: false });
    }

    fn has_left(&mut self, kind: NoticeKind) {
        self.left += 1;
        self.live = None;
        self.firsts += u32::from(kind == NoticeKind::First);
        assert!(self.firsts <= self.brought.max(1), "one first notice a round");
    }
}
