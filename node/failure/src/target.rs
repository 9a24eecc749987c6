//! A target's grant and owner as one register: what each command does to it, and what its answer says of it.
//!
//! Gates, holds and objection windows are not part of it: a refusal for their sake fits any state, and that no grant is
//! given against them is seen in the ledger.

use meldeverbund_proto::v1::RefusalCode;

use super::Call;

/// An agency, as its place in a list.
pub type Agency = usize;

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// The first referral of a link.
    Open,
    /// The permission to notify the provider.
    RequestGrant,
    /// It is not needed any more.
    ReturnGrant,
    /// A notice is about to leave the house.
    Intend {
        /// Under the grant with this number.
        fence: u64,
    },
    /// It left.
    ReportSent,
    /// It did not leave.
    ReportFailed,
    /// What became of a notice that failed or is in doubt.
    Resolve {
        /// Whether it left after all.
        was_sent: bool,
    },
    /// Ownership is offered.
    Offer {
        /// To this agency.
        to: Agency,
    },
    /// An offer is answered.
    AnswerOffer {
        /// Whether it is taken.
        take: bool,
    },
    /// Who is the owner?
    ReadOwner,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It took effect; a grant has a fence.
    Taken {
        /// Its fence; of anything else, any number.
        fence: u64,
    },
    /// It had no effect, for this reason.
    Refused(RefusalCode),
    /// The answer to a question.
    Owner(Agency),
    /// Nobody was told.
    Unknown,
}

/// What is known of a target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Target {
    owner: Option<Agency>,
    offered: Option<Agency>,
    notice: Notice,
    /// The newest fence, or a bound below it.
    fence: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Notice {
    #[default]
    None,
    /// `exact`: the fence was told.
    Granted {
        exact: bool,
    },
    /// The grant has run out. It may be given back still: nothing depends on whether it was put away before.
    RunOut,
    UnderWay,
    InDoubt,
    Failed,
    Sent,
}

impl Target {
    /// The state after a call; none: it cannot have been answered so here.
    pub(crate) fn after(&self, call: &Call) -> Option<Self> {
        match (call.what, call.outcome) {
            (What::ReadOwner, Outcome::Owner(owner)) => (self.owner == Some(owner)).then(|| self.clone()),
            (_, Outcome::Owner(_)) | (What::ReadOwner, _) => None,
            (what, Outcome::Refused(code)) => self.refuses(call.by, what, code).then(|| self.clone()),
            (what, Outcome::Taken { fence }) => self.takes(call.by, what, Some(fence)),
            (what, Outcome::Unknown) => self.takes(call.by, what, None),
        }
    }

    /// What time alone can make of it.
    pub(crate) fn drifts(&self) -> Vec<Self> {
        let mut drifted = Vec::new();
        match self.notice {
            Notice::Granted { .. } => drifted.push(Self { notice: Notice::RunOut, ..self.clone() }),
            Notice::UnderWay => drifted.push(Self { notice: Notice::InDoubt, ..self.clone() }),
            Notice::None | Notice::RunOut | Notice::InDoubt | Notice::Failed | Notice::Sent => {}
        }
        if self.offered.is_some() {
            drifted.push(Self { offered: None, ..self.clone() });
        }
        drifted
    }

    /// `fence`: the one that a grant was given; none if that is not known.
    fn takes(&self, by: Agency, what: What, fence: Option<u64>) -> Option<Self> {
        let mut after = self.clone();
        let is_owner = self.owner == Some(by);
        match what {
            What::Open if self.owner.is_none() => after.owner = Some(by),
            What::RequestGrant if is_owner && matches!(self.notice, Notice::None | Notice::RunOut) => {
                if fence.is_some_and(|fence| fence <= self.fence) {
                    return None;
                }
                after.notice = Notice::Granted { exact: fence.is_some() };
                after.fence = fence.unwrap_or(self.fence + 1);
            }
            What::ReturnGrant
                if is_owner && matches!(self.notice, Notice::Granted { .. } | Notice::RunOut) =>
            {
                after.notice = Notice::None;
            }
            What::Intend { fence } if is_owner => {
                let Notice::Granted { exact } = self.notice else { return None };
                if fence != self.fence && (exact || fence < self.fence) {
                    return None;
                }
                after.fence = fence;
                after.notice = Notice::UnderWay;
            }
            What::ReportSent if is_owner && matches!(self.notice, Notice::UnderWay | Notice::InDoubt) => {
                after.notice = Notice::Sent;
            }
            What::ReportFailed if is_owner && self.has_intent() => after.notice = Notice::Failed,
            What::Resolve { was_sent } if matches!(self.notice, Notice::Failed | Notice::InDoubt) => {
                after.notice = if was_sent { Notice::Sent } else { Notice::None };
            }
            What::Offer { to } if is_owner && self.offered.is_none() => after.offered = Some(to),
            What::AnswerOffer { take } if self.offered == Some(by) => {
                after.offered = None;
                if take {
                    if self.has_intent() {
                        return None;
                    }
                    after.owner = Some(by);
                    if let Notice::Granted { .. } | Notice::RunOut = self.notice {
                        after.notice = Notice::None;
                    }
                }
            }
            _ => return None,
        }
        Some(after)
    }

    /// Whether this refusal tells the truth; of what the register does not know, any does.
    fn refuses(&self, by: Agency, what: What, code: RefusalCode) -> bool {
        match (code, what) {
            (RefusalCode::NotOwner, _) => self.owner != Some(by),
            (RefusalCode::GrantLive, _) => matches!(self.notice, Notice::Granted { .. }),
            (RefusalCode::NotifiedAlready, _) => self.notice == Notice::Sent,
            (RefusalCode::UnderWay, _) => self.has_intent(),
            (RefusalCode::NoGrant, _) => !matches!(self.notice, Notice::Granted { .. }),
            (RefusalCode::FenceStale, What::Intend { fence }) => {
                self.notice != Notice::Granted { exact: true } || self.fence != fence
            }
            (RefusalCode::OwnershipState, What::Offer { .. }) => self.offered.is_some(),
            (RefusalCode::OwnershipState, What::AnswerOffer { .. }) => self.offered != Some(by),
            _ => true,
        }
    }

    fn has_intent(&self) -> bool {
        matches!(self.notice, Notice::UnderWay | Notice::InDoubt | Notice::Failed)
    }
}
