//! Referrals as they are sent: the contract's bytes, salt included.

use meldeverbund_proto::LinkId;

use super::{StoreError, Tx, bulk, signed};

/// A referral that is taken.
#[derive(Debug, Clone)]
pub struct NewReferral {
    /// Its place among the hand-in's rows, from 1.
    pub row: u64,
    /// Its place in the input, for people.
    pub line: u64,
    /// Finds the canonical link again.
    pub link_key: LinkKey,
    /// The canonical link's host.
    pub host: String,
    /// The encoded `v1.Referral`, salt included.
    pub message: Vec<u8>,
}

/// The first 8 bytes of a canonical link's id: finds it, but a second link may have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkKey(i64);

impl LinkKey {
    /// The key of a canonical link.
    pub fn of(id: LinkId) -> Self {
        let (first, _) = id.as_bytes().split_first_chunk().expect("32 bytes have 8");
        Self(i64::from_be_bytes(*first))
    }

    pub(super) fn number(self) -> i64 {
        self.0
    }
}

impl Tx {
    /// Writes the referrals of one submission under the numbers from `first`.
    pub(super) async fn put_referrals(
        &mut self,
        submission: i64,
        first: i64,
        referrals: &[NewReferral],
    ) -> Result<(), StoreError> {
        let hosts = self.host_numbers(referrals.iter().map(|referral| referral.host.as_str())).await?;
        let numbered: Vec<(i64, &NewReferral)> = (first..).zip(referrals).collect();
        bulk::run(
            self.conn(),
            "/* put_referrals */ INSERT INTO referral (id, submission, row_no, line, link_key, message, host)",
            7,
            "",
            &numbered,
            |query, (id, referral)| {
                query
                    .bind(id)
                    .bind(submission)
                    .bind(signed(referral.row))
                    .bind(signed(referral.line))
                    .bind(referral.link_key.0)
                    .bind(&referral.message[..])
                    .bind(hosts[referral.host.as_str()])
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

    /// How many of these links have been handed in before.
    pub async fn count_known(&mut self, keys: &[LinkKey]) -> Result<u64, StoreError> {
        let list: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let list = serde_json::Value::from(list).to_string();
        let count: i64 = sqlx::query_scalar(
            "/* count_known */ SELECT count(*) FROM json_each(?) j
             WHERE EXISTS (SELECT 1 FROM referral r WHERE r.link_key = j.value)",
        )
        .bind(list)
        .fetch_one(self.conn())
        .await?;
        Ok(super::unsigned(count))
    }
}
