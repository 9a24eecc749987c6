//! What a witness is shown: the newest published checkpoint, and that it continues the one before.

use meldeverbund_proto::{
    note::Note,
    v1::{ConsistencyProof, ProveConsistencyRequest, ProveConsistencyResponse, Refusal, WitnessResponse},
};

use crate::{
    flow::Failure,
    ledger::consistent,
    store::{CheckpointRow, Connection, Head, StoreError},
};

/// Proofs of one call: a witness that was away asks for more in a second one.
const PROOFS: usize = 100;

/// The newest published checkpoint with its cosignatures; none: nothing is published yet.
///
/// # Errors
/// If the database fails.
pub async fn newest_checkpoint(
    connection: &mut Connection,
) -> Result<Option<((u32, u64), String)>, StoreError> {
    let Some(row) = CheckpointRow::newest(connection).await? else { return Ok(None) };
    let cosignatures = row.cosignatures(connection).await?;
    let unreadable = || StoreError::Value { column: "checkpoint.note" };
    let mut note: Note = row.note.parse().map_err(|_| unreadable())?;
    for (_, line) in cosignatures {
        let line = line.parse().map_err(|_| StoreError::Value { column: "cosignature.line" })?;
        // A note takes as many lines as a federation has agencies; what is beyond is not shown.
        let _ = note.attach(line);
    }
    Ok(Some(((row.epoch, row.size), note.to_string())))
}

/// What a witness is told next that has verified this place and was told this note; none: nothing new.
///
/// # Errors
/// If the database fails.
pub async fn witness(
    connection: &mut Connection,
    verified: (u32, u64),
    told: &str,
) -> Result<Option<((u32, u64), WitnessResponse)>, Failure> {
    let Some((place, checkpoint)) = newest_checkpoint(connection).await? else { return Ok(None) };
    if checkpoint == told {
        return Ok(None);
    }
    let ((epoch, size), (known_epoch, known_size)) = (place, verified);
    let consistency = if epoch == known_epoch && known_size > 0 && known_size < size {
        consistent(connection, known_size, size).await?
    } else {
        Vec::new()
    };
    let consistency = consistency.into_iter().map(|hash| hash.to_vec()).collect();
    Ok(Some((place, WitnessResponse { checkpoint, consistency })))
}

/// Proves that older states are prefixes of a newer one.
///
/// # Errors
/// The field that asks for what does not exist.
pub async fn prove_consistency(
    connection: &mut Connection,
    request: &ProveConsistencyRequest,
) -> Result<ProveConsistencyResponse, Failure> {
    let ProveConsistencyRequest { epoch, from, to } = request;
    let head = Head::read(connection).await?;
    if *epoch != u64::from(head.epoch) {
        return Err(Refusal::invalid("epoch", format!("the ledger is in epoch {}", head.epoch)).into());
    }
    if *to > head.size() {
        return Err(Refusal::invalid("to", "lies beyond the end of the ledger").into());
    }
    if from.is_empty() || from.len() > PROOFS {
        return Err(Refusal::invalid("from", format!("must have 1 to {PROOFS} sizes")).into());
    }
    if !from.is_sorted() || from.last().is_some_and(|last| last > to) {
        return Err(Refusal::invalid("from", "must be ascending, and end at `to` at the latest").into());
    }
    let mut proofs = Vec::with_capacity(from.len());
    for from in from {
        let hashes = consistent(connection, *from, *to).await?;
        proofs.push(ConsistencyProof { hashes: hashes.into_iter().map(|hash| hash.to_vec()).collect() });
    }
    Ok(ProveConsistencyResponse { proofs })
}
