//! Which liaison bodies asked about this office's targets.

use meldeverbund_proto::{CommandId, TargetId};

use super::{StoreError, Tx, bulk};

/// One batch of questions that touched this office's targets.
#[derive(Debug, Clone)]
pub struct NewLiaisonAsked {
    /// The batch.
    pub query_id: CommandId,
    /// Who asked: its row in `agency`.
    pub agency: i64,
    /// When.
    pub asked_us: i64,
    /// The purpose's code.
    pub purpose_code: String,
    /// Targets, and whether they are hidden.
    pub targets: Vec<(TargetId, bool)>,
}

/// As it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLiaisonAsked {
    /// Who asked.
    pub agency_id: String,
    /// When.
    pub asked_us: i64,
    /// The purpose's code.
    pub purpose_code: String,
    /// Targets that were answered as hits.
    pub hits: Vec<TargetId>,
    /// Targets that were answered as none.
    pub hidden: Vec<TargetId>,
}

impl Tx {
    /// Keeps who asked about what; told again it changes nothing.
    pub async fn keep_liaison_asked(&mut self, new: &NewLiaisonAsked) -> Result<(), StoreError> {
        let id: i64 = sqlx::query_scalar(
            "/* keep_liaison_asked */ INSERT INTO liaison_asked (query_id, agency, asked_us, purpose_code)
             VALUES (?, ?, ?, ?) ON CONFLICT (query_id) DO UPDATE SET agency = excluded.agency RETURNING id",
        )
        .bind(new.query_id.as_bytes().to_vec())
        .bind(new.agency)
        .bind(new.asked_us)
        .bind(&new.purpose_code)
        .fetch_one(self.conn())
        .await?;
        bulk::run(
            self.conn(),
            "/* keep_liaison_asked */ INSERT INTO liaison_asked_target (asked, target_id, hidden)",
            3,
            "ON CONFLICT DO NOTHING",
            &new.targets,
            |query, (target, hidden)| query.bind(id).bind(&target.as_bytes()[..]).bind(*hidden),
        )
        .await?;
        Ok(())
    }

    /// Who asked, about one target or any, the newest first.
    pub async fn liaison_asked(
        &mut self,
        target: Option<TargetId>,
        limit: u32,
    ) -> Result<Vec<StoredLiaisonAsked>, StoreError> {
        // What was asked under a name was asked about the target that goes on for it.
        let about = match target {
            None => None,
            Some(target) => {
                let names = self.names_of(target).await?;
                let ids = names.into_iter().chain([target]).map(|id| hex::encode(id.as_bytes()));
                Some(serde_json::Value::from(ids.collect::<Vec<_>>()).to_string())
            }
        };
        let rows: Vec<(i64, String, i64, String)> = sqlx::query_as(
            "/* liaison_asked */ SELECT l.id, a.agency_id, l.asked_us, l.purpose_code
             FROM liaison_asked l JOIN agency a ON a.id = l.agency
             WHERE ? IS NULL OR l.id IN (SELECT t.asked FROM json_each(?) j
               CROSS JOIN liaison_asked_target t ON t.target_id = unhex(j.value))
             ORDER BY l.asked_us DESC, l.id DESC LIMIT ?",
        )
        .bind(&about)
        .bind(&about)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        let mut asked = Vec::with_capacity(rows.len());
        for (id, agency_id, asked_us, purpose_code) in rows {
            let targets: Vec<(Vec<u8>, bool)> = sqlx::query_as(
                "/* liaison_asked */ SELECT target_id, hidden FROM liaison_asked_target
                 WHERE asked = ? AND (? IS NULL OR target_id IN (SELECT unhex(value) FROM json_each(?)))
                 ORDER BY target_id",
            )
            .bind(id)
            .bind(&about)
            .bind(&about)
            .fetch_all(self.conn())
            .await?;
            let mut row = StoredLiaisonAsked {
                agency_id,
                asked_us,
                purpose_code,
                hits: Vec::new(),
                hidden: Vec::new(),
            };
            for (target, hidden) in targets {
                let target = target.try_into().map(TargetId::from_bytes);
                let target = target.map_err(|_| StoreError::Damaged("liaison_asked_target.target_id"))?;
                if hidden { row.hidden.push(target) } else { row.hits.push(target) }
            }
            asked.push(row);
        }
        Ok(asked)
    }
}
