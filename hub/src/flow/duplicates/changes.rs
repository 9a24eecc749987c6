//! Writes two targets of a pair, and collects who is told.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    life::{Responsibility, State},
    view::is_told,
};
use meldeverbund_proto::v1::{DecisionRecord, TargetRecord};

use super::{Deciding, PairAnswer};
use crate::{
    flow::{
        decide::{Change, body, record},
        due::due_us,
        states::{origin, states},
    },
    store::{FeedKind, InterestRow, LifeRow, NewFeedRow, StoreError, Tx},
};

/// What a decision did, however many of its pairs met one target.
#[derive(Default)]
pub(super) struct Told {
    /// Which agency is told of which targets, by what happened to them.
    rows: BTreeMap<(AgencyNo, u8), BTreeSet<TargetNo>>,
    /// What the leaf records: each target once, as it is in the end.
    records: BTreeMap<TargetNo, TargetRecord>,
}

impl Told {
    /// Everybody whom a state concerns is told of the targets: who is bound, responsible, asked, or has a record there.
    pub(super) fn note(
        &mut self,
        deciding: &Deciding<'_>,
        what: u8,
        states: &[&State],
        targets: impl IntoIterator<Item = TargetNo>,
    ) {
        let targets: Vec<_> = targets.into_iter().collect();
        for agency in &deciding.members.agencies {
            if states.iter().any(|state| is_told(agency, state) || is_named(state, agency.no)) {
                self.rows.entry((agency.no, what)).or_default().extend(&targets);
            }
        }
    }

    /// What the leaf records.
    pub(super) fn record(&self) -> DecisionRecord {
        DecisionRecord { targets: self.records.values().cloned().collect() }
    }

    /// The targets' history, and one feed row for each agency, by the decision and not by the pair.
    pub(super) async fn tell(
        self,
        tx: &mut Tx<'_>,
        actor: AgencyNo,
        first_leaf: i64,
    ) -> Result<(), StoreError> {
        tx.note_history(first_leaf, self.records.into_keys()).await?;
        for ((agency, what), targets) in self.rows {
            let body = body(what, actor, 0, &targets.into_iter().collect::<Vec<_>>());
            let kind = FeedKind::TargetsChanged;
            tx.tell(NewFeedRow { agency, kind, first_leaf, leaf_count: 1, body }).await?;
        }
        Ok(())
    }
}

/// Whether the ownership is disputed by the agency or in its name: it may be a stranger to the target.
fn is_named(state: &State, agency: AgencyNo) -> bool {
    matches!(state.life.responsibility, Responsibility::Disputed { by, .. } if by == agency)
}

impl Deciding<'_> {
    /// The state of a target that is no name, with what the rules look at; none if there is none.
    pub(super) async fn state(&self, tx: &mut Tx<'_>, target: TargetNo) -> Result<Option<State>, StoreError> {
        let state = states(tx.reading(), self.members, &[target]).await?.remove(&target);
        let Some(mut state) = state else { return Ok(None) };
        state.origin = Some(origin(tx.reading(), target).await?);
        Ok(Some(state))
    }

    /// Writes targets as they are now; all windows begin anew, so that interests are written as a whole.
    pub(super) async fn put(&self, tx: &mut Tx<'_>, states: [&State; 2]) -> Result<(), StoreError> {
        tx.put_targets(states.iter().map(|state| state.target)).await?;
        let lives = states.map(|state| {
            LifeRow::new(state.target.no, due_us(state, &self.context, self.members), &state.life)
        });
        tx.put_lives(&lives).await?;
        tx.clear_interests(states.iter().map(|state| state.target.no)).await?;
        let rows = states.iter().flat_map(|state| {
            state.interests.iter().map(|interest| InterestRow {
                target: state.target.no,
                agency: interest.agency,
                joined_leaf: interest.joined_leaf,
                seised_leaf: interest.seised_leaf,
            })
        });
        tx.add_interests(&rows.collect::<Vec<_>>()).await
    }

    /// Notes what the leaf records of both; `into`: of which target the second is another name.
    pub(super) fn note(&self, told: &mut Told, [one, name]: [&State; 2], into: Option<TargetNo>) {
        let record = |state: &State| {
            let change = Change { before: state.clone(), after: state.clone() };
            record(self.members, self.target_ids, &change)
        };
        let merged_into = into.map(|into| self.target_ids.id(into).as_bytes().to_vec()).unwrap_or_default();
        told.records.insert(one.target.no, record(one));
        told.records.insert(name.target.no, TargetRecord { merged_into, ..record(name) });
    }

    /// What the central office is told of them.
    pub(super) fn answer(&self, [one, name]: [&State; 2]) -> PairAnswer {
        PairAnswer {
            refusal: None,
            target_id: self.target_ids.id(one.target.no).to_string(),
            name_id: self.target_ids.id(name.target.no).to_string(),
            owner_agency_id: self.members.id(one.owner()),
            stage: one.target.stage.into(),
            round: one.target.round,
            name_owner_agency_id: String::new(),
        }
    }
}
