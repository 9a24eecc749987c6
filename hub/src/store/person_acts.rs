//! The access log of persons: who stood behind a leaf, by the word of a token.

use meldeverbund_domain::AgencyNo;

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
    rows::expect_rows,
};

/// A person who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonActRow {
    /// The leaf that records it.
    pub leaf: i64,
    /// When, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose officer.
    pub agency: AgencyNo,
    /// Who vouches for them.
    pub issuer: String,
    /// The officer, as the token names them.
    pub officer: String,
    /// What was done, as the configuration names it.
    pub act: String,
}

impl FromRow for PersonActRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            leaf: row.try_get(0)?,
            recorded_at_us: row.try_get(1)?,
            agency: AgencyNo(row.try_get(2)?),
            issuer: row.try_get(3)?,
            officer: row.try_get(4)?,
            act: row.try_get(5)?,
        })
    }
}

impl PersonActRow {
    /// Who stood behind this leaf; none: nobody is noted, or it is erased.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn at(connection: &mut Connection, leaf: i64) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* person_acts::at */ SELECT leaf_index, recorded_at_us, agency_no, issuer, officer, act \
             FROM person_act WHERE leaf_index = $1";
        query_as(SQL).bind(leaf).fetch_optional(connection).await
    }

    /// Those of a time that begins and ends so (µs since 1970 UTC), behind a place (time and leaf), in their order, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn between(
        connection: &mut Connection,
        (from_us, until_us): (i64, i64),
        (after_us, after_leaf): (i64, i64),
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* person_acts::between */ SELECT leaf_index, recorded_at_us, agency_no, issuer, officer, act \
             FROM person_act WHERE recorded_at_us >= $1 AND recorded_at_us < $2 AND leaf_index > $3 \
             ORDER BY recorded_at_us, leaf_index LIMIT $4";
        // Leaves are in the order of their times: what is before the place's time is not even looked at.
        let query = query_as(SQL).bind(from_us.max(after_us)).bind(until_us);
        query.bind(after_leaf).bind(most).fetch_all(connection).await
    }
}

impl Tx<'_> {
    /// Notes who stood behind a leaf.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_person(&mut self, row: &PersonActRow) -> Result<(), StoreError> {
        const SQL: &str = "/* person_acts::note */ INSERT INTO person_act \
             (leaf_index, recorded_at_us, agency_no, issuer, officer, act) VALUES ($1, $2, $3, $4, $5, $6)";
        let PersonActRow { leaf, recorded_at_us, agency, issuer, officer, act } = row;
        let query = query(SQL).bind(leaf).bind(recorded_at_us).bind(agency.0);
        let query = query.bind(issuer).bind(officer).bind(act);
        expect_rows("person_acts::note", query.execute(self.writing()).await?, 1)
    }

    /// Erases what is older than this (µs since 1970 UTC), the oldest first, at most so many rows; how many went.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn erase_persons(&mut self, before_us: i64, most: i64) -> Result<u64, StoreError> {
        const SQL: &str = "/* person_acts::erase */ DELETE FROM person_act WHERE leaf_index IN \
             (SELECT p.leaf_index FROM person_act p WHERE p.recorded_at_us < $1 ORDER BY p.recorded_at_us LIMIT $2)";
        query(SQL).bind(before_us).bind(most).execute(self.writing()).await
    }
}
