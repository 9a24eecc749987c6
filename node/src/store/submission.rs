//! Submissions: what is sent to the hub as one, and answered as one.

use meldeverbund_proto::{CommandId, v1::Refusal};
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{NewReferral, StoreError, Tx, case_file::refusal, signed, unsigned};

/// Up to so many referrals are the work of a person who waits, and go before bulk.
const FEW: usize = 50;

/// A submission that is composed; it never changes, so that sent again it is the same bytes.
#[derive(Debug, Clone)]
pub struct NewSubmission<'a> {
    /// Its id.
    pub submission_id: CommandId,
    /// The case's row.
    pub case_file: i64,
    /// The hand-in; none: another node of the agency handed it in.
    pub hand_in: Option<i64>,
    /// Now.
    pub composed_us: i64,
    /// Whether one of the referrals is urgent.
    pub urgent: bool,
    /// The referrals, in order; at least one.
    pub referrals: &'a [NewReferral],
}

/// A submission that the hub has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its row.
    pub id: i64,
    /// Its id.
    pub submission_id: CommandId,
    /// The case's number.
    pub case_number: String,
    /// The first referral's number.
    pub first_referral: i64,
    /// How many referrals it has.
    pub referral_count: u64,
}

/// What waits in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Submissions.
    pub submissions: u64,
    /// Referrals in them.
    pub referrals: u64,
    /// When the oldest was composed.
    pub oldest_us: Option<i64>,
    /// Submissions that wait for a person.
    pub refused: u64,
}

/// A submission that the hub refused as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedSubmission {
    /// Its id.
    pub submission_id: CommandId,
    /// The case's number.
    pub case_number: String,
    /// The hand-in.
    pub hand_in: i64,
    /// How many referrals it has.
    pub referral_count: u64,
    /// Why.
    pub refusal: Refusal,
    /// When.
    pub refused_us: i64,
}

impl Tx {
    /// Writes a submission with its referrals and answers its row.
    pub async fn put_submission(&mut self, new: &NewSubmission<'_>) -> Result<i64, StoreError> {
        let last: Option<i64> = sqlx::query_scalar(
            "/* put_submission */ SELECT first_referral + referral_count FROM submission ORDER BY id DESC LIMIT 1",
        )
        .fetch_optional(self.conn())
        .await?;
        let first = last.unwrap_or(1);
        let done = sqlx::query(
            "/* put_submission */ INSERT INTO submission (submission_id, case_file, hand_in, first_referral,
               referral_count, lane, state, composed_us) VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
        )
        .bind(new.submission_id.as_bytes().to_vec())
        .bind(new.case_file)
        .bind(new.hand_in)
        .bind(first)
        .bind(signed(new.referrals.len() as u64))
        .bind(lane(new))
        .bind(new.composed_us)
        .execute(self.conn())
        .await?;
        let id = done.last_insert_rowid();
        self.put_referrals(id, first, new.referrals).await?;
        Ok(id)
    }

    /// Submissions that may be sent, first the urgent, then the small, then the others, oldest first; those whose
    /// case the hub does not know yet wait.
    pub async fn unsent(&mut self, limit: usize) -> Result<Vec<Unsent>, StoreError> {
        let rows = sqlx::query(
            "/* unsent */ SELECT s.id, s.submission_id, c.number, s.first_referral, s.referral_count
             FROM submission s CROSS JOIN case_file c ON c.id = s.case_file
             WHERE s.state = 1 AND c.at_hub IN (2, 3) ORDER BY s.lane, s.id LIMIT ?",
        )
        .bind(signed(limit as u64))
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(unsent).collect()
    }

    /// Whether a submission of this id is in the store.
    pub async fn has_submission(&mut self, id: CommandId) -> Result<bool, StoreError> {
        let found: Option<i64> =
            sqlx::query_scalar("/* has_submission */ SELECT id FROM submission WHERE submission_id = ?")
                .bind(id.as_bytes().to_vec())
                .fetch_optional(self.conn())
                .await?;
        Ok(found.is_some())
    }

    /// The hub has refused the submission as a whole; false: it was answered meanwhile.
    pub async fn submission_refused(
        &mut self,
        id: i64,
        refusal: &Refusal,
        now_us: i64,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "/* submission_refused */ UPDATE submission SET state = 3, answered_us = ?, refusal_code = ?,
               refusal_field = ?, refusal_reason = ? WHERE id = ? AND state = 1",
        )
        .bind(now_us)
        .bind(refusal.code)
        .bind(&refusal.field)
        .bind(&refusal.reason)
        .bind(id)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Puts refused submissions back into the queue; answers how many.
    pub async fn requeue_submissions(
        &mut self,
        submission: Option<CommandId>,
        case_file: Option<i64>,
    ) -> Result<u64, StoreError> {
        let id = submission.map(|id| id.as_bytes().to_vec());
        let done = sqlx::query(
            "/* requeue_submissions */ UPDATE submission SET state = 1, answered_us = NULL, refusal_code = NULL,
               refusal_field = NULL, refusal_reason = NULL
             WHERE state = 3 AND (? IS NULL OR submission_id = ?) AND (? IS NULL OR case_file = ?)",
        )
        .bind(id.clone())
        .bind(id)
        .bind(case_file)
        .bind(case_file)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }

    /// What waits in all.
    pub async fn waiting(&mut self) -> Result<Waiting, StoreError> {
        let (submissions, referrals, oldest_us, refused): (i64, i64, Option<i64>, i64) = sqlx::query_as(
            "/* waiting */ SELECT count(*), coalesce(sum(referral_count), 0), min(composed_us),
               (SELECT count(*) FROM submission WHERE state = 3)
             FROM submission WHERE state = 1",
        )
        .fetch_one(self.conn())
        .await?;
        Ok(Waiting {
            submissions: unsigned(submissions),
            referrals: unsigned(referrals),
            oldest_us,
            refused: unsigned(refused),
        })
    }

    /// How many submissions of a hand-in may still be answered by themselves.
    pub async fn waiting_of_hand_in(&mut self, hand_in: i64) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "/* waiting_of_hand_in */ SELECT count(*) FROM submission s JOIN case_file c ON c.id = s.case_file
             WHERE s.state = 1 AND s.hand_in = ? AND c.at_hub <> 4",
        )
        .bind(hand_in)
        .fetch_one(self.conn())
        .await?;
        Ok(unsigned(count))
    }

    /// Submissions that wait for a person, oldest first.
    pub async fn refused_submissions(&mut self, limit: u32) -> Result<Vec<RefusedSubmission>, StoreError> {
        let sql = format!("/* refused_submissions */ {REFUSED} WHERE s.state = 3 ORDER BY s.id LIMIT ?");
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(limit).fetch_all(self.conn()).await?;
        rows.iter().map(refused_submission).collect()
    }

    /// The submission of this row, if it waits for a person.
    pub async fn refused_submission(&mut self, id: i64) -> Result<Option<RefusedSubmission>, StoreError> {
        let sql = format!("/* refused_submission */ {REFUSED} WHERE s.state = 3 AND s.id = ?");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(self.conn()).await?;
        row.as_ref().map(refused_submission).transpose()
    }
}

const REFUSED: &str = "SELECT s.submission_id, c.number, s.hand_in, s.referral_count, s.refusal_code, s.refusal_field, \
                       s.refusal_reason, s.answered_us FROM submission s JOIN case_file c ON c.id = s.case_file";

fn lane(new: &NewSubmission<'_>) -> i64 {
    match new {
        NewSubmission { urgent: true, .. } => 0,
        NewSubmission { referrals, .. } if referrals.len() <= FEW => 1,
        NewSubmission { .. } => 2,
    }
}

fn submission_id(row: &SqliteRow) -> Result<CommandId, StoreError> {
    let id: Vec<u8> = row.try_get("submission_id")?;
    Ok(CommandId::from_bytes(id.try_into().map_err(|_| StoreError::Damaged("submission_id"))?))
}

fn unsent(row: &SqliteRow) -> Result<Unsent, StoreError> {
    Ok(Unsent {
        id: row.try_get("id")?,
        submission_id: submission_id(row)?,
        case_number: row.try_get("number")?,
        first_referral: row.try_get("first_referral")?,
        referral_count: unsigned(row.try_get("referral_count")?),
    })
}

fn refused_submission(row: &SqliteRow) -> Result<RefusedSubmission, StoreError> {
    Ok(RefusedSubmission {
        submission_id: submission_id(row)?,
        case_number: row.try_get("number")?,
        hand_in: row.try_get::<Option<i64>, _>("hand_in")?.unwrap_or(0),
        referral_count: unsigned(row.try_get("referral_count")?),
        refusal: refusal(row)?.ok_or(StoreError::Damaged("submission.refusal_code"))?,
        refused_us: row.try_get::<Option<i64>, _>("answered_us")?.unwrap_or(0),
    })
}
