//! I1: who owns, after whom, and what changes with the hands.

use meldeverbund_domain::{AgencyNo, AgencyState, order::Context};
use meldeverbund_proto::v1::AgencyKind;

use super::{Firm, Oracle};
use crate::world::HOUR_US;

impl Oracle {
    /// The owner is out of it: the rules name the next, who is asked.
    pub(crate) fn succeed(&mut self, context: &Context<'_>) {
        if !self.declined.contains(&self.owner) {
            self.declined.push(self.owner);
        }
        let first_seised = self.bound.iter().map(|bound| bound.agency);
        let mut named = self.lead.into_iter().chain(self.seat).chain(first_seised);
        let next = named.find(|agency| may_own(*agency, context) && !self.declined.contains(agency));
        self.by_fallback = next.is_none();
        self.hand_to(next.unwrap_or_else(|| fallback(context)), proposed(context));
    }

    pub(crate) fn hand_to(&mut self, next: AgencyNo, firm: Firm) {
        assert!(self.is_open || self.sending.is_none());
        assert!(self.sending.is_none(), "a transfer waits for a notice under way");
        self.live = None;
        self.firm = firm;
        self.declined.retain(|agency| *agency != next);
        if next == self.owner {
            return;
        }
        // Who opened the target and loses it is from now on one of the others, with a window of its own.
        if let Some(at) = self.bound.iter().position(|bound| bound.opened) {
            let mut former = self.bound.remove(at);
            (former.opened, former.window) = (false, None);
            self.bound.push(former);
        }
        self.owner = next;
        self.release = None;
        self.to_adopt = [true; 3];
    }

    /// What a suspended agency owns falls to the fallback, but for a notice under way.
    pub(crate) fn falls_back(&mut self, context: &Context<'_>) {
        let next = fallback(context);
        let waits = !self.is_open || self.sending.is_some() || next == self.owner;
        if !waits && !may_own(self.owner, context) {
            self.by_fallback = true;
            self.hand_to(next, proposed(context));
        }
    }

    /// The owner has withdrawn while nothing was open, or nobody is left: another begins the next round.
    pub(crate) fn unbind(&mut self, agency: AgencyNo, context: &Context<'_>) {
        self.bound.retain(|bound| bound.agency != agency);
        self.consented.retain(|one| *one != agency);
        self.forget(agency);
        if let Firm::Disputed { by, was_accepted, .. } = self.firm
            && by == agency
        {
            self.firm = if was_accepted { Firm::Accepted } else { proposed(context) };
        }
        if self.owner == agency {
            if !self.is_open {
                self.declined.push(agency);
            } else if !self.bound.is_empty() {
                self.succeed(context);
            }
        }
        self.end_if_nobody_is_left();
    }

    pub(crate) fn end_if_nobody_is_left(&mut self) {
        if self.bound.is_empty() && self.is_open && self.sending.is_none() && !self.was_notified() {
            self.end();
        }
        if self.bound.is_empty() && !self.is_open && !self.declined.contains(&self.owner) {
            self.declined.push(self.owner);
        }
    }

    pub(crate) fn end(&mut self) {
        (self.is_open, self.live) = (false, None);
        if let Firm::Offered(..) = self.firm {
            self.firm = Firm::Accepted;
        }
    }

    pub(crate) fn begin_round(&mut self, context: &Context<'_>) {
        assert!(!self.is_open && self.sending.is_none());
        if self.declined.contains(&self.owner) {
            self.succeed(context);
            let is_own = self.owner == context.actor.no && !self.by_fallback;
            let by_place = [self.lead, self.seat].into_iter().flatten().any(|agency| agency == self.owner);
            if is_own && !by_place {
                self.firm = Firm::Accepted;
            }
        }
        match &mut self.firm {
            Firm::Proposed(by) => *by = context.now_us + 72 * HOUR_US,
            Firm::Disputed { until_us, escalated, .. } => {
                (*until_us, *escalated) = (context.now_us + 120 * HOUR_US, false);
            }
            Firm::Accepted | Firm::Offered(..) => {}
        }
        self.declined.clear();
        self.consented.clear();
        self.assessments.clear();
        self.secured = [Vec::new(), Vec::new()];
        (self.release, self.to_adopt, self.one_sided) = (None, [false; 3], [false; 3]);
        (self.firsts, self.brought, self.left, self.elsewhere) = (0, 0, 0, false);
        (self.is_open, self.round) = (true, self.round + 1);
    }
}

pub(crate) fn proposed(context: &Context<'_>) -> Firm {
    Firm::Proposed(context.now_us + 72 * HOUR_US)
}

pub(crate) fn may_own(agency: AgencyNo, context: &Context<'_>) -> bool {
    context
        .agencies
        .iter()
        .any(|one| one.no == agency && one.state == AgencyState::Active && one.kind != AgencyKind::Liaison)
}

/// The members' agreement names de-be-lka or nobody; then, and where that is suspended, it is the central office.
pub(crate) fn fallback(context: &Context<'_>) -> AgencyNo {
    let (be, central) = (AgencyNo(3), AgencyNo(5));
    if context.policy.ownership.fallback.is_some() && may_own(be, context) { be } else { central }
}
