//! Proofs from the database: plan → look-ups → fold.

use std::collections::HashMap;

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{EMPTY_ROOT, Proof, Span, Subtree, consistency, fold, inclusion, prove},
};

use super::{LedgerError, Signed, receipt};
use crate::store::{self, Connection, StoreError};

/// The root of the tree's first leaves; there must be as many.
///
/// # Errors
/// If the database fails.
pub async fn root_at(connection: &mut Connection, size: u64) -> Result<Digest, StoreError> {
    let hashes = store::hashes(connection, Span { begin: 0, end: size }.subtrees()).await?;
    Ok(fold(&hashes).unwrap_or(EMPTY_ROOT))
}

/// Proof that the tree of `new` leaves continues the one of `old`; there must be as many.
///
/// # Errors
/// If `old` is larger than `new`, or the database fails.
pub async fn consistent(connection: &mut Connection, old: u64, new: u64) -> Result<Proof, LedgerError> {
    look_up(connection, &consistency::plan(old, new)?).await
}

/// Proof that a leaf is in the tree of `size` leaves; there must be as many.
///
/// # Errors
/// If the tree has no such leaf, or the database fails.
pub async fn included(connection: &mut Connection, index: u64, size: u64) -> Result<Proof, LedgerError> {
    look_up(connection, &inclusion::plan(index, size)?).await
}

/// The receipt of leaves that were written at any time.
pub(super) async fn receipt_of(
    connection: &mut Connection,
    signed: &Signed,
    leaves: Span,
) -> Result<meldeverbund_proto::v1::Receipt, LedgerError> {
    let known = hashes_of(connection, &receipt::around(leaves, signed.size)).await?;
    let decisions = store::decision_digests(connection, leaves).await?;
    let receipt = receipt::receipt(signed, leaves, &decisions, |subtree| known.get(&subtree).copied());
    receipt.ok_or(LedgerError::Store(StoreError::Value { column: "command.first_leaf" }))
}

async fn look_up(connection: &mut Connection, plan: &[Span]) -> Result<Proof, LedgerError> {
    let known = hashes_of(connection, plan).await?;
    let missing = LedgerError::Store(StoreError::Value { column: "subtree.hash" });
    prove(plan, |subtree| known.get(&subtree).copied().ok_or(())).map_err(|()| missing)
}

async fn hashes_of(
    connection: &mut Connection,
    spans: &[Span],
) -> Result<HashMap<Subtree, Digest>, StoreError> {
    let subtrees: Vec<_> = spans.iter().flat_map(|span| span.subtrees()).collect();
    let hashes = store::hashes(connection, subtrees.iter().copied()).await?;
    Ok(subtrees.into_iter().zip(hashes).collect())
}
