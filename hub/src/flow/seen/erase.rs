//! The term of the log of views has passed.

use super::super::{Command, Failure, Lane};
use crate::store::Tx;

/// Rows that one turn erases: the writer is never kept for long.
const ERASED: i64 = 2_000;

/// Erases views whose term has passed.
#[derive(Debug, Clone, Copy)]
pub struct EraseViews {
    /// What was seen before this goes, microseconds since 1970 UTC.
    pub before_us: i64,
}

impl Command for EraseViews {
    /// How many rows went; none: there is no more.
    type Verdict = u64;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, Failure> {
        Ok(tx.erase_views(self.before_us, ERASED).await?)
    }
}
