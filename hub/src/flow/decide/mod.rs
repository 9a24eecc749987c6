//! An agency decides on targets: one decision, one leaf, one answer a target.
//!
//! What needs no facts is done before the lock is taken ([`Decide::parse`]). Under the lock each target is decided by
//! itself, and what changed is written set by set.

mod concerned;
mod orders;
mod second;
mod still;
mod write;

use std::collections::HashMap;

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    life::State,
    order::{self, Context, Order},
};
use meldeverbund_proto::{
    AgencyId, CommandId, InstanceId,
    check::check_decision,
    leaf::{Digest, Salt, statement_digest},
    statement::{BatchStatement, DecisionStatement},
    v1::{DecideRequest, Decided, Refusal, TargetAnswer},
};
use prost::Message as _;

use self::{orders::Orders, second::Second};
use super::{
    Command, Failure, Lane, Policies, StatementKeys,
    admit::caller,
    once::{parse_id, parse_instance, parse_salt, replay},
    person::{Act, Person},
    reconcile::all_reconciled,
    signed::Signed,
    states::{Members, origin, states},
};
#[cfg(feature = "console")]
use crate::flow::desk::OwnProceeding;
use crate::store::{StoreError, TargetIds, Tx, resolved};

pub(super) use self::{
    concerned::{concerned, shows},
    write::{Writing, body, record, responsibility},
};

/// Targets of a decision that a person waits for; a larger one comes from a selection.
const INTERACTIVE_TARGETS: usize = 10;

/// One decision over some targets, ready to be taken.
#[derive(Debug)]
pub struct Decide {
    caller: AgencyId,
    id: CommandId,
    instance: InstanceId,
    salt: Salt,
    request: DecideRequest,
    /// Numbers of the targets; none for an id that names none.
    targets: Vec<Option<TargetNo>>,
    /// The newest leaf of each target that whoever decides saw; empty: that is not asked.
    seen: Vec<i64>,
    /// The person's proceeding of which the targets must be; none: that is not asked.
    #[cfg(feature = "console")]
    proceeding: Option<OwnProceeding>,
    statement: Vec<u8>,
    digest: Digest,
    signed: Signed,
    target_ids: TargetIds,
    policies: Policies,
    person: Person,
}

impl Decide {
    /// Reads a request. `keys` verify its signature.
    ///
    /// # Errors
    /// The field for which the whole decision is refused.
    pub fn parse(
        caller: AgencyId,
        request: DecideRequest,
        keys: &StatementKeys,
        target_ids: TargetIds,
        policies: Policies,
    ) -> Result<Self, Refusal> {
        let id = parse_id("command_id", &request.command_id)?;
        let instance = parse_instance(&request.instance_id)?;
        let salt = parse_salt("salt", &request.salt)?;
        let targets = check_decision(&request)?.into_iter().map(|id| target_ids.number(id)).collect();
        let mut statement = Vec::new();
        DecisionStatement { agency: &caller, request: &request }.encode(&mut statement);
        let digest = statement_digest(&salt, &statement);
        let batch = BatchStatement { agency: caller.clone(), command: id, digests: vec![digest] };
        let signed = Signed::read(batch, request.signature.as_ref(), keys)?;
        Ok(Self {
            caller,
            id,
            instance,
            salt,
            request,
            targets,
            seen: Vec::new(),
            #[cfg(feature = "console")]
            proceeding: None,
            statement,
            digest,
            signed,
            target_ids,
            policies,
            person: Person::none(),
        })
    }

    /// The person behind it, beside the agency.
    #[must_use]
    pub fn by(self, person: Person) -> Self {
        Self { person, ..self }
    }

    /// What is done.
    fn act(&self) -> Option<Act> {
        self.request.decision.as_ref().map(Act::of)
    }
}

/// One target's answer, and the state that it is to have.
struct Decision {
    answer: TargetAnswer,
    change: Option<Change>,
}

/// A state before and after.
pub(super) struct Change {
    pub(super) before: State,
    pub(super) after: State,
}

impl Command for Decide {
    type Verdict = Decided;

    fn lane(&self) -> Lane {
        if self.targets.len() <= INTERACTIVE_TARGETS { Lane::Interactive } else { Lane::Bulk }
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Decided, Failure> {
        self.take(tx, self.request.dry_run).await
    }
}

impl Decide {
    /// The decision's id.
    pub(super) fn id(&self) -> CommandId {
        self.id
    }

    /// Decides, or says what would come of it and changes nothing.
    pub(super) async fn take(&self, tx: &mut Tx<'_>, as_if: bool) -> Result<Decided, Failure> {
        let actor = caller(tx, &self.caller).await?.agency;
        actor.may_refer()?;
        let members = Members::in_force(tx, &self.policies).await?;
        let numbers: Vec<_> = self.targets.iter().flatten().copied().collect();
        let (numbers, names) = resolved(tx.reading(), &numbers).await?;
        let now = |number: TargetNo| names.get(&number).copied().unwrap_or(number);
        let mut states = states(tx.reading(), &members, &numbers).await?;
        if let Some(known) = replay(tx, actor.no, self.id, &self.digest).await? {
            return self.repeated(&known.verdict, &states, &names);
        }
        self.person.stand()?;
        // What is not the person's own is not even compared with what it was: that would tell of it.
        #[cfg(feature = "console")]
        self.compare_with_own(tx, actor.no).await?;
        self.compare_with_seen(tx).await?;
        all_reconciled(tx, self.request.decision.as_ref()).await?;
        let judged = if as_if { None } else { Some(self.signed.judge(tx).await?) };
        let orders = Orders::read(self, tx, &members, actor.no, &numbers).await?;
        let context = Context {
            actor: &actor,
            officer: &self.request.officer,
            instance: self.instance.as_u128(),
            command: self.id.as_u128(),
            leaf: tx.next_leaf(),
            epoch: tx.epoch(),
            now_us: tx.now_us(),
            policy: &members.policy,
            agencies: &members.agencies,
        };
        let mut decisions: Vec<Decision> = Vec::with_capacity(self.targets.len());
        let mut decided: HashMap<TargetNo, usize> = HashMap::new();
        let mut second = Second::new(&self.person, actor.no);
        for (position, target) in self.targets.iter().enumerate() {
            let target = target.map(now);
            // Two names of one target: it is decided on once, and both are answered with that.
            let before = target.and_then(|no| decided.get(&no));
            decisions.push(match (before, target.and_then(|no| states.remove(&no))) {
                (Some(before), _) => Decision { answer: decisions[*before].answer.clone(), change: None },
                (None, None) => refused(order::unknown()),
                (None, Some(state)) => {
                    decided.insert(state.target.no, position);
                    let order = orders.of(position, state.target.no);
                    let order = second.of(tx.reading(), &state, order).await?;
                    decide(tx, state, order, &context).await?
                }
            });
        }
        match judged {
            Some(judged) => self.write(tx, &members, &context, &orders, decisions, judged).await,
            None => {
                let answers = decisions.into_iter().map(|decision| decision.answer).collect();
                Ok(Decided { answers, ..Decided::default() })
            }
        }
    }

    /// The same answers again; what stands beside them is as of now.
    fn repeated(
        &self,
        verdict: &[u8],
        states: &HashMap<TargetNo, State>,
        names: &HashMap<TargetNo, TargetNo>,
    ) -> Result<Decided, Failure> {
        let unreadable = |_| StoreError::Value { column: "command.verdict" };
        let mut decided = Decided::decode(verdict).map_err(unreadable)?;
        for (answer, target) in decided.answers.iter_mut().zip(&self.targets) {
            let now = target.map(|no| names.get(&no).copied().unwrap_or(no));
            let Some(state) = now.and_then(|no| states.get(&no)) else { continue };
            if answer.refusal.is_none() {
                (answer.stage, answer.round) = (state.target.stage.into(), state.target.round);
            }
        }
        decided.repeated = true;
        Ok(decided)
    }
}

async fn decide(
    tx: &mut Tx<'_>,
    mut state: State,
    order: Result<Order, Refusal>,
    context: &Context<'_>,
) -> Result<Decision, StoreError> {
    let order = match order {
        Ok(order) => order,
        Err(refusal) => return Ok(refused(refusal)),
    };
    if order.may_choose_owner() {
        state.origin = Some(origin(tx.reading(), state.target.no).await?);
    }
    let before = state.clone();
    Ok(match order::decide(state, &order, context) {
        Err(refusal) => refused(refusal),
        Ok(after) => {
            let holds = matches!(order, Order::PlaceHold { .. });
            let answer = TargetAnswer {
                refusal: None,
                stage: after.target.stage.into(),
                round: after.target.round,
                fence: if after.owner() == context.actor.no { live_fence(&after) } else { 0 },
                under_way_since_us: after.life.intent().filter(|_| holds).map_or(0, |intent| intent.since_us),
            };
            Decision { answer, change: Some(Change { before, after }) }
        }
    })
}

fn refused(refusal: Refusal) -> Decision {
    Decision { answer: TargetAnswer { refusal: Some(refusal), ..TargetAnswer::default() }, change: None }
}

fn live_fence(state: &State) -> u64 {
    match state.life.takedown {
        meldeverbund_domain::life::Takedown::Granted(grant) => grant.fence,
        _ => 0,
    }
}

/// The number that stands for the hub itself where an event names who acted.
pub(super) const HUB: AgencyNo = AgencyNo(0);
