//! How far a round's takedown is.

use serde::{Deserialize, Serialize};

/// An intent's id: that of the decision that recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IntentId(pub u128);

/// How far a round's takedown is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Takedown {
    /// Nobody may notify the provider.
    #[default]
    Open,
    /// The owner may.
    Granted(Grant),
    /// A notice is leaving the house; the grant cannot expire any more.
    UnderWay(Intent),
    /// Nobody knows whether it left, or its sender says that it did not: a person must say.
    Unresolved(Intent, Trouble),
    /// The provider has been notified.
    Notified,
    /// The round has ended.
    Closed {
        /// How: the number of the contract's `Outcome`.
        outcome: i32,
    },
}

/// The exclusive, expiring, fenced permission to notify the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Grows with every grant of the target.
    pub fence: u64,
    /// When it ends unused, microseconds since 1970 UTC.
    pub until_us: i64,
}

/// A notice that was announced and may have left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id.
    pub id: IntentId,
    /// The store of the one node that may send it.
    pub sender: u128,
    /// First, reminder or recall.
    pub kind: NoticeKind,
    /// Since when, microseconds since 1970 UTC.
    pub since_us: i64,
    /// From when on it is in doubt, microseconds since 1970 UTC.
    pub doubt_us: i64,
}

/// What is wrong with an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// Its sender says that it could not be sent.
    Failed,
    /// It is overdue.
    InDoubt,
}

/// What kind of notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// The round's first.
    First,
    /// A reminder in its thread.
    Reminder,
    /// Recalls the thread.
    Recall,
    /// One that left without an intent.
    Incident,
}

/// A notice that has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What kind.
    pub kind: NoticeKind,
    /// The ledger's leaf that says so.
    pub leaf: i64,
    /// When it left, microseconds since 1970 UTC.
    pub sent_us: i64,
}
