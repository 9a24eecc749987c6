//! Writes what a decision changed: rows, one leaf, one feed row an agency, in the transaction that decided.

use meldeverbund_domain::{AgencyNo, TargetNo, life::Responsibility, order::Context};
use meldeverbund_proto::{
    leaf::Kind,
    v1::{self, Decided, DecisionRecord, RefusalCode, TargetAnswer, TargetRecord},
};
use prost::Message as _;

use super::{Change, Decide, Decision, concerned, orders::Orders};
use crate::{
    flow::{Failure, due::due_us, signed::Judged, states::Members},
    store::{
        FeedKind, InterestRow, LifeRow, NewCommand, NewEvent, NewFeedRow, StoreError, TargetIds, Tx, names_of,
    },
};

/// What the writing of changes has in common, whoever decided.
pub(in crate::flow) struct Writing<'a> {
    pub(in crate::flow) members: &'a Members,
    pub(in crate::flow) context: &'a Context<'a>,
    /// Which decision, as its place in the contract; 0: a deadline.
    pub(in crate::flow) what: u8,
    /// The decision's id; zero: a deadline.
    pub(in crate::flow) command: u128,
}

impl Decide {
    pub(super) async fn write(
        &self,
        tx: &mut Tx<'_>,
        members: &Members,
        context: &Context<'_>,
        orders: &Orders,
        decisions: Vec<Decision>,
        judged: Judged<'_>,
    ) -> Result<Decided, Failure> {
        let (answers, changes): (Vec<_>, Vec<_>) =
            decisions.into_iter().map(|decision| (decision.answer, decision.change)).unzip();
        let record = self.record(members, &answers, &changes);
        let changes: Vec<Change> = changes.into_iter().flatten().collect();
        let event = NewEvent {
            kind: Kind::Decision,
            agency: context.actor.no,
            salt: self.salt,
            statement: &self.statement,
            statement_digest: self.digest,
            decision: record.encode_to_vec(),
        };
        let leaf = tx.append(&[event]).await?;
        judged.keep(tx, context.actor.no, leaf, 1).await?;
        if let Some(act) = self.act() {
            self.person.note(tx, context.actor.no, leaf, act).await?;
        }
        if let Orders::Withdraw { case, .. } = orders {
            // From the target and from its links that are names of it: none of them is the case's any more.
            let mut withdrawn: Vec<_> = changes.iter().map(|change| change.after.target.no).collect();
            let names = names_of(tx.reading(), withdrawn.iter().copied()).await?;
            withdrawn.extend(names.into_iter().map(|name| name.target));
            tx.unbind(context.actor.no, *case, withdrawn).await?;
        }
        let what = what(&self.request);
        let writing = Writing { members, context, what, command: context.command };
        writing.run(tx, leaf, &changes).await?;
        let decided = Decided {
            answers,
            recorded_at_us: tx.now_us(),
            leaf_index: leaf.cast_unsigned(),
            repeated: false,
            receipt: None,
        };
        tx.remember(NewCommand {
            agency: context.actor.no,
            id: self.id,
            digest: self.digest,
            first_leaf: leaf,
            leaf_count: 1,
            verdict: decided.encode_to_vec(),
        })
        .await?;
        Ok(decided)
    }

    fn record(
        &self,
        members: &Members,
        answers: &[TargetAnswer],
        changes: &[Option<Change>],
    ) -> DecisionRecord {
        let ids = self.request.target_ids.iter();
        let targets = ids.zip(answers.iter().zip(changes)).map(|(id, (answer, change))| match change {
            Some(change) => record(members, &self.target_ids, change),
            None => TargetRecord {
                target_id: id
                    .parse::<meldeverbund_proto::TargetId>()
                    .map_or_else(|_| Vec::new(), |id| id.as_bytes().to_vec()),
                refusal: answer.refusal.as_ref().map_or(RefusalCode::Unspecified, v1::Refusal::code).into(),
                ..TargetRecord::default()
            },
        });
        DecisionRecord { targets: targets.collect() }
    }
}

/// What is recorded of a change.
pub(in crate::flow) fn record(members: &Members, target_ids: &TargetIds, change: &Change) -> TargetRecord {
    let state = &change.after;
    TargetRecord {
        target_id: target_ids.id(state.target.no).as_bytes().to_vec(),
        refusal: RefusalCode::Unspecified.into(),
        stage: state.target.stage.into(),
        round: state.target.round,
        owner_agency_id: members.id(state.owner()),
        owner_basis: state.target.ownership.basis.into(),
        responsibility: responsibility(state.life.responsibility).into(),
        fence: state.life.fence,
        merged_into: Vec::new(),
        owner_withdrew: state.owner_withdrew(),
    }
}

/// How firm the ownership is, on the wire.
pub(in crate::flow) fn responsibility(responsibility: Responsibility) -> v1::Responsibility {
    match responsibility {
        Responsibility::Confirmed => v1::Responsibility::Confirmed,
        Responsibility::Proposed { .. } => v1::Responsibility::Proposed,
        Responsibility::Offered { .. } => v1::Responsibility::Offered,
        Responsibility::Disputed { escalated: false, .. } => v1::Responsibility::Disputed,
        Responsibility::Disputed { escalated: true, .. } => v1::Responsibility::Escalated,
    }
}

impl Writing<'_> {
    /// Writes the changes that the leaf recorded.
    pub(in crate::flow) async fn run(
        &self,
        tx: &mut Tx<'_>,
        leaf: i64,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let moved = changes.iter().filter(|change| change.before.target != change.after.target);
        tx.put_targets(moved.map(|change| change.after.target)).await?;
        let lives = changes.iter().map(|Change { after, .. }| {
            LifeRow::new(after.target.no, due_us(after, self.context, self.members), &after.life)
        });
        tx.put_lives(&lives.collect::<Vec<_>>()).await?;
        self.interests(tx, changes).await?;
        tx.note_history(leaf, changes.iter().map(|change| change.after.target.no)).await?;
        self.tell(tx, leaf, changes).await
    }

    async fn interests(&self, tx: &mut Tx<'_>, changes: &[Change]) -> Result<(), StoreError> {
        let (mut added, mut dropped) = (Vec::new(), Vec::new());
        for Change { before, after } in changes {
            let target = after.target.no;
            let has = |state: &meldeverbund_domain::life::State, agency: AgencyNo| {
                state.interests.iter().any(|interest| interest.agency == agency)
            };
            let new = after.interests.iter().filter(|interest| !has(before, interest.agency));
            added.extend(new.map(|interest| InterestRow {
                target,
                agency: interest.agency,
                joined_leaf: interest.joined_leaf,
                seised_leaf: interest.seised_leaf,
            }));
            let gone = before.interests.iter().filter(|interest| !has(after, interest.agency));
            dropped.extend(gone.map(|interest| (interest.agency, target)));
        }
        tx.add_interests(&added).await?;
        dropped.sort_unstable();
        for one_agency in dropped.chunk_by(|a, b| a.0 == b.0) {
            tx.drop_interests(one_agency[0].0, one_agency.iter().map(|(_, target)| *target)).await?;
        }
        Ok(())
    }

    /// One feed row for each agency that the decision concerns: by the decision, not by the target.
    async fn tell(&self, tx: &mut Tx<'_>, first_leaf: i64, changes: &[Change]) -> Result<(), StoreError> {
        let actor = if self.what == 0 { super::HUB } else { self.context.actor.no };
        for (agency, targets) in concerned(changes, actor, &self.members.agencies) {
            let command = if agency == actor { self.command } else { 0 };
            let body = body(self.what, actor, command, &targets);
            let kind = FeedKind::TargetsChanged;
            tx.tell(NewFeedRow { agency, kind, first_leaf, leaf_count: 1, body }).await?;
        }
        Ok(())
    }
}

/// A feed row's body: what, by whom, the decision's id (zero: not for the reader), and the targets.
pub(in crate::flow) fn body(what: u8, actor: AgencyNo, command: u128, targets: &[TargetNo]) -> Vec<u8> {
    let mut body = Vec::with_capacity(25 + 8 * targets.len());
    body.push(what);
    body.extend_from_slice(&actor.0.to_be_bytes());
    body.extend_from_slice(&command.to_be_bytes());
    body.extend(targets.iter().flat_map(|target| target.0.to_be_bytes()));
    body
}

/// The decision's place in the contract: the number of its field.
fn what(request: &v1::DecideRequest) -> u8 {
    let decision = request.decision.as_ref().map(meldeverbund_proto::check::decision_number);
    decision.unwrap_or(0)
}
