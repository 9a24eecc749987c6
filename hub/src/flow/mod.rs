//! One file a command: its input, its refusals, its action. The only room that sees both the rules and the store.

mod acknowledge;
mod add_agency;
mod admit;
mod attention;
mod audit;
mod backup;
mod bells;
mod blind;
mod certificates;
mod checkpoint;
mod close_case;
mod committer;
mod compare;
#[cfg(feature = "postgres")]
mod copy_to;
mod decide;
#[cfg(feature = "console")]
mod desk;
mod due;
mod duplicates;
mod explain;
mod failure;
mod figures;
mod follow;
mod hear;
pub(crate) mod hosts;
mod hub;
mod instances;
mod job;
mod keys;
mod known_keys;
mod leases;
mod ledger;
mod liaison;
mod members;
mod noted;
mod notices;
mod once;
mod open_case;
mod people;
mod person;
mod place;
mod policies;
pub(crate) mod policy_text;
mod probe;
mod proven;
#[cfg(feature = "console")]
mod pulse;
mod put_policy;
mod reconcile;
mod retention;
mod seen;
mod set_agency_state;
mod show;
mod signed;
mod since;
mod slice;
mod stand;
mod statement_keys;
mod states;
mod submit;
mod suggested_pairs;
mod sweep;
#[cfg(feature = "console")]
mod totals;
mod views;
mod waiting;
mod withdrawn;

pub use acknowledge::Acknowledge;
pub use add_agency::AddAgency;
pub use admit::admit;
pub use attention::{Attention, Concern, Page, attention};
pub use audit::{
    LogPage, Place as LogPlace, QueryEntry, Reader as LogReader, ReadingEntry, SignalEntry, Sought,
    ViewEntry, read_queries, read_readings, read_signals, read_views,
};
pub use backup::{BackupError, Copied, back_up, restore};
pub use blind::{
    Blind, CountBlind, Counted, ForgetBlindKeys, Piece, SeedError, Set, evaluate_blind, see_to_blind,
    show_blind,
};
pub use certificates::NoteCertificates;
pub use close_case::CloseCase;
pub use compare::{Compare, Likeness};
#[cfg(feature = "postgres")]
pub use copy_to::{CopyError, copy_to, take_back};
pub use decide::Decide;
#[cfg(feature = "console")]
pub(crate) use desk::{
    Behind, Contest, ContestsPage, Found, Happened, Held, HeldPage, HoldLine, JudgedRecord, Name,
    OwnProceeding, Pair, Party, Proceeding, ProceedingLine, ProceedingPage, ProceedingTarget,
    ProceedingsPage, ReleaseLine, Row, Viewer, WaitingRelease, WaitingReleases, What, contests, happened,
    happened_last, held_targets, holds_of, judged_at, names, newest_decision, newest_judged, own_proceeding,
    pair, parties, proceeding, proceedings, releases_wait, search, waiting_pairs, waiting_releases,
};
pub use duplicates::{Duplicates, DuplicatesRequest, Judged, PairAnswer, Seen, SeenError};
pub use explain::explain;
pub use failure::{Failure, causes};
pub use figures::{
    FigurePage, FigureQuery, ForgetFigures, Recounted, count_figures, figures_behind, figures_csv,
    figures_json, public_csv, public_json, read_all_figures, read_figures, read_published, recount,
};
pub use follow::{FEED_PAGE, read_feed};
pub use hear::hear;
pub use hosts::PutHostRules;
pub use hub::{Hub, HubTasks, StartError};
pub use instances::{LiveInstance, LiveInstances};
pub use keys::{DropKey, PutKey};
pub use known_keys::StatementKeys;
pub use leases::{GiveBack, Leased, LeasedJob, Leases, Turn};
pub use ledger::{
    AddWitnessKey, DropWitnessKey, File, LedgerCheckpoint, LedgerEpoch, LedgerState, NewEpoch, PublicLeaf,
    PutLedgerKey, VerificationEnded, VerificationKnown, VerificationOutcome, Verifications, cosign, learn,
    ledger_file, ledger_state, newest_checkpoint, prove_consistency, public_leaf, publish, publish_in_turn,
    witness,
};
pub(crate) use ledger::{id as agency_id, shown as shown_leaf};
#[cfg(feature = "console")]
pub(crate) use liaison::waits as liaison_waits;
pub use liaison::{
    Announce, AnswerAnnouncement, AnswerDisclosure, Ask, Asked, AskedHold, EraseLog, LookAtSignal, Officer,
    PlaceAskedHold, RequestDisclosure, RestrictDisclosure, SEEN_TO, Search, SeeToDisclosures, Stepped,
    TellAsked, Wanted, announcements_of, answer as answer_liaison, disclosure_now, disclosure_requested,
    disclosures_asked, disclosures_of, read_access_log,
};
pub use members::{Certificate, Member, members};
pub use notices::{NoticeEntry, NoticePage, SoughtNotices, notices};
pub(crate) use once::salt_of;
pub use open_case::OpenCase;
pub use people::{
    BeginSession, Begun, EndSession, EndSessionsOfPerson, LogOut, Session, SessionLimits, TouchSession,
    session, sessions_of,
};
pub use person::{Act, ActEntry, ActError, Person, SoughtActs, read_acts};
pub use place::place;
pub use policies::Policies;
pub use probe::Probe;
pub use proven::Verdict;
#[cfg(feature = "console")]
pub use pulse::{Beat, beat, is_target_changed};
pub use put_policy::PutPolicy;
pub use reconcile::{ReleaseAgency, ReportReconciled, missing, reconciled};
pub use retention::{Redact, Redacted, Retained, Run, retain};
pub use seen::{EraseViews, NoteView, targets_in};
pub use set_agency_state::SetAgencyState;
pub use show::show;
pub use statement_keys::{AddStatementKey, RevokeStatementKey};
pub use submit::Submit;
pub use suggested_pairs::{PairPage, SuggestedPair, suggested_pairs};
pub use sweep::Sweep;
#[cfg(feature = "console")]
pub use totals::{Tally, Totals};
pub use views::Views;

#[cfg(feature = "console")]
pub(crate) use crate::store::LiaisonCounts;
use crate::store::{Store, StoreError, Tx};

/// A command: a value that can be run again, because BEGIN, body and COMMIT are one attempt.
///
/// A command decides before it writes: one that refuses has written nothing.
pub trait Command: Send + Sync + 'static {
    /// What the caller is told.
    type Verdict: Verdict;

    /// Whether it runs although the database is behind what was signed: it begins a new epoch.
    const CURES: bool = false;

    /// Which lane it waits in.
    fn lane(&self) -> Lane;

    /// Looks ahead where it is large, beside the writer and before the lock is taken: at what will be true then, too. Nothing is
    /// decided here, and it decides the same without.
    fn look_ahead(&mut self, store: &Store) -> impl Future<Output = Result<(), StoreError>> + Send {
        let _ = store;
        std::future::ready(Ok(()))
    }

    /// Reads the facts, decides, writes.
    fn run(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Verdict, Failure>> + Send;
}

/// Which commands give way to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A person waits.
    Interactive,
    /// Part of something large: its slices end soon while a person waits.
    Bulk,
    /// Nobody waits: goes on where nothing else does, and slowly where something always does.
    Behind,
}
