//! Whose store this is.

use meldeverbund_proto::{AgencyId, InstanceId};
use sqlx::SqlitePool;

use super::StoreError;
use crate::clock::{Clock, Random};

/// Whose store this is.
#[derive(Debug, Clone)]
pub struct Meta {
    /// The store's own random id: the hub tells a cloned node by it.
    pub instance_id: InstanceId,
}

impl Meta {
    /// The store's own row, made on first start.
    pub(super) async fn load_or_make(
        pool: &SqlitePool,
        agency: &AgencyId,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, StoreError> {
        sqlx::query(
            "/* Meta::load_or_make */ INSERT INTO meta (one, instance_id, agency_id, made_us, feed_cursor)
             VALUES (1, ?, ?, ?, 0) ON CONFLICT (one) DO NOTHING",
        )
        .bind(random.instance_id().as_bytes().to_vec())
        .bind(agency.as_str())
        .bind(clock.now_us())
        .execute(pool)
        .await?;
        let (instance, found, handed_over): (Vec<u8>, String, Option<i64>) = sqlx::query_as(
            "/* Meta::load_or_make */ SELECT instance_id, agency_id, handed_over_us FROM meta WHERE one = 1",
        )
        .fetch_one(pool)
        .await?;
        if found != agency.as_str() {
            return Err(StoreError::OtherAgency { found, expected: agency.to_string() });
        }
        if let Some(since_us) = handed_over {
            return Err(StoreError::HandedOver { since_us });
        }
        let bytes = instance.try_into().map_err(|_| StoreError::Damaged("instance_id is not 16 bytes"))?;
        Ok(Self { instance_id: InstanceId::from_bytes(bytes) })
    }

    /// Whose store it is.
    pub(super) async fn agency(pool: &SqlitePool) -> Result<String, StoreError> {
        let agency =
            sqlx::query_scalar("/* Meta::agency */ SELECT agency_id FROM meta WHERE one = 1").fetch_one(pool);
        Ok(agency.await?)
    }
}
