//! The registry as the handshake needs it: public keys that stand for names. The command line beside the running hub
//! writes them; they are read again and again.

use std::{collections::HashMap, time::Duration};

use meldeverbund_certs::{Identity, KeyFingerprint, RegisteredKeys};
use tokio_util::sync::CancellationToken;

use crate::store::{KeyRow, Store, StoreError};

/// How soon a key that was registered, or forgotten, counts.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The registered keys.
pub(super) async fn keys(store: &Store) -> Result<HashMap<KeyFingerprint, Identity>, StoreError> {
    let mut reader = store.reader().await?;
    let rows = KeyRow::all(&mut reader).await?;
    let identity = |row: KeyRow| {
        let node = row.node.parse().map_err(|_| StoreError::Value { column: "agency_key.node" })?;
        Ok((KeyFingerprint::from_bytes(row.fingerprint), Identity { agency: row.agency, node }))
    };
    rows.into_iter().map(identity).collect()
}

/// Keeps them current.
pub(super) async fn watch(store: Store, registered: RegisteredKeys, stop: CancellationToken) {
    let mut known = None;
    loop {
        match keys(&store).await {
            Ok(keys) if known.as_ref() != Some(&keys) => {
                registered.replace(keys.clone());
                known = Some(keys);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(cause = %error, "registered keys not read, the earlier ones stay"),
        }
        if stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_none() {
            return;
        }
    }
}
