//! Whether a recorded history can be told as one order of steps, each between its call's beginning and its end.
//!
//! The search is Wing and Gong's (1993) with the memory that Lowe (2017) gave it: a set of calls that are done, together
//! with the state that they lead to, is visited once. Targets are independent of each other, so each has a history of
//! its own (Herlihy and Wing 1990: linearizability is local).
//!
//! The histories come from this package's test, in which real processes, lines and files fail.

#[cfg(test)]
mod fake;
mod target;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, fmt};

pub use target::{Agency, Outcome, Target, What};

/// One command on one target. Times are microseconds since the run began, by one clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Whose command it is.
    pub by: Agency,
    /// What it asked for.
    pub what: What,
    /// When it was given.
    pub invoked_us: u64,
    /// When its outcome was told; none: nobody was told.
    pub returned_us: Option<u64>,
    /// What came of it.
    pub outcome: Outcome,
}

/// A history that is none of one register.
#[derive(Debug)]
pub struct NotOneOrder {
    /// As many calls in a row as could be told, and where that led.
    pub furthest: Vec<Call>,
    /// The state that they lead to.
    pub state: Target,
    /// The calls of which none fits next.
    pub stuck: Vec<Call>,
}

impl fmt::Display for NotOneOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { furthest, state, stuck } = self;
        furthest.iter().try_for_each(|call| writeln!(f, "  {call:?}"))?;
        writeln!(f, "lead to {state:?}, and none of these follows:")?;
        stuck.iter().try_for_each(|call| writeln!(f, "  {call:?}"))
    }
}

/// Looks for an order of the calls on one target. A call whose outcome nobody was told takes effect at any later time,
/// or never. From `drifts_from_us` on time alone may end grants, offers and certainty about notices.
///
/// # Errors
/// If there is none.
pub fn check(mut calls: Vec<Call>, drifts_from_us: Option<u64>) -> Result<(), Box<NotOneOrder>> {
    calls.sort_by_key(|call| call.invoked_us);
    let mut search = Search { calls: &calls, drifts_from_us, seen: HashSet::new(), furthest: Vec::new() };
    let mut order = Vec::new();
    let start = Target::default();
    if search.goes_on(&mut Done::new(calls.len()), &start, &mut order) {
        return Ok(());
    }
    let furthest: Vec<usize> = search.furthest.clone();
    let state = furthest.iter().fold(start, |state, index| {
        let drifted = std::iter::once(state.clone()).chain(state.drifts());
        drifted.filter_map(|state| state.after(&calls[*index])).next().unwrap_or(state)
    });
    let rest = (0..calls.len()).filter(|index| !furthest.contains(index));
    let stuck = rest.take(STUCK_SHOWN).map(|index| calls[index].clone()).collect();
    let furthest = furthest.iter().map(|index| calls[*index].clone()).collect();
    Err(Box::new(NotOneOrder { furthest, state, stuck }))
}

/// Enough of what does not fit to see why.
const STUCK_SHOWN: usize = 8;

struct Search<'a> {
    calls: &'a [Call],
    drifts_from_us: Option<u64>,
    seen: HashSet<(Done, Target)>,
    furthest: Vec<usize>,
}

/// Which calls are done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Done(Vec<u64>);

impl Search<'_> {
    /// Whether the calls that are left can follow on `state`.
    fn goes_on(&mut self, done: &mut Done, state: &Target, order: &mut Vec<usize>) -> bool {
        if order.len() > self.furthest.len() {
            self.furthest.clone_from(order);
        }
        let left = (0..self.calls.len()).filter(|index| !done.has(*index));
        // Whatever comes next begins before the first of those that are left has ended.
        let Some(horizon_us) = left.filter_map(|index| self.calls[index].returned_us).min() else {
            return true;
        };
        if !self.seen.insert((done.clone(), state.clone())) {
            return false;
        }
        for index in 0..self.calls.len() {
            let call = &self.calls[index];
            if call.invoked_us > horizon_us {
                break;
            }
            if done.has(index) {
                continue;
            }
            let Some(after) = state.after(call) else { continue };
            done.flip(index);
            order.push(index);
            if self.goes_on(done, &after, order) {
                return true;
            }
            order.pop();
            done.flip(index);
        }
        let drifts = self.drifts_from_us.is_some_and(|from_us| from_us <= horizon_us);
        drifts && state.drifts().iter().any(|drifted| self.goes_on(done, drifted, order))
    }
}

impl Done {
    fn new(calls: usize) -> Self {
        Self(vec![0; calls.div_ceil(64)])
    }

    fn has(&self, index: usize) -> bool {
        self.0[index / 64] >> (index % 64) & 1 == 1
    }

    fn flip(&mut self, index: usize) {
        self.0[index / 64] ^= 1 << (index % 64);
    }
}
