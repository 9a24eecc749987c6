//! What is new comes to the sets as increments.

use std::collections::HashSet;

use meldeverbund_blind::{Filter, TAG_BYTES, Tag, tags_from_bytes, tags_to_bytes};
use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::{Blind, build::PIECE_BYTES, gather, holding::Holding, set::Set};
use crate::{
    flow::{Command, Failure, Hub, Lane},
    store::{BlindEpochRow, Head, StoreError, Tx, blind_increment},
};

/// Tags of one increment.
const TAGS: usize = PIECE_BYTES / TAG_BYTES;

/// Leaves whose selectors make one transaction's increments.
const LEAVES: i64 = 100_000;

/// Brings an epoch's set up to the ledger; false if the job passed on.
pub(super) async fn extend(
    holding: &mut Holding<'_>,
    blind: &Blind,
    mut row: BlindEpochRow,
) -> Result<bool, Failure> {
    let hub = holding.hub();
    let key = blind.key(&row)?;
    let end = Head::read(&mut *hub.reader().await?).await?.next_leaf;
    while row.seen_leaf < end {
        let seen_leaf = end.min(row.seen_leaf + LEAVES);
        let visible = gather::Named::read(hub, row.seen_leaf, seen_leaf).await?.visible(hub).await?;
        let mut tags = gather::tags(&key, visible).await?;
        if !tags.is_empty() {
            let (filter, known) = known(hub, &row).await?;
            // A tag that the filter seems to have is a hit already.
            tags.retain(|tag| !filter.contains(tag) && !known.contains(tag));
        }
        // In one order, so that nothing shows in which order they came.
        let tags = tags_to_bytes(tags);
        let increments: Vec<_> = tags.chunks(TAGS * TAG_BYTES).map(<[u8]>::to_vec).collect();
        let newest = row.newest_increment;
        let count = u32::try_from(increments.len()).expect("increments of what is in memory");
        let added = i64::try_from(tags.len() / TAG_BYTES).expect("tags of what is in memory");
        let extend = Extend { epoch: row.epoch, newest, increments, seen_leaf, added: row.added + added };
        if holding.run(extend).await?.is_none() {
            return Ok(false);
        }
        row = BlindEpochRow { seen_leaf, newest_increment: newest + count, added: row.added + added, ..row };
    }
    Ok(true)
}

/// What the set has.
async fn known(hub: &Hub, row: &BlindEpochRow) -> Result<(Filter, HashSet<Tag>), Failure> {
    const FILTER: StoreError = StoreError::Value { column: "blind_piece.piece" };
    const TAGS: StoreError = StoreError::Value { column: "blind_increment.tags" };
    let filter = Filter::read(Set::new(row.epoch).filter(hub).await?).map_err(|_| FILTER)?;
    let mut known = HashSet::new();
    for number in 1..=row.newest_increment {
        let bytes = blind_increment(&mut *hub.reader().await?, row.epoch, number).await?.ok_or(TAGS)?;
        known.extend(tags_from_bytes(&bytes).ok_or(TAGS)?);
    }
    Ok((filter, known))
}

/// Appends increments, if the set is as it was.
#[derive(Debug)]
struct Extend {
    epoch: u32,
    newest: u32,
    increments: Vec<Vec<u8>>,
    seen_leaf: i64,
    added: i64,
}

impl Command for Extend {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let live = BlindEpochRow::live(tx.reading()).await?;
        let row = live.iter().find(|row| row.epoch == self.epoch);
        if row.is_none_or(|row| row.newest_increment != self.newest) {
            return Err(Refusal::of(RefusalCode::NothingToDo, "the set has grown, or is over").into());
        }
        tx.add_blind_increments(self.epoch, self.newest + 1, self.increments.iter().map(Vec::as_slice))
            .await?;
        let count = u32::try_from(self.increments.len()).expect("increments of what is in memory");
        Ok(tx.put_blind_seen(self.epoch, self.seen_leaf, self.newest + count, self.added).await?)
    }
}
