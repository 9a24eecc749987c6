//! Names and contacts of agencies, as the hub last told them.

use meldeverbund_proto::v1::AgencyCard;

use super::{StoreError, Tx};

impl Tx {
    /// Keeps a card and answers its row's number.
    pub async fn keep_agency(&mut self, card: &AgencyCard) -> Result<i64, StoreError> {
        let id = sqlx::query_scalar(
            "/* keep_agency */ INSERT INTO agency (agency_id, name, contact, kind) VALUES (?, ?, ?, ?)
             ON CONFLICT (agency_id) DO UPDATE SET
               name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END,
               contact = CASE WHEN excluded.contact = '' THEN contact ELSE excluded.contact END,
               kind = CASE WHEN excluded.kind = 0 THEN kind ELSE excluded.kind END
             RETURNING id",
        )
        .bind(&card.agency_id)
        .bind(&card.name)
        .bind(&card.contact)
        .bind(card.kind)
        .fetch_one(self.conn())
        .await?;
        Ok(id)
    }

    /// The cards of these rows.
    pub async fn agencies_of(&mut self, rows: &[i64]) -> Result<Vec<AgencyCard>, StoreError> {
        let rows = serde_json::Value::from(rows.to_vec()).to_string();
        let rows: Vec<(String, String, String, i32)> = sqlx::query_as(
            "/* agencies_of */ SELECT agency_id, name, contact, kind FROM agency
             WHERE id IN (SELECT value FROM json_each(?)) ORDER BY agency_id",
        )
        .bind(rows)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(card).collect())
    }

    /// All cards that the node knows: a few dozen.
    pub async fn agencies(&mut self) -> Result<Vec<AgencyCard>, StoreError> {
        let rows: Vec<(String, String, String, i32)> = sqlx::query_as(
            "/* agencies */ SELECT agency_id, name, contact, kind FROM agency ORDER BY agency_id",
        )
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(card).collect())
    }
}

fn card((agency_id, name, contact, kind): (String, String, String, i32)) -> AgencyCard {
    AgencyCard { agency_id, name, contact, kind }
}
