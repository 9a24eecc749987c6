//! What referrals do to targets that stand already: an agency joins, a round opens again, a fact blocks a notice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use meldeverbund_domain::{
    AgencyNo, Target, TargetNo,
    life::{Interest, Life, Responsibility, State, Takedown, Window},
    order::{Context, next_round},
    policy::hours_us,
    referral::Decision,
    view::is_told,
};
use meldeverbund_proto::v1::Verdict;

use super::prepare::Prepared;
use crate::{
    flow::{
        decide::{Change, concerned, shows},
        due::due_us,
        states::{Members, origin, states},
        withdrawn::names_withdrawn,
    },
    store::{InterestRow, LifeRow, StoreError, Tx},
};

/// What one referral of the batch was decided to be, with its leaf.
pub(super) struct Decided<'a> {
    pub(super) leaf: i64,
    pub(super) item: &'a Prepared,
    pub(super) decision: &'a Decision,
}

/// What became of the targets.
#[derive(Default)]
pub(super) struct Touched {
    /// Targets as they are now, where that is not what the decision says.
    pub(super) targets: HashMap<TargetNo, Target>,
    /// Other agencies with an open window, a hold or a record that waits, and the targets that were joined.
    pub(super) watchers: BTreeMap<AgencyNo, BTreeSet<TargetNo>>,
    /// Whom it concerns that more than a join has changed, and the targets.
    pub(super) concerned: BTreeMap<AgencyNo, Vec<TargetNo>>,
}

/// Writes interests and lives.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    members: &Members,
    context: &Context<'_>,
    decided: &[Decided<'_>],
) -> Result<Touched, StoreError> {
    let own = context.actor.no;
    let joins = decided.iter().filter(|one| one.decision.joins);
    let interests: Vec<_> = joins
        .map(|one| InterestRow {
            target: one.decision.target.no,
            agency: own,
            joined_leaf: one.leaf,
            seised_leaf: one.leaf,
        })
        .collect();
    tx.add_interests(&interests).await?;
    let touched = |one: &&Decided<'_>| one.touches();
    let mut numbers: Vec<_> = decided.iter().filter(touched).map(|one| one.decision.target.no).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        return Ok(Touched::default());
    }
    let mut before = states(tx.reading(), members, &numbers).await?;
    for one in decided.iter().filter(|one| one.decision.verdict == Verdict::Reopened) {
        // Where the owner has withdrawn, the rules name another one.
        if let Some(state) = before.get_mut(&one.decision.target.no) {
            state.origin = Some(origin(tx.reading(), state.target.no).await?);
        }
    }
    // They were read with the joins that this batch has just written.
    for one in decided.iter().filter(|one| one.decision.joins) {
        if let Some(state) = before.get_mut(&one.decision.target.no) {
            state.interests.retain(|interest| interest.agency != own);
        }
    }
    let mut after = before.clone();
    let mut staged = BTreeSet::new();
    for one in decided.iter().filter(touched) {
        if let Some(state) = after.get_mut(&one.decision.target.no) {
            staged.extend(one.stages(state, own).then_some(state.target.no));
            *state = one.applied(state.clone(), context);
        }
    }
    let mut result = Touched::default();
    let (mut lives, mut moved, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut looks_anew, mut comes) = (BTreeSet::new(), Vec::new());
    for number in &numbers {
        let (Some(before), Some(state)) = (before.remove(number), after.remove(number)) else { continue };
        // What time alone has done is the sweep's to say, in a leaf of its own.
        let state =
            if staged.contains(number) { state.staged(context.policy, context.now_us) } else { state };
        if state.life != before.life || before.life != Life::default() {
            lives.push(LifeRow::new(*number, due_us(&state, context, members), &state.life));
        }
        if state.target != before.target {
            moved.push(state.target);
        }
        result.targets.insert(*number, state.target);
        for agency in watching(&before, context) {
            result.watchers.entry(agency).or_default().insert(*number);
        }
        // A mere join is told by itself: it is most of what an intake does to targets that stand already.
        let change = Change { before, after: state };
        if shows(&change) {
            changes.push(change);
        } else if !is_told(context.actor, &change.before) {
            comes.push(*number);
        } else if !change.before.is_bound(own) {
            // What it was told before it joined was told to another than it is now.
            looks_anew.insert(*number);
        }
    }
    if !comes.is_empty() {
        // What has become a name while the agency had no part in it is told with the target.
        looks_anew
            .extend(names_withdrawn(tx.reading(), own, comes).await?.into_iter().map(|(_, target)| target));
    }
    result.concerned = concerned(&changes, own, &members.agencies);
    if !looks_anew.is_empty() {
        result.concerned.entry(own).or_default().extend(looks_anew);
    }
    tx.put_targets(moved).await?;
    tx.put_lives(&lives).await?;
    // What binds a case is found by its binding.
    for one in decided.iter().filter(touched).filter(|one| !one.decision.binds) {
        tx.note_history(one.leaf, [one.decision.target.no]).await?;
    }
    Ok(result)
}

impl Decided<'_> {
    fn touches(&self) -> bool {
        let Prepared { elsewhere, urgent, .. } = self.item;
        let new = self.decision.verdict == Verdict::New;
        self.decision.joins || *elsewhere || *urgent || !new && self.decision.verdict == Verdict::Reopened
    }

    /// Whether the referral itself says where the takedown stands: it begins a round, somebody else may object, or a notice is known.
    fn stages(&self, state: &State, own: AgencyNo) -> bool {
        let joins = self.decision.joins && state.owner() != own;
        joins || self.item.elsewhere || self.decision.verdict == Verdict::Reopened
    }

    fn applied(&self, state: State, context: &Context<'_>) -> State {
        let Decision { verdict, joins, .. } = *self.decision;
        let mut state = state;
        if joins && verdict == Verdict::New {
            // The rules name somebody else: who handed it in is bound, the owner is asked to accept.
            let accept_by_us = context.now_us + hours_us(context.policy.terms.accept_hours);
            state.life.responsibility = Responsibility::Proposed { accept_by_us };
            state.life.taken_over = true;
        }
        let own = context.actor.no;
        if joins && !state.interests.iter().any(|interest| interest.agency == own) {
            let (joined_leaf, seised_leaf, window) = (self.leaf, self.leaf, Window::NotBegun);
            state.interests.push(Interest { agency: own, joined_leaf, seised_leaf, window });
        }
        if verdict == Verdict::Reopened {
            state = next_round(state, &Context { leaf: self.leaf, ..*context });
        }
        state.life.urgent |= self.item.urgent;
        if self.item.elsewhere && !matches!(state.life.takedown, Takedown::Closed { .. }) {
            state.life.elsewhere = true;
            if let Takedown::Granted(_) = state.life.takedown {
                state.life.takedown = Takedown::Open;
            }
        }
        state
    }
}

/// Who is told of a join besides the owner.
fn watching(state: &State, context: &Context<'_>) -> BTreeSet<AgencyNo> {
    let running = |interest: &&Interest| match interest.window {
        Window::NotBegun => true,
        Window::Until(end_us) => end_us > context.now_us,
    };
    let windows = state.open_windows().filter(running).map(|interest| interest.agency);
    let holds = state.life.holds.iter().map(|hold| hold.by);
    // It sees everybody's windows.
    let centre = context.agencies.iter().filter(|agency| agency.is_central() && is_told(agency, state));
    let centre = centre.map(|agency| agency.no);
    let mut watching: BTreeSet<_> = windows.chain(holds).chain(centre).collect();
    watching.remove(&context.actor.no);
    watching.remove(&state.owner());
    watching
}
