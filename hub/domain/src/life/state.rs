//! A target with everything that a decision on it needs to know.

use meldeverbund_proto::{AgencyId, v1::Stage};
use serde::{Deserialize, Serialize};

use super::{Life, Takedown};
use crate::{AgencyNo, Policy, Target, conditions::Conditions};

/// The facts about one target, and, after a decision, what is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Round, stage, owner.
    pub target: Target,
    /// What has been decided.
    pub life: Life,
    /// The bound agencies other than the one that opened the target, in the order in which they joined.
    pub interests: Vec<Interest>,
    /// What the ownership rules look at; read only for decisions that may name another owner.
    pub origin: Option<Origin>,
}

/// An agency whose case is bound to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    /// Which agency.
    pub agency: AgencyNo,
    /// The leaf that bound it, or made it co-interested.
    pub joined_leaf: i64,
    /// The leaf that first bound it: the order of those who were first seised. A merge starts windows again, not this.
    pub seised_leaf: i64,
    /// Its objection window.
    pub window: Window,
}

/// An objection window that nobody has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The agency's node has not acknowledged the join: the window has not begun.
    NotBegun,
    /// It ends then, microseconds since 1970 UTC.
    Until(i64),
}

/// What the ownership rules look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The canonical link's host.
    pub host: String,
    /// Its registrable domain; empty for an address.
    pub domain: String,
    /// The platform's tag.
    pub platform: String,
    /// Where the suspect is (`DE-NW`).
    pub suspect_land: String,
    /// Whom the first referral proposed.
    pub proposed_owner: Option<AgencyId>,
}

impl State {
    /// The agency that is responsible.
    pub fn owner(&self) -> AgencyNo {
        self.target.ownership.owner
    }

    /// True if a case of the agency is bound to the target.
    pub fn is_bound(&self, agency: AgencyNo) -> bool {
        let opener = agency == self.owner() && !self.life.taken_over;
        opener || self.interests.iter().any(|interest| interest.agency == agency)
    }

    /// True if a hold or a gate's record of the agency stands, which only it changes (I8), bound or not.
    pub fn has_record_of(&self, agency: AgencyNo) -> bool {
        self.life.holds.iter().any(|hold| hold.by == agency) || self.life.gates.has_record_of(agency)
    }

    /// True if no case is bound to the target.
    pub fn is_abandoned(&self) -> bool {
        self.life.taken_over && self.interests.is_empty()
    }

    /// Whether the owner has withdrawn: of a closed round it is the one that was responsible, and the rules name the next one's.
    pub fn owner_withdrew(&self) -> bool {
        self.life.declined.contains(&self.owner())
    }

    /// The co-interested agencies whose windows nobody has closed.
    pub fn open_windows(&self) -> impl Iterator<Item = &Interest> {
        let open = |interest: &&Interest| {
            interest.agency != self.owner() && !self.life.consented.contains(&interest.agency)
        };
        self.interests.iter().filter(open)
    }

    /// The state of the next round, its owner aside; see [`order::next_round`](crate::order::next_round).
    #[must_use]
    pub fn next_round(self) -> Self {
        Self { target: self.target.reopened(), life: self.life.next_round(), ..self }
    }

    /// The state with its stage as it follows from everything else.
    #[must_use]
    pub fn staged(mut self, policy: &Policy, now_us: i64) -> Self {
        self.target.stage = self.stage_at(policy, now_us);
        self
    }

    /// The stage as it follows from everything else.
    pub fn stage_at(&self, policy: &Policy, now_us: i64) -> Stage {
        match &self.life.takedown {
            Takedown::Closed { .. } => Stage::Closed,
            _ if !self.life.thread.is_empty() => Stage::Notified,
            Takedown::Notified => Stage::Notified,
            Takedown::Granted(_) | Takedown::UnderWay(_) | Takedown::Unresolved(..) => Stage::Granted,
            Takedown::Open if !self.life.elsewhere && Conditions::of(self, policy, now_us).are_met() => {
                Stage::Cleared
            }
            Takedown::Open => Stage::Referred,
        }
    }
}
