//! Cases (Vorgänge).

use meldeverbund_proto::v1::{Case, CaseState, Refusal};
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, hand_in::Sums};

/// Whether the hub knows a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtHub {
    /// The hub has not answered yet.
    Waiting = 1,
    /// Open.
    Open = 2,
    /// Closed.
    Closed = 3,
    /// The hub refused to open it.
    Refused = 4,
}

/// A case as the node has it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFile {
    /// Its row.
    pub id: i64,
    /// The case.
    pub case: Case,
    /// Where it stands here.
    pub state: CaseState,
    /// Where it stands at the hub.
    pub at_hub: AtHub,
    /// When it was opened here.
    pub opened_us: i64,
    /// Who opened it; empty: at another node.
    pub opened_by: String,
    /// Why the hub refused its last command.
    pub refusal: Option<Refusal>,
}

const COLUMNS: &str = "c.id, c.number, c.unit, c.kind, c.review_on, c.delete_on, c.prosecutor_reference, c.state, \
                       c.at_hub, c.opened_us, c.opened_by, r.refusal_code, r.refusal_field, r.refusal_reason";

/// The last command of each case, if the hub refused it.
const REFUSAL: &str = "LEFT JOIN case_command r ON r.state = 3 AND r.case_file = c.id \
                       AND r.id = (SELECT max(id) FROM case_command WHERE state = 3 AND case_file = c.id)";

impl Tx {
    /// The case of this number.
    pub async fn case_by_number(&mut self, number: &str) -> Result<Option<CaseFile>, StoreError> {
        let sql =
            format!("/* case_by_number */ SELECT {COLUMNS} FROM case_file c {REFUSAL} WHERE c.number = ?");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(number).fetch_optional(self.conn()).await?;
        row.as_ref().map(case_file).transpose()
    }

    /// The case of this row.
    pub async fn case_by_id(&mut self, id: i64) -> Result<CaseFile, StoreError> {
        let sql = format!("/* case_by_id */ SELECT {COLUMNS} FROM case_file c {REFUSAL} WHERE c.id = ?");
        case_file(&sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_one(self.conn()).await?)
    }

    /// All cases in the order in which they were opened, with what was handed in under each.
    pub async fn cases(&mut self, with_closed: bool) -> Result<Vec<(CaseFile, Sums)>, StoreError> {
        let sums = Sums::SQL;
        let sql = format!(
            "/* cases */ SELECT {COLUMNS}, {sums} FROM case_file c {REFUSAL} LEFT JOIN hand_in h ON h.case_file = c.id
             WHERE ? OR c.state = 1 GROUP BY c.id ORDER BY c.id"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(with_closed).fetch_all(self.conn()).await?;
        rows.iter().map(|row| Ok((case_file(row)?, Sums::from_row(row)?))).collect()
    }

    /// Cases whose last command the hub refused, at most `limit`.
    pub async fn refused_cases(&mut self, limit: u32) -> Result<Vec<CaseFile>, StoreError> {
        let sql = format!(
            "/* refused_cases */ SELECT {COLUMNS} FROM case_file c {REFUSAL} WHERE r.id IS NOT NULL ORDER BY c.id LIMIT ?"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(case_file).collect()
    }

    /// Adds a case, or, where the hub refused it before, replaces what was wrong; answers its row.
    pub async fn put_case(
        &mut self,
        case: &Case,
        at_hub: AtHub,
        opened_us: i64,
        opened_by: &str,
    ) -> Result<i64, StoreError> {
        let id = sqlx::query_scalar(
            "/* put_case */ INSERT INTO case_file (number, unit, kind, review_on, delete_on, prosecutor_reference,
               state, at_hub, opened_us, opened_by) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
             ON CONFLICT (number) DO UPDATE SET unit = excluded.unit, kind = excluded.kind,
               review_on = excluded.review_on, delete_on = excluded.delete_on,
               prosecutor_reference = excluded.prosecutor_reference, at_hub = excluded.at_hub
             RETURNING id",
        )
        .bind(&case.number)
        .bind(&case.unit)
        .bind(case.kind)
        .bind(&case.review_on)
        .bind(&case.delete_on)
        .bind(&case.prosecutor_reference)
        .bind(at_hub as i64)
        .bind(opened_us)
        .bind(opened_by)
        .fetch_one(self.conn())
        .await?;
        Ok(id)
    }

    /// Takes over the case's fields as the hub has them.
    pub async fn correct_case(&mut self, id: i64, case: &Case) -> Result<(), StoreError> {
        sqlx::query(
            "/* correct_case */ UPDATE case_file SET unit = ?, kind = ?, review_on = ?, delete_on = ?,
               prosecutor_reference = ? WHERE id = ?",
        )
        .bind(&case.unit)
        .bind(case.kind)
        .bind(&case.review_on)
        .bind(&case.delete_on)
        .bind(&case.prosecutor_reference)
        .bind(id)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Notes where the case stands here.
    pub async fn set_case_state(&mut self, id: i64, state: CaseState) -> Result<(), StoreError> {
        sqlx::query("/* set_case_state */ UPDATE case_file SET state = ? WHERE id = ?")
            .bind(state as i32)
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Notes where the case stands at the hub.
    pub async fn set_case_at_hub(&mut self, id: i64, at_hub: AtHub) -> Result<(), StoreError> {
        sqlx::query("/* set_case_at_hub */ UPDATE case_file SET at_hub = ? WHERE id = ?")
            .bind(at_hub as i64)
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

fn case_file(row: &SqliteRow) -> Result<CaseFile, StoreError> {
    let at_hub = match row.try_get::<i64, _>("at_hub")? {
        1 => AtHub::Waiting,
        2 => AtHub::Open,
        3 => AtHub::Closed,
        4 => AtHub::Refused,
        _ => return Err(StoreError::Damaged("case_file.at_hub")),
    };
    Ok(CaseFile {
        id: row.try_get("id")?,
        case: Case {
            number: row.try_get("number")?,
            unit: row.try_get("unit")?,
            kind: row.try_get("kind")?,
            review_on: row.try_get("review_on")?,
            delete_on: row.try_get("delete_on")?,
            prosecutor_reference: row.try_get("prosecutor_reference")?,
        },
        state: CaseState::try_from(row.try_get::<i32, _>("state")?)
            .map_err(|_| StoreError::Damaged("case_file.state"))?,
        at_hub,
        opened_us: row.try_get("opened_us")?,
        opened_by: row.try_get("opened_by")?,
        refusal: refusal(row)?,
    })
}

/// The refusal in the columns `refusal_code`, `refusal_field` and `refusal_reason`.
pub(super) fn refusal(row: &SqliteRow) -> Result<Option<Refusal>, StoreError> {
    let Some(code) = row.try_get::<Option<i32>, _>("refusal_code")? else { return Ok(None) };
    Ok(Some(Refusal {
        code,
        field: row.try_get::<Option<String>, _>("refusal_field")?.unwrap_or_default(),
        reason: row.try_get::<Option<String>, _>("refusal_reason")?.unwrap_or_default(),
        retry_after_ms: 0,
    }))
}
