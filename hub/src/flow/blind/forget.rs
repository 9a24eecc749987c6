//! Epochs end: their keys, and then their sets, are dropped.

use crate::{
    flow::{Command, Failure, Lane},
    store::Tx,
};

/// Pieces and increments that one transaction drops: some megabytes.
const ROWS: i64 = 64;

/// Forgets the keys of epochs whose time is over; with `all`, of those in office too: their seed is lost.
#[derive(Debug)]
pub struct ForgetBlindKeys {
    /// True: of all epochs.
    pub all: bool,
}

/// Drops some of an epoch's set; true if there may be more.
#[derive(Debug)]
pub(super) struct DropSet {
    pub(super) epoch: u32,
}

impl Command for ForgetBlindKeys {
    /// How many epochs.
    type Verdict = u64;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, Failure> {
        if self.all {
            tx.end_all_blind_epochs().await?;
        }
        Ok(tx.forget_blind_keys().await?)
    }
}

impl Command for DropSet {
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let pieces = tx.drop_blind_pieces(self.epoch, ROWS).await?;
        let increments = tx.drop_blind_increments(self.epoch, ROWS).await?;
        Ok(pieces + increments > 0)
    }
}
