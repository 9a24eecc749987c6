//! What the decisions' worker writes.

use meldeverbund_proto::v1::Refusal;

use crate::{
    store::{AnsweredBatch, StoreError, Tx, Write},
    witness::{Promise, WitnessNow},
};

/// Notes that batches that need the hub are about to be sent; answers those that may go.
#[derive(Debug)]
pub(super) struct AboutToSend {
    pub(super) batches: Vec<i64>,
    pub(super) now_us: i64,
}

impl Write for AboutToSend {
    type Out = Vec<i64>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        tx.about_to_send(&self.batches, self.now_us).await
    }
}

/// Gives up what needs the hub and was not sent, of one decision or of all.
#[derive(Debug)]
pub(crate) struct GiveUp {
    pub(crate) decision: Option<i64>,
}

impl Write for GiveUp {
    type Out = Vec<i64>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        tx.give_up_unsent(self.decision).await
    }
}

/// Applies answers.
#[derive(Debug)]
pub(super) struct ApplyDecided {
    pub(super) answers: Vec<(AnsweredBatch, Promise)>,
    pub(super) witness: WitnessNow,
}

impl Write for ApplyDecided {
    /// The decisions that were answered further, each once.
    type Out = Vec<i64>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        let mut touched = Vec::new();
        let keys = self.witness.known_keys(tx).await?;
        for (answered, promise) in &self.answers {
            touched.extend(tx.apply_decided(answered).await?);
            promise.keep(tx, &keys, self.witness.now_us).await?;
        }
        touched.dedup();
        Ok(touched)
    }
}

/// The hub refused a batch as a whole.
#[derive(Debug)]
pub(super) struct Refuse {
    pub(super) batch: i64,
    pub(super) refusal: Refusal,
    pub(super) now_us: i64,
}

impl Write for Refuse {
    type Out = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        tx.decision_refused(self.batch, &self.refusal, self.now_us).await
    }
}
