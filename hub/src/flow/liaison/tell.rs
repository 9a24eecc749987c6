//! Tells those concerned what liaison bodies asked about: later and apart from the question, so that nothing of the answer shows in
//! what the question did.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    liaison::{DAY_US, Day, Settings, Signal, concerned, is_late, of_day},
};
use meldeverbund_proto::{statement::QueryMode, v1::QueryRequest};
use prost::Message as _;

use super::{Wanted, look::look, walked::Walked};
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
    /// How much may be asked.
    pub settings: Arc<Settings>,
    /// How many elements of blind questions an agency may have evaluated in a day.
    pub blind_per_day: u32,
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
        let members = Members::in_force(tx, &self.policies).await?;
        let (mut selectors, mut reached) = (0, told);
        let (mut days, mut walked) = (BTreeSet::new(), Walked::default());
        for row in rows {
            selectors += row.selectors;
            if selectors > SELECTORS && reached > told {
                break;
            }
            reached = row.leaf;
            days.insert((row.agency, row.recorded_at_us.div_euclid(DAY_US)));
            let question = read(&row)?;
            look_at(tx, &row).await?;
            // What was asked blindly nobody knows here.
            if row.mode == QueryMode::Open {
                walked.note(&row, &question);
                tell(tx, &members, &row, &question).await?;
            }
        }
        for (agency, day) in days {
            self.look_at_day(tx, agency, day).await?;
        }
        walked.keep(tx).await?;
        tx.put_told(reached).await?;
        Ok(reached < last)
    }
}

impl TellAsked {
    async fn look_at_day(&self, tx: &mut Tx<'_>, agency: AgencyNo, day: i64) -> Result<(), StoreError> {
        let asked = tx.asked_between(agency, day * DAY_US, (day + 1) * DAY_US).await?;
        for signal in of_day(asked, &self.settings, self.blind_per_day) {
            let Day { open, blind, cases } = asked;
            let detail = format!("{} selectors in {cases} cases, {blind} of them blind", open + blind);
            tx.raise(agency, signal, day, &detail).await?;
        }
        Ok(())
    }
}

/// What was asked; of a blind question nothing.
fn read(row: &QueryRow) -> Result<QueryRequest, StoreError> {
    const BODY: StoreError = StoreError::Value { column: "liaison_query.body" };
    QueryRequest::decode(&row.body[..]).map_err(|_| BODY)
}

/// Raises what a question looks like by itself.
async fn look_at(tx: &mut Tx<'_>, row: &QueryRow) -> Result<(), StoreError> {
    if is_late(row.recorded_at_us, usize::try_from(row.selectors).unwrap_or_default()) {
        let detail = format!("{} selectors in one question, leaf {}", row.selectors, row.leaf);
        tx.raise(row.agency, Signal::Night, row.recorded_at_us.div_euclid(DAY_US), &detail).await?;
    }
    Ok(())
}

/// Tells those concerned of a question.
async fn tell(
    tx: &mut Tx<'_>,
    members: &Members,
    row: &QueryRow,
    question: &QueryRequest,
) -> Result<(), StoreError> {
    let wanted: Vec<_> =
        question.selectors.iter().enumerate().map(|(position, one)| Wanted::read(one, position)).collect();
    let next_target = tx.next_target();
    let silent = |agency: AgencyNo| {
        let id = members.by_no(agency).map(|row| &row.agency.id);
        id.is_some_and(|id| members.policy.liaison.silent.contains(id))
    };
    let mut news: BTreeMap<AgencyNo, News> = BTreeMap::new();
    for sighting in look(tx.reading(), &wanted, row.leaf, next_target).await?.into_iter().flatten() {
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
