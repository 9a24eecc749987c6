//! How far the hub's feed has been applied, and what could not be.

use super::{StoreError, Tx, signed, unsigned};

/// An event that could not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Its position in the feed.
    pub sequence: u64,
    /// Why; never a link.
    pub reason: String,
    /// When.
    pub parked_us: i64,
}

impl Tx {
    /// The last sequence that was applied.
    pub async fn feed_cursor(&mut self) -> Result<u64, StoreError> {
        let cursor: i64 = sqlx::query_scalar("/* feed_cursor */ SELECT feed_cursor FROM meta WHERE one = 1")
            .fetch_one(self.conn())
            .await?;
        Ok(unsigned(cursor))
    }

    /// The epoch and the sequence of the last event that was applied.
    pub async fn feed_place(&mut self) -> Result<(u32, u64), StoreError> {
        let (epoch, cursor): (u32, i64) =
            sqlx::query_as("/* feed_place */ SELECT feed_epoch, feed_cursor FROM meta WHERE one = 1")
                .fetch_one(self.conn())
                .await?;
        Ok((epoch, unsigned(cursor)))
    }

    /// The feed goes on in a later epoch behind what the hub kept of it: at the cursor, or further back. What was set aside
    /// of what it lost will not come again. False: there would be a gap.
    pub async fn feed_goes_on(&mut self, epoch: u32, sequence: u64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* feed_goes_on */ UPDATE meta SET feed_epoch = ?, feed_cursor = ? WHERE one = 1 AND feed_cursor >= ?",
        )
        .bind(epoch)
        .bind(signed(sequence))
        .bind(signed(sequence) - 1)
        .execute(self.conn())
        .await?;
        sqlx::query("/* feed_goes_on */ DELETE FROM parked WHERE sequence >= ?")
            .bind(signed(sequence))
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Moves the cursor on by one; false: it does not stand just before `sequence`.
    pub async fn advance_feed(&mut self, sequence: u64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* advance_feed */ UPDATE meta SET feed_cursor = ? WHERE one = 1 AND feed_cursor = ?",
        )
        .bind(signed(sequence))
        .bind(signed(sequence) - 1)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Sets an event aside.
    pub async fn park(&mut self, parked: &Parked) -> Result<(), StoreError> {
        sqlx::query(
            "/* park */ INSERT OR REPLACE INTO parked (sequence, reason, parked_us) VALUES (?, ?, ?)",
        )
        .bind(signed(parked.sequence))
        .bind(&parked.reason)
        .bind(parked.parked_us)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// An event that was set aside has been applied.
    pub async fn unpark(&mut self, sequence: u64) -> Result<(), StoreError> {
        sqlx::query("/* unpark */ DELETE FROM parked WHERE sequence = ?")
            .bind(signed(sequence))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Events that were set aside after `after`, in order.
    pub async fn parked(&mut self, after: u64, limit: u32) -> Result<Vec<Parked>, StoreError> {
        let rows: Vec<(i64, String, i64)> = sqlx::query_as(
            "/* parked */ SELECT sequence, reason, parked_us FROM parked WHERE sequence > ? ORDER BY sequence LIMIT ?",
        )
        .bind(signed(after))
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        let parked =
            |(sequence, reason, parked_us)| Parked { sequence: unsigned(sequence), reason, parked_us };
        Ok(rows.into_iter().map(parked).collect())
    }

    /// How many events are set aside.
    pub async fn parked_count(&mut self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("/* parked_count */ SELECT count(*) FROM parked")
            .fetch_one(self.conn())
            .await?;
        Ok(unsigned(count))
    }

    /// Runs before an event that may have to be set aside.
    pub async fn savepoint(&mut self) -> Result<(), StoreError> {
        sqlx::query("/* savepoint */ SAVEPOINT event").execute(self.conn()).await?;
        Ok(())
    }

    /// The event was applied.
    pub async fn release(&mut self) -> Result<(), StoreError> {
        sqlx::query("/* release */ RELEASE event").execute(self.conn()).await?;
        Ok(())
    }

    /// The event could not be applied: undoes its part.
    pub async fn undo(&mut self) -> Result<(), StoreError> {
        sqlx::query("/* undo */ ROLLBACK TO event").execute(self.conn()).await?;
        self.release().await
    }
}
