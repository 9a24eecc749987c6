//! Referrals as they are sent: the contract's bytes, salt included.

use super::{StoreError, Tx, bulk, signed};

/// A referral that is taken.
#[derive(Debug, Clone)]
pub struct NewReferral {
    /// Its place among the hand-in's rows, from 1.
    pub row: u64,
    /// Its place in the input, for people.
    pub line: u64,
    /// The canonical link's id.
    pub link_id: [u8; 32],
    /// The encoded `v1.Referral`, salt included.
    pub message: Vec<u8>,
}

/// A stored referral's number and bytes.
pub type StoredReferral = (i64, Vec<u8>);

impl Tx {
    /// Writes the referrals of one submission under the numbers from `first`.
    pub(super) async fn put_referrals(
        &mut self,
        submission: i64,
        first: i64,
        referrals: &[NewReferral],
    ) -> Result<(), StoreError> {
        let numbered: Vec<(i64, &NewReferral)> = (first..).zip(referrals).collect();
        bulk::run(
            self.conn(),
            "/* put_referrals */ INSERT INTO referral (id, submission, row_no, line, link_id, message)",
            6,
            "",
            &numbered,
            |query, (id, referral)| {
                query
                    .bind(id)
                    .bind(submission)
                    .bind(signed(referral.row))
                    .bind(signed(referral.line))
                    .bind(&referral.link_id[..])
                    .bind(&referral.message[..])
            },
        )
        .await?;
        Ok(())
    }

    /// The messages of the referrals `first` .. `first + count - 1`, in order.
    pub async fn messages(&mut self, first: i64, count: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let messages: Vec<Vec<u8>> = sqlx::query_scalar(
            "/* messages */ SELECT message FROM referral WHERE id BETWEEN ? AND ? ORDER BY id",
        )
        .bind(first)
        .bind(first + signed(count) - 1)
        .fetch_all(self.conn())
        .await?;
        if messages.len() as u64 != count {
            return Err(StoreError::Damaged("a submission lacks referrals"));
        }
        Ok(messages)
    }

    /// How many of these link ids have been handed in before; `link_ids` in hexadecimal, as JSON.
    pub async fn count_known(&mut self, link_ids: &[[u8; 32]]) -> Result<u64, StoreError> {
        let list: Vec<String> = link_ids.iter().map(hex::encode).collect();
        let list = serde_json::Value::from(list).to_string();
        let count: i64 = sqlx::query_scalar(
            "/* count_known */ SELECT count(*) FROM json_each(?) j
             WHERE EXISTS (SELECT 1 FROM referral r WHERE r.link_id = unhex(j.value))",
        )
        .bind(list)
        .fetch_one(self.conn())
        .await?;
        Ok(super::unsigned(count))
    }
}
