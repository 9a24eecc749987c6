//! The host rules, as text, and the first link of each object that they know.

use meldeverbund_domain::{TargetNo, referral::ObjectKey};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_as},
    policies::InForce,
    rows::{NewRow, expect_rows, insert},
};

struct NewKey {
    key: ObjectKey,
    target: TargetNo,
}

impl NewRow for NewKey {
    const INTO: &'static str = "object_key (digest, target_no)";
    const COLUMNS: usize = 2;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(&self.key[..]).add(self.target.0);
    }
}

/// The newest rules' leaf and that leaf's hash; none: there are no rules.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn newest_host_rules(connection: &mut Connection) -> Result<InForce, StoreError> {
    const SQL: &str = "/* host_rules::newest */ SELECT p.leaf_index, e.leaf_hash FROM host_rules p \
                       LEFT JOIN event e ON e.leaf_index = p.leaf_index ORDER BY p.leaf_index DESC LIMIT 1";
    query_as(SQL).fetch_optional(connection).await
}

/// The rules that were in force at a leaf, with the leaf that put them there.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn host_rules_at(
    connection: &mut Connection,
    leaf: i64,
) -> Result<Option<(i64, String)>, StoreError> {
    const SQL: &str = "/* host_rules::at */ SELECT leaf_index, text FROM host_rules WHERE leaf_index <= $1 \
                       ORDER BY leaf_index DESC LIMIT 1";
    query_as(SQL).bind(leaf).fetch_optional(connection).await
}

impl Tx<'_> {
    /// Puts rules in force.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_host_rules(&mut self, leaf: i64, text: &str) -> Result<(), StoreError> {
        const SQL: &str = "/* host_rules::put */ INSERT INTO host_rules (leaf_index, text) VALUES ($1, $2)";
        let done = query(SQL).bind(leaf).bind(text).execute(self.writing()).await?;
        expect_rows("host_rules::put", done, 1)
    }

    /// The first links of these objects, as far as there are any.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn object_keys(
        &mut self,
        keys: impl IntoIterator<Item = ObjectKey>,
    ) -> Result<Vec<(ObjectKey, TargetNo)>, StoreError> {
        const SQL: &str = "/* host_rules::keys */ SELECT k.digest, k.target_no FROM {byte_strings $1} \
                           {join} object_key k ON k.digest = {bytes j.value}";
        let rows: Vec<(Vec<u8>, i64)> = query_as(SQL).bind_all(keys).fetch_all(&mut *self.connection).await?;
        let unreadable = |_| StoreError::Value { column: "object_key.digest" };
        let row = |(key, target): (Vec<u8>, i64)| Ok((key.try_into().map_err(unreadable)?, TargetNo(target)));
        rows.into_iter().map(row).collect()
    }

    /// Notes the first links of objects.
    ///
    /// # Errors
    /// If the engine fails, or an object has one already.
    pub async fn add_object_keys(
        &mut self,
        keys: impl IntoIterator<Item = (ObjectKey, TargetNo)>,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = keys.into_iter().map(|(key, target)| NewKey { key, target }).collect();
        if rows.is_empty() { Ok(()) } else { insert(self.adding(), &rows).await }
    }
}
