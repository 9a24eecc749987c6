//! What must be true of one target, written down from the promises: who owns, who is bound, who recorded what, which
//! fences were given and what has left.

mod anew;
mod clear;
mod gates;
mod notices;
mod owners;
mod taken;
mod time;

use meldeverbund_domain::{
    AgencyNo,
    life::{Finding, NoticeKind},
};

#[derive(Debug, Clone)]
pub(crate) struct Oracle {
    pub(crate) owner: AgencyNo,
    pub(crate) by_fallback: bool,
    pub(crate) firm: Firm,
    pub(crate) bound: Vec<Bound>,
    pub(crate) declined: Vec<AgencyNo>,
    /// The suspect's seat and the lead case, as far as this target has them.
    pub(crate) seat: Option<AgencyNo>,
    pub(crate) lead: Option<AgencyNo>,
    pub(crate) assessments: Vec<Word<(Finding, bool)>>,
    /// Evidence and provider data.
    pub(crate) secured: [Vec<Word<()>>; 2],
    pub(crate) release: Option<Word<Option<i64>>>,
    pub(crate) to_adopt: [bool; 3],
    /// What not both of two merged targets had, or what was said before a split.
    pub(crate) one_sided: [bool; 3],
    pub(crate) holds: Vec<(u128, AgencyNo, i64)>,
    pub(crate) consented: Vec<AgencyNo>,
    pub(crate) fences: Vec<u64>,
    pub(crate) live: Option<(u64, i64)>,
    pub(crate) sending: Option<Sending>,
    pub(crate) firsts: u32,
    /// First notices that merged targets had in the round.
    pub(crate) brought: u32,
    pub(crate) left: usize,
    pub(crate) elsewhere: bool,
    pub(crate) incidents: u32,
    pub(crate) round: u32,
    pub(crate) is_open: bool,
    pub(crate) complaint: bool,
}

/// How firm the ownership is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Firm {
    Accepted,
    Proposed(i64),
    Offered(AgencyNo, i64),
    Disputed { by: AgencyNo, was_accepted: bool, until_us: i64, escalated: bool },
}

/// An agency with cases; the one that opened the target has no window while it owns it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) agency: AgencyNo,
    pub(crate) opened: bool,
    pub(crate) window: Option<i64>,
}

/// What an agency said, and which officer's word waits for a second.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word<T> {
    pub(crate) by: AgencyNo,
    pub(crate) what: T,
    pub(crate) first_officer: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sending {
    pub(crate) id: u128,
    pub(crate) node: u128,
    pub(crate) kind: NoticeKind,
    pub(crate) doubt_us: i64,
    pub(crate) in_doubt: bool,
    pub(crate) failed: bool,
}

impl Oracle {
    pub(crate) fn opened(by: AgencyNo, seat: Option<AgencyNo>, lead: Option<AgencyNo>) -> Self {
        Self {
            owner: by,
            by_fallback: false,
            firm: Firm::Accepted,
            bound: vec![Bound { agency: by, opened: true, window: None }],
            declined: Vec::new(),
            seat,
            lead,
            assessments: Vec::new(),
            secured: [Vec::new(), Vec::new()],
            release: None,
            to_adopt: [false; 3],
            one_sided: [false; 3],
            holds: Vec::new(),
            consented: Vec::new(),
            fences: Vec::new(),
            live: None,
            sending: None,
            firsts: 0,
            brought: 0,
            left: 0,
            elsewhere: false,
            incidents: 0,
            round: 1,
            is_open: true,
            complaint: false,
        }
    }

    pub(crate) fn is_bound(&self, agency: AgencyNo) -> bool {
        self.bound.iter().any(|bound| bound.agency == agency)
    }

    pub(crate) fn has_word_of(&self, agency: AgencyNo) -> bool {
        self.assessments.iter().any(|word| word.by == agency)
            || self.secured.iter().flatten().any(|word| word.by == agency)
            || self.release.iter().any(|word| word.by == agency)
            || self.holds.iter().any(|(_, by, _)| *by == agency)
    }

    pub(crate) fn was_notified(&self) -> bool {
        self.elsewhere || self.left > 0
    }

    /// Whom the target concerns at all (I7); the central office besides.
    pub(crate) fn concerns(&self, agency: AgencyNo) -> bool {
        let is_offered = matches!(self.firm, Firm::Offered(to, _) if to == agency);
        self.owner == agency || self.is_bound(agency) || is_offered || self.has_word_of(agency)
    }
}
