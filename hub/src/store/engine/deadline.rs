//! No statement is waited for without end: a server, or the line to it, may be gone without a word.

use std::{future::Future, time::Duration};

use tokio::time::timeout;

use super::postgres::STATEMENT_TIMEOUT;
use crate::store::StoreError;

/// How long a statement is waited for: longer than the server itself works on it, so that it is the server that says so
/// where it still can.
pub(super) const PATIENCE: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_secs(5));

/// Waits so long for an answer.
pub(super) async fn in_time<T>(
    most: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match timeout(most, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::Late),
    }
}
