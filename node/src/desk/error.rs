//! Why the desk does not do what it was asked: a closed reason, and a sentence in the officer's language (`text.rs`).

mod text;

use std::collections::HashMap;

use meldeverbund_blind::BlindError;
use meldeverbund_proto::v1::{Refusal, RefusalCode};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{blind::FetchError, liaison::TokenError, store::StoreError, text::Lang};

/// Domain of the reasons (google.rpc.ErrorInfo).
pub const DOMAIN: &str = "desk.meldeverbund";

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The socket's peer is no officer.
    #[error("no officer has this account")]
    NotAnOfficer {
        /// The account's number.
        uid: u32,
        /// The configuration file.
        file: String,
    },
    /// The kernel does not say who the peer is.
    #[error("the socket does not tell who calls")]
    NoPeer,
    /// A field breaks its rule.
    #[error("a field breaks its rule")]
    Field(Refusal),
    /// There is no case of this number.
    #[error("no such case")]
    CaseUnknown,
    /// The case is closed.
    #[error("the case is closed")]
    CaseClosed,
    /// There is no such hand-in.
    #[error("no such hand-in")]
    HandInUnknown,
    /// The hand-in is going on in another call.
    #[error("the hand-in is going on elsewhere")]
    HandInElsewhere,
    /// The disk is nearly full.
    #[error("the disk is nearly full")]
    DiskFull {
        /// Bytes left.
        free_bytes: u64,
    },
    /// Neither a link nor a target's id.
    #[error("neither a link nor a target's id")]
    NotALink(#[from] meldeverbund_proto::LinkError),
    /// The node knows nothing of it.
    #[error("nothing is known of it")]
    NothingKnown,
    /// Nothing is known of what a field names.
    #[error("a field names something unknown")]
    Unknown(Refusal),
    /// No target fits the selection.
    #[error("the selection is empty")]
    NothingSelected,
    /// There is no such decision.
    #[error("no such decision")]
    DecisionUnknown,
    /// The ledger has no such leaf, as far as this node has verified it.
    #[error("no such leaf was verified")]
    LeafUnknown,
    /// There is no such alarm that waits for a person.
    #[error("no such alarm is open")]
    AlarmUnknown,
    /// The ledger cannot be read, or what the hub hands over does not fit.
    #[error("the ledger cannot be read: {0}")]
    Ledger(String),
    /// Only a liaison body's node asks.
    #[error("this is not a liaison body's node")]
    NotLiaison,
    /// A liaison body's node only asks.
    #[error("this is a liaison body's node")]
    NotOffice,
    /// The officer is not signed in.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// There is no such question.
    #[error("no such question")]
    QuestionUnknown,
    /// Not all rows of the question were taken.
    #[error("the question's rows were not all taken")]
    QuestionIncomplete,
    /// The row is not an open hit.
    #[error("the row is not a hit of an open question")]
    NotAHit,
    /// The hub refused it.
    #[error("the hub refused it")]
    Hub(Refusal),
    /// What the hub evaluated is not proven.
    #[error("the hub's evaluation is not proven")]
    Blind(#[source] BlindError),
    /// The set cannot be had.
    #[error("the set of blind questions cannot be had")]
    BlindSet(#[source] FetchError),
    /// The hub answered something that the contract does not allow.
    #[error("the hub broke the contract")]
    HubContract,
    /// The line broke before the hub's answer came.
    #[error("the line broke before the hub's answer came")]
    OutcomeUnknown,
    /// It needs the hub, and the hub is away.
    #[error("it needs the hub, and the hub is away")]
    HubAway,
    /// The caller breaks the protocol of the call.
    #[error("{0}")]
    Protocol(&'static str),
    /// The daemon is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// The store failed.
    #[error("the node's store failed")]
    Store(#[from] StoreError),
}

impl DeskError {
    /// The reason for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotAnOfficer { .. } => "NOT_AN_OFFICER",
            Self::NoPeer => "NO_PEER",
            Self::Field(_) => "FIELD",
            Self::CaseUnknown => "CASE_UNKNOWN",
            Self::CaseClosed => "CASE_CLOSED",
            Self::HandInUnknown => "HAND_IN_UNKNOWN",
            Self::HandInElsewhere => "HAND_IN_ELSEWHERE",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::NotALink(_) => "NOT_A_LINK",
            Self::NothingKnown => "NOTHING_KNOWN",
            Self::Unknown(_) => "UNKNOWN",
            Self::NothingSelected => "NOTHING_SELECTED",
            Self::DecisionUnknown => "DECISION_UNKNOWN",
            Self::LeafUnknown => "LEAF_UNKNOWN",
            Self::AlarmUnknown => "ALARM_UNKNOWN",
            Self::Ledger(_) => "LEDGER",
            Self::NotLiaison => "NOT_LIAISON",
            Self::NotOffice => "NOT_OFFICE",
            Self::Token(_) => "NOT_SIGNED_IN",
            Self::QuestionUnknown => "QUESTION_UNKNOWN",
            Self::QuestionIncomplete => "QUESTION_INCOMPLETE",
            Self::NotAHit => "NOT_A_HIT",
            Self::Hub(refusal) if refusal.code() == RefusalCode::OfficerUnknown => "NOT_SIGNED_IN",
            Self::Hub(_) => "HUB_REFUSED",
            Self::Blind(_) => "BLIND_PROOF",
            Self::BlindSet(_) => "BLIND_SET",
            Self::HubContract => "HUB_CONTRACT",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::HubAway => "HUB_AWAY",
            Self::Protocol(_) => "PROTOCOL",
            Self::Stopping => "STOPPING",
            Self::Store(_) => "STORE",
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NotAnOfficer { .. } | Self::NoPeer | Self::NotLiaison | Self::NotOffice => {
                Code::PermissionDenied
            }
            Self::Token(_) => Code::Unauthenticated,
            Self::Hub(refusal) => match refusal.code() {
                RefusalCode::OfficerUnknown => Code::Unauthenticated,
                RefusalCode::NotPermitted => Code::PermissionDenied,
                RefusalCode::NoHit | RefusalCode::DisclosureUnknown => Code::NotFound,
                _ => Code::FailedPrecondition,
            },
            Self::OutcomeUnknown => Code::Aborted,
            Self::Field(_) | Self::NotALink(_) | Self::Protocol(_) => Code::InvalidArgument,
            Self::CaseUnknown
            | Self::HandInUnknown
            | Self::NothingKnown
            | Self::Unknown(_)
            | Self::NothingSelected
            | Self::DecisionUnknown
            | Self::LeafUnknown
            | Self::AlarmUnknown
            | Self::QuestionUnknown
            | Self::NotAHit => Code::NotFound,
            Self::CaseClosed
            | Self::HubAway
            | Self::HubContract
            | Self::Blind(_)
            | Self::BlindSet(_)
            | Self::QuestionIncomplete
            | Self::Ledger(_) => Code::FailedPrecondition,
            Self::HandInElsewhere => Code::Aborted,
            Self::DiskFull { .. } => Code::ResourceExhausted,
            Self::Stopping => Code::Unavailable,
            Self::Store(_) => Code::Internal,
        }
    }

    /// As the caller gets it; logs what an operator must know.
    pub fn into_status(self, lang: Lang) -> Status {
        if let Self::Store(error) = &self {
            tracing::error!(error = error as &dyn std::error::Error, "desk.store_failed");
        }
        let info = ErrorDetails::with_error_info(self.reason(), DOMAIN, HashMap::new());
        Status::with_error_details(self.code(), self.text(lang), info)
    }
}

impl From<crate::witness::files::FileError> for DeskError {
    fn from(error: crate::witness::files::FileError) -> Self {
        Self::Ledger(error.to_string())
    }
}
