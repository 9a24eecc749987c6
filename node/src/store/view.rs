//! Targets as the hub told them in full, and what lists need of that.

use meldeverbund_proto::{
    CommandId, TargetId,
    v1::{DueKind, TargetView},
};
use prost::Message as _;

use super::{StoreError, Tx, bulk, signed, work::rank};

/// A view that fits, with the owner's row.
#[derive(Debug, Clone)]
pub struct ToldView {
    /// The target.
    pub target_id: TargetId,
    /// The owner's row in `agency`; none: the hub does not say.
    pub owner: Option<i64>,
    /// The notice under way.
    pub intent: Option<CommandId>,
    /// The view.
    pub view: TargetView,
}

/// Statements around the ids of targets of which nothing more is told.
const FORGET: [(&str, &str); 6] = [
    (
        "/* forget_targets */ UPDATE target SET owner = NULL, basis = 0, stage = 0, round = 0, role = 0, told_us = v.column2
         FROM (",
        ") v WHERE target.target_id = v.column1 AND target.told_us <= v.column2",
    ),
    (
        "/* forget_targets */ UPDATE target SET fence = 0, intent = NULL, under_way = 0, held = 0, due_kinds = 0,
           work_rank = 4611686018427387904 FROM (",
        ") v WHERE target.target_id = v.column1",
    ),
    (
        "/* forget_targets */ DELETE FROM target_view WHERE target IN (SELECT t.id FROM (",
        ") v CROSS JOIN target t ON t.target_id = v.column1)",
    ),
    (
        "/* forget_targets */ DELETE FROM target_joined WHERE target IN (SELECT t.id FROM (",
        ") v CROSS JOIN target t ON t.target_id = v.column1 WHERE NOT EXISTS
           (SELECT 1 FROM answer n WHERE n.target = t.id))",
    ),
    (
        "/* forget_targets */ DELETE FROM target_name WHERE target IN (SELECT t.id FROM (",
        ") v CROSS JOIN target t ON t.target_id = v.column1 WHERE NOT EXISTS
           (SELECT 1 FROM answer n WHERE n.target = t.id))",
    ),
    (
        "/* forget_targets */ DELETE FROM target WHERE id IN (SELECT t.id FROM (",
        ") v CROSS JOIN target t ON t.target_id = v.column1 WHERE NOT EXISTS
           (SELECT 1 FROM answer n WHERE n.target = t.id))",
    ),
];

impl Tx {
    /// Keeps views as told at `told_us`, later than all views before. What an answer told later than that stays: of
    /// answers and views, which come side by side, a view alone says all.
    pub(super) async fn keep_views(
        &mut self,
        mut views: Vec<ToldView>,
        told_us: i64,
    ) -> Result<(), StoreError> {
        // Neighbours lie on one page of the index.
        views.sort_by_key(|told| told.target_id);
        views.dedup_by(|later, first| later.target_id == first.target_id);
        bulk::run(
            self.conn(),
            "/* keep_views */ INSERT INTO target (target_id, owner, basis, stage, round, role, told_us, fence, intent,
               under_way, held, due_kinds, work_rank)",
            13,
            "ON CONFLICT (target_id) DO UPDATE SET
               owner = CASE WHEN excluded.told_us >= told_us THEN coalesce(excluded.owner, owner) ELSE owner END,
               basis = CASE WHEN excluded.told_us >= told_us THEN excluded.basis ELSE basis END,
               stage = CASE WHEN excluded.told_us >= told_us THEN excluded.stage ELSE stage END,
               round = CASE WHEN excluded.told_us >= told_us THEN excluded.round ELSE round END,
               role = CASE WHEN excluded.told_us >= told_us THEN excluded.role ELSE role END,
               fence = CASE WHEN excluded.told_us >= told_us THEN excluded.fence ELSE fence END,
               intent = CASE WHEN excluded.told_us >= told_us THEN excluded.intent ELSE intent END,
               told_us = max(told_us, excluded.told_us), under_way = excluded.under_way, held = excluded.held,
               due_kinds = excluded.due_kinds, work_rank = excluded.work_rank",
            &views,
            |query, told| {
                let view = &told.view;
                query
                    .bind(&told.target_id.as_bytes()[..])
                    .bind(told.owner)
                    .bind(view.owner_basis)
                    .bind(view.stage)
                    .bind(i64::from(view.round))
                    .bind(view.role)
                    .bind(told_us)
                    .bind(signed(view.fence))
                    .bind(told.intent.as_ref().map(|id| id.as_bytes().to_vec()))
                    .bind(under_way(view))
                    .bind(held(view))
                    .bind(due_kinds(view))
                    .bind(rank(view.urgent, view.due.iter().map(|due| due.by_us).min()))
            },
        )
        .await?;
        bulk::run(
            self.conn(),
            "/* keep_views */ INSERT OR REPLACE INTO target_view (target, view) SELECT t.id, v.column2 FROM (",
            2,
            ") v CROSS JOIN target t ON t.target_id = v.column1",
            &views,
            |query, told| {
                query.bind(&told.target_id.as_bytes()[..]).bind(told.view.encode_to_vec())
            },
        )
        .await?;
        Ok(())
    }

    /// Nothing more is told of these targets: what was told goes. A target of an own referral stays, as one of which
    /// nothing is known but what an answer told later; any other goes as a whole.
    pub(super) async fn forget_targets(
        &mut self,
        targets: &[TargetId],
        told_us: i64,
    ) -> Result<(), StoreError> {
        for (before, after) in FORGET {
            bulk::run(self.conn(), before, 2, after, targets, |query, target| {
                query.bind(&target.as_bytes()[..]).bind(told_us)
            })
            .await?;
        }
        Ok(())
    }

    /// The last told view of a target; `target` is its row.
    pub async fn view(&mut self, target: i64) -> Result<Option<TargetView>, StoreError> {
        let view: Option<Vec<u8>> =
            sqlx::query_scalar("/* view */ SELECT view FROM target_view WHERE target = ?")
                .bind(target)
                .fetch_optional(self.conn())
                .await?;
        view.map(|bytes| decode(&bytes)).transpose()
    }
}

pub(super) fn decode(bytes: &[u8]) -> Result<TargetView, StoreError> {
    TargetView::decode(bytes).map_err(|_| StoreError::Damaged("target_view.view"))
}

/// 0 nothing, 1 under way, 2 in doubt, 3 failed.
fn under_way(view: &TargetView) -> i64 {
    match &view.intent {
        None => 0,
        Some(intent) if intent.failed => 3,
        Some(intent) if intent.in_doubt => 2,
        Some(_) => 1,
    }
}

/// 0 no, 1 in force, 2 lapsed.
fn held(view: &TargetView) -> i64 {
    match (view.holds.is_empty(), view.holds.iter().any(|hold| hold.lapsed)) {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    }
}

/// A bit for each kind of thing that is due.
fn due_kinds(view: &TargetView) -> i64 {
    view.due.iter().fold(0, |bits, due| bits | due_bit(due.kind()))
}

/// The bit of a kind; 0 for none.
pub(super) fn due_bit(kind: DueKind) -> i64 {
    match kind {
        DueKind::Unspecified => 0,
        kind => 1 << (kind as i64),
    }
}
