//! Submissions whose leaves the hub lost wait again, and what was answered to them is forgotten.

use meldeverbund_proto::v1::Verdict;

use super::{AGAIN_LANE, NewEpoch};
use crate::store::{StoreError, Tx, signed};

impl Tx {
    pub(super) async fn submissions_again(&mut self, new: &NewEpoch, last_us: i64) -> Result<(), StoreError> {
        sqlx::query(
            "/* submissions_again */ INSERT OR REPLACE INTO again_submission (submission, epoch)
             SELECT s.id, ? FROM submission s LEFT JOIN receipt r ON r.submission = s.id AND r.state <> 3
             WHERE s.state = 2 AND CASE WHEN r.id IS NULL THEN s.answered_us >= ?
               ELSE r.epoch < ? AND r.first_leaf + r.leaf_count > ? END",
        )
        .bind(new.epoch)
        .bind(last_us)
        .bind(new.epoch)
        .bind(signed(new.kept))
        .execute(self.conn())
        .await?;
        let counts: Vec<(i64, i64, i64)> = sqlx::query_as(
            "/* submissions_again */ SELECT s.hand_in, a.verdict, count(*) FROM again_submission g
             JOIN submission s ON s.id = g.submission JOIN answer a
               ON a.referral >= s.first_referral AND a.referral < s.first_referral + s.referral_count
             WHERE g.epoch = ? AND s.state = 2 AND s.hand_in IS NOT NULL GROUP BY 1, 2",
        )
        .bind(new.epoch)
        .fetch_all(self.conn())
        .await?;
        for (hand_in, verdict, count) in counts {
            self.uncount(hand_in, verdict, count).await?;
        }
        for sql in [
            "/* submissions_again */ INSERT OR IGNORE INTO again_answer (referral, target_id)
             SELECT a.referral, t.target_id FROM again_submission g JOIN submission s ON s.id = g.submission
             JOIN answer a ON a.referral >= s.first_referral AND a.referral < s.first_referral + s.referral_count
             JOIN target t ON t.id = a.target WHERE g.epoch = ? AND s.state = 2",
            "/* submissions_again */ DELETE FROM answer WHERE referral IN (SELECT a.referral FROM again_submission g
             JOIN submission s ON s.id = g.submission JOIN answer a
               ON a.referral >= s.first_referral AND a.referral < s.first_referral + s.referral_count
             WHERE g.epoch = ? AND s.state = 2)",
        ] {
            sqlx::query(sql).bind(new.epoch).execute(self.conn()).await?;
        }
        sqlx::query(
            "/* submissions_again */ UPDATE submission SET state = 1, lane = ?, answered_us = NULL
             WHERE state = 2 AND id IN (SELECT submission FROM again_submission WHERE epoch = ?)",
        )
        .bind(AGAIN_LANE)
        .bind(new.epoch)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    async fn uncount(&mut self, hand_in: i64, verdict: i64, count: i64) -> Result<(), StoreError> {
        let column = |of: Verdict| if verdict == i64::from(of as i32) { count } else { 0 };
        sqlx::query(
            "/* uncount */ UPDATE hand_in SET new = new - ?, joined = joined - ?, already_yours = already_yours - ?,
               reopened = reopened - ?, refused = refused - ? WHERE id = ?",
        )
        .bind(column(Verdict::New))
        .bind(column(Verdict::Joined))
        .bind(column(Verdict::AlreadyYours))
        .bind(column(Verdict::Reopened))
        .bind(column(Verdict::Refused))
        .bind(hand_in)
        .execute(self.conn())
        .await?;
        Ok(())
    }
}
