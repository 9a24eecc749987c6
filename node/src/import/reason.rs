//! Why one row is no referral.

use std::fmt;

use meldeverbund_proto::{
    LinkError,
    limits::{CONTENT_HASHES, LINK_BYTES},
    node::v1::RowProblem,
    text::TextError,
    v1::{Refusal, RefusalCode},
};

use super::{
    columns::ColumnName,
    field::Field,
    limits::{FIRST_YEAR, LAST_YEAR, LINE_BYTES, XARF_ITEM_BYTES},
};

/// A row that is no referral: where in the row, and why. Neither form of printing it repeats a value.
#[derive(Clone, PartialEq, Eq)]
pub struct RowError {
    /// The column as the file names it, if one is to blame.
    pub column: Option<ColumnName>,
    /// The field that the column means, if one is to blame.
    pub field: Option<Field>,
    /// What is wrong.
    pub reason: Reason,
    /// What the row had where the link should be, as far as it can be shown; for the officer's own report only.
    pub input: String,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The link is no link.
    #[error(transparent)]
    Link(LinkError),
    /// A text breaks the rules of its field.
    #[error(transparent)]
    Text(TextError),
    /// A link has white space inside.
    #[error("has white space inside; one link belongs in each row")]
    Space,
    /// A row without a link.
    #[error("is required")]
    Missing,
    /// Neither yes nor no.
    #[error("is neither yes nor no (ja, nein, yes, no, true, false, 1, 0, x)")]
    YesNo,
    /// Only "yes" where the reason belongs.
    #[error("must say why it is urgent, not only that it is")]
    UrgencyWithoutReason,
    /// No offence class.
    #[error("is no offence class (184b, 184c, 176e, other)")]
    OffenceClass,
    /// No agency's id.
    #[error("is no agency's id (such as de-by-lka)")]
    Agency,
    /// No Land.
    #[error("is no Land (DE-NW, NW, Nordrhein-Westfalen)")]
    Land,
    /// No handling code.
    #[error("is no handling code (H0, H1, H2, H3)")]
    Handling,
    /// No grade of a source.
    #[error("is no grade of a source (A, B, C, X)")]
    SourceGrade,
    /// No grade of an information.
    #[error("is no grade of an information (1, 2, 3, 4)")]
    InformationGrade,
    /// No 4x4 grading.
    #[error("is no 4x4 grading (such as A1 or X4)")]
    Grading,
    /// Not hexadecimal, or of no known length.
    #[error("is no hash: 64, 40 or 32 hexadecimal digits are SHA-256, SHA-1, MD5")]
    Hash,
    /// A hash of another algorithm than the column says.
    #[error("is a hash of another algorithm than its column says")]
    OtherHash,
    /// Too many hashes.
    #[error("has more than {CONTENT_HASHES} hashes")]
    TooManyHashes,
    /// No time.
    #[error("is no time (2026-11-21T14:05:00+01:00, 2026-11-21 14:05, 21.11.2026 14:05, 21.11.2026)")]
    Time,
    /// A local time that the clocks skip in spring.
    #[error("is a time that did not exist: the clocks went forward")]
    SkippedTime,
    /// A year that cannot be meant.
    #[error("is a time outside the years {FIRST_YEAR} to {LAST_YEAR}")]
    FarTime,
    /// When or under which reference somebody sent a notice, but not who.
    #[error("is required where it is said when or under which reference a notice was sent")]
    NotifiedByNobody,
    /// A cell that the table program made a date of.
    #[error("was turned into a date by the table program; format the column as text and enter it again")]
    DateCell,
    /// A cell that the table program made a number of.
    #[error("was turned into a number by the table program; format the column as text and enter it again")]
    NumberCell,
    /// A formula that failed.
    #[error("is a formula that failed in the table program")]
    ErrorCell,
    /// A value without a column.
    #[error("the row has more fields than the table has columns")]
    TooManyFields,
    /// A value below an empty header.
    #[error("the row has a value in a column without a name")]
    NamelessColumn,
    /// A line longer than any row can be.
    #[error("the line is longer than {LINE_BYTES} bytes")]
    LineTooLong,
    /// An opening quotation mark without a closing one.
    #[error("a quotation mark is opened and not closed")]
    OpenQuote,
    /// More after a closing quotation mark.
    #[error("text follows a closing quotation mark; a quotation mark inside a field is written twice")]
    AfterQuote,
    /// Not in the character set of the lines before it.
    #[error(
        "the line is not valid {0}, as the lines before it are; state --encoding if all are something else"
    )]
    Encoding(super::Encoding),
    /// No JSON.
    #[error("is no JSON object")]
    Json,
    /// A JSON object longer than any report can be.
    #[error("the report is longer than {XARF_ITEM_BYTES} bytes; only links, hashes and words belong in it")]
    ItemTooLong,
    /// Not a XARF report of version 4.
    #[error("is no XARF report of version 4")]
    XarfVersion,
    /// A XARF report of another matter.
    #[error("is a XARF report of another matter than content/csam or content/csem")]
    XarfKind,
    /// Embedded evidence.
    #[error("evidence.payload is not taken: content belongs nowhere in this system")]
    XarfPayload,
    /// A link to a picture of the content.
    #[error("screenshot_url is not taken: pictures of the content belong nowhere in this system")]
    XarfScreenshot,
    /// A JSON value of another type.
    #[error("has another JSON type than it should")]
    JsonType,
    /// A member of our own part of a report that means nothing.
    #[error("is no field")]
    UnknownMember,
}

impl RowError {
    /// The error as the node's own interface carries it.
    pub fn to_problem(&self) -> RowProblem {
        let field = self.field.map_or("", Field::name);
        let refusal = Refusal::at(self.reason.code(), field, self.reason.to_string());
        RowProblem { input: self.input.clone(), refusal: Some(refusal) }
    }
}

impl Reason {
    /// The refusal code that comes nearest.
    pub fn code(self) -> RefusalCode {
        match self {
            Self::Link(error) => error.code(),
            Self::Text(error) => error.at("").code(),
            Self::Space => RefusalCode::LinkInvalid,
            Self::Missing | Self::NotifiedByNobody => RefusalCode::FieldMissing,
            Self::TooManyHashes | Self::LineTooLong | Self::ItemTooLong => RefusalCode::TooLarge,
            Self::XarfPayload | Self::XarfScreenshot => RefusalCode::ContentForbidden,
            _ => RefusalCode::FieldInvalid,
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.column, self.field) {
            (Some(column), Some(field)) => write!(f, "{column} ({field}): {}", self.reason),
            (Some(column), None) => write!(f, "{column}: {}", self.reason),
            (None, Some(field)) => write!(f, "{field}: {}", self.reason),
            (None, None) => self.reason.fmt(f),
        }
    }
}

impl fmt::Debug for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowError({self})")
    }
}

impl std::error::Error for RowError {}

impl From<Reason> for RowError {
    fn from(reason: Reason) -> Self {
        Self { column: None, field: None, reason, input: String::new() }
    }
}

/// A text of the input for the officer's own report: cut at the longest link, without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if shown.len() + letter.len_utf8() > LINK_BYTES {
            break;
        }
        shown.push(letter);
    }
    shown
}
