//! What looks alike, and which pairs wait for a person.

use meldeverbund_domain::TargetNo;

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_as, query_scalar},
    rows::{NewRow, expect_rows, insert},
};

/// Something in a link or its referral that another may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LikenessRow {
    /// What kind of likeness; its number is kept.
    pub kind: i64,
    /// The digest of what is alike, cut short.
    pub digest: i64,
    /// Whose.
    pub target: TargetNo,
}

/// A pair and a reason for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuggestionRow {
    /// The older target.
    pub one: TargetNo,
    /// The younger one.
    pub other: TargetNo,
    /// What is alike.
    pub kind: i64,
    /// The leaf of the referral that showed it.
    pub since_leaf: i64,
}

impl NewRow for LikenessRow {
    const INTO: &'static str = "likeness (kind, digest, target_no)";
    const COLUMNS: usize = 3;
    const CONFLICT: &'static str =
        "ON CONFLICT (kind, digest, target_no) DO UPDATE SET target_no = excluded.target_no";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.kind).add(self.digest).add(self.target.0);
    }
}

/// A page of the pairs that wait, the strongest reason first: those of a kind after a pair, at most so many.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn waiting(
    connection: &mut Connection,
    after: (i64, TargetNo, TargetNo),
    most: i64,
) -> Result<Vec<SuggestionRow>, StoreError> {
    const SQL: &str = "/* suggestions::waiting */ SELECT one_no, other_no, kind, since_leaf FROM suggestion \
         WHERE decided_leaf IS NULL AND (kind, one_no, other_no) > ($1, $2, $3) \
         ORDER BY kind, one_no, other_no LIMIT $4";
    let (kind, one, other) = after;
    let query = query_as(SQL).bind(kind).bind(one.0).bind(other.0).bind(most);
    let rows: Vec<(i64, i64, i64, i64)> = query.fetch_all(connection).await?;
    let row = |(one, other, kind, since_leaf)| SuggestionRow {
        one: TargetNo(one),
        other: TargetNo(other),
        kind,
        since_leaf,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// For which reasons a pair waits, the strongest first.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn reasons(
    connection: &mut Connection,
    one: TargetNo,
    other: TargetNo,
) -> Result<Vec<i64>, StoreError> {
    const SQL: &str = "/* suggestions::reasons */ SELECT kind FROM suggestion \
                       WHERE one_no = $1 AND other_no = $2 AND decided_leaf IS NULL ORDER BY kind";
    query_scalar(SQL).bind(one.0).bind(other.0).fetch_all(connection).await
}

/// Targets of which this is noted, after one of them, in the order of their numbers, at most so many.
///
/// # Errors
/// If the engine fails.
#[cfg(any(feature = "console", test))]
pub(crate) async fn noted(
    connection: &mut Connection,
    kind: i64,
    digest: i64,
    after: TargetNo,
    most: i64,
) -> Result<Vec<TargetNo>, StoreError> {
    const SQL: &str = "/* suggestions::noted */ SELECT target_no FROM likeness \
                       WHERE kind = $1 AND digest = $2 AND target_no > $3 ORDER BY target_no LIMIT $4";
    let query = query_scalar(SQL).bind(kind).bind(digest).bind(after.0).bind(most);
    let numbers: Vec<i64> = query.fetch_all(connection).await?;
    Ok(numbers.into_iter().map(TargetNo).collect())
}

/// The newest leaf that rejected the pair, whatever for; none: it was not.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn rejected(
    connection: &mut Connection,
    one: TargetNo,
    other: TargetNo,
) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "/* suggestions::rejected */ SELECT max(decided_leaf) FROM suggestion \
                       WHERE one_no = $1 AND other_no = $2";
    let (one, other) = (one.min(other), one.max(other));
    query_scalar(SQL).bind(one.0).bind(other.0).fetch_one(connection).await
}

/// Up to which leaf links were compared.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn compared_to(connection: &mut Connection) -> Result<i64, StoreError> {
    const SQL: &str = "/* suggestions::compared_to */ SELECT next_leaf FROM compared WHERE id = 1";
    query_scalar(SQL).fetch_one(connection).await
}

/// Up to which leaf hosts and cases were noted of links.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn noted_to(connection: &mut Connection) -> Result<i64, StoreError> {
    const SQL: &str = "/* suggestions::noted_to */ SELECT noted_leaf FROM compared WHERE id = 1";
    query_scalar(SQL).fetch_one(connection).await
}

/// How many leaves hosts and cases were noted of, how many there are, and when the last of the former was recorded.
///
/// # Errors
/// If the engine fails.
#[cfg(any(feature = "console", test))]
pub(crate) async fn noted_until(connection: &mut Connection) -> Result<(i64, i64, Option<i64>), StoreError> {
    const SQL: &str = "/* suggestions::noted_until */ SELECT n.noted_leaf, h.next_leaf, \
         (SELECT e.recorded_at_us FROM event e WHERE e.leaf_index = n.noted_leaf - 1) \
         FROM compared n {join} head h ON h.id = 1 WHERE n.id = 1";
    query_as(SQL).fetch_one(connection).await
}

impl Tx<'_> {
    /// Notes what is alike; what is known of a target already stays once.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_likenesses(&mut self, rows: &[LikenessRow]) -> Result<(), StoreError> {
        insert(self.writing(), rows).await
    }

    /// The oldest targets that have these of a kind.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn alike(
        &mut self,
        kind: i64,
        digests: impl IntoIterator<Item = i64>,
    ) -> Result<Vec<(i64, TargetNo)>, StoreError> {
        const SQL: &str = "/* suggestions::alike */ SELECT j.value, (SELECT min(l.target_no) FROM likeness l \
             WHERE l.kind = $2 AND l.digest = j.value) FROM {integers $1}";
        let query = query_as(SQL).bind_all(digests).bind(kind);
        let rows: Vec<(i64, Option<i64>)> = query.fetch_all(&mut *self.connection).await?;
        Ok(rows.into_iter().filter_map(|(digest, target)| Some((digest, TargetNo(target?)))).collect())
    }

    /// Suggests pairs; one that was suggested for the same reason before stays as it is, rejected or not.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn suggest(&mut self, row: SuggestionRow) -> Result<(), StoreError> {
        const SQL: &str = "/* suggestions::suggest */ INSERT INTO suggestion (one_no, other_no, kind, since_leaf) \
                           VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let query = query(SQL).bind(row.one.0).bind(row.other.0).bind(row.kind).bind(row.since_leaf);
        query.execute(self.writing()).await?;
        Ok(())
    }

    /// Rejects what pairs of these with those suggests now, whichever is the older.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn reject_suggestions(
        &mut self,
        these: &[TargetNo],
        those: &[TargetNo],
        leaf: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* suggestions::reject */ UPDATE suggestion SET decided_leaf = $3 \
             WHERE one_no IN (SELECT value FROM {integers $1}) AND other_no IN (SELECT value FROM {integers $2}) \
             AND decided_leaf IS NULL";
        for (one, other) in [(these, those), (those, these)] {
            let query = query(SQL).bind_all(one.iter().map(|no| no.0)).bind_all(other.iter().map(|no| no.0));
            query.bind(leaf).execute(self.writing()).await?;
        }
        Ok(())
    }

    /// What was rejected waits again.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn reopen_suggestions(&mut self, one: TargetNo, other: TargetNo) -> Result<(), StoreError> {
        const SQL: &str = "/* suggestions::reopen */ UPDATE suggestion SET decided_leaf = NULL \
                           WHERE one_no = $1 AND other_no = $2";
        let (one, other) = (one.min(other), one.max(other));
        query(SQL).bind(one.0).bind(other.0).execute(self.writing()).await?;
        Ok(())
    }

    /// Notes up to which leaf links were compared.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_compared_to(&mut self, next_leaf: i64) -> Result<(), StoreError> {
        const SQL: &str =
            "/* suggestions::put_compared_to */ UPDATE compared SET next_leaf = $1 WHERE id = 1";
        let done = query(SQL).bind(next_leaf).execute(self.writing()).await?;
        expect_rows("suggestions::put_compared_to", done, 1)
    }

    /// Notes up to which leaf hosts and cases were noted of links.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_noted_to(&mut self, next_leaf: i64) -> Result<(), StoreError> {
        const SQL: &str = "/* suggestions::put_noted_to */ UPDATE compared SET noted_leaf = $1 WHERE id = 1";
        let done = query(SQL).bind(next_leaf).execute(self.writing()).await?;
        expect_rows("suggestions::put_noted_to", done, 1)
    }
}
