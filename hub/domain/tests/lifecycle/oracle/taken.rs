//! An order was taken: the promises allow it, and this is what is true from now on.

use meldeverbund_domain::{
    AgencyNo, AgencyState,
    order::{Context, Order},
};
use meldeverbund_proto::v1::{Outcome, OwnerBasis};

use super::{
    Firm, Oracle,
    owners::{may_own, proposed},
};
use crate::world::{DAY_US, HOUR_US};

impl Oracle {
    pub(crate) fn taken(&mut self, order: &Order, context: &Context<'_>) {
        let actor = context.actor;
        assert_eq!(actor.state, AgencyState::Active, "a suspended agency does nothing");
        assert!(actor.is_central() || self.concerns(actor.no), "a stranger does nothing");
        match order {
            Order::Assess { .. }
            | Order::SecureEvidence
            | Order::SettleProviderData
            | Order::Release { .. }
            | Order::Confirm(_)
            | Order::WithdrawGate(_)
            | Order::AdoptGates(_) => self.gate_taken(order, context),
            Order::PlaceHold { .. }
            | Order::RenewHold { .. }
            | Order::LiftHold { .. }
            | Order::Consent { .. }
            | Order::Overrule { .. } => self.hold_taken(order, context),
            Order::RequestGrant
            | Order::ReturnGrant
            | Order::Intend { .. }
            | Order::ReportSent { .. }
            | Order::ReportFailed { .. }
            | Order::ResolveIntent { .. }
            | Order::ReportIncident { .. }
            | Order::ReportElsewhere => self.notice_taken(order, context),
            Order::ReportAnswer { .. }
            | Order::ReportCheck { .. }
            | Order::CloseRound(_)
            | Order::ReportComplaint
            | Order::SettleComplaint { .. }
            | Order::ReopenRound => self.round_taken(order, context),
            Order::WithdrawReferral { left, .. } => {
                assert!(self.is_bound(actor.no) && *left == 0);
                assert!(!self.holds.iter().any(|(_, by, _)| *by == actor.no), "a hold keeps its agency");
                let stays = self.sending.is_some() || self.was_notified();
                assert!(!(self.owner == actor.no && self.is_open && stays), "a notice keeps its owner");
                self.unbind(actor.no, context);
            }
            _ => self.owner_taken(order, context),
        }
        self.end_if_nobody_is_left();
    }

    fn hold_taken(&mut self, order: &Order, context: &Context<'_>) {
        let (own, now_us) = (context.actor.no, context.now_us);
        let end = |until_us: &Option<i64>| {
            let until_us = until_us.unwrap_or(now_us + 90 * DAY_US);
            assert!(until_us > now_us && until_us <= now_us + 548 * DAY_US, "18 months at most");
            until_us
        };
        match order {
            Order::PlaceHold { until_us, on_behalf } => {
                assert!(self.is_open);
                assert!(
                    context.actor.is_central() || !on_behalf && (self.owner == own || self.is_bound(own))
                );
                self.holds.push((context.command, own, end(until_us)));
            }
            Order::RenewHold { hold, until_us } => {
                let meant = |(id, by, _): &&mut (u128, AgencyNo, i64)| {
                    *by == own && hold.is_none_or(|hold| hold.0 == *id)
                };
                let renewed = self.holds.iter_mut().filter(meant).map(|hold| hold.2 = end(until_us)).count();
                assert!(renewed > 0, "an own hold is renewed");
            }
            Order::LiftHold { hold } => {
                let before = self.holds.len();
                self.holds.retain(|(id, by, _)| *by != own || hold.is_some_and(|hold| hold.0 != *id));
                assert!(self.holds.len() < before, "an own hold is lifted");
            }
            Order::Consent { of } => {
                let whose = of.unwrap_or(own);
                let may = whose == own || context.actor.is_central() && !context.policy.consent_required;
                assert!(may && self.is_open && self.is_bound(whose) && whose != self.owner);
                assert!(!self.consented.contains(&whose));
                self.consented.push(whose);
            }
            Order::Overrule { of } => {
                let is_active =
                    |one: &meldeverbund_domain::Agency| one.no == *of && one.state == AgencyState::Active;
                assert!(context.actor.is_central() && !context.agencies.iter().any(is_active));
                self.holds.retain(|(_, by, _)| by != of);
                self.forget(*of);
                self.closes_window_of(*of);
            }
            _ => unreachable!("another room's"),
        }
    }

    fn closes_window_of(&mut self, agency: AgencyNo) {
        if self.is_bound(agency) && agency != self.owner && !self.consented.contains(&agency) {
            self.consented.push(agency);
        }
    }

    fn round_taken(&mut self, order: &Order, context: &Context<'_>) {
        let owns = context.actor.no == self.owner;
        match order {
            Order::CloseRound(outcome) => {
                assert!(owns && self.is_open && self.sending.is_none() && !self.complaint);
                match outcome {
                    Outcome::Gone | Outcome::Refused => assert!(self.was_notified()),
                    Outcome::GoneBeforeNotice => assert!(!self.was_notified()),
                    Outcome::NotForwardable | Outcome::NotUnlawful | Outcome::Unresolved => {}
                    Outcome::Withdrawn | Outcome::Contested | Outcome::Unspecified => {
                        panic!("{outcome:?} is nobody's to say")
                    }
                }
                self.end();
            }
            Order::SettleComplaint { upheld } => {
                assert!(owns && self.complaint);
                self.complaint = false;
                if *upheld {
                    assert!(self.sending.is_none());
                    self.end();
                }
            }
            Order::ReportComplaint => {
                assert!(!self.complaint);
                self.complaint = true;
            }
            Order::ReopenRound => {
                assert!(!self.bound.is_empty(), "a round has a case");
                self.begin_round(context);
            }
            Order::ReportAnswer { .. } => assert!(owns && self.is_open && self.was_notified()),
            Order::ReportCheck { .. } => assert!(owns || self.is_bound(context.actor.no)),
            _ => unreachable!("another room's"),
        }
    }

    fn owner_taken(&mut self, order: &Order, context: &Context<'_>) {
        let (own, owns) = (context.actor.no, context.actor.no == self.owner);
        match (order, self.firm) {
            (Order::AcceptOwnership, Firm::Proposed(_)) => {
                assert!(owns && self.is_open);
                self.firm = Firm::Accepted;
            }
            (Order::DeclineOwnership, Firm::Proposed(_)) => {
                assert!(owns && self.is_open && !self.by_fallback);
                self.succeed(context);
            }
            (Order::OfferOwnership { to }, Firm::Accepted) => {
                assert!(owns && self.is_open && *to != own && may_own(*to, context));
                self.firm = Firm::Offered(*to, context.now_us + 72 * HOUR_US);
            }
            (Order::AnswerOffer { accepted }, Firm::Offered(to, by)) => {
                assert!(to == own && self.is_open && by > context.now_us, "an offer ends by itself");
                self.firm = Firm::Accepted;
                if *accepted {
                    let former = self.owner;
                    self.by_fallback = false;
                    self.hand_to(own, Firm::Accepted);
                    self.closes_window_of(former);
                }
            }
            (Order::WithdrawOffer, Firm::Offered(..)) => {
                assert!(owns);
                self.firm = Firm::Accepted;
            }
            (_, Firm::Disputed { .. }) if matches!(order, Order::DisputeOwnership { .. }) => panic!("twice"),
            (Order::DisputeOwnership { claimed }, firm) => {
                assert!(self.is_open && (owns || self.is_bound(own)) && *claimed != self.owner);
                assert!(may_own(*claimed, context) && self.sending.is_none());
                let was_accepted = !matches!(firm, Firm::Proposed(_));
                let until_us = context.now_us + 120 * HOUR_US;
                self.firm = Firm::Disputed { by: own, was_accepted, until_us, escalated: false };
                self.live = None;
            }
            (Order::WithdrawDispute, Firm::Disputed { by, was_accepted, .. }) => {
                assert_eq!(by, own, "one's own dispute");
                self.firm = if was_accepted { Firm::Accepted } else { proposed(context) };
            }
            (Order::AssignOwner { to, basis }, _) => {
                assert!(context.actor.is_central() && self.is_open && may_own(*to, context));
                let is_party =
                    owns || *to == own || matches!(self.firm, Firm::Disputed { by, .. } if by == own);
                assert!(!is_party || *basis == OwnerBasis::Prosecutor, "never in its own cause");
                assert!(self.sending.is_none(), "a transfer waits for a notice under way");
                self.by_fallback = false;
                if *to == self.owner {
                    self.firm = Firm::Accepted;
                } else {
                    self.hand_to(*to, Firm::Accepted);
                }
            }
            (order, firm) => panic!("{order:?} with {firm:?}"),
        }
    }
}
