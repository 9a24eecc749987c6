//! Counts everything again, from the first leaf: what the tables of the pages hold is not asked.

use std::collections::BTreeMap;

use meldeverbund_domain::figures::{Counts, Fold, Grouping, Key};

use super::{
    facts::{Facts, Step},
    read::all,
};
use crate::store::{Connection, StoreError, TargetIds, figured_to, unknown_leaves};

/// Leaves of one look-up.
const PAGE: i64 = 1_000;

/// What a count from the first leaf found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recounted {
    /// The figures.
    pub counts: Counts,
    /// How many leaves were counted: as many as the tables have.
    pub leaves: i64,
    /// Leaves that were redacted before figures were counted: of these neither way knows anything.
    pub unknown: i64,
    /// Leaves that are not what a hub writes.
    pub unreadable: i64,
    /// Where the tables say something else: the sum, and how it stands there.
    pub differs: BTreeMap<Key, (i64, i64)>,
}

/// Counts the leaves that the tables have counted, and compares. The connection is a snapshot.
///
/// # Errors
/// If the database fails, or a leaf cannot be read.
pub async fn recount(connection: &mut Connection, ids: &TargetIds) -> Result<Recounted, StoreError> {
    // While it is being forgotten nothing is counted, and nothing is compared.
    let end = figured_to(connection).await?.unwrap_or(0);
    let facts = Facts::new(connection, ids).await?;
    let (mut fold, mut first, mut unreadable) = (Fold::default(), 0, 0);
    while first < end {
        let count = PAGE.min(end - first);
        for step in facts.steps(connection, first, count).await? {
            match step {
                Step::Fact(fact) => fold.take(&fact),
                Step::Rules(rules) => fold.put_rules(rules),
                Step::Unreadable => unreadable += 1,
            }
        }
        first += count;
    }
    let counts = fold.counts().clone();
    let mut differs: BTreeMap<Key, (i64, i64)> = BTreeMap::new();
    for grouping in Grouping::ALL {
        for (key, number) in all(connection, grouping).await? {
            differs.entry(key).or_default().1 += number;
        }
    }
    for (key, number) in counts.iter() {
        differs.entry(key.clone()).or_default().0 += number;
    }
    differs.retain(|_, (ledger, table)| ledger != table);
    let unknown = unknown_leaves(connection, end).await?;
    Ok(Recounted { counts, leaves: end, unknown, unreadable, differs })
}
