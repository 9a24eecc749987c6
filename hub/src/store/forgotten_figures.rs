//! Forgets what was counted, slice by slice. From the first word on nobody counts, and what stands there still is shown to nobody;
//! with the last slice counting begins anew.

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_scalar},
    figures::FORGETTING,
};

/// The row of `figured` that says up to which target was forgotten: behind it, so that what lies dead there is not walked through
/// with each slice.
const FORGOTTEN: &str = "forgotten";

impl Tx<'_> {
    /// Says that what was counted is forgotten.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn begin_to_forget_figures(&mut self) -> Result<(), StoreError> {
        self.put_figured_to(FORGETTING).await
    }

    /// Forgets so many rows; true if there may be more. With the last of them counting begins anew, from the first leaf.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn forget_figures(&mut self, most: u32) -> Result<bool, StoreError> {
        const SUMS: &str = "/* forgotten_figures::sums */ DELETE FROM figure \
             WHERE (grouped_by, name, figure, month) IN (SELECT f.grouped_by, f.name, f.figure, f.month FROM figure f \
             ORDER BY f.grouped_by, f.name, f.figure, f.month LIMIT $1)";
        const TARGETS: &str = "/* forgotten_figures::targets */ DELETE FROM figure_target \
                               WHERE target_no > $1 AND target_no <= $2";
        const DONE: &str = "/* forgotten_figures::done */ DELETE FROM figured WHERE job = $1";
        const REACH: &str = "/* forgotten_figures::reach */ INSERT INTO figured (job, next_leaf) VALUES ($1, $2) \
                             ON CONFLICT (job) DO UPDATE SET next_leaf = excluded.next_leaf";
        if query(SUMS).bind(most).execute(self.writing()).await? > 0 {
            return Ok(true);
        }
        let reached = reached(self.reading()).await?;
        let end = end(self.reading(), reached, most).await?;
        query(TARGETS).bind(reached).bind(end.unwrap_or(i64::MAX)).execute(self.writing()).await?;
        let Some(end) = end else {
            query(DONE).bind(FORGOTTEN).execute(self.writing()).await?;
            self.put_figured_to(0).await?;
            return Ok(false);
        };
        query(REACH).bind(FORGOTTEN).bind(end).execute(self.writing()).await?;
        Ok(true)
    }
}

async fn reached(connection: &mut Connection) -> Result<i64, StoreError> {
    const SQL: &str = "/* forgotten_figures::reached */ SELECT next_leaf FROM figured WHERE job = $1";
    let reached: Option<i64> = query_scalar(SQL).bind(FORGOTTEN).fetch_optional(connection).await?;
    Ok(reached.unwrap_or(i64::MIN))
}

/// The last target of a slice; none: there are fewer.
async fn end(connection: &mut Connection, after: i64, most: u32) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "/* forgotten_figures::end */ SELECT t.target_no FROM figure_target t WHERE t.target_no > $1 \
                       ORDER BY t.target_no LIMIT 1 OFFSET $2";
    query_scalar(SQL).bind(after).bind(most.saturating_sub(1)).fetch_optional(connection).await
}
