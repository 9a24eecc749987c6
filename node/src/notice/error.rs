//! Why there are no files. No text repeats a link, a name or a reference.

use std::io;

use meldeverbund_proto::{LinkError, TargetId, text::TextError};

/// Why a notice cannot be written as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No links.
    #[error("there is no link to notify of")]
    NoItems,
    /// A text is wanting or breaks its rule; required ones are what DSA Art. 9 and 16 ask for.
    #[error("{field} {error}")]
    Text {
        /// The text's name.
        field: &'static str,
        /// What is wrong with it.
        error: TextError,
    },
    /// An address that no mail reaches.
    #[error("agency.email is no e-mail address")]
    Email,
    /// An answer is asked for before the letter is written.
    #[error("reply_by is before the date of the letter")]
    ReplyBeforeDate,
    /// An order whose decision has not been taken yet.
    #[error("the decision is dated after the letter")]
    DecisionAfterDate,
    /// An instant that no calendar has.
    #[error("at_us is outside the years that a time may name")]
    Time,
    /// One recipient for several providers.
    #[error("recipient is stated, but the links belong to {providers} providers")]
    OneRecipient {
        /// How many.
        providers: usize,
    },
    /// A link without a canonical form.
    #[error("the link of target {target}: {error}")]
    Link {
        /// Its target.
        target: TargetId,
        /// What is wrong with it.
        error: LinkError,
    },
    /// A link that nobody has assessed.
    #[error("target {target} has no offence class: a notice says why content is illegal")]
    NotAssessed {
        /// The target.
        target: TargetId,
    },
    /// A hint that breaks the rules of a free text.
    #[error("the access hint of target {target} {error}")]
    AccessHint {
        /// The target.
        target: TargetId,
        /// What is wrong with it.
        error: TextError,
    },
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder is there already.
    #[error("the folder exists already; notices are never written over others")]
    Exists,
    /// A folder of an export that is under way or was killed.
    #[error("beside the folder there is an unfinished one (.part): another export runs, or was interrupted")]
    Unfinished,
    /// The path names no folder that could be made.
    #[error("the path does not end in a folder's name")]
    NoName,
    /// The disk.
    #[error("cannot write the notices; nothing was left behind")]
    Io(#[from] io::Error),
}
