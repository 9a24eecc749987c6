//! An epoch takes office, and says so in the ledger.

use meldeverbund_proto::{
    leaf::{Digest, Kind, Salt},
    statement::BlindEpochStatement,
    v1::{Refusal, RefusalCode},
};

use crate::{
    flow::{Command, Failure, Lane, decide::HUB, once::append_one},
    store::{BlindEpochRow, Tx},
};

/// Puts an epoch in office whose filter is written; the one before is evaluated for a while yet.
#[derive(Debug)]
pub(super) struct BeginBlindEpoch {
    pub(super) epoch: u32,
    pub(super) nonce: [u8; 32],
    pub(super) public_key: [u8; 32],
    pub(super) filter_digest: Digest,
    pub(super) entries: u64,
    pub(super) seen_leaf: i64,
    pub(super) salt: [u8; 32],
    pub(super) legal_basis: String,
    pub(super) overlap_us: i64,
}

impl Command for BeginBlindEpoch {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let newest = BlindEpochRow::newest(tx.reading()).await?;
        if newest.map_or(1, |row| row.epoch + 1) != self.epoch {
            return Err(Refusal::of(RefusalCode::NothingToDo, "this epoch began already").into());
        }
        let mut statement = Vec::new();
        BlindEpochStatement {
            epoch: self.epoch,
            public_key: self.public_key,
            filter_digest: self.filter_digest,
            entries: self.entries,
            legal_basis: self.legal_basis.clone(),
            leaves: self.seen_leaf.cast_unsigned(),
        }
        .encode(&mut statement);
        let leaf = append_one(tx, Kind::BlindEpoch, HUB, Salt::from_random(self.salt), &statement).await?;
        let from_us = tx.now_us();
        tx.end_blind_epochs(from_us.saturating_add(self.overlap_us)).await?;
        let row = BlindEpochRow {
            epoch: self.epoch,
            public_key: self.public_key,
            nonce: Some(self.nonce),
            filter_digest: self.filter_digest,
            entries: self.entries.cast_signed(),
            leaf,
            from_us,
            until_us: None,
            newest_increment: 0,
            added: 0,
            seen_leaf: self.seen_leaf,
        };
        Ok(tx.put_blind_epoch(&row).await?)
    }
}
