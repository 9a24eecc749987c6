//! No statement is waited for without end: a server, or the line to it, may be gone without a word.

use std::time::Duration;

/// How long the server works on one statement: retention's look at all bindings takes seconds.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long COMMIT is waited for. A synchronous standby that is gone lets it hang for ever, past every limit of the server;
/// what became of it is then asked by the command's id.
pub(in crate::store) const COMMIT_DEADLINE: Duration = Duration::from_secs(15);

/// How long the writer waits for any statement: as long as for COMMIT, and longer than the server lets it wait for a lock.
/// Everybody's commands wait behind it, and are better told to come again.
#[cfg(feature = "postgres")]
pub(in crate::store) const WRITER_PATIENCE: Duration = COMMIT_DEADLINE;

/// How long the server works on one statement of the writer: given up by itself before the writer gives up, so that a connection
/// that was left behind does not keep the head from everybody.
#[cfg(feature = "postgres")]
pub(super) const WRITER_STATEMENT_TIMEOUT: Duration = Duration::from_secs(12);

/// How long a statement is waited for: longer than the server itself works on it, so that it is the server that says so
/// where it still can.
pub(in crate::store) const PATIENCE: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_secs(5));

/// Waits so long for an answer.
#[cfg(feature = "postgres")]
pub(in crate::store) async fn in_time<T>(
    most: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, crate::store::StoreError> {
    match tokio::time::timeout(most, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(crate::store::StoreError::Late),
    }
}
