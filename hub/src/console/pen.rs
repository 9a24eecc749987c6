//! The central office's statement key, where the console has one: what is decided here is signed as everywhere.

use meldeverbund_proto::{envelope, note::SigningKey, statement::BatchStatement, v1::StatementSignature};

/// Signs in the central office's name; without a key, nothing.
pub(super) struct Pen(Option<SigningKey>);

impl Pen {
    pub(super) fn new(key: Option<SigningKey>) -> Self {
        Self(key)
    }

    /// The signature under a command's batch.
    pub(super) fn sign(&self, batch: &BatchStatement) -> Option<StatementSignature> {
        self.0.as_ref().map(|key| StatementSignature {
            key_id: format!("{:08x}", key.vkey().key_id()),
            signature: envelope::sign(key, batch).to_vec(),
        })
    }
}
