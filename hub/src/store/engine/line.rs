//! A server's connection on which a large write may still be under way, while who sent it goes on: whoever comes next waits for it.

use std::{fmt, future::ready, mem, panic::AssertUnwindSafe, task::Poll, time::Duration};

use futures::{FutureExt as _, future::BoxFuture, poll};
use sqlx::{AssertSqlSafe, PgConnection, postgres::PgArguments};

use super::in_time;
use crate::store::{StoreError, rows::expect_rows};

/// The connection, or who has it.
pub(super) enum Line {
    /// Nobody.
    Free(PgConnection),
    /// A write, which gives it back.
    Writing(BoxFuture<'static, Written>),
    /// It is not used any more: an answer did not come in time, or who had it panicked.
    Lost,
}

/// A bulk insert.
pub(super) struct Write {
    pub(super) text: String,
    pub(super) arguments: PgArguments,
    /// The table and its columns.
    pub(super) into: &'static str,
    /// How many rows.
    pub(super) rows: u64,
    /// How long the answer is waited for.
    pub(super) most: Duration,
}

/// What a write leaves behind: the connection, unless it is lost, and what became of it.
type Written = (Option<PgConnection>, Result<(), StoreError>);

impl Line {
    /// The connection, once what is under way has been written; the error if that failed.
    pub(super) async fn free(&mut self) -> Result<&mut PgConnection, StoreError> {
        if let Self::Writing(write) = self {
            let (connection, written) = write.await;
            *self = connection.map_or(Self::Lost, Self::Free);
            written?;
        }
        match self {
            Self::Free(connection) => Ok(connection),
            Self::Writing(_) | Self::Lost => Err(StoreError::Late),
        }
    }

    /// Writes once what is under way has been written, unless that failed. It is sent as far as that goes at once, and the caller
    /// goes on meanwhile.
    pub(super) async fn go_on(&mut self, write: Write) {
        let mut line = mem::replace(self, Self::Lost);
        let write = async move {
            let written = match line.free().await {
                Ok(connection) => write.run(connection).await,
                Err(error) => Err(error),
            };
            match line {
                Self::Free(connection) if !matches!(written, Err(StoreError::Late)) => {
                    (Some(connection), written)
                }
                _ => (None, written),
            }
        };
        let written = AssertUnwindSafe(write).catch_unwind();
        let mut write = written.map(|done| done.unwrap_or((None, Err(StoreError::Panicked)))).boxed();
        *self = match poll!(&mut write) {
            Poll::Pending => Self::Writing(write),
            Poll::Ready(written) => Self::Writing(ready(written).boxed()),
        };
    }
}

impl Write {
    /// Writes, and checks how many rows it were.
    pub(super) async fn run(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let Self { text, arguments, into, rows, most } = self;
        let done =
            in_time(most, sqlx::query_with(AssertSqlSafe(text), arguments).execute(connection)).await?;
        expect_rows(into, done.rows_affected(), rows)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Free(_) => "Free",
            Self::Writing(_) => "Writing",
            Self::Lost => "Lost",
        })
    }
}
