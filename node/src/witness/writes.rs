//! What the witness writes.

use meldeverbund_proto::leaf::Digest;

use crate::store::{HubKey, NewAlarm, NewEpoch, ReceiptState, SeenCheckpoint, StoreError, Tx, Write};

/// Raises alarms.
#[derive(Debug)]
pub(super) struct Raise {
    pub(super) alarms: Vec<NewAlarm>,
    pub(super) now_us: i64,
}

impl Write for Raise {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for alarm in &self.alarms {
            tx.raise(alarm, self.now_us).await?;
        }
        Ok(())
    }
}

/// Keeps a checkpoint that stands.
#[derive(Debug)]
pub(super) struct Keep(pub(super) SeenCheckpoint);

impl Write for Keep {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.keep_checkpoint(&self.0).await?;
        tx.prune_checkpoints().await?;
        Ok(())
    }
}

/// Notes that this node vouches for a checkpoint; false: an alarm waits for a person, and it does not.
#[derive(Debug)]
pub(super) struct Vouch {
    pub(super) seen: SeenCheckpoint,
    pub(super) now_us: i64,
}

impl Write for Vouch {
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        if tx.open_alarms().await? > 0 {
            return Ok(false);
        }
        tx.keep_checkpoint(&SeenCheckpoint { cosigned_us: Some(self.now_us), ..self.seen.clone() }).await?;
        Ok(true)
    }
}

/// Joins trees of receipts to a published checkpoint, and disowns those that it does not continue.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) published: (u32, u64),
    pub(super) joined: Vec<(u64, Digest)>,
    pub(super) missing: Vec<(u64, Digest, NewAlarm)>,
    pub(super) now_us: i64,
}

impl Write for Join {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for (size, root) in &self.joined {
            tx.join_receipts((*size, root), self.published).await?;
        }
        for (size, root, alarm) in &self.missing {
            tx.disown_receipts(*size, root).await?;
            tx.raise(alarm, self.now_us).await?;
        }
        Ok(())
    }
}

/// What was found of a receipt: epoch, size and root of its tree, or what is wrong with it.
pub(super) type Rechecked = Result<(u32, u64, Digest), NewAlarm>;

/// Notes what was found of receipts that could not be checked before.
#[derive(Debug)]
pub(super) struct Recheck {
    pub(super) found: Vec<(i64, Rechecked)>,
    pub(super) now_us: i64,
}

impl Write for Recheck {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for (id, found) in &self.found {
            match found {
                Ok(tree) => tx.set_receipt_state(*id, ReceiptState::Proven, Some(*tree)).await?,
                Err(alarm) => {
                    tx.set_receipt_state(*id, ReceiptState::Unproven, None).await?;
                    tx.raise(alarm, self.now_us).await?;
                }
            }
        }
        Ok(())
    }
}

/// Learns keys of the hub.
#[derive(Debug)]
pub(super) struct Learn {
    pub(super) keys: Vec<HubKey>,
    pub(super) notices: Vec<NewAlarm>,
    pub(super) now_us: i64,
}

impl Write for Learn {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for key in &self.keys {
            tx.keep_hub_key(key).await?;
        }
        for notice in &self.notices {
            tx.raise(notice, self.now_us).await?;
        }
        Ok(())
    }
}

/// A new epoch is accepted: its checkpoint is kept, receipts are given up or joined anew, and what
/// was lost is handed in again.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) seen: SeenCheckpoint,
    pub(super) kept: u64,
    /// What is handed in again.
    pub(super) again: NewEpoch,
    /// Receipts whose leaves were shown to be in the new tree.
    pub(super) joined: Vec<i64>,
    /// Receipts whose leaves should be there and are not.
    pub(super) missing: Vec<(i64, NewAlarm)>,
    pub(super) notice: NewAlarm,
    pub(super) now_us: i64,
}

impl Write for Begin {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.keep_checkpoint(&self.seen).await?;
        tx.begin_again(&self.again).await?;
        tx.give_up_receipts(self.seen.epoch, self.kept).await?;
        for id in &self.joined {
            tx.join_receipt(*id, (self.seen.epoch, self.seen.size)).await?;
        }
        for (id, alarm) in &self.missing {
            tx.set_receipt_state(*id, ReceiptState::Unproven, None).await?;
            tx.raise(alarm, self.now_us).await?;
        }
        tx.raise(&self.notice, self.now_us).await?;
        Ok(())
    }
}

/// A person has seen an alarm, or all.
#[derive(Debug)]
pub(crate) struct Acknowledge {
    pub(crate) alarm: Option<i64>,
    pub(crate) by: String,
    pub(crate) why: String,
    pub(crate) now_us: i64,
}

impl Write for Acknowledge {
    type Out = u64;

    async fn run(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        tx.acknowledge_alarms(self.alarm, &self.by, &self.why, self.now_us).await
    }
}
