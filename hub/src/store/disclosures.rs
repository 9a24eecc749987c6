//! Details that liaison bodies asked for, and what was released.

use meldeverbund_domain::{AgencyNo, TargetNo};
use meldeverbund_proto::{CommandId, v1::DisclosureState};

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as},
    rows::expect_rows,
};

/// A disclosure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureRow {
    /// Its leaf: that it was asked for.
    pub leaf: i64,
    /// Its id.
    pub id: CommandId,
    /// Who asks.
    pub agency: AgencyNo,
    /// Who is asked.
    pub asked: AgencyNo,
    /// Whether the hit named them; if not, who asks is not told.
    pub is_named: bool,
    /// About what.
    pub target: TargetNo,
    /// When it was asked for, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// By when it must be answered.
    pub due_us: i64,
    /// When somebody is to be reminded; none: not any more.
    pub look_us: Option<i64>,
    /// Who is asked was reminded.
    pub reminded: bool,
    /// The central office was told that it is overdue.
    pub escalated: bool,
    /// Whose token the officer had.
    pub issuer: String,
    /// The officer who asks.
    pub officer: String,
    /// The request without its salt, in protobuf.
    pub request: Vec<u8>,
    /// The question's purpose, in protobuf.
    pub purpose: Vec<u8>,
    /// Where it stands.
    pub state: DisclosureState,
    /// When it was answered, microseconds since 1970 UTC; 0: not yet.
    pub answered_at_us: i64,
    /// Who answered.
    pub answered_by: String,
    /// The answer without its salt, in protobuf; what is restricted is marked there.
    pub answer: Vec<u8>,
}

const COLUMNS: &str = "leaf_index, disclosure_id, agency_no, asked_no, target_no, recorded_at_us, due_us, look_us, reminded, \
                       escalated, issuer, officer, request, purpose, state, answered_at_us, answered_by, answer, is_named";

/// A command's id in this column.
pub(super) fn id(row: &Row, column: &str) -> Result<CommandId, sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    let bytes: [u8; 16] = bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(CommandId::from_bytes(bytes))
}

impl FromRow for DisclosureRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let state: i32 = row.try_get("state")?;
        Ok(Self {
            leaf: row.try_get("leaf_index")?,
            id: id(row, "disclosure_id")?,
            agency: AgencyNo(row.try_get("agency_no")?),
            asked: AgencyNo(row.try_get("asked_no")?),
            is_named: row.try_get("is_named")?,
            target: TargetNo(row.try_get("target_no")?),
            recorded_at_us: row.try_get("recorded_at_us")?,
            due_us: row.try_get("due_us")?,
            look_us: row.try_get("look_us")?,
            reminded: row.try_get("reminded")?,
            escalated: row.try_get("escalated")?,
            issuer: row.try_get("issuer")?,
            officer: row.try_get("officer")?,
            request: row.try_get("request")?,
            purpose: row.try_get("purpose")?,
            state: DisclosureState::try_from(state).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            answered_at_us: row.try_get("answered_at_us")?,
            answered_by: row.try_get("answered_by")?,
            answer: row.try_get("answer")?,
        })
    }
}

impl DisclosureRow {
    /// The disclosure of this leaf.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_leaf(connection: &mut Connection, leaf: i64) -> Result<Option<Self>, StoreError> {
        let sql =
            format!("/* disclosures::by_leaf */ SELECT {COLUMNS} FROM disclosure WHERE leaf_index = $1");
        query_as(sql).bind(leaf).fetch_optional(connection).await
    }

    /// The disclosure with this id.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_id(connection: &mut Connection, id: CommandId) -> Result<Option<Self>, StoreError> {
        let sql =
            format!("/* disclosures::by_id */ SELECT {COLUMNS} FROM disclosure WHERE disclosure_id = $1");
        query_as(sql).bind(&id.as_bytes()[..]).fetch_optional(connection).await
    }

    /// The disclosures that an agency asked for, the newest first, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn of(
        connection: &mut Connection,
        agency: AgencyNo,
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* disclosures::of */ SELECT {COLUMNS} FROM disclosure WHERE agency_no = $1 ORDER BY leaf_index DESC LIMIT $2"
        );
        query_as(sql).bind(agency.0).bind(most).fetch_all(connection).await
    }

    /// The disclosures that an agency is asked for, and for the central office those that were escalated to it; the one due first
    /// first, at most so many. Those that are answered only if they are wanted.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn asked_of(
        connection: &mut Connection,
        agency: AgencyNo,
        is_central: bool,
        answered: bool,
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        let sql = format!(
            "/* disclosures::asked_of */ SELECT {COLUMNS} FROM disclosure \
             WHERE (asked_no = $1 OR (escalated = 1 AND $2 = 1)) AND (answered_at_us = 0 OR $3 = 1) \
             ORDER BY due_us, leaf_index LIMIT $4"
        );
        query_as(sql).bind(agency.0).bind(is_central).bind(answered).bind(most).fetch_all(connection).await
    }
}

impl Tx<'_> {
    /// Keeps a disclosure that is asked for.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn add_disclosure(&mut self, row: &DisclosureRow) -> Result<(), StoreError> {
        let sql = format!(
            "/* disclosures::add */ INSERT INTO disclosure ({COLUMNS}) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
        );
        let query =
            query(sql).bind(row.leaf).bind(&row.id.as_bytes()[..]).bind(row.agency.0).bind(row.asked.0);
        let query = query.bind(row.target.0).bind(row.recorded_at_us).bind(row.due_us).bind(row.look_us);
        let query = query.bind(row.reminded).bind(row.escalated).bind(&row.issuer).bind(&row.officer);
        let query = query.bind(&row.request).bind(&row.purpose).bind(row.state as i32);
        let query =
            query.bind(row.answered_at_us).bind(&row.answered_by).bind(&row.answer).bind(row.is_named);
        expect_rows("disclosures::add", query.execute(self.writing()).await?, 1)
    }

    /// Writes what became of a disclosure.
    ///
    /// # Errors
    /// If the engine fails, or it is not there.
    pub async fn put_disclosure(&mut self, row: &DisclosureRow) -> Result<(), StoreError> {
        const SQL: &str = "/* disclosures::put */ UPDATE disclosure SET look_us = $2, reminded = $3, escalated = $4, \
             state = $5, answered_at_us = $6, answered_by = $7, answer = $8 WHERE leaf_index = $1";
        let query = query(SQL).bind(row.leaf).bind(row.look_us).bind(row.reminded).bind(row.escalated);
        let query =
            query.bind(row.state as i32).bind(row.answered_at_us).bind(&row.answered_by).bind(&row.answer);
        expect_rows("disclosures::put", query.execute(self.writing()).await?, 1)
    }

    /// The disclosures that somebody is to be reminded of by now, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn due_disclosures(&mut self, most: i64) -> Result<Vec<DisclosureRow>, StoreError> {
        let sql = format!(
            "/* disclosures::due */ SELECT {COLUMNS} FROM disclosure WHERE look_us <= $1 ORDER BY look_us LIMIT $2"
        );
        let now_us = self.now_us();
        query_as(sql).bind(now_us).bind(most).fetch_all(self.reading()).await
    }
}
