//! Where a referral's leaf is among those of its submission.

use meldeverbund_proto::CommandId;

use super::{LinkPlace, StoreError, Tx, unsigned};

/// A referral's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafPlace {
    /// The submission's row.
    pub submission: i64,
    /// Its id.
    pub submission_id: CommandId,
    /// The referral's place in the submission, from 0.
    pub position: u64,
    /// Referrals before it that have leaves.
    pub before: u64,
}

impl Tx {
    /// Where a referral's leaf is among those of its submission.
    pub async fn leaf_place(&mut self, place: LinkPlace) -> Result<LeafPlace, StoreError> {
        let (id, first): (Vec<u8>, i64) = sqlx::query_as(
            "/* leaf_place */ SELECT submission_id, first_referral FROM submission WHERE id = ?",
        )
        .bind(place.submission)
        .fetch_one(self.conn())
        .await?;
        let before: i64 = sqlx::query_scalar(
            "/* leaf_place */ SELECT count(*) FROM answer WHERE referral >= ? AND referral < ? AND code IS NULL",
        )
        .bind(first)
        .bind(place.referral)
        .fetch_one(self.conn())
        .await?;
        Ok(LeafPlace {
            submission: place.submission,
            submission_id: id
                .try_into()
                .map(CommandId::from_bytes)
                .map_err(|_| StoreError::Damaged("submission_id"))?,
            position: unsigned(place.referral - first),
            before: unsigned(before),
        })
    }

    /// The most votes of a checkpoint of this epoch that covers so many leaves, and whether one of them is final.
    pub async fn votes_from(&mut self, epoch: u32, size: u64) -> Result<(u64, bool), StoreError> {
        let (votes, is_final): (i64, i64) = sqlx::query_as(
            "/* votes_from */ SELECT coalesce(max(votes), 0), coalesce(max(final), 0) FROM checkpoint
             WHERE epoch = ? AND size >= ?",
        )
        .bind(epoch)
        .bind(super::signed(size))
        .fetch_one(self.conn())
        .await?;
        Ok((unsigned(votes), is_final > 0))
    }
}
