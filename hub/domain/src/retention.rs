//! How long records are kept: a term for each class, and what may go once it has passed.

use meldeverbund_proto::{leaf::Kind, limits::REFERENCE_CHARS, text};
use serde::Deserialize;

use crate::{
    calendar::months_before,
    life::{Life, Responsibility, Takedown},
};

/// The longest term, months: a hundred years. Longer ones are slips of the pen.
pub const MOST_MONTHS: u32 = 1_200;

/// A class of record; each has a term of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Referrals.
    Referral,
    /// Decisions on targets, and the hub's own where deadlines had passed.
    Decision,
    /// Cases: opened and closed, with number and references.
    Case,
    /// What liaison bodies asked and announced, and disclosures: who, when, why.
    Liaison,
}

impl Class {
    /// All classes, in the order in which they go: a case goes behind its referrals.
    pub const ALL: [Self; 4] = [Self::Referral, Self::Decision, Self::Case, Self::Liaison];

    /// Its name in configuration and ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Referral => "referral",
            Self::Decision => "decision",
            Self::Case => "case",
            Self::Liaison => "liaison",
        }
    }

    /// The events that belong to it.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Referral => &[Kind::Referral],
            Self::Decision => &[Kind::Decision, Kind::Deadline, Kind::Duplicates],
            Self::Case => &[Kind::CaseOpened, Kind::CaseClosed],
            Self::Liaison => &[Kind::LiaisonQuery, Kind::Announcement, Kind::Disclosure],
        }
    }
}

/// How long a class is kept, and why so long.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Term {
    months: u32,
    basis: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    months: u32,
    basis: String,
}

/// A term is none; says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// Zero, or too long.
    #[error("months must be 1 to {MOST_MONTHS}")]
    Months,
    /// Empty, too long, or with control characters.
    #[error("basis must name the provision that the term follows, in 1 to {REFERENCE_CHARS} characters")]
    Basis,
}

impl Term {
    /// A term.
    ///
    /// # Errors
    /// If it has no basis or no sensible length.
    pub fn new(months: u32, basis: &str) -> Result<Self, TermError> {
        if !(1..=MOST_MONTHS).contains(&months) {
            return Err(TermError::Months);
        }
        if basis.trim().is_empty() || text::check(basis, REFERENCE_CHARS).is_err() {
            return Err(TermError::Basis);
        }
        Ok(Self { months, basis: basis.to_owned() })
    }

    /// How long, in months.
    pub fn months(&self) -> u32 {
        self.months
    }

    /// The provision that it follows.
    pub fn basis(&self) -> &str {
        &self.basis
    }

    /// The term of everything that was recorded before this instant has passed; microseconds since 1970 UTC.
    pub fn before_us(&self, now_us: i64) -> i64 {
        months_before(now_us, self.months)
    }
}

impl TryFrom<Written> for Term {
    type Error = TermError;

    fn try_from(Written { months, basis }: Written) -> Result<Self, TermError> {
        Self::new(months, &basis)
    }
}

/// The terms in force. What has none is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// Of referrals.
    pub referral: Option<Term>,
    /// Of decisions.
    pub decision: Option<Term>,
    /// Of cases.
    pub case: Option<Term>,
    /// Of liaison.
    pub liaison: Option<Term>,
}

impl Terms {
    /// The classes that have a term, in the order in which they go.
    pub fn in_force(&self) -> impl Iterator<Item = (Class, &Term)> {
        let term = |class| match class {
            Class::Referral => self.referral.as_ref(),
            Class::Decision => self.decision.as_ref(),
            Class::Case => self.case.as_ref(),
            Class::Liaison => self.liaison.as_ref(),
        };
        Class::ALL.into_iter().filter_map(move |class| Some((class, term(class)?)))
    }
}

/// True if nothing is under way that could need the texts of a target's past: its newest round is closed, nobody holds,
/// complains or disputes. A round that opens later begins with a referral, or a look, of its own.
pub fn is_at_rest(life: &Life) -> bool {
    let closed = matches!(life.takedown, Takedown::Closed { .. });
    let disputed = matches!(life.responsibility, Responsibility::Disputed { .. });
    closed && life.holds.is_empty() && !life.complaint && !disputed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AgencyNo, life::Hold, life::HoldId};

    #[test]
    fn a_term_has_a_length_and_a_basis() {
        assert!(Term::new(1, "BKAG § 77").is_ok() && Term::new(MOST_MONTHS, "BKAG § 77").is_ok());
        for months in [0, MOST_MONTHS + 1] {
            assert_eq!(Term::new(months, "BKAG § 77"), Err(TermError::Months));
        }
        for basis in ["", "  ", "two\nlines", &"x".repeat(REFERENCE_CHARS + 1)] {
            assert_eq!(Term::new(1, basis), Err(TermError::Basis), "{basis:?}");
        }
    }

    #[test]
    fn a_case_goes_behind_its_referrals_and_what_has_no_term_is_kept() {
        let term = || Term::new(12, "BKAG § 77").ok();
        let terms = Terms { case: term(), referral: term(), ..Terms::default() };
        let classes: Vec<_> = terms.in_force().map(|(class, _)| class.name()).collect();
        assert_eq!(classes, ["referral", "case"]);
        assert_eq!(Terms::default().in_force().count(), 0);
    }

    #[test]
    fn a_target_is_at_rest_when_nothing_waits_for_its_past() {
        let closed = || Life { takedown: Takedown::Closed { outcome: 1 }, ..Life::default() };
        assert!(is_at_rest(&closed()));
        assert!(!is_at_rest(&Life::default()), "an open round");
        let hold = Hold { id: HoldId(1), by: AgencyNo(1), leaf: 1, until_us: 1, lapsed: true };
        assert!(!is_at_rest(&Life { holds: vec![hold], ..closed() }), "its leaf has the reason");
        assert!(!is_at_rest(&Life { complaint: true, ..closed() }));
        let responsibility = Responsibility::Disputed {
            by: AgencyNo(1),
            claimed: AgencyNo(2),
            proposed: false,
            decide_by_us: 1,
            escalated: false,
        };
        assert!(!is_at_rest(&Life { responsibility, ..closed() }));
    }
}
