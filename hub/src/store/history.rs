//! Which leaves decided on a target.

use std::collections::HashMap;

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_proto::leaf::Kind;

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query_as, query_scalar},
    rows::{NewRow, insert},
};

struct Entry {
    target: TargetNo,
    leaf_index: i64,
}

impl NewRow for Entry {
    const INTO: &'static str = "history (target_no, leaf_index)";
    const COLUMNS: usize = 2;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.target.0).add(self.leaf_index);
    }
}

/// The leaves of a target's referrals and decisions, in their order, up to one of them.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn leaves(
    connection: &mut Connection,
    target: TargetNo,
    up_to: i64,
    most: i64,
) -> Result<Vec<i64>, StoreError> {
    const SQL: &str = "/* history::leaves */ SELECT leaf_index FROM history WHERE target_no = $1 AND leaf_index <= $2 \
         UNION SELECT since_leaf FROM binding WHERE target_no = $1 AND since_leaf <= $2 \
         UNION SELECT opened_leaf FROM target WHERE target_no = $1 AND opened_leaf <= $2 ORDER BY 1 LIMIT $3";
    query_scalar(SQL).bind(target.0).bind(up_to).bind(most).fetch_all(connection).await
}

/// The leaf that opened the target.
///
/// # Errors
/// If the engine fails, or there is no such target.
pub(crate) async fn opened_leaf(connection: &mut Connection, target: TargetNo) -> Result<i64, StoreError> {
    const SQL: &str = "/* history::opened_leaf */ SELECT opened_leaf FROM target WHERE target_no = $1";
    query_scalar(SQL).bind(target.0).fetch_one(connection).await
}

/// The names of these targets to which no case of the agency is bound, and in whose history a referral of it stands, each with its
/// target: of that name's own link, or of one that was the same thing for a while.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn names_once_bound(
    connection: &mut Connection,
    agency: AgencyNo,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<(TargetNo, TargetNo)>, StoreError> {
    const SQL: &str = "/* history::names_once_bound */ SELECT a.target_no, a.root_no FROM {integers $1} \
         {join} alias a ON a.root_no = j.value WHERE EXISTS (SELECT 1 FROM history h WHERE h.target_no = a.target_no \
             AND (SELECT e.kind FROM event e WHERE e.leaf_index = h.leaf_index AND e.agency_no = $2) = $3) \
         AND NOT EXISTS (SELECT 1 FROM binding b WHERE b.target_no = a.target_no AND b.agency_no = $2) ORDER BY a.target_no";
    let numbers = targets.into_iter().map(|no| no.0);
    let query = query_as(SQL).bind_all(numbers).bind(agency.0).bind(i64::from(Kind::Referral as u16));
    let rows: Vec<(i64, i64)> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, target)| (TargetNo(name), TargetNo(target))).collect())
}

/// The agency's referrals in the histories of these targets: the target, its own link, and what the leaf records; without those
/// that were redacted.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn referrals_of(
    connection: &mut Connection,
    agency: AgencyNo,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<(TargetNo, Vec<u8>, Vec<u8>)>, StoreError> {
    const SQL: &str = "/* history::referrals_of */ SELECT h.target_no, \
         (SELECT t.link_id FROM target t WHERE t.target_no = h.target_no), (SELECT e.decision FROM event e \
             WHERE e.leaf_index = h.leaf_index AND e.agency_no = $2 AND e.kind = $3) \
         FROM {integers $1} {join} history h ON h.target_no = j.value";
    let numbers = targets.into_iter().map(|no| no.0);
    let query = query_as(SQL).bind_all(numbers).bind(agency.0).bind(i64::from(Kind::Referral as u16));
    let rows: Vec<(i64, Vec<u8>, Option<Vec<u8>>)> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().filter_map(|(target, link, said)| Some((TargetNo(target), link, said?))).collect())
}

/// The newest leaf that decided on each of these targets; those on which nothing was decided are left out.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn newest_leaves(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<HashMap<TargetNo, i64>, StoreError> {
    const SQL: &str = "/* history::newest */ SELECT j.value, (SELECT max(h.leaf_index) FROM history h \
                       WHERE h.target_no = j.value) FROM {integers $1}";
    let numbers = targets.into_iter().map(|no| no.0);
    let rows: Vec<(i64, Option<i64>)> = query_as(SQL).bind_all(numbers).fetch_all(connection).await?;
    Ok(rows.into_iter().filter_map(|(target, leaf)| Some((TargetNo(target), leaf?))).collect())
}

/// The newest leaves that decided on a target, at most so many, the newest first.
///
/// # Errors
/// If the engine fails.
#[cfg(any(feature = "console", test))]
pub(crate) async fn newest_of(
    connection: &mut Connection,
    target: TargetNo,
    most: i64,
) -> Result<Vec<i64>, StoreError> {
    const SQL: &str = "/* history::newest_of */ SELECT leaf_index FROM history WHERE target_no = $1 \
                       ORDER BY leaf_index DESC LIMIT $2";
    query_scalar(SQL).bind(target.0).bind(most).fetch_all(connection).await
}

impl Tx<'_> {
    /// Notes that a leaf decided on targets.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_history(
        &mut self,
        leaf_index: i64,
        targets: impl IntoIterator<Item = TargetNo>,
    ) -> Result<(), StoreError> {
        let entries: Vec<_> = targets.into_iter().map(|target| Entry { target, leaf_index }).collect();
        insert(self.adding(), &entries).await
    }
}
