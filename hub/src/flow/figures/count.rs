//! Counts the next leaves, and writes what came of them.

use std::collections::{BTreeSet, HashMap};

use meldeverbund_domain::{
    TargetNo,
    figures::{Counts, Fold, TargetState},
};

use super::facts::{Facts, Step};
use crate::{
    flow::{Command, Failure, Hub, Lane, LeasedJob, Turn, hosts::text},
    store::{
        Connection, FigureTargetRow, Head, StoreError, TargetIds, Tx, figure_targets, figured_to,
        host_rules_at,
    },
};

/// Leaves that one slice counts.
const SLICE_LEAVES: i64 = 500;

/// Targets that one slice touches: one decision may have a thousand. Their rows are some ten milliseconds of the writer's time.
const SLICE_TARGETS: usize = 1_000;

/// Rows that one slice forgets: some ten milliseconds of the writer's time.
const SLICE_FORGOTTEN: u32 = 5_000;

/// What is to be done next.
enum Next {
    Count(PutFigures),
    Forget,
    Nothing,
}

/// What came of a slice.
#[derive(Debug, Clone)]
struct PutFigures {
    first: i64,
    next: i64,
    targets: Vec<FigureTargetRow>,
    counts: Counts,
}

/// Forgets what was counted: from now on nobody is shown it, and the job forgets its rows, and then counts anew.
#[derive(Debug)]
pub struct ForgetFigures;

/// Forgets a slice of what was counted.
#[derive(Debug)]
struct ForgetSlice;

/// Counts the next slice of leaves, or forgets one of what was counted, if this hub does the job; true if there may be more.
///
/// # Errors
/// If the database fails.
pub async fn count_figures(hub: &Hub) -> Result<bool, Failure> {
    let mut still = hub.still().await?;
    let next = slice(&mut still, hub.store().target_ids()).await?;
    drop(still);
    let turn = match next {
        Next::Count(put) => hub.run(hub.leases().turn(LeasedJob::Figures, put)).await?,
        Next::Forget => hub.run(hub.leases().turn(LeasedJob::Figures, ForgetSlice)).await?,
        Next::Nothing => return Ok(false),
    };
    match turn {
        Turn::Mine(more, _) => Ok(more),
        Turn::Others => Ok(false),
    }
}

async fn slice(connection: &mut Connection, ids: &TargetIds) -> Result<Next, StoreError> {
    let Some(first) = figured_to(connection).await? else { return Ok(Next::Forget) };
    let count = SLICE_LEAVES.min(Head::read(connection).await?.next_leaf - first);
    if count <= 0 {
        return Ok(Next::Nothing);
    }
    let steps = Facts::new(connection, ids).await?.steps(connection, first, count).await?;
    let mut fold = Fold::default();
    if let Some((_, rules)) = host_rules_at(connection, first - 1).await? {
        let unreadable = |_| StoreError::Value { column: "host_rules.text" };
        fold.put_rules(text::parse(&rules).map_err(unreadable)?);
    }
    let (mut next, mut touched) = (first + count, BTreeSet::new());
    let mut taken = Vec::new();
    for step in steps {
        if let Step::Fact(fact) = &step {
            let named = fact.targets();
            if !touched.is_empty() && touched.len() + named.len() > SLICE_TARGETS {
                next = fact.leaf;
                break;
            }
            touched.extend(named);
        }
        taken.push(step);
    }
    let known = load(connection, &mut fold, touched).await?;
    for step in taken {
        match step {
            Step::Fact(fact) => fold.take(&fact),
            Step::Rules(rules) => fold.put_rules(rules),
            Step::Unreadable => {}
        }
    }
    let changed = fold.targets().filter(|(target, state)| known.get(target) != Some(*state));
    let targets = changed.map(|(target, state)| row(target, state)).collect();
    Ok(Next::Count(PutFigures { first, next, targets, counts: fold.counts().clone() }))
}

/// Gives the fold the targets, and those that go on for them.
async fn load(
    connection: &mut Connection,
    fold: &mut Fold,
    targets: BTreeSet<TargetNo>,
) -> Result<HashMap<TargetNo, TargetState>, StoreError> {
    let mut known = HashMap::new();
    let mut wanted = targets;
    while !wanted.is_empty() {
        let rows = figure_targets(connection, wanted.iter().copied()).await?;
        wanted.clear();
        for FigureTargetRow { target, body } in rows {
            let unreadable = |_| StoreError::Value { column: "figure_target.body" };
            let state: TargetState = serde_json::from_str(&body).map_err(unreadable)?;
            wanted.extend(state.into.map(TargetNo));
            fold.put_target(target, state.clone());
            known.insert(target, state);
        }
        wanted.retain(|target| !fold.knows(*target));
    }
    Ok(known)
}

fn row(target: TargetNo, state: &TargetState) -> FigureTargetRow {
    let body = serde_json::to_string(state).expect("a target has no maps with keys other than text");
    FigureTargetRow { target, body }
}

impl Command for PutFigures {
    /// True if there may be more to count.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Behind
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        // Somebody else has counted meanwhile, or what was counted was forgotten.
        if figured_to(tx.reading()).await? != Some(self.first) {
            return Ok(true);
        }
        tx.add_figures(&self.counts).await?;
        tx.put_figure_targets(&self.targets).await?;
        tx.put_figured_to(self.next).await?;
        Ok(self.next < tx.next_leaf())
    }
}

impl Command for ForgetFigures {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        Ok(tx.begin_to_forget_figures().await?)
    }
}

impl Command for ForgetSlice {
    /// True if there may be more to forget, or to count.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Behind
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        // Somebody else has forgotten the last of it meanwhile.
        if figured_to(tx.reading()).await?.is_some() {
            return Ok(true);
        }
        tx.forget_figures(SLICE_FORGOTTEN).await?;
        Ok(true)
    }
}
