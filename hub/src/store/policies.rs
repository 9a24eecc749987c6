//! The members' policy, as text; each with the leaf that put it in force.

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_as},
    rows::expect_rows,
};

/// The leaf that put a policy or rules in force, and that leaf's hash; none: nothing was put in force yet.
pub(crate) type InForce = Option<(i64, Option<Vec<u8>>)>;

/// The newest policy's leaf and that leaf's hash; none: the built-in one is in force. The hash tells it from one that was
/// put in force at the same place by a transaction that was undone.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn newest_policy(connection: &mut Connection) -> Result<InForce, StoreError> {
    const SQL: &str = "/* policies::newest */ SELECT p.leaf_index, e.leaf_hash FROM policy p \
                       LEFT JOIN event e ON e.leaf_index = p.leaf_index ORDER BY p.leaf_index DESC LIMIT 1";
    query_as(SQL).fetch_optional(connection).await
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
    query_as(SQL).bind(leaf).fetch_optional(connection).await
}

impl Tx<'_> {
    /// Puts a policy in force.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_policy(&mut self, leaf: i64, text: &str) -> Result<(), StoreError> {
        const SQL: &str = "/* policies::put */ INSERT INTO policy (leaf_index, text) VALUES ($1, $2)";
        let done = query(SQL).bind(leaf).bind(text).execute(self.writing()).await?;
        expect_rows("policies::put", done, 1)
    }
}
