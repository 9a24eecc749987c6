//! Tells those concerned what liaison bodies asked about: later and apart from the question, so that nothing of the answer shows in
//! what the question did.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{AgencyNo, TargetNo, liaison::concerned};
use meldeverbund_proto::{statement::QueryMode, v1::QueryRequest};
use prost::Message as _;

use super::{Wanted, look::look};
use crate::{
    flow::{Command, Failure, Lane, Policies, states::Members},
    store::{FeedKind, NewFeedRow, QueryRow, StoreError, Tx, told_up_to},
};

/// Questions that one turn looks at.
const QUESTIONS: i64 = 100;

/// Selectors that one turn looks at, unless one question has more: the writer is never kept for long.
const SELECTORS: i64 = 2_000;

/// Tells of the questions that nobody was told of yet, in their order.
#[derive(Debug)]
pub struct TellAsked {
    /// The policy in force.
    pub policies: Policies,
}

/// What an agency is told of one question.
#[derive(Default)]
struct News {
    hits: BTreeSet<TargetNo>,
    hidden: BTreeSet<TargetNo>,
}

impl Command for TellAsked {
    /// True if there may be more to tell.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let told = told_up_to(tx.reading()).await?;
        let rows = QueryRow::after(tx.reading(), told, QUESTIONS).await?;
        let Some(last) = rows.last().map(|row| row.leaf) else { return Ok(false) };
        let members = Members::read(tx.reading(), &self.policies).await?;
        let (mut selectors, mut reached) = (0, told);
        for row in rows {
            selectors += row.selectors;
            if selectors > SELECTORS && reached > told {
                break;
            }
            reached = row.leaf;
            // What was asked blindly nobody knows here.
            if row.mode == QueryMode::Open {
                tell(tx, &members, &row).await?;
            }
        }
        tx.put_told(reached).await?;
        Ok(reached < last)
    }
}

async fn tell(tx: &mut Tx<'_>, members: &Members, row: &QueryRow) -> Result<(), StoreError> {
    const BODY: StoreError = StoreError::Value { column: "liaison_query.body" };
    let question = QueryRequest::decode(&row.body[..]).map_err(|_| BODY)?;
    let wanted: Vec<_> =
        question.selectors.iter().enumerate().map(|(position, one)| Wanted::read(one, position)).collect();
    let next_target = tx.next_target();
    let silent = |agency: AgencyNo| {
        let id = members.by_no(agency).map(|row| &row.agency.id);
        id.is_some_and(|id| members.policy.liaison.silent.contains(id))
    };
    let mut news: BTreeMap<AgencyNo, News> = BTreeMap::new();
    for mut sighting in look(tx.reading(), &wanted, next_target).await?.into_iter().flatten() {
        // What came later was not asked about.
        sighting.bound.retain(|bound| bound.since_leaf < row.leaf);
        sighting.led_to.retain(|bound| bound.since_leaf < row.leaf);
        let (owner, target) = (sighting.target.ownership.owner, sighting.target.no);
        let is_hit = sighting.reportable().is_some();
        let bound = if is_hit { &sighting.bound } else { &sighting.led_to };
        for agency in concerned(owner, bound, silent) {
            let news = news.entry(agency).or_default();
            if is_hit {
                news.hits.insert(target)
            } else {
                news.hidden.insert(target)
            };
        }
    }
    for (agency, News { hits, hidden }) in news {
        let hidden = hidden.difference(&hits);
        let count = i64::try_from(hits.len()).expect("a batch is capped");
        let numbers = std::iter::once(count).chain(hits.iter().chain(hidden).map(|target| target.0));
        let body = numbers.flat_map(i64::to_be_bytes).collect();
        let (kind, first_leaf) = (FeedKind::LiaisonAsked, row.leaf);
        tx.tell(NewFeedRow { agency, kind, first_leaf, leaf_count: 1, body }).await?;
    }
    Ok(())
}
