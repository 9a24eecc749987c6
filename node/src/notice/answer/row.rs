//! One row of a filled-in form: an answer, or which field is wrong and why. No error repeats a value.

use std::fmt;

use meldeverbund_proto::{TargetId, text::TextError, v1::AnswerCode};

use crate::import::{Reason, table::folded};

/// What the provider answered for one target.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The target.
    pub target: TargetId,
    /// The answer.
    pub code: AnswerCode,
    /// When it took effect as the provider says, microseconds since 1970-01-01T00:00:00Z, if it says so.
    pub at_us: Option<i64>,
    /// A remark; may be empty.
    pub remark: String,
}

/// One row that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, RowError>,
}

/// A column of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The link's number; not read.
    Position,
    /// The target.
    Reference,
    /// The answer.
    Answer,
    /// When it took effect.
    Date,
    /// Free text.
    Remark,
}

/// A row that is no answer: which field, and why. It repeats no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowError {
    /// The field, if one is to blame.
    pub field: Option<Field>,
    /// What is wrong.
    pub reason: RowReason,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowReason {
    /// The row is no row of a table, or the date is none.
    #[error(transparent)]
    Table(Reason),
    /// The remark breaks the rules of a free text.
    #[error(transparent)]
    Text(TextError),
    /// Nothing where something must be.
    #[error("is required")]
    Missing,
    /// Not the reference of the form.
    #[error("is no reference: it must stand as the form had it")]
    Reference,
    /// Nothing is known of it.
    #[error("is the reference of no target that this node knows")]
    Unknown,
    /// Not on the list.
    #[error(
        "is no answer (gelöscht, nicht unser Angebot, keine Maßnahme, bereits entfernt, Rückfrage; actioned, \
         not_ours, no_action, already_down, need_more_information)"
    )]
    Answer,
    /// Two answers for one target.
    #[error("contradicts the answer that line {0} gives for the same reference")]
    Contradicts(u64),
}

impl Field {
    pub(super) const ALL: [Self; 5] =
        [Self::Position, Self::Reference, Self::Answer, Self::Date, Self::Remark];

    /// Its header in the form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Reference => "reference",
            Self::Answer => "answer",
            Self::Date => "date",
            Self::Remark => "remark",
        }
    }

    pub(super) fn of_header(cell: &str) -> Option<Self> {
        Some(match folded(cell).as_str() {
            "position" | "pos" | "nr" | "lfdnr" | "nummer" => Self::Position,
            "reference" | "referenz" | "kennung" | "kennzeichen" => Self::Reference,
            "answer" | "antwort" => Self::Answer,
            "date" | "datum" => Self::Date,
            "remark" | "bemerkung" | "anmerkung" => Self::Remark,
            _ => return None,
        })
    }

    pub(super) fn is(self, reason: RowReason) -> RowError {
        RowError { field: Some(self), reason }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{field}: {}", self.reason),
            None => self.reason.fmt(f),
        }
    }
}

impl std::error::Error for RowError {}

/// Without the remark: nobody knows what a provider writes there.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {:?})", self.target, self.code)
    }
}
