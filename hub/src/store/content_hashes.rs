//! Content hashes that referrals carry: which targets they lead to, by whose word.

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo, liaison::HashKey};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query},
    rows::{NewRow, insert},
};

/// A hash that an agency has stated of a target in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashRow {
    /// The hash.
    pub key: HashKey,
    /// The target.
    pub target: TargetNo,
    /// Who says so.
    pub agency: AgencyNo,
    /// In which case.
    pub case: CaseNo,
    /// The leaf that says so.
    pub leaf: i64,
}

impl HashRow {
    /// Leaves the newest of those that differ in their leaf alone: one statement writes a row once.
    pub(super) fn each_once(rows: &mut Vec<Self>) {
        let id = |row: &Self| (row.key, row.target, row.agency, row.case);
        rows.sort_unstable_by_key(|row| (id(row), std::cmp::Reverse(row.leaf)));
        rows.dedup_by_key(|row| id(row));
    }
}

impl NewRow for HashRow {
    const INTO: &'static str = "content_hash (digest, algorithm, target_no, agency_no, case_no, leaf_index)";
    const COLUMNS: usize = 6;
    // Stated again: it counts from there, also where the referral before was withdrawn.
    const CONFLICT: &'static str = "ON CONFLICT (digest, algorithm, target_no, agency_no, case_no) DO UPDATE SET \
         leaf_index = excluded.leaf_index";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(&self.key.digest[..]).add(i64::from(self.key.algorithm)).add(self.target.0);
        values.add(self.agency.0).add(self.case.0).add(self.leaf);
    }
}

/// What was stated of these hashes.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn by_content(
    connection: &mut Connection,
    keys: impl IntoIterator<Item = HashKey>,
) -> Result<Vec<HashRow>, StoreError> {
    const SQL: &str = "/* content_hashes::by_digest */ \
         SELECT h.digest, h.algorithm, h.target_no, h.agency_no, h.case_no, h.leaf_index \
         FROM {byte_strings $1} {join} content_hash h ON h.digest = {bytes j.value}";
    let rows = query(SQL).bind_all(keys.into_iter().map(|key| key.digest)).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let digest: &[u8] = row.try_get("digest")?;
            let digest =
                digest.try_into().map_err(|_| StoreError::Value { column: "content_hash.digest" })?;
            Ok(HashRow {
                key: HashKey { algorithm: row.try_get("algorithm")?, digest },
                target: TargetNo(row.try_get("target_no")?),
                agency: AgencyNo(row.try_get("agency_no")?),
                case: CaseNo(row.try_get("case_no")?),
                leaf: row.try_get("leaf_index")?,
            })
        })
        .collect()
}

impl Tx<'_> {
    /// Notes hashes that referrals carry.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_hashes(&mut self, mut rows: Vec<HashRow>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        HashRow::each_once(&mut rows);
        insert(self.adding(), &rows).await
    }

    /// Forgets what these referrals said of hashes: their retention has ended.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn forget_hashes(
        &mut self,
        said: impl IntoIterator<Item = (i64, HashKey)>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* content_hashes::forget */ DELETE FROM content_hash \
                           WHERE digest = $1 AND algorithm = $2 AND leaf_index = $3";
        for (leaf, key) in said {
            let query = query(SQL).bind(&key.digest).bind(i64::from(key.algorithm)).bind(leaf);
            query.execute(self.writing()).await?;
        }
        Ok(())
    }
}
