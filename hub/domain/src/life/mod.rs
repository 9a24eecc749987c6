//! The life of a target's takedown: what is true of it now, as values that hold nothing else.
//!
//! A [`Life`] is what has been decided so far; texts and references stay in the ledger, which each record names by leaf.

#[cfg(test)]
mod diagram;
mod gates;
mod hold;
mod standing;
mod state;
mod takedown;

pub use gates::{Assessment, Evidence, Finding, Gates, ProviderData, Record, Release, Second};
pub use hold::{Hold, HoldId};
pub use standing::NoticeStanding;
pub use state::{Interest, Origin, State, Window};
pub use takedown::{Grant, Intent, IntentId, Notice, NoticeKind, Takedown, Trouble};

use serde::{Deserialize, Serialize};

use crate::AgencyNo;

/// What has been decided on a target. The default is what a referral opens: its owner has confirmed it by handing it in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Life {
    /// How firm the ownership is.
    pub responsibility: Responsibility,
    /// False: the owner opened the target, and is bound without a row of its own among the interests. True: it took the
    /// target over, or has withdrawn, and every bound agency has such a row.
    pub taken_over: bool,
    /// Who has declined to own it in this round; no rule names them again. The owner itself is among them once it has no
    /// more to do with the closed round: the next one begins with another.
    pub declined: Vec<AgencyNo>,
    /// What was set.
    pub gates: Gates,
    /// Holds that nobody has lifted, lapsed ones included.
    pub holds: Vec<Hold>,
    /// Co-interested agencies that have consented, or whose window was closed for them.
    pub consented: Vec<AgencyNo>,
    /// True: somebody has notified the provider outside this system in this round.
    pub elsewhere: bool,
    /// How far the takedown is.
    pub takedown: Takedown,
    /// The notices of this round that have left, in their order.
    pub thread: Vec<Notice>,
    /// Since when the provider has been silent; none if it has answered or was not asked.
    pub silent_since_us: Option<i64>,
    /// The silence of which the owner was told that it is too long, by its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_told_us: Option<i64>,
    /// The fence of the newest grant of all rounds; they only grow.
    pub fence: u64,
    /// Notices that left without an intent, in all rounds.
    pub incidents: u32,
    /// True: a complaint is open.
    pub complaint: bool,
    /// True: abuse is going on.
    pub urgent: bool,
}

/// How firm the ownership is. In every variant the target's owner is responsible (I1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Responsibility {
    /// Accepted, or its own referral.
    #[default]
    Confirmed,
    /// A rule names the owner; it has until then to accept or decline.
    Proposed {
        /// Microseconds since 1970 UTC.
        accept_by_us: i64,
    },
    /// The owner offers it to another agency, which has until then to answer.
    Offered {
        /// To whom.
        to: AgencyNo,
        /// Microseconds since 1970 UTC.
        answer_by_us: i64,
    },
    /// Somebody says that another agency is responsible.
    Disputed {
        /// Who says so.
        by: AgencyNo,
        /// Who should be.
        claimed: AgencyNo,
        /// True: the ownership was only proposed, and is again if the dispute is withdrawn.
        proposed: bool,
        /// Until when it is to be decided, microseconds since 1970 UTC.
        decide_by_us: i64,
        /// True: that has passed; the central office must see to it.
        escalated: bool,
    },
}

impl Life {
    /// What the next round starts with: what belongs to the round is gone, what belongs to the target stays.
    #[must_use]
    pub fn next_round(self) -> Self {
        let Self { responsibility, taken_over, holds, fence, incidents, complaint, .. } = self;
        Self { responsibility, taken_over, holds, fence, incidents, complaint, ..Self::default() }
    }

    /// True if the central office may have to see to it: a dispute, a notice whose fate nobody knows, a notice without an
    /// intent, a hold that has run out (its agency may be suspended, now or later).
    pub fn may_need_centre(&self) -> bool {
        let lapsed = self.holds.iter().any(|hold| hold.lapsed);
        let disputed = matches!(self.responsibility, Responsibility::Disputed { .. });
        match self.takedown {
            // What is closed waits for nobody, but a hold that has run out blocks the next round, and a notice that left
            // without an intent is never hidden.
            Takedown::Closed { .. } => lapsed || self.incidents > 0,
            Takedown::Unresolved(..) => true,
            _ => lapsed || disputed || self.incidents > 0,
        }
    }

    /// Whose release waits for a second officer; none: the round is closed, or none does.
    pub fn release_awaits(&self) -> Option<AgencyNo> {
        let waiting = self.gates.release.as_ref().filter(|record| !record.is_settled());
        waiting.filter(|_| !matches!(self.takedown, Takedown::Closed { .. })).map(|record| record.by)
    }

    /// True if the round's first notice, or one that counts as it, has left.
    pub fn is_notified(&self) -> bool {
        self.elsewhere || !self.thread.is_empty()
    }

    /// The notice that is under way or unresolved.
    pub fn intent(&self) -> Option<&Intent> {
        match &self.takedown {
            Takedown::UnderWay(intent) | Takedown::Unresolved(intent, _) => Some(intent),
            Takedown::Open | Takedown::Granted(_) | Takedown::Notified | Takedown::Closed { .. } => None,
        }
    }
}
