//! Hosts of canonical links: each once, so that a referral names one by a number.

use std::collections::HashMap;

use meldeverbund_proto::{CanonicalLink, v1::Referral};
use prost::Message as _;

use super::{StoreError, Tx};

/// Rows of one page while hosts are filled in.
const PAGE: u32 = 1_000;

impl Tx {
    /// The numbers of hosts; makes those that are not known yet.
    pub(super) async fn host_numbers<'h>(
        &mut self,
        names: impl Iterator<Item = &'h str>,
    ) -> Result<HashMap<&'h str, i64>, StoreError> {
        let mut numbers = HashMap::new();
        for name in names {
            if !numbers.contains_key(name) {
                numbers.insert(name, self.host_number(name).await?);
            }
        }
        Ok(numbers)
    }

    async fn host_number(&mut self, name: &str) -> Result<i64, StoreError> {
        let known: Option<i64> = sqlx::query_scalar("/* host_number */ SELECT id FROM host WHERE name = ?")
            .bind(name)
            .fetch_optional(self.conn())
            .await?;
        if let Some(id) = known {
            return Ok(id);
        }
        let made = sqlx::query("/* host_number */ INSERT INTO host (name) VALUES (?)")
            .bind(name)
            .execute(self.conn())
            .await?;
        Ok(made.last_insert_rowid())
    }

    /// Fills in the hosts of referrals that an older program wrote; false: none is left.
    pub(super) async fn fill_in_hosts(&mut self) -> Result<bool, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "/* fill_in_hosts */ SELECT id, message FROM referral WHERE host IS NULL ORDER BY id LIMIT ?",
        )
        .bind(PAGE)
        .fetch_all(self.conn())
        .await?;
        for (id, message) in &rows {
            let referral =
                Referral::decode(&message[..]).map_err(|_| StoreError::Damaged("referral.message"))?;
            // What was taken has a canonical form; should it have none any more, no host finds it.
            let link = CanonicalLink::parse(&referral.link).ok();
            let host = self.host_number(link.as_ref().map_or("", CanonicalLink::host)).await?;
            sqlx::query("/* fill_in_hosts */ UPDATE referral SET host = ? WHERE id = ?")
                .bind(host)
                .bind(id)
                .execute(self.conn())
                .await?;
        }
        Ok(rows.len() == PAGE as usize)
    }
}
