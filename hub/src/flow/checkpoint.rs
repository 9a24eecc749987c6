//! Checkpoints beside the writer: the write-ahead log moves into the database without keeping anybody waiting.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::store::{Store, StoreError};

/// How often the log's size is looked at.
const EVERY: Duration = Duration::from_millis(500);

/// Log size from which it is moved into the database.
const MOVE_BYTES: u64 = 16 * 1024 * 1024;

/// Log size from which the writer empties it itself, because it grows faster than it is moved.
const TRUNCATE_BYTES: u64 = 256 * 1024 * 1024;

/// Runs until stopped.
pub(super) async fn run(store: Store, truncate: Arc<AtomicBool>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        let bytes = store.log_bytes();
        if bytes > TRUNCATE_BYTES {
            truncate.store(true, Ordering::Relaxed);
        }
        if bytes > MOVE_BYTES
            && let Err(error) = checkpoint(&store).await
        {
            tracing::warn!(cause = %error, "checkpoint failed");
        }
    }
}

async fn checkpoint(store: &Store) -> Result<(), StoreError> {
    let mut connection = store.writer().await?;
    Store::checkpoint(&mut connection).await
}
