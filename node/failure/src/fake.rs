//! A hub of a few lines, right or with a planted bug, and histories of offices that work at it at once.

use meldeverbund_proto::v1::RefusalCode;
use rand::{RngExt as _, rngs::StdRng};

use super::{Agency, Call, Outcome, What};

/// What the fake hub does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// A grant is given while one is live.
    TwoGrants,
    /// An intent under an older fence is taken.
    StaleFence,
    /// A question is answered from a copy that is one change behind.
    OldOwner,
    /// What was refused takes effect all the same.
    RefusedTakesEffect,
    /// What was answered as taken is forgotten.
    Forgotten,
    /// Fences begin anew.
    FenceFalls,
}

/// All of them.
pub(super) const BUGS: [Bug; 6] = [
    Bug::TwoGrants,
    Bug::StaleFence,
    Bug::OldOwner,
    Bug::RefusedTakesEffect,
    Bug::Forgotten,
    Bug::FenceFalls,
];

/// How often a bug shows, of a hundred occasions.
const SHOWS_PERCENT: u32 = 30;

/// Agencies that work at it.
const AGENCIES: usize = 3;

#[derive(Debug, Default)]
struct FakeHub {
    owner: Agency,
    former: Agency,
    offered: Option<Agency>,
    granted: Option<u64>,
    sent: bool,
    fence: u64,
}

/// A history of so many calls: each takes effect at one instant, and is told after a while or never.
pub(super) fn history(random: &mut StdRng, calls: usize, bug: Option<Bug>) -> Vec<Call> {
    let mut hub = FakeHub::default();
    let open = Call {
        by: 0,
        what: What::Open,
        invoked_us: 0,
        returned_us: Some(5),
        outcome: Outcome::Taken { fence: 0 },
    };
    let mut history = vec![open];
    for step in 1..=calls as u64 {
        let now_us = step * 10;
        let (by, what) = (random.random_range(0..AGENCIES), hub.idea(random));
        let shows = bug.filter(|_| random.random_range(0..100) < SHOWS_PERCENT);
        let outcome = hub.run(by, what, shows);
        let invoked_us = now_us - random.random_range(0..30).min(now_us - 6);
        let is_told = random.random_range(0..100) < 90;
        let returned_us = is_told.then(|| now_us + random.random_range(0..30));
        let outcome = if is_told { outcome } else { Outcome::Unknown };
        if is_told || what != What::ReadOwner {
            history.push(Call { by, what, invoked_us, returned_us, outcome });
        }
    }
    history
}

impl FakeHub {
    fn idea(&self, random: &mut StdRng) -> What {
        let fence = self.fence - u64::from(self.fence > 0 && random.random_range(0..4) == 0);
        match random.random_range(0..8) {
            0 | 1 => What::RequestGrant,
            2 => What::ReturnGrant,
            3 => What::Intend { fence },
            4 => What::Offer { to: random.random_range(0..AGENCIES) },
            5 => What::AnswerOffer { take: random.random_range(0..4) > 0 },
            _ => What::ReadOwner,
        }
    }

    fn run(&mut self, by: Agency, what: What, bug: Option<Bug>) -> Outcome {
        let refused = Outcome::Refused;
        let is_owner = self.owner == by;
        match what {
            What::ReadOwner => {
                Outcome::Owner(if bug == Some(Bug::OldOwner) { self.former } else { self.owner })
            }
            What::RequestGrant if !is_owner => refused(RefusalCode::NotOwner),
            What::RequestGrant if self.sent => refused(RefusalCode::UnderWay),
            What::RequestGrant if self.granted.is_some() && bug != Some(Bug::TwoGrants) => {
                if bug == Some(Bug::RefusedTakesEffect) {
                    self.granted = None;
                }
                refused(RefusalCode::GrantLive)
            }
            What::RequestGrant => {
                let falls = bug == Some(Bug::FenceFalls);
                self.fence = if falls { self.fence.saturating_sub(1) } else { self.fence + 1 };
                self.granted = (bug != Some(Bug::Forgotten)).then_some(self.fence);
                Outcome::Taken { fence: self.fence }
            }
            What::ReturnGrant | What::Intend { .. } if !is_owner => refused(RefusalCode::NotOwner),
            What::ReturnGrant => match self.granted.take() {
                Some(_) => Outcome::Taken { fence: 0 },
                None => refused(RefusalCode::NoGrant),
            },
            What::Intend { fence } => match self.granted {
                None => refused(if self.sent { RefusalCode::UnderWay } else { RefusalCode::NoGrant }),
                Some(live) if live != fence && bug != Some(Bug::StaleFence) => {
                    refused(RefusalCode::FenceStale)
                }
                Some(_) => {
                    (self.granted, self.sent) = (None, true);
                    Outcome::Taken { fence: 0 }
                }
            },
            What::Offer { .. } if !is_owner => refused(RefusalCode::NotOwner),
            What::Offer { to } if self.offered.is_none() => {
                self.offered = Some(to);
                Outcome::Taken { fence: 0 }
            }
            What::Offer { .. } => refused(RefusalCode::OwnershipState),
            What::AnswerOffer { .. } if self.offered != Some(by) => refused(RefusalCode::OwnershipState),
            What::AnswerOffer { take: true } if self.sent => refused(RefusalCode::UnderWay),
            What::AnswerOffer { take } => {
                self.offered = None;
                if take {
                    (self.former, self.owner, self.granted) = (self.owner, by, None);
                }
                Outcome::Taken { fence: 0 }
            }
            What::Open | What::ReportSent | What::ReportFailed | What::Resolve { .. } => {
                unreachable!("nobody has this idea")
            }
        }
    }
}
