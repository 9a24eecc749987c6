//! The node's own SQLite: what an officer was told is in here before the officer was told it.
//!
//! One connection writes, a few read; SQLite's WAL lets both go on at once. A write is a value ([`Write`]) that runs
//! in a task of its own, so that a caller that goes away never leaves half of it.

mod again;
mod agency;
mod alarm;
mod answer;
mod bulk;
mod case_command;
mod case_file;
mod checkpoint;
mod copy;
mod decision;
mod decision_answer;
mod decision_row;
mod disclosure;
mod disk;
mod feed;
mod hand_in;
mod host;
mod hub_key;
mod leaf_place;
mod liaison_asked;
mod liaison_command;
mod links;
mod meta;
mod migrate;
mod names;
mod open;
mod own_record;
mod question;
mod question_batch;
mod question_row;
mod receipt;
mod receipt_state;
mod referral;
mod rejected;
mod selection;
mod submission;
mod target;
#[cfg(test)]
mod tests;
mod told;
mod tx;
mod view;
mod work;

pub use again::{NewEpoch, Reconciliation};
pub use alarm::{NewAlarm, StoredAlarm};
pub use answer::{Answered, NewAnswer};
pub use case_command::{CaseCommand, CaseVerb};
pub use case_file::{AtHub, CaseFile};
pub use checkpoint::SeenCheckpoint;
pub use copy::{Examined, TakeOver, copy, examine, hand_over, take_over};
pub use decision::{NewBatch, NewDecision, UnsentDecision};
pub use decision_answer::AnsweredBatch;
pub use decision_row::{BatchState, DecisionRow, RefusedBatch, StoredBatch};
pub use disclosure::ToldDisclosure;
pub use disk::Disk;
pub use feed::Parked;
pub use hand_in::{Begun, HandIn, NewHandIn, Sums};
pub use hub_key::HubKey;
pub use leaf_place::LeafPlace;
pub use liaison_asked::{NewLiaisonAsked, StoredLiaisonAsked};
pub use liaison_command::NewLiaisonCommand;
pub use links::{LinkFilter, LinkPlace, StoredLink};
pub use meta::Meta;
pub use migrate::LATEST;
pub use open::Store;
pub use question::{NewQuestion, QuestionCounts, StoredQuestion};
pub use question_batch::{
    BatchAnswered, Blinded, NewQuestionBatch, NewQuestionRow, OpenBatch, RowAnswer, RowContent,
};
pub use question_row::{AskedState, StoredQuestionRow};
pub use receipt::{NewReceipt, ReceiptState, StoredReceipt, Subject};
pub use receipt_state::ReceiptCounts;
pub use referral::{LinkKey, NewReferral};
pub use rejected::Rejected;
pub use selection::{Selected, TargetFilter};
pub use submission::{NewSubmission, RefusedSubmission, Unsent, Waiting};
pub use target::{Target, TargetCard};
pub use told::Told;
pub use tx::{Tx, Write};
pub use view::ToldView;
pub use work::{WorkFilter, WorkPlace, WorkRow};

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("the node's store failed")]
    Sqlite(#[from] sqlx::Error),
    /// The file or its folder cannot be used.
    #[error("the node's store cannot be opened")]
    File(#[from] std::io::Error),
    /// The tables could not be brought up to date.
    #[error("the node's store cannot be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The store was written by a later version of the program.
    #[error(
        "the node's store was written by a later version: its schema is {found}, this program knows {known}"
    )]
    Newer {
        /// Schema of the store.
        found: i64,
        /// Latest schema that this program knows.
        known: i64,
    },
    /// The store belongs to another agency.
    #[error("the node's store belongs to {found}, the configuration names {expected}")]
    OtherAgency {
        /// Agency of the store.
        found: String,
        /// Agency of the configuration.
        expected: String,
    },
    /// The store's work goes on elsewhere.
    #[error("the node's store was handed over: its work goes on in another folder or on another machine")]
    HandedOver {
        /// Since when.
        since_us: i64,
    },
    /// Something in the store is not as this program writes it.
    #[error("the node's store is damaged: {0}")]
    Damaged(&'static str),
    /// A write's task ended without an answer.
    #[error("the node's store stopped in the middle of a write")]
    Stopped(#[from] tokio::task::JoinError),
}

/// A count or a number from a column; columns never hold negative ones.
fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A number into a column; the contract's numbers stay far below 2^63.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
