//! Where the ledger stands, for people: size, epochs, what was published and who vouched for it.

use meldeverbund_proto::AgencyId;

use crate::{
    flow::{Failure, Hub, admit, missing},
    ledger::Standing,
    store::{AgencyRow, CheckpointRow, Connection, Head, LedgerKeyRow, WitnessKeyRow},
};

/// Checkpoints, and epochs, that are told: the newest.
const TOLD: u32 = 10;

/// Where the ledger stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerState {
    /// How many leaves.
    pub leaves: u64,
    /// Their root.
    pub root: String,
    /// Why nothing is written; none: it may be.
    pub behind: Option<String>,
    /// The epochs, the newest first.
    pub epochs: Vec<Epoch>,
    /// Whom the epoch waits for: they have not handed in again what was lost.
    pub missing: Vec<String>,
    /// What was published, the newest first.
    pub checkpoints: Vec<Checkpoint>,
    /// Agencies that have a witness key in use.
    pub witnesses: Vec<String>,
    /// The hub's keys, the newest last.
    pub keys: Vec<LedgerKeyRow>,
}

/// An epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Its number.
    pub number: u32,
    /// How many leaves the last checkpoint has that was published in it; none: none was.
    pub published: Option<u64>,
}

/// A published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's epoch.
    pub epoch: u32,
    /// How many leaves.
    pub size: u64,
    /// Their root.
    pub root: String,
    /// Agencies whose nodes have cosigned it.
    pub cosigned_by: Vec<String>,
}

/// Reads where the ledger stands; a fixed number of rows, however long it is.
///
/// # Errors
/// If the caller is not admitted, or the engine fails.
pub async fn ledger_state(
    hub: &Hub,
    connection: &mut Connection,
    caller: &AgencyId,
) -> Result<LedgerState, Failure> {
    admit(connection, caller).await?;
    let head = Head::read(connection).await?;
    let agencies = AgencyRow::all(connection).await?;
    let mut checkpoints = Vec::new();
    for row in CheckpointRow::last(connection, TOLD).await? {
        let lines = row.cosignatures(connection).await?;
        let cosigned_by = lines.iter().map(|(no, _)| super::id(&agencies, *no).to_owned()).collect();
        let CheckpointRow { epoch, size, root, .. } = row;
        checkpoints.push(Checkpoint { epoch, size, root: hex::encode(root), cosigned_by });
    }
    let mut epochs = Vec::new();
    for number in (1..=head.epoch).rev().take(TOLD as usize) {
        let published = CheckpointRow::last_of(connection, number).await?.map(|row| row.size);
        epochs.push(Epoch { number, published });
    }
    let mut witnesses: Vec<_> = WitnessKeyRow::all(connection).await?;
    witnesses.retain(|key| key.dropped_leaf.is_none());
    let mut witnesses: Vec<_> = witnesses.into_iter().map(|key| key.agency.to_string()).collect();
    witnesses.sort_unstable();
    witnesses.dedup();
    Ok(LedgerState {
        leaves: head.size(),
        root: hex::encode(head.root()),
        behind: match hub.ledger().standing() {
            Standing::Sound => None,
            Standing::Behind(behind) => Some(behind.to_string()),
        },
        epochs,
        missing: missing(connection).await?,
        checkpoints,
        witnesses,
        keys: LedgerKeyRow::all(connection).await?,
    })
}
