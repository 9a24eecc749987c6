//! The deadline sweep: moves on what is overdue. Two hubs that sweep at once do it once, because each looks under the
//! lock.

mod slice;

use meldeverbund_domain::{
    Agency, AgencyState, TargetNo,
    deadlines::{may_choose_owner, pass},
    order::{Context, fall_back},
};
use meldeverbund_proto::{
    leaf::{Kind, Salt, statement_digest},
    v1::{AgencyKind, DecisionRecord},
};
use prost::Message as _;

use self::slice::Slice;
use super::{
    Command, Failure, Lane, Policies,
    decide::{Change, HUB, Writing, record},
    due::{due_us, falls_us},
    states::{Members, origin, states},
};
use crate::store::{LifeRow, NewEvent, TargetIds, Tx};

/// Targets that are due, and targets of a suspended agency, that one sweep looks at; if there are more, the next follows
/// at once.
const SWEEP_TARGETS: usize = 1_000;

/// Looks at what is due.
#[derive(Debug)]
pub struct Sweep {
    /// The salt of the leaf, if there is one.
    pub salt: Salt,
    /// The key between targets' numbers and their ids.
    pub target_ids: TargetIds,
    /// The policy in force.
    pub policies: Policies,
}

impl Command for Sweep {
    /// True if there may be more to look at.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let most = i64::try_from(SWEEP_TARGETS).expect("a small number");
        let mut numbers = tx.due_targets(most).await?;
        let members = Members::in_force(tx, &self.policies).await?;
        let slice = Slice::next(tx, &members).await?;
        let more = numbers.len() == SWEEP_TARGETS || slice.is_some();
        if let Some(slice) = slice {
            numbers.extend(&slice.targets);
            slice.done(tx).await?;
        }
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            return Ok(more);
        }
        let hub = Agency {
            no: HUB,
            id: "hub".parse().expect("an agency id"),
            kind: AgencyKind::Unspecified,
            state: AgencyState::Active,
        };
        let context = Context { leaf: tx.next_leaf(), ..members.looking(&hub, tx.now_us()) };
        let changes = self.changes(tx, &members, &context, &numbers).await?;
        self.write(tx, &members, &context, changes).await?;
        Ok(more)
    }
}

impl Sweep {
    async fn changes(
        &self,
        tx: &mut Tx<'_>,
        members: &Members,
        context: &Context<'_>,
        numbers: &[TargetNo],
    ) -> Result<Vec<Change>, Failure> {
        let mut states = states(tx.reading(), members, numbers).await?;
        let mut changes = Vec::with_capacity(numbers.len());
        for number in numbers {
            let Some(mut before) = states.remove(number) else { continue };
            if may_choose_owner(&before, context) {
                before.origin = Some(origin(tx.reading(), *number).await?);
            }
            let mut after = pass(before.clone(), context);
            if falls_us(&after, context, members).is_some_and(|falls_us| falls_us <= context.now_us) {
                after = fall_back(after, context);
            }
            changes.push(Change { before, after });
        }
        Ok(changes)
    }

    /// One leaf for all that changed; what did not is only looked at again later.
    async fn write(
        &self,
        tx: &mut Tx<'_>,
        members: &Members,
        context: &Context<'_>,
        changes: Vec<Change>,
    ) -> Result<(), Failure> {
        let (changed, same): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| change.before != change.after);
        let later = same.iter().map(|Change { after, .. }| {
            LifeRow::new(after.target.no, due_us(after, context, members), &after.life)
        });
        tx.put_lives(&later.collect::<Vec<_>>()).await?;
        if changed.is_empty() {
            return Ok(());
        }
        let targets = changed.iter().map(|change| record(members, &self.target_ids, change)).collect();
        let event = NewEvent {
            kind: Kind::Deadline,
            agency: HUB,
            salt: self.salt,
            statement: &[],
            statement_digest: statement_digest(&self.salt, &[]),
            decision: DecisionRecord { targets }.encode_to_vec(),
        };
        let leaf = tx.append(&[event]).await?;
        let writing = Writing { members, context, what: 0, command: 0 };
        Ok(writing.run(tx, leaf, &changed).await?)
    }
}
