//! Reading the whole ledger, to verify it: one snapshot, in the order of leaves.

use meldeverbund_domain::AgencyNo;

use super::{
    StoreError,
    engine::{Connection, query, query_as, query_scalar},
};

type Stored = (i64, Vec<u8>, Vec<u8>, i64, i64, i64);

/// A command that made leaves, as far as its leaves go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandSpan {
    /// Whose it is.
    pub(crate) agency: AgencyNo,
    /// Its id.
    pub(crate) id: Vec<u8>,
    /// Salted digest of its content.
    pub(crate) digest: Vec<u8>,
    /// When, microseconds since 1970 UTC.
    pub(crate) recorded_at_us: i64,
    /// Its first leaf.
    pub(crate) first_leaf: u64,
    /// How many.
    pub(crate) leaf_count: u64,
}

impl CommandSpan {
    /// The leaf behind its last.
    pub(crate) fn end(&self) -> u64 {
        self.first_leaf.saturating_add(self.leaf_count)
    }

    /// Commands with leaves behind this one in the order of their first leaves, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub(crate) async fn after(
        connection: &mut Connection,
        before: Option<&Self>,
        most: u32,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* whole::commands */ SELECT agency_no, command_id, digest, recorded_at_us, first_leaf, leaf_count \
             FROM command WHERE (first_leaf, agency_no, command_id) > ($1, $2, $3) AND leaf_count > 0 \
             ORDER BY first_leaf, agency_no, command_id LIMIT $4";
        let (leaf, agency, id) = before
            .map_or((-1, 0, &[][..]), |span| (span.first_leaf.cast_signed(), span.agency.0, &span.id[..]));
        let query = query_as(SQL).bind(leaf).bind(agency).bind(id).bind(i64::from(most));
        let rows: Vec<Stored> = query.fetch_all(connection).await?;
        let span = |(agency, id, digest, recorded_at_us, first_leaf, leaf_count): Stored| Self {
            agency: AgencyNo(agency),
            id,
            digest,
            recorded_at_us,
            first_leaf: first_leaf.cast_unsigned(),
            leaf_count: leaf_count.cast_unsigned(),
        };
        Ok(rows.into_iter().map(span).collect())
    }
}

/// The first leaf that is there from this one on.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn next_leaf_from(
    connection: &mut Connection,
    leaf: u64,
) -> Result<Option<u64>, StoreError> {
    const SQL: &str = "/* whole::next_leaf */ SELECT min(leaf_index) FROM event WHERE leaf_index >= $1";
    let next: Option<i64> = query_scalar(SQL).bind(leaf.cast_signed()).fetch_one(connection).await?;
    Ok(next.map(i64::cast_unsigned))
}

/// How many roots of tiles are kept.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn count_subtrees(connection: &mut Connection) -> Result<u64, StoreError> {
    const SQL: &str = "/* whole::subtrees */ SELECT count(*) FROM subtree";
    let count: i64 = query_scalar(SQL).fetch_one(connection).await?;
    Ok(count.cast_unsigned())
}

/// How many signed batches are kept.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn count_envelopes(connection: &mut Connection) -> Result<u64, StoreError> {
    const SQL: &str = "/* whole::envelopes */ SELECT count(*) FROM envelope";
    let count: i64 = query_scalar(SQL).fetch_one(connection).await?;
    Ok(count.cast_unsigned())
}

/// The head's time, microseconds since 1970 UTC.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn head_time(connection: &mut Connection) -> Result<i64, StoreError> {
    const SQL: &str = "/* whole::head_time */ SELECT last_time_us FROM head WHERE id = 1";
    Ok(query_scalar(SQL).fetch_one(connection).await?)
}

/// Begins a snapshot on a connection of its own: what is written meanwhile is not seen.
pub(super) async fn begin(connection: &mut Connection) -> Result<(), StoreError> {
    query("/* whole::begin */ {snapshot}").execute(&mut *connection).await?;
    // The snapshot is taken by the first read.
    head_time(connection).await?;
    Ok(())
}
