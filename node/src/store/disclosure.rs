//! Disclosures and announcements as last told.

use meldeverbund_proto::{
    CommandId, TargetId,
    v1::{Announcement, Disclosure, Receipt},
};
use prost::Message as _;

use super::{StoreError, Tx};

/// A disclosure whose ids fit.
#[derive(Debug, Clone)]
pub struct ToldDisclosure {
    /// Its id.
    pub id: CommandId,
    /// Whether this agency is asked.
    pub asked: bool,
    /// The target, where this agency is asked.
    pub target: Option<TargetId>,
    /// The disclosure.
    pub disclosure: Disclosure,
}

impl Tx {
    /// Keeps a disclosure as told at `told_us`, unless something later is known.
    pub async fn keep_disclosure(&mut self, told: &ToldDisclosure, told_us: i64) -> Result<(), StoreError> {
        let ToldDisclosure { id, asked, target, disclosure } = told;
        sqlx::query(
            "/* keep_disclosure */ INSERT INTO disclosure (disclosure_id, asked, state, asked_us, due_us, answered_us,
               target_id, told_us, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (disclosure_id) DO UPDATE SET asked = excluded.asked, state = excluded.state,
               asked_us = excluded.asked_us, due_us = excluded.due_us, answered_us = excluded.answered_us,
               target_id = excluded.target_id, told_us = excluded.told_us, message = excluded.message
             WHERE excluded.told_us >= told_us",
        )
        .bind(id.as_bytes().to_vec())
        .bind(asked)
        .bind(disclosure.state)
        .bind(disclosure.asked_at_us)
        .bind(disclosure.due_at_us)
        .bind(disclosure.answered_at_us)
        .bind(target.map(|target| target.as_bytes().to_vec()))
        .bind(told_us)
        .bind(disclosure.encode_to_vec())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What is due first first, then what was answered, the newest first.
    pub async fn disclosures(&mut self, answered: bool, limit: u32) -> Result<Vec<Disclosure>, StoreError> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "/* disclosures */ SELECT message FROM disclosure WHERE ? OR answered_us = 0
             ORDER BY answered_us <> 0, CASE WHEN answered_us = 0 THEN due_us ELSE -answered_us END LIMIT ?",
        )
        .bind(answered)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        rows.iter().map(|bytes| decode(bytes)).collect()
    }

    /// A disclosure by its id.
    pub async fn disclosure(&mut self, id: CommandId) -> Result<Option<Disclosure>, StoreError> {
        let row: Option<Vec<u8>> =
            sqlx::query_scalar("/* disclosure */ SELECT message FROM disclosure WHERE disclosure_id = ?")
                .bind(id.as_bytes().to_vec())
                .fetch_optional(self.conn())
                .await?;
        row.map(|bytes| decode(&bytes)).transpose()
    }

    /// Keeps an announcement as told at `told_us`; `agency` is its row.
    pub async fn keep_announcement(
        &mut self,
        id: CommandId,
        agency: Option<i64>,
        announcement: &Announcement,
        told_us: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* keep_announcement */ INSERT INTO announcement (announcement_id, agency, recorded_us, told_us, message)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (announcement_id) DO UPDATE SET agency = coalesce(excluded.agency, agency),
               recorded_us = excluded.recorded_us, told_us = excluded.told_us, message = excluded.message
             WHERE excluded.told_us >= told_us",
        )
        .bind(id.as_bytes().to_vec())
        .bind(agency)
        .bind(announcement.recorded_at_us)
        .bind(told_us)
        .bind(announcement.encode_to_vec())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Keeps what the hub promised of an own announcement.
    pub async fn keep_announcement_receipt(
        &mut self,
        id: CommandId,
        receipt: &Receipt,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "/* keep_announcement_receipt */ UPDATE announcement SET receipt = ? WHERE announcement_id = ?",
        )
        .bind(receipt.encode_to_vec())
        .bind(id.as_bytes().to_vec())
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Announcements with who announced them, the newest first.
    pub async fn announcements(&mut self, limit: u32) -> Result<Vec<(Announcement, String)>, StoreError> {
        let rows: Vec<(Vec<u8>, Option<String>)> = sqlx::query_as(
            "/* announcements */ SELECT n.message, a.agency_id FROM announcement n LEFT JOIN agency a ON a.id = n.agency
             ORDER BY n.recorded_us DESC, n.announcement_id DESC LIMIT ?",
        )
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        let one = |(bytes, agency): (Vec<u8>, Option<String>)| {
            let announcement = Announcement::decode(&bytes[..]);
            let announcement = announcement.map_err(|_| StoreError::Damaged("announcement.message"))?;
            Ok((announcement, agency.unwrap_or_default()))
        };
        rows.into_iter().map(one).collect()
    }
}

fn decode(bytes: &[u8]) -> Result<Disclosure, StoreError> {
    Disclosure::decode(bytes).map_err(|_| StoreError::Damaged("disclosure.message"))
}
