//! Questions to the hub: the asking office's own access log.

use meldeverbund_proto::v1::Purpose;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, signed, unsigned};

/// Columns of [`StoredQuestion`], in its order, with how its rows stand.
const COLUMNS: &str =
    "q.id, q.blind, q.officer, q.purpose_code, q.case_number, q.reason, q.source_name, q.asked_us,
  q.row_count, q.taken_us, q.finished_us, q.hits_of,
  (SELECT count(*) FROM question_row r WHERE r.question = q.id AND r.state = 1) waiting,
  (SELECT count(*) FROM question_row r WHERE r.question = q.id AND r.state = 2) no_hits,
  (SELECT count(*) FROM question_row r WHERE r.question = q.id AND r.state = 3) hits,
  (SELECT count(*) FROM question_row r WHERE r.question = q.id AND r.state = 4) refused";

/// A question that begins.
#[derive(Debug, Clone)]
pub struct NewQuestion {
    /// Names its input; empty: nothing names it, so that it is never gone on with by its input.
    pub digest: Vec<u8>,
    /// Whether selectors stay here.
    pub blind: bool,
    /// Who asks.
    pub officer: String,
    /// Why.
    pub purpose: Purpose,
    /// What the list is called.
    pub source_name: String,
    /// When.
    pub asked_us: i64,
    /// The blind question whose hits it asks about.
    pub hits_of: Option<i64>,
}

/// A question as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredQuestion {
    /// Its number.
    pub id: i64,
    /// Whether selectors stay here.
    pub blind: bool,
    /// Who asks.
    pub officer: String,
    /// Why.
    pub purpose: Purpose,
    /// What the list is called.
    pub source_name: String,
    /// When.
    pub asked_us: i64,
    /// Rows that were taken.
    pub row_count: u64,
    /// When all rows were taken.
    pub taken_us: Option<i64>,
    /// When everything was answered.
    pub finished_us: Option<i64>,
    /// The blind question whose hits it asks about.
    pub hits_of: Option<i64>,
    /// How its rows stand.
    pub counts: QuestionCounts,
}

/// How the rows of a question stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuestionCounts {
    /// Not answered.
    pub waiting: u64,
    /// No reportable hit.
    pub no_hits: u64,
    /// Hits.
    pub hits: u64,
    /// Refused, or not readable.
    pub refused: u64,
}

impl Tx {
    /// Begins a question and answers its number.
    pub async fn put_question(&mut self, new: &NewQuestion) -> Result<i64, StoreError> {
        let id = sqlx::query_scalar(
            "/* put_question */ INSERT INTO question (digest, blind, officer, purpose_code, case_number, reason,
               source_name, asked_us, row_count, hits_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?) RETURNING id",
        )
        .bind(&new.digest)
        .bind(new.blind)
        .bind(&new.officer)
        .bind(&new.purpose.code)
        .bind(&new.purpose.case_number)
        .bind(&new.purpose.reason)
        .bind(&new.source_name)
        .bind(new.asked_us)
        .bind(new.hits_of)
        .fetch_one(self.conn())
        .await?;
        Ok(id)
    }

    /// The question of this input that is not finished.
    pub async fn open_question(&mut self, digest: &[u8]) -> Result<Option<StoredQuestion>, StoreError> {
        let id: Option<i64> = sqlx::query_scalar(
            "/* open_question */ SELECT id FROM question WHERE digest = ? AND finished_us IS NULL ORDER BY id DESC LIMIT 1",
        )
        .bind(digest)
        .fetch_optional(self.conn())
        .await?;
        match id {
            Some(id) => self.question(id).await,
            None => Ok(None),
        }
    }

    /// A question by its number.
    pub async fn question(&mut self, id: i64) -> Result<Option<StoredQuestion>, StoreError> {
        let sql = format!("/* question */ SELECT {COLUMNS} FROM question q WHERE q.id = ?");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.conn()).await?;
        row.as_ref().map(stored).transpose()
    }

    /// The newest questions.
    pub async fn questions(&mut self, limit: u32) -> Result<Vec<StoredQuestion>, StoreError> {
        let sql = format!("/* questions */ SELECT {COLUMNS} FROM question q ORDER BY q.id DESC LIMIT ?");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(stored).collect()
    }

    /// All rows are there; false: other rows than so many were taken.
    pub async fn question_is_taken(&mut self, id: i64, rows: u64, now_us: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* question_is_taken */ UPDATE question SET taken_us = coalesce(taken_us, ?) WHERE id = ? AND row_count = ?",
        )
        .bind(now_us)
        .bind(id)
        .bind(signed(rows))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Everything is answered, if it is; false: something still waits.
    pub async fn question_is_finished(&mut self, id: i64, now_us: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* question_is_finished */ UPDATE question SET finished_us = coalesce(finished_us, ?) WHERE id = ?
               AND taken_us IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM question_batch b WHERE b.question = question.id AND b.answered_us IS NULL)",
        )
        .bind(now_us)
        .bind(id)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Erases questions, and what liaison bodies asked this office, from before `before_us`; answers how many went.
    pub async fn erase_liaison(&mut self, before_us: i64) -> Result<u64, StoreError> {
        const CHILDREN: [&str; 3] = [
            "/* erase_liaison */ DELETE FROM question_row WHERE question IN
               (SELECT id FROM question WHERE asked_us < ?)",
            "/* erase_liaison */ DELETE FROM question_batch WHERE question IN
               (SELECT id FROM question WHERE asked_us < ?)",
            "/* erase_liaison */ DELETE FROM liaison_asked_target WHERE asked IN
               (SELECT id FROM liaison_asked WHERE asked_us < ?)",
        ];
        const WHOLE: [&str; 3] = [
            "/* erase_liaison */ DELETE FROM question WHERE asked_us < ?",
            "/* erase_liaison */ DELETE FROM liaison_asked WHERE asked_us < ?",
            "/* erase_liaison */ DELETE FROM liaison_command WHERE made_us < ?",
        ];
        for sql in CHILDREN {
            sqlx::query(sql).bind(before_us).execute(self.conn()).await?;
        }
        let mut erased = 0;
        for sql in WHOLE {
            erased += sqlx::query(sql).bind(before_us).execute(self.conn()).await?.rows_affected();
        }
        Ok(erased)
    }
}

fn stored(row: &SqliteRow) -> Result<StoredQuestion, StoreError> {
    let count = |name: &str| row.try_get(name).map(unsigned);
    Ok(StoredQuestion {
        id: row.try_get("id")?,
        blind: row.try_get("blind")?,
        officer: row.try_get("officer")?,
        purpose: Purpose {
            code: row.try_get("purpose_code")?,
            case_number: row.try_get("case_number")?,
            reason: row.try_get("reason")?,
        },
        source_name: row.try_get("source_name")?,
        asked_us: row.try_get("asked_us")?,
        row_count: count("row_count")?,
        taken_us: row.try_get("taken_us")?,
        finished_us: row.try_get("finished_us")?,
        hits_of: row.try_get("hits_of")?,
        counts: QuestionCounts {
            waiting: count("waiting")?,
            no_hits: count("no_hits")?,
            hits: count("hits")?,
            refused: count("refused")?,
        },
    })
}
