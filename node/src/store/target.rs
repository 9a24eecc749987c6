//! Targets as the hub last told.

use meldeverbund_proto::{
    TargetId,
    v1::{DueKind, OwnerBasis, Role, Stage},
};
use sqlx::Row as _;

use super::{StoreError, Tx, bulk, unsigned, view::due_bit, work::rank};

/// A target as the hub told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub target_id: TargetId,
    /// The owner's row in `agency`.
    pub owner: i64,
    /// On what its ownership rests.
    pub basis: OwnerBasis,
    /// Where the takedown stands.
    pub stage: Stage,
    /// The open round.
    pub round: u32,
    /// What this agency is to it.
    pub role: Role,
}

/// A target for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetCard {
    /// Its row.
    pub id: i64,
    /// Who is responsible; none: not told yet.
    pub owner_agency_id: Option<String>,
    /// The contract's number of the basis.
    pub basis: i32,
    /// The contract's number of the stage.
    pub stage: i32,
    /// The open round.
    pub round: u32,
    /// The contract's number of the role.
    pub role: i32,
    /// When the hub said so.
    pub told_us: i64,
    /// Who else joined, and when.
    pub joined: Vec<(String, i64)>,
}

impl Tx {
    /// Keeps what the hub's answer told at `told_us`, unless something later is known, or a view as late: what has the same
    /// time was recorded together, and a view of it says more.
    pub(super) async fn keep_targets(
        &mut self,
        targets: Vec<Target>,
        told_us: i64,
    ) -> Result<(), StoreError> {
        let targets = &in_key_order(targets)[..];
        bulk::run(
            self.conn(),
            "/* keep_targets */ INSERT INTO target (target_id, owner, basis, stage, round, role, told_us, due_kinds,
               work_rank)",
            9,
            "ON CONFLICT (target_id) DO UPDATE SET owner = excluded.owner, basis = excluded.basis,
               stage = excluded.stage, round = excluded.round, role = excluded.role, told_us = excluded.told_us,
               due_kinds = CASE WHEN excluded.round > round THEN excluded.due_kinds ELSE due_kinds END,
               work_rank = CASE WHEN excluded.round > round THEN excluded.work_rank ELSE work_rank END
             WHERE excluded.told_us > told_us OR owner IS NULL OR excluded.told_us = told_us
               AND NOT EXISTS (SELECT 1 FROM target_view w WHERE w.target = target.id)",
            targets,
            |query, target| {
                let due = first_due(target);
                query
                    .bind(&target.target_id.as_bytes()[..])
                    .bind(target.owner)
                    .bind(target.basis as i32)
                    .bind(target.stage as i32)
                    .bind(i64::from(target.round))
                    .bind(target.role as i32)
                    .bind(told_us)
                    .bind(due_bit(due))
                    .bind(rank(false, (due != DueKind::Unspecified).then_some(0)))
            },
        )
        .await?;
        Ok(())
    }

    /// Another agency joined these targets. The feed may be ahead of the answer that tells the target itself.
    pub async fn keep_joined(
        &mut self,
        agency: i64,
        targets: &[TargetId],
        joined_us: i64,
    ) -> Result<(), StoreError> {
        let names = self.resolved(targets).await?;
        // Each with the name under which it was joined, if that is another one.
        let targets: Vec<(TargetId, &[u8])> = targets
            .iter()
            .map(|id| names.get(id).map_or((*id, &[][..]), |target| (*target, &id.as_bytes()[..])))
            .collect();
        let ids: Vec<_> = targets.iter().map(|(target, _)| *target).collect();
        self.keep_ids(&ids).await?;
        let targets = &targets[..];
        bulk::run(
            self.conn(),
            "/* keep_joined */ INSERT INTO target_joined (target, agency, name, joined_us)
             SELECT t.id, v.column2, v.column3, v.column4 FROM (",
            4,
            ") v JOIN target t ON t.target_id = v.column1 WHERE 1 ON CONFLICT (target, agency, name) DO NOTHING",
            targets,
            |query, (target, name)| {
                query.bind(&target.as_bytes()[..]).bind(agency).bind(*name).bind(joined_us)
            },
        )
        .await?;
        Ok(())
    }

    /// Targets of which nothing else is known yet; they are asked for.
    pub(super) async fn keep_ids(&mut self, targets: &[TargetId]) -> Result<(), StoreError> {
        bulk::run(
            self.conn(),
            "/* keep_ids */ INSERT INTO target (target_id, basis, stage, round, role, told_us)",
            6,
            "ON CONFLICT (target_id) DO NOTHING",
            targets,
            |query, target| query.bind(&target.as_bytes()[..]).bind(0).bind(0).bind(0).bind(0).bind(0),
        )
        .await?;
        Ok(())
    }

    /// What is known of a target.
    pub async fn target(&mut self, id: TargetId) -> Result<Option<TargetCard>, StoreError> {
        let row = sqlx::query(
            "/* target */ SELECT t.id, a.agency_id, t.basis, t.stage, t.round, t.role, t.told_us
             FROM target t LEFT JOIN agency a ON a.id = t.owner WHERE t.target_id = ?",
        )
        .bind(&id.as_bytes()[..])
        .fetch_optional(self.conn())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let id: i64 = row.try_get("id")?;
        let joined = sqlx::query_as(
            "/* target */ SELECT a.agency_id, min(j.joined_us) FROM target_joined j JOIN agency a ON a.id = j.agency
             WHERE j.target = ? GROUP BY a.agency_id ORDER BY 2, 1",
        )
        .bind(id)
        .fetch_all(self.conn())
        .await?;
        Ok(Some(TargetCard {
            id,
            owner_agency_id: row.try_get("agency_id")?,
            basis: row.try_get("basis")?,
            stage: row.try_get("stage")?,
            round: u32::try_from(unsigned(row.try_get("round")?)).unwrap_or(u32::MAX),
            role: row.try_get("role")?,
            told_us: row.try_get("told_us")?,
            joined,
        }))
    }
}

/// What is due of a target before the hub tells more of it: its owner sets the gates.
fn first_due(target: &Target) -> DueKind {
    match (target.role, target.stage) {
        (Role::Owner, Stage::Referred) => DueKind::SetGates,
        _ => DueKind::Unspecified,
    }
}

/// Each target once, as it was told last, in the order of the index: neighbours lie on one page of it.
fn in_key_order(mut targets: Vec<Target>) -> Vec<Target> {
    targets.reverse();
    targets.sort_by_key(|target| target.target_id);
    targets.dedup_by(|later, first| later.target_id == first.target_id);
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_target_that_is_told_twice_the_last_word_counts() {
        let target = |id, round| Target {
            target_id: TargetId::from_bytes([id; 16]),
            owner: 1,
            basis: OwnerBasis::FirstSeised,
            stage: Stage::Referred,
            round,
            role: Role::Owner,
        };
        let told = vec![target(2, 1), target(1, 1), target(2, 2), target(2, 3)];
        assert_eq!(in_key_order(told), [target(1, 1), target(2, 3)]);
    }
}
