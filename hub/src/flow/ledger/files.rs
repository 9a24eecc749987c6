//! The ledger as files: tiles, entries, and what leaves commit to, to whom it may be shown.

use meldeverbund_domain::{Agency, AgencyNo};
use meldeverbund_proto::{
    envelope::Envelope,
    leaf::Kind,
    tile::{Tile, TileKind, encode_entries},
};
use serde_json::{Value, json};

use crate::store::{
    AgencyRow, Connection, EnvelopeRow, LeafRow, LedgerKeyRow, Payload, StatementKeyRow, StoreError,
    WitnessKeyRow, key_id_text, row_of,
};

/// A file, as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// A signed note.
    Text(String),
    /// A tile.
    Bytes(Vec<u8>),
    /// Everything else.
    Json(String),
}

/// The file at this path below `/ledger/`, for this agency; none: it does not exist, or not for this agency, which looks
/// the same.
///
/// # Errors
/// If the database fails.
pub async fn ledger_file(
    connection: &mut Connection,
    agency: &Agency,
    path: &str,
) -> Result<Option<File>, StoreError> {
    match path.split_once('/') {
        None if path == "checkpoint" => {
            Ok(super::newest_checkpoint(connection).await?.map(|(_, note)| File::Text(note)))
        }
        None if path == "keys" => Ok(Some(File::Json(keys(connection).await?.to_string()))),
        Some(("event", index)) => match number(index) {
            Some(index) => {
                Ok(event(connection, agency, index).await?.map(|event| File::Json(event.to_string())))
            }
            None => Ok(None),
        },
        Some(("envelope", first_leaf)) => match number(first_leaf) {
            Some(first_leaf) => Ok(envelope(connection, agency, first_leaf).await?.map(File::Json)),
            None => Ok(None),
        },
        _ => match path.parse() {
            Ok(tile) => Ok(read_tile(connection, tile).await?.map(File::Bytes)),
            Err(_) => Ok(None),
        },
    }
}

/// A number has one spelling.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text && *number <= i64::MAX as u64)
}

async fn read_tile(connection: &mut Connection, tile: Tile) -> Result<Option<Vec<u8>>, StoreError> {
    let (first, width) = (tile.subtree(0), u64::from(tile.width));
    // Beyond what any database holds; the engine's numbers end there.
    if first.index > (i64::MAX as u64) - width {
        return Ok(None);
    }
    match tile.kind {
        TileKind::Hashes(_) => {
            let hashes = row_of(connection, first, width).await?;
            Ok((hashes.len() as u64 == width).then(|| hashes.into_flattened()))
        }
        TileKind::Entries => {
            let rows = LeafRow::range(connection, first.index, width).await?;
            if rows.len() as u64 != width {
                return Ok(None);
            }
            let entries: Option<Vec<_>> =
                rows.iter().map(|row| row.leaf().map(|leaf| leaf.to_bytes())).collect();
            let entries = entries.ok_or(StoreError::Value { column: "event.digests" })?;
            Ok(encode_entries(entries.iter().map(|entry| &entry[..])).ok())
        }
    }
}

/// What a leaf commits to, in the form in which it is served and exported.
pub(crate) fn shown(row: &LeafRow, agency: &str) -> Option<Value> {
    let Payload { salt, statement, decision } = row.payload.as_ref()?;
    Some(json!({
        "index": row.index, "kind": row.kind, "recorded_at_us": row.recorded_at_us, "agency": agency,
        "salt": hex::encode(salt), "statement": hex::encode(statement), "decision": hex::encode(decision),
    }))
}

async fn event(
    connection: &mut Connection,
    agency: &Agency,
    index: u64,
) -> Result<Option<Value>, StoreError> {
    let rows = LeafRow::range(connection, index, 1).await?;
    let Some(row) =
        rows.first().filter(|row| agency.is_central() || row.agency == agency.no || is_public(row.kind))
    else {
        return Ok(None);
    };
    let agencies = AgencyRow::all(connection).await?;
    Ok(shown(row, id(&agencies, row.agency)))
}

fn is_public(kind: i64) -> bool {
    let kind = u16::try_from(kind).ok().and_then(Kind::from_number);
    kind.is_some_and(Kind::is_public)
}

async fn envelope(
    connection: &mut Connection,
    agency: &Agency,
    first_leaf: u64,
) -> Result<Option<String>, StoreError> {
    let row = EnvelopeRow::by_first_leaf(connection, first_leaf.cast_signed()).await?;
    let Some(row) = row.filter(|row| agency.is_central() || row.batch.agency == agency.id) else {
        return Ok(None);
    };
    let keys = StatementKeyRow::of(connection, &row.batch.agency).await?;
    let key = keys.iter().find(|key| key_id_text(key.vkey.key_id()) == row.key_id);
    let key = key.ok_or(StoreError::Value { column: "envelope.key_id" })?;
    let envelope = Envelope::new(&row.batch, &key.vkey, &row.signature);
    Ok(Some(serde_json::to_string(&envelope).expect("texts are JSON")))
}

async fn keys(connection: &mut Connection) -> Result<Value, StoreError> {
    let hub = LedgerKeyRow::all(connection).await?.into_iter();
    let hub = hub.map(|key| json!({ "vkey": key.vkey, "since_leaf": key.since_leaf }));
    let statement = StatementKeyRow::all(connection).await?.into_iter().map(|key| {
        json!({
            "agency": key.agency.to_string(), "vkey": key.vkey.to_string(),
            "since_leaf": key.since_leaf, "revoked_leaf": key.revoked_leaf,
        })
    });
    let witness = WitnessKeyRow::all(connection).await?.into_iter().map(|key| {
        json!({
            "agency": key.agency.to_string(), "vkey": key.vkey.to_string(),
            "since_leaf": key.since_leaf, "dropped_leaf": key.dropped_leaf,
        })
    });
    Ok(json!({
        "hub": hub.collect::<Vec<_>>(),
        "statement": statement.collect::<Vec<_>>(),
        "witness": witness.collect::<Vec<_>>(),
    }))
}

/// The agency's id; empty for the hub itself.
pub(crate) fn id(agencies: &[AgencyRow], no: AgencyNo) -> &str {
    agencies.iter().find(|row| row.agency.no == no).map_or("", |row| row.agency.id.as_str())
}
