//! Makes the export: what this node holds, and the tiles and events that the hub hands over.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use meldeverbund_proto::{
    leaf::Leaf,
    note::{Checkpoint, Note},
    tile::{FULL_WIDTH, Tile, TileKind, decode_entries},
};

use super::{ExportError, writer::Writer};
use crate::{
    ledger::verify::{
        EnvelopeLine, FORMAT, HexDigest, LEAVES_PER_FILE, Origin, ReceiptLine, SeenLine, event_file,
    },
    node::Node,
    store::{ReceiptState, StoredReceipt},
    witness::files::{Event, Files},
};

/// Files that are asked for at once.
const AT_ONCE: usize = 16;

/// Receipts and checkpoints that are read together.
const PAGE: u32 = 200;

/// Leaves of this office's own, as first leaf and count, ascending.
type OwnLeaves = Vec<(u64, u64)>;

/// Makes the whole export.
pub(super) async fn make(node: &Node, files: &Files, writer: &mut Writer) -> Result<(), ExportError> {
    let newest = node.store.read().await?.newest_checkpoint().await?.ok_or(ExportError::NothingSeen)?;
    let note: Note = newest.note.parse().map_err(|_| ExportError::Store)?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_| ExportError::Store)?;
    keys(node, writer).await?;
    writer.file("checkpoint", newest.note.clone().into_bytes()).await?;
    let own = receipts(node, files, writer, checkpoint.size).await?;
    seen(node, writer, (newest.epoch, newest.size)).await?;
    hashes(files, writer, checkpoint.size).await?;
    entries(files, writer, checkpoint.size, &own).await?;
    writer.end().await
}

async fn keys(node: &Node, writer: &mut Writer) -> Result<(), ExportError> {
    let mut tx = node.store.read().await?;
    let hub_keys = node.witness_now().known_keys(&mut tx).await?;
    drop(tx);
    let config = &node.config;
    let pinned = !config.ledger.hub_keys.is_empty();
    let origin = Origin {
        format: FORMAT.into(),
        trust_domain: config.hub.trust_domain.as_str().to_owned(),
        agency: config.agency.to_string(),
        exported_at_us: node.clock.now_us(),
        hub_keys: if pinned { config.ledger.hub_keys.clone() } else { hub_keys },
        hub_keys_pinned: pinned,
        witnesses: config.ledger.witnesses.clone(),
    };
    let mut text = serde_json::to_vec_pretty(&origin).map_err(|_| ExportError::Store)?;
    text.push(b'\n');
    writer.file("keys.json", text).await
}

/// The receipts and envelopes of leaves that the tree has.
async fn receipts(
    node: &Node,
    files: &Files,
    writer: &mut Writer,
    size: u64,
) -> Result<OwnLeaves, ExportError> {
    let mut own = OwnLeaves::new();
    let mut from = 0;
    loop {
        let page = node.store.read().await?.receipts_from(from, PAGE).await?;
        let Some(last) = page.last() else { return Ok(own) };
        from = last.receipt.receipt.first_leaf + 1;
        let covered = page.into_iter().filter(|stored| end_of(stored) <= size);
        for stored in covered {
            let (first, end) = (stored.receipt.receipt.first_leaf, end_of(&stored));
            if stored.receipt.state != ReceiptState::GivenUp {
                own.push((first, end - first));
                if let Some(envelope) = files.envelope(first).await? {
                    let envelope =
                        serde_json::from_value(envelope).map_err(|_| ExportError::Envelope(first))?;
                    let line = EnvelopeLine { first_leaf: first, leaf_count: end - first, envelope };
                    writer.line("envelopes.jsonl", &line).await?;
                }
            }
            writer.line("receipts.jsonl", &receipt_line(stored)).await?;
        }
    }
}

fn end_of(stored: &StoredReceipt) -> u64 {
    stored.receipt.receipt.first_leaf + stored.receipt.statements.len() as u64
}

fn receipt_line(stored: StoredReceipt) -> ReceiptLine {
    let hex = |digests: Vec<[u8; 32]>| digests.into_iter().map(HexDigest).collect();
    let kept = stored.receipt;
    ReceiptLine {
        command: kept.command.to_string(),
        kind: kept.kind as u16,
        recorded_at_us: kept.recorded_us.unsigned_abs(),
        first_leaf: kept.receipt.first_leaf,
        statement_digests: hex(kept.statements),
        decision_digests: hex(kept.receipt.decisions),
        note: kept.receipt.note,
        before: hex(kept.receipt.before),
        after: hex(kept.receipt.after),
        state: match kept.state {
            ReceiptState::Unchecked => "unchecked",
            ReceiptState::Proven => "proven",
            ReceiptState::Unproven => "unproven",
            ReceiptState::GivenUp => "given_up",
        }
        .into(),
    }
}

async fn seen(node: &Node, writer: &mut Writer, newest: (u32, u64)) -> Result<(), ExportError> {
    let mut after = (0, 0);
    loop {
        let page = node.store.read().await?.checkpoints_after(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = (last.epoch, last.size);
        for seen in page.into_iter().filter(|seen| (seen.epoch, seen.size) <= newest) {
            let line =
                SeenLine { epoch: seen.epoch, size: seen.size, note: seen.note, seen_at_us: seen.seen_us };
            writer.line("seen.jsonl", &line).await?;
        }
    }
}

async fn hashes(files: &Files, writer: &mut Writer, size: u64) -> Result<(), ExportError> {
    let tiles = Tile::all(size).filter(|tile| tile.kind != TileKind::Entries);
    let mut fetched = stream::iter(tiles)
        .map(|tile| async move { Ok::<_, ExportError>((tile, files.tile(tile).await?)) })
        .buffered(AT_ONCE);
    while let Some((tile, bytes)) = fetched.try_next().await? {
        writer.file(&tile.to_string(), bytes).await?;
    }
    Ok(())
}

/// The entries, and beside them the events that this office may read.
async fn entries(files: &Files, writer: &mut Writer, size: u64, own: &OwnLeaves) -> Result<(), ExportError> {
    let mut fetched = stream::iter(Tile::of(TileKind::Entries, size))
        .map(|tile| async move { Ok::<_, ExportError>((tile, files.tile(tile).await?)) })
        .buffered(AT_ONCE);
    let mut number = 0;
    while let Some((tile, bytes)) = fetched.try_next().await? {
        let first = tile.index * u64::from(FULL_WIDTH);
        let leaves = decode_entries(&bytes).map_err(|_| ExportError::Tile(tile.to_string()))?;
        let readable = (first..).zip(&leaves).filter(|(index, leaf)| is_for_all(leaf) || is_own(own, *index));
        let readable: Vec<u64> = readable.map(|(index, _)| index).collect();
        if first / LEAVES_PER_FILE != number {
            writer.end().await?;
            number = first / LEAVES_PER_FILE;
        }
        let mut events = stream::iter(readable)
            .map(|index| async move { Ok::<Option<Event>, ExportError>(files.event(index).await?) })
            .buffered(AT_ONCE);
        while let Some(event) = events.try_next().await? {
            // One that is not there: its retention has ended.
            if let Some(event) = event {
                writer.line(&event_file(number), &event).await?;
            }
        }
        writer.file(&tile.to_string(), bytes).await?;
    }
    Ok(())
}

fn is_for_all(leaf: &[u8]) -> bool {
    Leaf::from_bytes(leaf).is_ok_and(|leaf| leaf.kind.is_public())
}

fn is_own(own: &OwnLeaves, index: u64) -> bool {
    let behind = own.partition_point(|(first, _)| *first <= index);
    behind.checked_sub(1).is_some_and(|at| index < own[at].0 + own[at].1)
}
