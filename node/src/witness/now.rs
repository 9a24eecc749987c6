//! What a transaction has to know to judge what the hub promised.

use std::sync::Arc;

use meldeverbund_proto::note::VerifierKey;

use super::known_keys;
use crate::store::{StoreError, Tx};

/// Whom this office believes, and what time it is.
#[derive(Debug, Clone)]
pub struct WitnessNow {
    /// Keys of the hub that the configuration names.
    pub pinned: Arc<[VerifierKey]>,
    /// Now.
    pub now_us: i64,
}

impl WitnessNow {
    /// The keys of the hub that are believed.
    pub(crate) async fn known_keys(&self, tx: &mut Tx) -> Result<Vec<VerifierKey>, StoreError> {
        Ok(known_keys(&self.pinned, &tx.hub_keys().await?))
    }
}
