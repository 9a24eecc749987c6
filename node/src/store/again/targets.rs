//! Targets of which nothing is known for certain are asked for: since the hub was restored, or for whatever reason.

use std::collections::HashSet;

use meldeverbund_proto::TargetId;

use super::target_id;
use crate::store::{StoreError, Tx};

impl Tx {
    /// Targets of which nothing is known for certain, after one of them.
    pub async fn untold_targets(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, TargetId)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "/* untold_targets */ SELECT id, target_id FROM target INDEXED BY target_untold
             WHERE told_us = 0 AND id > ? ORDER BY id LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(|(row, id)| Ok((row, target_id(id)?))).collect()
    }

    /// Which of these nothing was told of meanwhile.
    pub async fn still_untold(&mut self, ids: &[TargetId]) -> Result<HashSet<TargetId>, StoreError> {
        let mut untold = HashSet::new();
        for id in ids {
            let found: Option<i64> = sqlx::query_scalar(
                "/* still_untold */ SELECT 1 FROM target WHERE target_id = ? AND told_us = 0",
            )
            .bind(&id.as_bytes()[..])
            .fetch_optional(self.conn())
            .await?;
            untold.extend(found.map(|_| *id));
        }
        Ok(untold)
    }

    /// The targets were asked for again.
    pub async fn refreshed(&mut self, now_us: i64) -> Result<(), StoreError> {
        sqlx::query("/* refreshed */ UPDATE epoch_begun SET refreshed_us = ? WHERE refreshed_us IS NULL")
            .bind(now_us)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}
