//! What may go: its term has passed, and nothing that is under way needs it.

use std::collections::{BTreeSet, HashSet};

use meldeverbund_domain::{
    CaseNo, TargetNo,
    retention::{Class, is_at_rest},
};
use meldeverbund_proto::{
    TargetId,
    leaf::Kind,
    statement::{CaseClosedStatement, CaseOpenedStatement, ReferralDecision},
    v1::DecisionRecord,
};
use prost::Message as _;

use crate::store::{
    Connection, KeptRow, StoreError, TargetIds, case_end, cases_with_referrals, first_leaf_from, lives,
    resolved, targets_by_number,
};

/// Events that are looked at together; a slice redacts no more, so that its commit stays near 20 ms.
const PAGE_EVENTS: usize = 500;

/// Targets that the events of one slice touch: one decision may have a thousand, a sweep two.
const SLICE_TARGETS: usize = 2_000;

const DECISION: StoreError = StoreError::Value { column: "event.decision" };
const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };

/// Goes through the events of a class whose term has passed, page by page.
pub(super) struct Planner {
    class: Class,
    before_us: i64,
    first: i64,
    end: i64,
    in_use: HashSet<CaseNo>,
}

/// An event that may go, and what it touches.
pub(super) struct Candidate {
    pub(super) row: KeptRow,
    pub(super) targets: Vec<TargetNo>,
    /// Its case, as long as that has a number.
    pub(super) case: Option<CaseNo>,
}

impl Planner {
    pub(super) async fn new(
        connection: &mut Connection,
        class: Class,
        before_us: i64,
    ) -> Result<Self, StoreError> {
        let end = first_leaf_from(connection, before_us).await?;
        let in_use = match class {
            Class::Case => cases_with_referrals(connection, before_us).await?.into_iter().collect(),
            Class::Referral | Class::Decision | Class::Liaison => HashSet::new(),
        };
        Ok(Self { class, before_us, first: 0, end, in_use })
    }

    /// The leaves of the next page that may go, slice by slice; none at the end.
    pub(super) async fn next(
        &mut self,
        connection: &mut Connection,
        target_ids: &TargetIds,
    ) -> Result<Option<Vec<Vec<i64>>>, StoreError> {
        let most = i64::try_from(PAGE_EVENTS).expect("a small number");
        let kinds = self.class.kinds();
        let page = KeptRow::of_kinds(connection, kinds, self.first, self.end, most).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.first = last.event.leaf_index + 1;
        let mut candidates = may_go(connection, self.class, self.before_us, target_ids, page).await?;
        candidates.retain(|one| one.case.is_none_or(|case| !self.in_use.contains(&case)));
        Ok(Some(slices(&candidates)))
    }
}

/// Slices of bounded work: of events, and of the targets that they touch.
fn slices(candidates: &[Candidate]) -> Vec<Vec<i64>> {
    let mut slices: Vec<Vec<i64>> = Vec::new();
    let mut targets = SLICE_TARGETS;
    for Candidate { row, targets: touched, .. } in candidates {
        targets += touched.len();
        match slices.last_mut().filter(|_| targets <= SLICE_TARGETS) {
            Some(slice) => slice.push(row.event.leaf_index),
            None => {
                slices.push(vec![row.event.leaf_index]);
                targets = touched.len();
            }
        }
    }
    slices
}

/// Those events that may go. A case needs its referrals gone beside that: for a closed one that never turns back, so it is
/// asked once a run and not here.
pub(super) async fn may_go(
    connection: &mut Connection,
    class: Class,
    before_us: i64,
    target_ids: &TargetIds,
    rows: Vec<KeptRow>,
) -> Result<Vec<Candidate>, StoreError> {
    let rows = rows
        .into_iter()
        .filter(|row| class.kinds().contains(&row.event.kind) && row.event.recorded_at_us < before_us);
    match class {
        Class::Case => cases(connection, before_us, rows).await,
        Class::Referral | Class::Decision => at_rest(connection, target_ids, rows).await,
        // It names no target, and nothing that is under way needs it: a disclosure keeps its own row.
        Class::Liaison => Ok(rows.map(|row| Candidate { row, targets: Vec::new(), case: None }).collect()),
    }
}

/// Events all of whose targets are at rest.
async fn at_rest(
    connection: &mut Connection,
    target_ids: &TargetIds,
    rows: impl Iterator<Item = KeptRow>,
) -> Result<Vec<Candidate>, StoreError> {
    let mut candidates = Vec::new();
    for row in rows {
        // What was said of a name is needed as long as its target is.
        let (targets, _) = resolved(connection, &targets(&row, target_ids)?).await?;
        candidates.push(Candidate { row, targets, case: None });
    }
    let touched: BTreeSet<_> = candidates.iter().flat_map(|one| &one.targets).copied().collect();
    let mut busy: HashSet<TargetNo> =
        targets_by_number(connection, touched.iter().copied()).await?.iter().map(|one| one.no).collect();
    for (target, life) in lives(connection, touched).await? {
        if is_at_rest(&life) {
            busy.remove(&target);
        }
    }
    candidates.retain(|one| one.targets.iter().all(|target| !busy.contains(target)));
    Ok(candidates)
}

/// The targets that an event touches; of ids that stand for none, none.
fn targets(row: &KeptRow, target_ids: &TargetIds) -> Result<Vec<TargetNo>, StoreError> {
    let decision = &row.event.decision;
    if row.event.kind == Kind::Referral {
        let decision = ReferralDecision::decode(decision).map_err(|_| DECISION)?;
        return Ok(target_ids.number(decision.target).into_iter().collect());
    }
    let record = DecisionRecord::decode(&decision[..]).map_err(|_| DECISION)?;
    let ids = record.targets.iter().filter_map(|one| one.target_id.as_slice().try_into().ok());
    Ok(ids.filter_map(|id| target_ids.number(TargetId::from_bytes(id))).collect())
}

/// Events of cases that were closed before the term; all of a case go together, so that a feed never tells of the end of a
/// case of which it does not tell the beginning.
async fn cases(
    connection: &mut Connection,
    before_us: i64,
    rows: impl Iterator<Item = KeptRow>,
) -> Result<Vec<Candidate>, StoreError> {
    let mut candidates = Vec::new();
    for row in rows {
        let statement = &row.event.statement;
        let number = match row.event.kind {
            Kind::CaseOpened => CaseOpenedStatement::decode(statement).map_err(|_| STATEMENT)?.number,
            _ => CaseClosedStatement::decode(statement).map_err(|_| STATEMENT)?.0,
        };
        let case = case_end(connection, row.event.agency, &number).await?;
        if case.is_none_or(|case| case.closed_at_us.is_some_and(|closed| closed < before_us)) {
            candidates.push(Candidate { row, targets: Vec::new(), case: case.map(|case| case.no) });
        }
    }
    Ok(candidates)
}
