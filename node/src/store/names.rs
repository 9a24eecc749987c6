//! Targets that are another name of one. What is kept of their links belongs to the target that goes on, and to them again once the
//! two are parted.
//!
//! `target_name` is flat: it leads from each name to its target, never to another name. A link's answer has the target and, where
//! that is another one, the id under which the link itself stands; so whoever reads looks at targets alone.

use std::collections::{HashMap, HashSet};

use meldeverbund_proto::TargetId;

use super::{StoreError, Tx};

impl Tx {
    /// What the hub says now: targets that stand for themselves, and names with the targets that go on for them. `told_us` is
    /// when it said so.
    pub(super) async fn keep_names(
        &mut self,
        own: &[TargetId],
        names: &[(TargetId, TargetId)],
        told_us: i64,
    ) -> Result<(), StoreError> {
        for name in self.names_among(own).await? {
            self.part(name).await?;
        }
        for (name, target) in names {
            self.join(*name, *target, told_us).await?;
        }
        Ok(())
    }

    /// Those of these ids that are names, and when that was told: by the feed or by an answer, whichever said it last.
    pub(super) async fn names_told(
        &mut self,
        ids: &[TargetId],
    ) -> Result<HashMap<TargetId, i64>, StoreError> {
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
            "/* names_told */ SELECT n.name, n.told_us FROM json_each(?) j CROSS JOIN target_name n ON n.name = unhex(j.value)",
        )
        .bind(list(ids))
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(|(name, told_us)| Ok((id(name)?, told_us))).collect()
    }

    /// Each of these ids that is a name, with the target that goes on for it.
    pub async fn resolved(&mut self, ids: &[TargetId]) -> Result<HashMap<TargetId, TargetId>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "/* resolved */ SELECT n.name, t.target_id FROM json_each(?) j CROSS JOIN target_name n ON n.name = unhex(j.value)
             CROSS JOIN target t ON t.id = n.target",
        )
        .bind(list(ids))
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(|(name, target)| Ok((id(name)?, id(target)?))).collect()
    }

    /// The id of the target that goes on for this one, which may be itself.
    pub async fn resolve(&mut self, id: TargetId) -> Result<TargetId, StoreError> {
        Ok(self.resolved(&[id]).await?.remove(&id).unwrap_or(id))
    }

    /// The names of a target.
    pub async fn names_of(&mut self, target: TargetId) -> Result<Vec<TargetId>, StoreError> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "/* names_of */ SELECT n.name FROM target t CROSS JOIN target_name n ON n.target = t.id
             WHERE t.target_id = ? ORDER BY n.name",
        )
        .bind(bytes(target))
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(id).collect()
    }

    /// The names of these targets, each with its target.
    pub(super) async fn names_by_target(
        &mut self,
        targets: &HashSet<TargetId>,
    ) -> Result<HashMap<TargetId, TargetId>, StoreError> {
        let targets: Vec<_> = targets.iter().copied().collect();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "/* names_by_target */ SELECT n.name, t.target_id FROM json_each(?) j CROSS JOIN target t ON t.target_id = unhex(j.value)
             CROSS JOIN target_name n ON n.target = t.id",
        )
        .bind(list(&targets))
        .fetch_all(self.conn())
        .await?;
        rows.into_iter().map(|(name, target)| Ok((id(name)?, id(target)?))).collect()
    }

    /// Takes an answer's word that a link stands under `name` and leads to `target`, unless the feed has told of the name since
    /// the answer was given. Answers where the link leads: the target, and the name where that is another one.
    pub(super) async fn place(
        &mut self,
        name: TargetId,
        target: TargetId,
        told_us: i64,
    ) -> Result<(TargetId, Option<TargetId>), StoreError> {
        let known = self.resolve(name).await?;
        if known != name {
            return Ok((known, Some(name)));
        }
        let parted_since: Option<i64> =
            sqlx::query_scalar("/* place */ SELECT 1 FROM target WHERE target_id = ? AND told_us >= ?")
                .bind(bytes(name))
                .bind(told_us)
                .fetch_optional(self.conn())
                .await?;
        if name == target || parted_since.is_some() {
            return Ok((name, None));
        }
        let target = self.resolve(target).await?;
        self.join(name, target, told_us).await?;
        Ok((target, Some(name)))
    }

    /// Names of which the hub may know nothing any more stand for themselves, until it says otherwise: each has a row, so that
    /// it is asked for, be it that of a target that was told to this agency and never referred by it.
    pub(super) async fn part_since(&mut self, told_us: i64) -> Result<(), StoreError> {
        let rows: Vec<Vec<u8>> =
            sqlx::query_scalar("/* part_since */ SELECT name FROM target_name WHERE told_us >= ?")
                .bind(told_us)
                .fetch_all(self.conn())
                .await?;
        for name in rows {
            let name = id(name)?;
            self.row(name).await?;
            self.part(name).await?;
        }
        Ok(())
    }

    async fn names_among(&mut self, ids: &[TargetId]) -> Result<HashSet<TargetId>, StoreError> {
        Ok(self.resolved(ids).await?.into_keys().collect())
    }

    /// A name becomes a target of its own again, with the links that stand under it.
    async fn part(&mut self, name: TargetId) -> Result<(), StoreError> {
        let whole: Option<i64> =
            sqlx::query_scalar("/* part */ DELETE FROM target_name WHERE name = ? RETURNING target")
                .bind(bytes(name))
                .fetch_optional(self.conn())
                .await?;
        let Some(whole) = whole else { return Ok(()) };
        let own: Option<i64> = sqlx::query_scalar("/* part */ SELECT 1 FROM answer WHERE name = ? LIMIT 1")
            .bind(bytes(name))
            .fetch_optional(self.conn())
            .await?;
        let row = match own {
            Some(_) => Some(self.row(name).await?),
            None => self.known_row(name).await?,
        };
        // Of a target without own links that nothing was told of there is nothing to keep.
        if let Some(row) = row {
            sqlx::query("/* part */ UPDATE answer SET target = ?, name = NULL WHERE name = ?")
                .bind(row)
                .bind(bytes(name))
                .execute(self.conn())
                .await?;
            sqlx::query(
                "/* part */ UPDATE OR IGNORE target_joined SET target = ?, name = X'' WHERE target = ? AND name = ?",
            )
            .bind(row)
            .bind(whole)
            .bind(bytes(name))
            .execute(self.conn())
            .await?;
        }
        self.forget_joined(name, whole).await
    }

    /// Nobody joined the target by this name any more.
    async fn forget_joined(&mut self, name: TargetId, target: i64) -> Result<(), StoreError> {
        sqlx::query("/* forget_joined */ DELETE FROM target_joined WHERE target = ? AND name = ?")
            .bind(target)
            .bind(bytes(name))
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// A target, or a name of another one, becomes a name of this one.
    async fn join(&mut self, name: TargetId, target: TargetId, told_us: i64) -> Result<(), StoreError> {
        if name == target {
            return Ok(());
        }
        let into = self.row(target).await?;
        if let Some(row) = self.known_row(name).await? {
            self.move_row(row, into, name, told_us).await?;
        }
        let before: Option<i64> =
            sqlx::query_scalar("/* join */ SELECT target FROM target_name WHERE name = ? AND target <> ?")
                .bind(bytes(name))
                .bind(into)
                .fetch_optional(self.conn())
                .await?;
        if let Some(before) = before {
            self.move_name(name, before, into).await?;
        }
        sqlx::query(
            "/* join */ INSERT INTO target_name (name, target, told_us) VALUES (?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET target = excluded.target, told_us = excluded.told_us",
        )
        .bind(bytes(name))
        .bind(into)
        .bind(told_us)
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// What stands under a name goes on under another target than before.
    async fn move_name(&mut self, name: TargetId, before: i64, into: i64) -> Result<(), StoreError> {
        sqlx::query("/* move_name */ UPDATE answer SET target = ? WHERE name = ?")
            .bind(into)
            .bind(bytes(name))
            .execute(self.conn())
            .await?;
        sqlx::query(
            "/* move_name */ UPDATE OR IGNORE target_joined SET target = ? WHERE target = ? AND name = ?",
        )
        .bind(into)
        .bind(before)
        .bind(bytes(name))
        .execute(self.conn())
        .await?;
        self.forget_joined(name, before).await
    }

    /// All that hangs on a target's row goes to another one's, and the row goes. Its own names are the other one's from then
    /// on, and the hub may lose that with the rest.
    async fn move_row(
        &mut self,
        row: i64,
        into: i64,
        name: TargetId,
        told_us: i64,
    ) -> Result<(), StoreError> {
        for sql in [
            "/* move_row */ UPDATE answer SET target = ?, name = coalesce(name, ?) WHERE target = ?",
            "/* move_row */ UPDATE OR IGNORE target_joined SET target = ?, name = iif(name = X'', ?, name) WHERE target = ?",
        ] {
            sqlx::query(sql).bind(into).bind(bytes(name)).bind(row).execute(self.conn()).await?;
        }
        sqlx::query("/* move_row */ UPDATE target_name SET target = ?, told_us = ? WHERE target = ?")
            .bind(into)
            .bind(told_us)
            .bind(row)
            .execute(self.conn())
            .await?;
        for sql in [
            "/* move_row */ DELETE FROM target_joined WHERE target = ?",
            "/* move_row */ DELETE FROM target_view WHERE target = ?",
            "/* move_row */ DELETE FROM target WHERE id = ?",
        ] {
            sqlx::query(sql).bind(row).execute(self.conn()).await?;
        }
        Ok(())
    }

    /// The target's row, made if there is none: nothing is known of it yet.
    async fn row(&mut self, id: TargetId) -> Result<i64, StoreError> {
        sqlx::query(
            "/* row */ INSERT INTO target (target_id, basis, stage, round, role, told_us) VALUES (?, 0, 0, 0, 0, 0)
             ON CONFLICT (target_id) DO NOTHING",
        )
        .bind(bytes(id))
        .execute(self.conn())
        .await?;
        self.known_row(id).await?.ok_or(StoreError::Damaged("target"))
    }

    async fn known_row(&mut self, id: TargetId) -> Result<Option<i64>, StoreError> {
        Ok(sqlx::query_scalar("/* known_row */ SELECT id FROM target WHERE target_id = ?")
            .bind(bytes(id))
            .fetch_optional(self.conn())
            .await?)
    }
}

fn bytes(id: TargetId) -> Vec<u8> {
    id.as_bytes().to_vec()
}

fn id(bytes: Vec<u8>) -> Result<TargetId, StoreError> {
    bytes.try_into().map(TargetId::from_bytes).map_err(|_| StoreError::Damaged("target_name.name"))
}

/// Ids as one parameter.
fn list(ids: &[TargetId]) -> String {
    let list: Vec<String> = ids.iter().map(|id| hex::encode(id.as_bytes())).collect();
    serde_json::Value::from(list).to_string()
}
