//! The members' policy, as text; each with the leaf that put it in force.

use super::{StoreError, Tx, engine::Connection, rows::expect_rows};

/// The newest policy's leaf; none: the built-in one is in force.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn newest_policy(connection: &mut Connection) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "/* policies::newest */ SELECT max(leaf_index) FROM policy";
    Ok(sqlx::query_scalar(SQL).fetch_one(connection).await?)
}

/// The policy that was in force at a leaf, with the leaf that put it there.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn policy_at(
    connection: &mut Connection,
    leaf: i64,
) -> Result<Option<(i64, String)>, StoreError> {
    const SQL: &str = "/* policies::at */ SELECT leaf_index, text FROM policy WHERE leaf_index <= $1 \
                       ORDER BY leaf_index DESC LIMIT 1";
    Ok(sqlx::query_as(SQL).bind(leaf).fetch_optional(connection).await?)
}

impl Tx<'_> {
    /// Puts a policy in force.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_policy(&mut self, leaf: i64, text: &str) -> Result<(), StoreError> {
        const SQL: &str = "/* policies::put */ INSERT INTO policy (leaf_index, text) VALUES ($1, $2)";
        let done = sqlx::query(SQL).bind(leaf).bind(text).execute(self.writing()).await?;
        expect_rows("policies::put", done.rows_affected(), 1)
    }
}
