//! Hand-ins: one list of an officer, from its first row to the hub's last answer.

use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{StoreError, Tx, unsigned};

/// How many rows stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Rows taken.
    pub rows: u64,
    /// Rows that are no referral.
    pub rejected: u64,
    /// Opened a target.
    pub new: u64,
    /// Joined one.
    pub joined: u64,
    /// Were known in the same case.
    pub already_yours: u64,
    /// Opened the next round.
    pub reopened: u64,
    /// Refused by the hub.
    pub refused: u64,
}

/// A hand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandIn {
    /// Its row.
    pub id: i64,
    /// The case's number.
    pub case_number: String,
    /// The input's name.
    pub source_name: String,
    /// The officer.
    pub officer: String,
    /// Who acted for the officer, in words.
    pub annotation: String,
    /// When it began.
    pub begun_us: i64,
    /// When its last row was taken.
    pub finished_us: Option<i64>,
    /// When the hub last answered rows of it.
    pub answered_us: Option<i64>,
    /// How many rows stand where.
    pub sums: Sums,
}

/// A hand-in that begins.
#[derive(Debug, Clone)]
pub struct NewHandIn {
    /// Names the input under its case.
    pub digest: Vec<u8>,
    /// The case's row.
    pub case_file: i64,
    /// The input's name.
    pub source_name: String,
    /// The officer.
    pub officer: String,
    /// Who acts for the officer, in words.
    pub annotation: String,
    /// Now.
    pub begun_us: i64,
}

/// A hand-in of some digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Its row.
    pub id: i64,
    /// Whether all rows were taken.
    pub finished: bool,
}

impl Sums {
    pub(super) const SQL: &str = "coalesce(sum(h.row_count), 0) AS row_count, coalesce(sum(h.rejected), 0) AS rejected, \
         coalesce(sum(h.new), 0) AS new, coalesce(sum(h.joined), 0) AS joined, \
         coalesce(sum(h.already_yours), 0) AS already_yours, coalesce(sum(h.reopened), 0) AS reopened, \
         coalesce(sum(h.refused), 0) AS refused";

    pub(super) fn from_row(row: &SqliteRow) -> Result<Self, StoreError> {
        let count = |column| row.try_get::<i64, _>(column).map(unsigned);
        Ok(Self {
            rows: count("row_count")?,
            rejected: count("rejected")?,
            new: count("new")?,
            joined: count("joined")?,
            already_yours: count("already_yours")?,
            reopened: count("reopened")?,
            refused: count("refused")?,
        })
    }

    /// Referrals that the hub has answered.
    pub fn answered(&self) -> u64 {
        self.new + self.joined + self.already_yours + self.reopened + self.refused
    }

    /// Referrals that the hub has not answered.
    pub fn waiting(&self) -> u64 {
        self.rows.saturating_sub(self.rejected + self.answered())
    }
}

const COLUMNS: &str = "h.id, c.number, h.source_name, h.officer, h.annotation, h.begun_us, h.finished_us, h.answered_us, \
                       h.row_count, h.rejected, h.new, h.joined, h.already_yours, h.reopened, h.refused";

impl Tx {
    /// The newest hand-in of this digest.
    pub async fn hand_in_by_digest(&mut self, digest: &[u8]) -> Result<Option<Begun>, StoreError> {
        let row: Option<(i64, bool)> = sqlx::query_as(
            "/* hand_in_by_digest */ SELECT id, finished_us IS NOT NULL FROM hand_in WHERE digest = ? ORDER BY id DESC LIMIT 1",
        )
        .bind(digest)
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|(id, finished)| Begun { id, finished }))
    }

    /// Begins a hand-in and answers its row.
    pub async fn begin_hand_in(&mut self, new: &NewHandIn) -> Result<i64, StoreError> {
        let done = sqlx::query(
            "/* begin_hand_in */ INSERT INTO hand_in (digest, case_file, source_name, officer, annotation, begun_us,
               row_count, rejected, new, joined, already_yours, reopened, refused)
             VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0)",
        )
        .bind(&new.digest)
        .bind(new.case_file)
        .bind(&new.source_name)
        .bind(&new.officer)
        .bind(&new.annotation)
        .bind(new.begun_us)
        .execute(self.conn())
        .await?;
        Ok(done.last_insert_rowid())
    }

    /// Counts rows as taken if exactly `before` were taken so far; false: another run has gone on with this hand-in.
    pub async fn count_rows(
        &mut self,
        hand_in: i64,
        before: u64,
        rows: usize,
        rejected: usize,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* count_rows */ UPDATE hand_in SET row_count = row_count + ?, rejected = rejected + ?
             WHERE id = ? AND row_count = ? AND finished_us IS NULL",
        )
        .bind(super::signed(rows as u64))
        .bind(super::signed(rejected as u64))
        .bind(hand_in)
        .bind(super::signed(before))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// All rows are taken; false: not `rows` were taken.
    pub async fn finish_hand_in(&mut self, hand_in: i64, rows: u64, now_us: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* finish_hand_in */ UPDATE hand_in SET finished_us = coalesce(finished_us, ?) WHERE id = ? AND row_count = ?",
        )
        .bind(now_us)
        .bind(hand_in)
        .bind(super::signed(rows))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// One hand-in.
    pub async fn hand_in(&mut self, id: i64) -> Result<Option<HandIn>, StoreError> {
        let sql = format!(
            "/* hand_in */ SELECT {COLUMNS} FROM hand_in h JOIN case_file c ON c.id = h.case_file WHERE h.id = ?"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(self.conn()).await?;
        row.as_ref().map(hand_in).transpose()
    }

    /// Hand-ins that broke off, newest first.
    pub async fn broken_off_hand_ins(&mut self, limit: u32) -> Result<Vec<HandIn>, StoreError> {
        let sql = format!(
            "/* broken_off_hand_ins */ SELECT {COLUMNS} FROM hand_in h JOIN case_file c ON c.id = h.case_file
             WHERE h.finished_us IS NULL ORDER BY h.id DESC LIMIT ?"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(hand_in).collect()
    }

    /// How all rows of this node stand.
    pub async fn totals(&mut self) -> Result<Sums, StoreError> {
        let sql = format!("/* totals */ SELECT {} FROM hand_in h", Sums::SQL);
        Sums::from_row(&sqlx::query(AssertSqlSafe(sql)).fetch_one(self.conn()).await?)
    }

    /// How the rows of one case stand.
    pub async fn case_sums(&mut self, case_file: i64) -> Result<Sums, StoreError> {
        let sql = format!("/* case_sums */ SELECT {} FROM hand_in h WHERE h.case_file = ?", Sums::SQL);
        Sums::from_row(&sqlx::query(AssertSqlSafe(sql)).bind(case_file).fetch_one(self.conn()).await?)
    }
}

fn hand_in(row: &SqliteRow) -> Result<HandIn, StoreError> {
    Ok(HandIn {
        id: row.try_get("id")?,
        case_number: row.try_get("number")?,
        source_name: row.try_get("source_name")?,
        officer: row.try_get("officer")?,
        annotation: row.try_get("annotation")?,
        begun_us: row.try_get("begun_us")?,
        finished_us: row.try_get("finished_us")?,
        answered_us: row.try_get("answered_us")?,
        sums: Sums::from_row(row)?,
    })
}
