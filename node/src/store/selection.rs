//! The targets that a decision is about.

use futures::{TryStreamExt as _, future};
use meldeverbund_proto::{CommandId, TargetId};
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, unsigned, view::due_bit};

/// Which targets; what is none does not matter, and all that is stated must fit.
#[derive(Debug, Clone, Default)]
pub struct TargetFilter {
    /// The case's row.
    pub case_file: Option<i64>,
    /// The hand-in.
    pub hand_in: Option<i64>,
    /// The host of one of its links.
    pub host: Option<String>,
    /// The contract's number of the stage.
    pub stage: Option<i32>,
    /// The contract's number of the role.
    pub role: Option<i32>,
    /// What is due.
    pub due: Option<meldeverbund_proto::v1::DueKind>,
    /// Only these targets' rows.
    pub only: Option<Vec<i64>>,
}

/// A target that is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Its row.
    pub id: i64,
    /// Its id.
    pub target_id: TargetId,
    /// The owner's row in `agency`.
    pub owner: Option<i64>,
    /// The contract's number of the stage.
    pub stage: i32,
    /// The contract's number of the role.
    pub role: i32,
    /// The fence of the live grant or of the thread; 0: none.
    pub fence: u64,
    /// The newest round.
    pub round: u32,
    /// The decision that intended the notice under way.
    pub intent: Option<CommandId>,
    /// Whether that notice failed or is in doubt.
    pub in_doubt: bool,
}

impl Tx {
    /// The targets that fit, in the order in which they became known.
    pub async fn select(&mut self, filter: &TargetFilter) -> Result<Vec<Selected>, StoreError> {
        let sql = format!(
            "/* select */ SELECT t.id, t.target_id, t.owner, t.stage, t.role, t.fence, t.round, t.intent,
               t.under_way FROM target t
             WHERE t.stage <> 0 {} {} {} {} {} {} {} ORDER BY t.id",
            when(filter.only.is_some(), "AND t.id IN (SELECT value FROM json_each(?))"),
            when(
                filter.case_file.is_some(),
                "AND t.id IN (SELECT n.target FROM submission s CROSS JOIN answer n ON n.referral
                   BETWEEN s.first_referral AND s.first_referral + s.referral_count - 1 WHERE s.case_file = ?)"
            ),
            when(
                filter.hand_in.is_some(),
                "AND t.id IN (SELECT n.target FROM submission s CROSS JOIN answer n ON n.referral
                   BETWEEN s.first_referral AND s.first_referral + s.referral_count - 1 WHERE s.hand_in = ?)"
            ),
            when(
                filter.host.is_some(),
                "AND t.id IN (SELECT n.target FROM host h CROSS JOIN referral r ON r.host = h.id
                   CROSS JOIN answer n ON n.referral = r.id WHERE h.name = ?)"
            ),
            when(filter.stage.is_some(), "AND t.stage = ?"),
            when(filter.role.is_some(), "AND t.role = ?"),
            when(filter.due.is_some(), "AND t.due_kinds & ? <> 0"),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        if let Some(only) = &filter.only {
            query = query.bind(serde_json::Value::from(only.clone()).to_string());
        }
        for number in [filter.case_file, filter.hand_in].into_iter().flatten() {
            query = query.bind(number);
        }
        if let Some(host) = &filter.host {
            query = query.bind(host);
        }
        for number in [filter.stage, filter.role].into_iter().flatten() {
            query = query.bind(number);
        }
        if let Some(kind) = filter.due {
            query = query.bind(due_bit(kind));
        }
        // Row by row: as the engine gives it, a row takes ten times what is kept of it.
        let rows = query.fetch(self.conn());
        rows.err_into().and_then(|row| future::ready(selected(&row))).try_collect().await
    }
}

impl Tx {
    /// The rows of targets, by whichever of their names, in their order; none: nothing is known of it.
    pub async fn target_rows(&mut self, ids: &[TargetId]) -> Result<Vec<Option<i64>>, StoreError> {
        let names = self.resolved(ids).await?;
        let now = ids.iter().map(|id| names.get(id).unwrap_or(id));
        let list: Vec<String> = now.map(|id| hex::encode(id.as_bytes())).collect();
        let rows = sqlx::query_scalar(
            "/* target_rows */ SELECT t.id FROM json_each(?) j LEFT JOIN target t ON t.target_id = unhex(j.value)
             ORDER BY j.key",
        )
        .bind(serde_json::Value::from(list).to_string())
        .fetch_all(self.conn())
        .await?;
        Ok(rows)
    }
}

fn when(condition: bool, sql: &'static str) -> &'static str {
    if condition { sql } else { "" }
}

fn selected(row: &SqliteRow) -> Result<Selected, StoreError> {
    let target_id: Vec<u8> = row.try_get("target_id")?;
    let intent: Option<Vec<u8>> = row.try_get("intent")?;
    let intent = intent
        .map(|id| id.try_into().map(CommandId::from_bytes).map_err(|_| StoreError::Damaged("target.intent")))
        .transpose()?;
    Ok(Selected {
        id: row.try_get("id")?,
        target_id: target_id
            .try_into()
            .map(TargetId::from_bytes)
            .map_err(|_| StoreError::Damaged("target_id"))?,
        owner: row.try_get("owner")?,
        stage: row.try_get("stage")?,
        role: row.try_get("role")?,
        fence: unsigned(row.try_get("fence")?),
        round: u32::try_from(unsigned(row.try_get("round")?)).unwrap_or(u32::MAX),
        intent,
        in_doubt: row.try_get::<i64, _>("under_way")? >= 2,
    })
}
