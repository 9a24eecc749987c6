//! What every command of an agency does alike: it is carried out once, and leaves its leaf.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId, CommandId, InstanceId,
    ids::IdError,
    leaf::{Digest, Kind, Salt, statement_digest},
    text,
    v1::{Refusal, RefusalCode},
};

use super::Failure;
use crate::store::{AgencyRow, CommandRow, Connection, EventRow, NewEvent, StoreError, Tx};

/// The command as it was carried out before, if it was (I5).
///
/// # Errors
/// If the id stands for other content, or the answer went when its retention ended.
pub(super) async fn replay(
    tx: &mut Tx<'_>,
    agency: AgencyNo,
    id: CommandId,
    digest: &Digest,
) -> Result<Option<CommandRow>, Failure> {
    match tx.command(agency, id).await? {
        Some(known) if known.digest != *digest => {
            Err(Refusal::of(RefusalCode::IdConflict, "this id was used before with other content").into())
        }
        Some(known) if known.verdict.is_empty() => Err(retired().into()),
        known => Ok(known),
    }
}

fn retired() -> Refusal {
    let reason = "this was carried out long ago; what was answered went when its retention ended";
    Refusal::of(RefusalCode::Retired, reason)
}

/// The salt of a command that was carried out before: whoever repeats it by its id gives the same.
///
/// # Errors
/// If the engine fails, or the answer went when its retention ended.
pub(crate) async fn salt_of(
    connection: &mut Connection,
    agency: &AgencyId,
    id: CommandId,
) -> Result<Option<Salt>, Failure> {
    let Some(row) = AgencyRow::by_id(connection, agency).await? else { return Ok(None) };
    let Some(known) = CommandRow::by_id(connection, row.agency.no, id).await? else { return Ok(None) };
    if known.verdict.is_empty() {
        return Err(retired().into());
    }
    Ok(EventRow::range(connection, known.first_leaf, known.leaf_count.min(1))
        .await?
        .pop()
        .map(|event| event.salt))
}

/// Appends the leaf of a statement that needs no decision beside it.
pub(super) async fn append_one(
    tx: &mut Tx<'_>,
    kind: Kind,
    agency: AgencyNo,
    salt: Salt,
    statement: &[u8],
) -> Result<i64, StoreError> {
    append_decided(tx, kind, agency, salt, statement, Vec::new()).await
}

/// Appends the leaf of a statement with what was decided on it.
pub(super) async fn append_decided(
    tx: &mut Tx<'_>,
    kind: Kind,
    agency: AgencyNo,
    salt: Salt,
    statement: &[u8],
    decision: Vec<u8>,
) -> Result<i64, StoreError> {
    let statement_digest = statement_digest(&salt, statement);
    tx.append(&[NewEvent { kind, agency, salt, statement, statement_digest, decision }]).await
}

/// A command's id off the wire.
pub(super) fn parse_id(field: &str, text: &str) -> Result<CommandId, Refusal> {
    text.parse().map_err(|error: IdError| Refusal::invalid(field, error.to_string()))
}

/// A node's store off the wire.
pub(super) fn parse_instance(text: &str) -> Result<InstanceId, Refusal> {
    text.parse().map_err(|error: IdError| Refusal::invalid("instance_id", error.to_string()))
}

/// What a person has to say of a command: who they are, why. It is there, and keeps to its limit.
pub(super) fn said(field: &str, words: &str, most_chars: usize) -> Result<(), Refusal> {
    if words.trim().is_empty() {
        return Err(Refusal::missing(field));
    }
    text::check(words, most_chars).map_err(|error| error.at(field))
}

/// A command's salt off the wire.
pub(super) fn parse_salt(field: &str, bytes: &[u8]) -> Result<Salt, Refusal> {
    Salt::from_slice(bytes).ok_or_else(|| Refusal::invalid(field, "must be exactly 32 random bytes"))
}
