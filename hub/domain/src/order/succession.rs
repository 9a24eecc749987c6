//! Who comes after an owner, and what becomes of the target when it changes hands.

use meldeverbund_proto::v1::OwnerBasis;

use super::{Context, must_be_open, must_be_quiet};
use crate::{
    AgencyState,
    life::{Interest, Responsibility, State, Takedown, Window},
    policy::hours_us,
    rules::{Question, choose, fallback},
    target::Ownership,
};

/// The next rule names the owner, who is asked to accept.
#[must_use]
pub fn next_owner(mut state: State, context: &Context<'_>) -> State {
    state.life.declined.push(state.owner());
    let origin = state.origin.clone().unwrap_or_default();
    let bound: Vec<_> = state.interests.iter().map(|interest| interest.agency).collect();
    let question = Question {
        origin: &origin,
        bound: &bound,
        declined: &state.life.declined,
        agencies: context.agencies,
        now_us: context.now_us,
    };
    let (owned, _) = choose(context.policy, &question);
    change_owner(state, owned, proposed(context), context)
}

/// What a suspended agency owns falls to the fallback; a notice under way keeps its owner until a person has resolved it.
/// The same state comes back if nothing falls.
#[must_use]
pub fn fall_back(state: State, context: &Context<'_>) -> State {
    let owner = context.agencies.iter().find(|agency| agency.no == state.owner());
    let is_suspended = owner.is_none_or(|agency| agency.state == AgencyState::Suspended);
    let bound: Vec<_> = state.interests.iter().map(|interest| interest.agency).collect();
    let next = fallback(context.policy, context.agencies, &bound);
    let waits = must_be_open(&state).and_then(|()| must_be_quiet(&state)).is_err();
    if !is_suspended || waits || next == state.owner() {
        return state;
    }
    let owned = Ownership { owner: next, basis: OwnerBasis::Fallback };
    change_owner(state, owned, proposed(context), context).staged(context.policy, context.now_us)
}

/// Gives the target to another owner: a live grant ends, the gates wait to be adopted, the release is new, and the former
/// owner stays what its case makes it.
#[must_use]
pub fn change_owner(
    mut state: State,
    owned: Ownership,
    responsibility: Responsibility,
    context: &Context<'_>,
) -> State {
    let former = state.owner();
    end_grant(&mut state);
    state.life.responsibility = responsibility;
    state.life.declined.retain(|agency| *agency != owned.owner);
    state.target.ownership = owned;
    if former == owned.owner {
        return state;
    }
    if !state.life.taken_over && !state.interests.iter().any(|interest| interest.agency == former) {
        let (joined_leaf, seised_leaf, window) = (context.leaf, context.leaf, Window::NotBegun);
        state.interests.push(Interest { agency: former, joined_leaf, seised_leaf, window });
    }
    state.life.taken_over = true;
    state.life.gates.release = None;
    state.life.gates.unadopted = [true; 3];
    state
}

pub(super) fn proposed(context: &Context<'_>) -> Responsibility {
    Responsibility::Proposed { accept_by_us: context.now_us + hours_us(context.policy.terms.accept_hours) }
}

pub(super) fn end_grant(state: &mut State) {
    if let Takedown::Granted(_) = state.life.takedown {
        state.life.takedown = Takedown::Open;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BE, BKA, BY, Bench, NW};

    #[test]
    fn the_former_owner_is_passed_over_and_stays_what_its_case_makes_it() {
        let bench = Bench::new();
        let after = next_owner(bench.state.clone(), &bench.context(BKA));
        assert_eq!(after.owner(), BY);
        assert!(after.is_bound(NW));
        assert_eq!(after.life.declined, [NW]);
    }

    #[test]
    fn a_suspended_agency_is_passed_over() {
        let mut bench = Bench::new();
        bench.join(BE);
        bench.suspend(BY);
        assert_eq!(next_owner(bench.state.clone(), &bench.context(BKA)).owner(), BE);
    }

    #[test]
    fn who_owns_it_has_not_declined_it() {
        let mut bench = Bench::alone();
        bench.state.life.declined = vec![BKA];
        let after = next_owner(bench.state.clone(), &bench.context(NW));
        assert_eq!((after.owner(), &after.life.declined[..]), (BKA, &[NW][..]));
        assert_eq!(after.target.ownership.basis, OwnerBasis::Fallback);
    }
}
