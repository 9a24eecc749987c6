//! The access log of liaison's questions, and how much each agency has asked.

use meldeverbund_domain::{AgencyNo, liaison::Spent};
use meldeverbund_proto::{CommandId, statement::QueryMode, v1::Purpose};

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as, query_scalar},
    rows::expect_rows,
};

/// A question as it is logged: who, when, why, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryRow {
    /// Its leaf.
    pub leaf: i64,
    /// Who asked.
    pub agency: AgencyNo,
    /// Its id.
    pub id: CommandId,
    /// When, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose token the officer had.
    pub issuer: String,
    /// The officer, as the token names them.
    pub officer: String,
    /// Why.
    pub purpose: Purpose,
    /// Open or blind.
    pub mode: QueryMode,
    /// How many selectors.
    pub selectors: i64,
    /// The selectors of an open question, as they came.
    pub body: Vec<u8>,
}

const COLUMNS: &str = "leaf_index, agency_no, query_id, recorded_at_us, issuer, officer, purpose, case_number, reason, mode, \
                       selectors, body";

impl FromRow for QueryRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let id: &[u8] = row.try_get("query_id")?;
        let id: [u8; 16] = id.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let mode: i64 = row.try_get("mode")?;
        Ok(Self {
            leaf: row.try_get("leaf_index")?,
            agency: AgencyNo(row.try_get("agency_no")?),
            id: CommandId::from_bytes(id),
            recorded_at_us: row.try_get("recorded_at_us")?,
            issuer: row.try_get("issuer")?,
            officer: row.try_get("officer")?,
            purpose: Purpose {
                code: row.try_get("purpose")?,
                case_number: row.try_get("case_number")?,
                reason: row.try_get("reason")?,
            },
            mode: if mode == QueryMode::Blind as i64 { QueryMode::Blind } else { QueryMode::Open },
            selectors: row.try_get("selectors")?,
            body: row.try_get("body")?,
        })
    }
}

impl QueryRow {
    /// The agency's question with this id.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_id(
        connection: &mut Connection,
        agency: AgencyNo,
        id: CommandId,
    ) -> Result<Option<Self>, StoreError> {
        let sql = format!(
            "/* liaison_queries::by_id */ SELECT {COLUMNS} FROM liaison_query WHERE agency_no = $1 AND query_id = $2"
        );
        query_as(sql).bind(agency.0).bind(&id.as_bytes()[..]).fetch_optional(connection).await
    }

    /// The questions behind a leaf, in their order, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn after(connection: &mut Connection, leaf: i64, most: i64) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* liaison_queries::after */ SELECT {COLUMNS} FROM liaison_query WHERE leaf_index > $1 \
             ORDER BY leaf_index LIMIT $2"
        );
        query_as(sql).bind(leaf).bind(most).fetch_all(connection).await
    }

    /// How many questions there are.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn count(connection: &mut Connection) -> Result<i64, StoreError> {
        const SQL: &str = "/* liaison_queries::count */ SELECT count(*) FROM liaison_query";
        query_scalar(SQL).fetch_one(connection).await
    }
}

/// The name of the job that tells of questions, where it notes how far it came.
const TOLD: &str = "told";

/// Up to which leaf those concerned were told of questions; before the first, none.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn told_up_to(connection: &mut Connection) -> Result<i64, StoreError> {
    const SQL: &str = "/* liaison_queries::told */ SELECT leaf_index FROM liaison_progress WHERE name = $1";
    let told: Option<i64> = query_scalar(SQL).bind(TOLD).fetch_optional(connection).await?;
    Ok(told.unwrap_or(-1))
}

impl Tx<'_> {
    /// Logs a question.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn log_query(&mut self, row: &QueryRow) -> Result<(), StoreError> {
        let sql = format!(
            "/* liaison_queries::log */ INSERT INTO liaison_query ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        );
        let QueryRow { leaf, agency, id, recorded_at_us, issuer, officer, purpose, mode, selectors, body } =
            row;
        let Purpose { code, case_number, reason } = purpose;
        let query = query(sql).bind(leaf).bind(agency.0).bind(&id.as_bytes()[..]).bind(recorded_at_us);
        let query = query.bind(issuer).bind(officer).bind(code).bind(case_number).bind(reason);
        let query = query.bind(*mode as i64).bind(selectors).bind(body);
        expect_rows("liaison_queries::log", query.execute(self.writing()).await?, 1)
    }

    /// What the agency has asked so far.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn spent(&mut self, agency: AgencyNo) -> Result<Spent, StoreError> {
        const SQL: &str = "/* liaison_queries::spent */ SELECT minute, in_minute, day, in_day FROM liaison_spent WHERE agency_no = $1";
        let row: Option<(i64, i64, i64, i64)> =
            query_as(SQL).bind(agency.0).fetch_optional(&mut *self.connection).await?;
        let spent = |(minute, in_minute, day, in_day)| Spent { minute, in_minute, day, in_day };
        Ok(row.map(spent).unwrap_or_default())
    }

    /// Notes what the agency has asked so far.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_spent(&mut self, agency: AgencyNo, spent: Spent) -> Result<(), StoreError> {
        const SQL: &str = "/* liaison_queries::put_spent */ INSERT INTO liaison_spent \
             (agency_no, minute, in_minute, day, in_day) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (agency_no) DO UPDATE SET \
             minute = excluded.minute, in_minute = excluded.in_minute, day = excluded.day, in_day = excluded.in_day";
        let Spent { minute, in_minute, day, in_day } = spent;
        let query = query(SQL).bind(agency.0).bind(minute).bind(in_minute).bind(day).bind(in_day);
        expect_rows("liaison_queries::put_spent", query.execute(self.writing()).await?, 1)
    }

    /// Notes that those concerned were told of questions up to this leaf.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_told(&mut self, leaf: i64) -> Result<(), StoreError> {
        const SQL: &str = "/* liaison_queries::put_told */ INSERT INTO liaison_progress (name, leaf_index) VALUES ($1, $2) \
                           ON CONFLICT (name) DO UPDATE SET leaf_index = excluded.leaf_index";
        expect_rows(
            "liaison_queries::put_told",
            query(SQL).bind(TOLD).bind(leaf).execute(self.writing()).await?,
            1,
        )
    }
}
