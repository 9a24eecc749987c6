//! The hub's database: what is written, in one order, and what is read.
//!
//! [`Store`] opens it and hands out readers; [`Tx`] is the one write transaction, and each entity adds its statements
//! to it in a file of its own. Nothing here decides anything.

mod access_log;
mod agencies;
mod aliases;
mod announcements;
pub(crate) mod backup;
mod bells;
mod bindings;
mod blind_epochs;
mod blind_sets;
mod cases;
mod certificates;
mod checkpoints;
mod commands;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod conformance;
mod content_hashes;
#[cfg(feature = "postgres")]
pub(crate) mod copying;
#[cfg(feature = "postgres")]
mod copying_rows;
mod counts;
mod disclosures;
mod engine;
mod envelopes;
mod events;
pub(crate) mod faults;
mod feed;
mod feed_kept;
mod figures;
mod forgotten_figures;
mod head;
mod history;
mod host_rules;
mod instances;
mod interests;
mod kept;
mod keys;
mod leases;
mod leaves;
mod ledger_keys;
mod liaison_queries;
mod liaison_signals;
mod liaison_walks;
mod lives;
mod lost;
mod moved;
mod open;
mod page_views;
mod person_acts;
mod policies;
#[cfg(any(feature = "console", test))]
mod proceedings;
mod reconciliations;
mod redactions;
mod rows;
mod schema;
mod selectors;
mod sessions;
mod sightings;
mod sign_ins;
mod statement_keys;
mod subtrees;
mod suggestions;
mod target_ids;
mod targets;
mod tree;
mod tx;
mod visibility;
mod whole;
mod witness_keys;

pub use access_log::{AskedRow, ReadRow};
pub use agencies::AgencyRow;
pub use aliases::AliasRow;
pub(crate) use aliases::{alias, bound, bound_itself, names_of, resolved, roots};
pub use announcements::AnnouncementRow;
pub use bells::{Heard, Listener};
pub use blind_epochs::BlindEpochRow;
pub(crate) use blind_epochs::blind_budget;
pub(crate) use blind_sets::{blind_increment, blind_piece};
#[cfg(any(feature = "console", test))]
pub(crate) use cases::case_of_number;
pub(crate) use cases::number as case_number;
pub use certificates::CertificateRow;
pub use checkpoints::CheckpointRow;
pub use commands::{CommandRow, NewCommand};
pub use content_hashes::HashRow;
pub(crate) use content_hashes::by_content;
#[cfg(feature = "postgres")]
pub use copying::Progress as CopyProgress;
pub use counts::{Counts, LiaisonCounts};
pub use disclosures::DisclosureRow;
pub use engine::{
    Connection, Database, DatabaseError, Engine, FromColumn, FromRow, Query, Reader, Reading, Row, Value,
    query, query_as, query_scalar,
};
pub use envelopes::{EnvelopeRow, NewEnvelope};
#[cfg(any(feature = "console", test))]
pub(crate) use events::newest_on_duplicates;
pub use events::{EventRow, NewEvent};
pub use feed::{FeedKind, FeedRow, NewFeedRow};
pub(crate) use feed_kept::feed_kept;
pub use figures::{FigureTargetRow, KeptFactRow};
pub(crate) use figures::{figure_names, figure_targets, figured_to, figures, kept_facts, unknown_leaves};
pub use head::Head;
#[cfg(any(feature = "console", test))]
pub(crate) use history::newest_of as newest_leaves_of;
pub(crate) use history::{leaves, names_once_bound, newest_leaves, opened_leaf, referrals_of};
pub(crate) use host_rules::host_rules_at;
pub use instances::InstanceRow;
pub(crate) use interests::acknowledged_at;
pub use interests::{InterestRow, interests};
pub use keys::KeyRow;
pub use leases::LeaseRow;
pub(crate) use leaves::decision_digests;
pub use leaves::{LeafRow, Payload};
pub use ledger_keys::LedgerKeyRow;
pub use liaison_queries::QueryRow;
pub(crate) use liaison_queries::told_up_to;
pub use liaison_signals::SignalRow;
pub use liaison_walks::{Stem, WalkRow};
pub use lives::{LifeRow, lives};
pub(crate) use lives::{for_centre, with_notice};
#[cfg(any(feature = "console", test))]
pub(crate) use lives::{held, release_awaits};
pub use moved::Moved;
pub use open::{OpenError, Store};
pub use page_views::PageViewRow;
pub use person_acts::PersonActRow;
pub(crate) use policies::{InForce, newest_policy, policy_at};
#[cfg(any(feature = "console", test))]
pub(crate) use proceedings::{ProceedingRow, bound_to_case, proceeding_at, proceedings_between};
pub(crate) use reconciliations::{awaited, is_awaited};
pub use redactions::{KeptRow, RedactedRow};
pub(crate) use redactions::{case_end, cases_with_referrals, first_leaf_from};
pub use schema::{SCHEMA_VERSION, SchemaError};
pub(crate) use selectors::{visible_hashes, visible_links, visible_of_hashes, visible_of_links};
pub use sessions::SessionRow;
pub use sightings::Newest;
pub(crate) use sightings::Sighting;
pub use sign_ins::LoggedOut;
pub use statement_keys::StatementKeyRow;
pub(crate) use statement_keys::key_id_text;
pub(crate) use subtrees::{hashes, row_of};
pub use suggestions::{LikenessRow, SuggestionRow};
pub(crate) use suggestions::{compared_to, noted_to, reasons, rejected, waiting};
#[cfg(any(feature = "console", test))]
pub(crate) use suggestions::{noted, noted_until};
pub use target_ids::TargetIds;
pub(crate) use targets::{by_link as targets_by_link, by_number as targets_by_number};
pub use tree::Tree;
pub use tx::{Committed, Tx};
pub(crate) use visibility::bound as bound_for_liaison;
pub(crate) use whole::{CommandSpan, count_envelopes, count_subtrees, head_time, next_leaf_from};
pub use witness_keys::WitnessKeyRow;

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine's own error.
    #[error("database")]
    Engine(#[from] sqlx::Error),
    /// A write touched another number of rows than it must; the state was not what the facts said.
    #[error("{statement} touched {rows} rows instead of {expected}")]
    Rows {
        /// The statement's name.
        statement: &'static str,
        /// Rows that it touched.
        rows: u64,
        /// Rows that it must touch.
        expected: u64,
    },
    /// The server's answer did not come in time; what became of the statement is not known.
    #[error("the database does not answer in time")]
    Late,
    /// A stored value is none that this version knows.
    #[error("{column} has a value that this version does not know")]
    Value {
        /// Table and column.
        column: &'static str,
    },
    /// A command panicked; its transaction was undone.
    #[error("a command panicked")]
    Panicked,
    /// A command refused after it had written; its transaction was undone.
    #[error("a command refused after it had written")]
    RefusedAfterWriting,
    /// The writer has ended: the hub is shutting down.
    #[error("the hub is shutting down")]
    Stopped,
}

impl StoreError {
    /// True if the engine was busy or out of reach, so that the same transaction may succeed later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Engine(error) => engine::is_passing(error),
            Self::Late | Self::Stopped => true,
            Self::Rows { .. } | Self::Value { .. } | Self::Panicked | Self::RefusedAfterWriting => false,
        }
    }
}
