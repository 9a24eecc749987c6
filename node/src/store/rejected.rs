//! Rows that are no referral; kept so that the report can say so after a crash, too.

use meldeverbund_proto::v1::Refusal;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, bulk, signed, unsigned};

/// A rejected row.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Its place among the rows, from 1.
    pub row: u64,
    /// Its place in the input, for people.
    pub line: u64,
    /// What it had where the link should be.
    pub input: String,
    /// Why.
    pub refusal: Refusal,
}

impl Tx {
    /// Keeps rejected rows of a hand-in.
    pub async fn keep_rejected(&mut self, hand_in: i64, rows: &[Rejected]) -> Result<(), StoreError> {
        bulk::run(
            self.conn(),
            "/* keep_rejected */ INSERT INTO rejected_row (hand_in, row_no, line, input, code, field, reason)",
            7,
            "",
            rows,
            |query, row| {
                query
                    .bind(hand_in)
                    .bind(signed(row.row))
                    .bind(signed(row.line))
                    .bind(&row.input)
                    .bind(row.refusal.code)
                    .bind(&row.refusal.field)
                    .bind(&row.refusal.reason)
            },
        )
        .await?;
        Ok(())
    }

    /// Rejected rows after row `after`, at most `limit`.
    pub async fn rejected_rows(
        &mut self,
        hand_in: i64,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Rejected>, StoreError> {
        let rows = sqlx::query(
            "/* rejected_rows */ SELECT row_no, line, input, code, field, reason FROM rejected_row
             WHERE hand_in = ? AND row_no > ? ORDER BY row_no LIMIT ?",
        )
        .bind(hand_in)
        .bind(signed(after))
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(rejected).collect()
    }
}

fn rejected(row: &SqliteRow) -> Result<Rejected, StoreError> {
    Ok(Rejected {
        row: unsigned(row.try_get("row_no")?),
        line: unsigned(row.try_get("line")?),
        input: row.try_get("input")?,
        refusal: Refusal {
            code: row.try_get("code")?,
            field: row.try_get("field")?,
            reason: row.try_get("reason")?,
            retry_after_ms: 0,
        },
    })
}
