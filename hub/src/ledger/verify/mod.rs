//! Verifies the whole ledger as it stands in the database: every leaf against what it commits to, the tree against the
//! leaves, what was published and signed against the tree, and the tables that name leaves against the leaves.
//!
//! It reads one snapshot, leaf after leaf: a million leaves take no more memory than a thousand.

mod checkpoints;
mod commands;
mod fault;
mod leaves;
mod registry;
mod tree;

use meldeverbund_proto::{leaf::Digest, merkle::Span};

pub use fault::{Fault, What};

use self::{
    checkpoints::Checkpoints, commands::Commands, fault::Report, leaves::Leaves, registry::Registry,
    tree::Tree,
};
use super::{LedgerError, LedgerFiles, key::KeyFiles, ledger_key_name, mark::Mark, standing};
use crate::store::{Connection, Head, LeafRow, LedgerKeyRow, Store, StoreError};

/// Leaves of one look-up.
const PAGE: u64 = 1 << 10;

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// The log's epoch.
    pub epoch: u32,
    /// Leaves.
    pub leaves: u64,
    /// Their root.
    pub root: Digest,
    /// Leaves of which only the digests are left.
    pub redacted: u64,
    /// Commands that made leaves.
    pub commands: u64,
    /// Signed batches.
    pub envelopes: u64,
    /// Published checkpoints.
    pub checkpoints: u64,
    /// Witnesses' words for them.
    pub cosignatures: u64,
    /// Size of the checkpoint that the mark holds; none: there is no mark.
    pub mark: Option<u64>,
}

/// Verifies everything, and tells each fault as it is found.
///
/// # Errors
/// If the database or a file cannot be read; what can be read and is wrong is a fault.
pub async fn verify(
    store: &Store,
    files: &LedgerFiles,
    tell: &mut (dyn FnMut(Fault) + Send),
) -> Result<Verified, LedgerError> {
    // Before the snapshot: a hub that works meanwhile raises the mark above what the snapshot shows.
    let mark_text = Mark::new(&files.mark, &files.trust_domain).unread()?;
    verify_under(&mut store.snapshot().await?, files, &mark_text, tell).await
}

/// The same, for a database that does not change meanwhile.
///
/// # Errors
/// As [`verify`].
pub(crate) async fn verify_still(
    connection: &mut Connection,
    files: &LedgerFiles,
    tell: &mut (dyn FnMut(Fault) + Send),
) -> Result<Verified, LedgerError> {
    let mark_text = Mark::new(&files.mark, &files.trust_domain).unread()?;
    verify_under(connection, files, &mark_text, tell).await
}

async fn verify_under(
    connection: &mut Connection,
    files: &LedgerFiles,
    mark_text: &str,
    tell: &mut (dyn FnMut(Fault) + Send),
) -> Result<Verified, LedgerError> {
    let mut report = Report::new(tell);
    match read(connection, files, mark_text, &mut report).await {
        Ok(verified) => Ok(verified),
        Err(LedgerError::Store(StoreError::Value { column })) => {
            report.tell(What::Value, None, format!("{column} has a value that this version does not know"));
            Ok(Verified::default())
        }
        Err(error) => Err(error),
    }
}

async fn read(
    connection: &mut Connection,
    files: &LedgerFiles,
    mark_text: &str,
    report: &mut Report<'_>,
) -> Result<Verified, LedgerError> {
    let mut leaves = Leaves::default();
    let mut tree = Tree::default();
    let mut registry = Registry::new(files.trust_domain.clone());
    let mut commands = Commands::default();
    let mut checkpoints = Checkpoints::new(files.trust_domain.clone());
    loop {
        let first = leaves.next();
        let rows = LeafRow::range(connection, first, PAGE).await?;
        let Some(last) = rows.last() else {
            let Some(next) = beyond(connection, first).await? else { break };
            leaves.skip(Span { begin: first, end: next }, report);
            tree.lose();
            continue;
        };
        let behind = last.index + 1;
        for row in &rows {
            if row.index != leaves.next() {
                leaves.skip(Span { begin: leaves.next(), end: row.index }, report);
                tree.lose();
            }
            leaves.look(row, report);
            tree.push(connection, row, report).await?;
            registry.look(row, report);
            commands.look(connection, row, report).await?;
            checkpoints.look(connection, row.index + 1, &tree, &registry, report).await?;
        }
        debug_assert_eq!(behind, leaves.next(), "a page is read to its end");
    }
    let size = leaves.next();
    leaves.end(report);
    tree.end(connection, size, leaves.time_us(), report).await?;
    commands.end(connection, size, report).await?;
    checkpoints.end(connection, size, report).await?;
    registry.end(connection, report).await?;
    if Head::read(connection).await?.epoch != registry.epoch() {
        report.tell(What::Epoch, size, "the head is of another epoch than the leaves say");
    }
    key(connection, files, report).await?;
    let mark = mark(connection, files, mark_text, &registry, report).await?;
    Ok(Verified {
        epoch: registry.epoch(),
        leaves: size,
        root: tree.root().unwrap_or_default(),
        redacted: leaves.redacted(),
        commands: commands.counted(),
        envelopes: commands.envelopes(),
        checkpoints: checkpoints.counted(),
        cosignatures: checkpoints.cosignatures(),
        mark,
    })
}

/// The next leaf that is there.
async fn beyond(connection: &mut Connection, first: u64) -> Result<Option<u64>, StoreError> {
    crate::store::next_leaf_from(connection, first).await
}

/// The file's key is the one in office.
async fn key(
    connection: &mut Connection,
    files: &LedgerFiles,
    report: &mut Report<'_>,
) -> Result<(), LedgerError> {
    let newest = LedgerKeyRow::all(connection).await?.pop();
    let own = KeyFiles::new(ledger_key_name(&files.trust_domain), &files.key).read(&files.key)?;
    match (newest, own) {
        (Some(newest), Some(own)) if newest.vkey == own.vkey().to_string() => {}
        (Some(newest), _) => {
            let said = "the key in office is not the one in the hub's file";
            report.tell(What::Key, Some(newest.since_leaf.cast_unsigned()), said);
        }
        (None, _) => report.tell(What::Key, None, "the ledger has no key"),
    }
    Ok(())
}

/// The database holds what the mark says that was signed.
async fn mark(
    connection: &mut Connection,
    files: &LedgerFiles,
    text: &str,
    registry: &Registry,
    report: &mut Report<'_>,
) -> Result<Option<u64>, LedgerError> {
    let mark = match Mark::new(&files.mark, &files.trust_domain).parse(text, registry.keys()) {
        Ok(mark) => mark,
        Err(LedgerError::ForeignMark { .. }) => {
            report.tell(What::Mark, None, "the high-water mark is not signed with a key of this ledger");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    match standing::look(connection, mark.as_ref()).await {
        Ok(standing::Standing::Sound) => {}
        Ok(standing::Standing::Behind(behind)) => {
            report.tell(What::Mark, mark.as_ref().map(|mark| mark.size), behind.to_string());
        }
        Err(LedgerError::Store(StoreError::Value { column })) => {
            report.tell(What::Mark, mark.as_ref().map(|mark| mark.size), format!("{column} is not readable"));
        }
        Err(error) => return Err(error),
    }
    Ok(mark.map(|mark| mark.size))
}
