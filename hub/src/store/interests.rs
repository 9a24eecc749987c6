//! Interests: which agencies' cases are bound to a target, each agency once, and when their objection windows begin.

use meldeverbund_domain::{AgencyNo, TargetNo};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_scalar},
    rows::{NewRow, insert},
};

/// An agency's interest in a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterestRow {
    /// Which target.
    pub target: TargetNo,
    /// Which agency.
    pub agency: AgencyNo,
    /// The leaf from which on its window counts: the one that bound it, or a merge since.
    pub joined_leaf: i64,
    /// The leaf that first bound it.
    pub seised_leaf: i64,
}

impl NewRow for InterestRow {
    const INTO: &'static str = "interest (target_no, agency_no, joined_leaf, seised_leaf)";
    const COLUMNS: usize = 4;
    // Who stayed after a split for its word alone, without a case, joins again with its next referral.
    const CONFLICT: &'static str = "ON CONFLICT (target_no, agency_no) DO UPDATE SET \
         joined_leaf = excluded.joined_leaf, seised_leaf = excluded.seised_leaf";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.target.0).add(self.agency.0).add(self.joined_leaf);
        values.add((self.seised_leaf != self.joined_leaf).then_some(self.seised_leaf));
    }
}

/// The interests in these targets, in the order in which they came.
///
/// # Errors
/// If the engine fails.
pub async fn interests(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<InterestRow>, StoreError> {
    const SQL: &str = "/* interests::by_target */ SELECT i.target_no, i.agency_no, i.joined_leaf, \
         coalesce(i.seised_leaf, i.joined_leaf) AS seised_leaf \
         FROM {integers $1} {join} interest i ON i.target_no = j.value ORDER BY 4";
    let numbers = targets.into_iter().map(|no| no.0);
    let rows = query(SQL).bind_all(numbers).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            Ok(InterestRow {
                target: TargetNo(row.try_get("target_no")?),
                agency: AgencyNo(row.try_get("agency_no")?),
                joined_leaf: row.try_get("joined_leaf")?,
                seised_leaf: row.try_get("seised_leaf")?,
            })
        })
        .collect()
}

/// When the agency's node acknowledged the row of its feed that tells of this leaf, microseconds since 1970 UTC; none:
/// not yet.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn acknowledged_at(
    connection: &mut Connection,
    agency: AgencyNo,
    leaf: i64,
) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "/* interests::acknowledged_at */ SELECT \
         (SELECT min(a.at_us) FROM acknowledgement a WHERE a.agency_no = f.agency_no AND a.sequence >= f.sequence) \
         FROM feed f WHERE f.agency_no = $1 AND f.first_leaf <= $2 \
         ORDER BY f.first_leaf DESC, f.sequence LIMIT 1";
    let found: Option<Option<i64>> =
        query_scalar(SQL).bind(agency.0).bind(leaf).fetch_optional(connection).await?;
    Ok(found.flatten())
}

impl Tx<'_> {
    /// Adds interests.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn add_interests(&mut self, interests: &[InterestRow]) -> Result<(), StoreError> {
        insert(self.adding(), interests).await
    }

    /// Removes all interests in targets, before others are added.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn clear_interests(
        &mut self,
        targets: impl IntoIterator<Item = TargetNo>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* interests::clear */ DELETE FROM interest \
                           WHERE target_no IN (SELECT value FROM {integers $1})";
        query(SQL).bind_all(targets.into_iter().map(|no| no.0)).execute(self.writing()).await?;
        Ok(())
    }

    /// Removes an agency's interest in targets.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn drop_interests(
        &mut self,
        agency: AgencyNo,
        targets: impl IntoIterator<Item = TargetNo>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* interests::drop */ DELETE FROM interest \
                           WHERE agency_no = $1 AND target_no IN (SELECT value FROM {integers $2})";
        let numbers = targets.into_iter().map(|no| no.0);
        query(SQL).bind(agency.0).bind_all(numbers).execute(self.writing()).await?;
        Ok(())
    }

    /// Notes that an agency has now seen its feed up to a row; only the first time counts.
    pub(super) async fn note_acknowledgement(
        &mut self,
        agency: AgencyNo,
        sequence: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* interests::note_acknowledgement */ INSERT INTO acknowledgement \
             (agency_no, sequence, at_us) SELECT $1, $2, $3 WHERE NOT EXISTS \
             (SELECT 1 FROM acknowledgement WHERE agency_no = $1 AND sequence >= $2)";
        let now_us = self.now_us();
        query(SQL).bind(agency.0).bind(sequence).bind(now_us).execute(self.writing()).await?;
        Ok(())
    }
}
