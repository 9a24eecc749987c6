//! What stands: targets, which of them are names of others, and whose cases are bound to what.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{
    Agency, AgencyNo, Policy, Target as Row, TargetNo,
    life::{Interest, Life, State, Window},
    order::{Apart, Context, next_round},
};
use meldeverbund_proto::{CanonicalLink, v1::Verdict};

/// The targets of the model, by what the generator calls them; the hub knows nothing of that.
#[derive(Clone, Default)]
pub(super) struct Books {
    pub(super) targets: BTreeMap<usize, Target>,
    /// In the order in which they became names.
    pub(super) names: Vec<Name>,
}

/// A link's own target, which may be another name of one.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) link: CanonicalLink,
    pub(super) opened_leaf: i64,
    pub(super) state: State,
    /// By agency and the case's number in the store.
    pub(super) bindings: BTreeMap<(AgencyNo, i64), Bound>,
}

/// Since when a case is bound.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) since_leaf: i64,
    /// Only other links that are names of the target were handed in, not its own.
    pub(super) by_name: bool,
}

/// A target that is another name.
#[derive(Clone)]
pub(super) struct Name {
    pub(super) name: usize,
    /// What it was merged into, which may have become a name since.
    pub(super) into: usize,
    pub(super) apart: Apart,
}

/// What a rule looks at besides the targets.
pub(super) struct Facts {
    pub(super) agencies: Vec<Agency>,
    pub(super) policy: Policy,
    pub(super) now_us: i64,
    /// The leaf that is being decided.
    pub(super) leaf: i64,
}

/// What a referral did.
pub(super) struct Met {
    pub(super) verdict: Verdict,
    pub(super) root: usize,
    /// The owner is told of it.
    pub(super) is_news: bool,
    /// How the target was, where more than a binding has changed; without whoever joined.
    pub(super) before: Option<State>,
}

impl Facts {
    pub(super) fn context<'a>(&'a self, actor: AgencyNo, officer: &'a str, command: u128) -> Context<'a> {
        Context {
            actor: &self.agencies[usize::try_from(actor.0 - 1).unwrap()],
            officer,
            instance: 0,
            command,
            leaf: self.leaf,
            epoch: 1,
            now_us: self.now_us,
            policy: &self.policy,
            agencies: &self.agencies,
        }
    }

    pub(super) fn may_own(&self, agency: AgencyNo) -> bool {
        self.agencies.iter().any(|known| known.no == agency && known.may_own().is_ok())
    }
}

impl Books {
    /// The target that a link leads to.
    pub(super) fn root(&self, target: usize) -> usize {
        let name = self.names.iter().find(|name| name.name == target);
        name.map_or(target, |name| self.root(name.into))
    }

    pub(super) fn no(&self, target: usize) -> i64 {
        self.targets[&target].state.target.no.0
    }

    /// A target with all that was merged into it.
    pub(super) fn below(&self, target: usize) -> BTreeSet<usize> {
        let into = self.names.iter().filter(|name| name.into == target);
        into.flat_map(|name| self.below(name.name)).chain([target]).collect()
    }

    /// Agencies with bindings to these, with the leaves that first bound them, oldest first.
    pub(super) fn bound(&self, targets: impl IntoIterator<Item = usize>) -> Vec<(AgencyNo, i64)> {
        let mut first: BTreeMap<AgencyNo, i64> = BTreeMap::new();
        for ((agency, _), bound) in targets.into_iter().flat_map(|target| &self.targets[&target].bindings) {
            let leaf = first.entry(*agency).or_insert(bound.since_leaf);
            *leaf = bound.since_leaf.min(*leaf);
        }
        let mut all: Vec<_> = first.into_iter().collect();
        all.sort_by_key(|(_, leaf)| *leaf);
        all
    }

    /// The rule in one place: first seised owns, who comes later joins, what comes back opens the next round.
    pub(super) fn refer(
        &mut self,
        (agency, case): (AgencyNo, i64),
        target: usize,
        link: &str,
        facts: &Facts,
    ) -> Met {
        let leaf = facts.leaf;
        let own = Bound { since_leaf: leaf, by_name: false };
        if !self.targets.contains_key(&target) {
            let row = Row::opened(TargetNo(self.targets.len() as i64 + 1), agency);
            let state = State { target: row, life: Life::default(), interests: Vec::new(), origin: None };
            let (link, bindings) =
                (CanonicalLink::parse(link).unwrap(), BTreeMap::from([((agency, case), own)]));
            self.targets.insert(target, Target { link, opened_leaf: leaf, state, bindings });
            return Met { verdict: Verdict::New, root: target, is_news: true, before: None };
        }
        let root = self.root(target);
        let known = self.targets.get_mut(&root).unwrap();
        let joins = known.bindings.keys().all(|(bound, _)| *bound != agency);
        let binds = !known.bindings.contains_key(&(agency, case));
        known.bindings.entry((agency, case)).or_insert(Bound { by_name: target != root, ..own });
        let is_closed = !known.state.target.is_open();
        let mut before = known.state.clone();
        if joins {
            before.interests.retain(|interest| interest.agency != agency);
        }
        let mut after = before.clone();
        if joins {
            let (joined_leaf, seised_leaf, window) = (leaf, leaf, Window::NotBegun);
            after.interests.push(Interest { agency, joined_leaf, seised_leaf, window });
        }
        if is_closed {
            after = next_round(after, &facts.context(agency, "", 0));
        }
        let touched = joins || is_closed;
        if touched {
            known.state = after.staged(&facts.policy, facts.now_us);
        }
        // Of the link itself, too: it may be a target of its own again.
        self.targets.get_mut(&target).unwrap().bindings.entry((agency, case)).or_insert(own).by_name = false;
        let verdict = match (is_closed, joins) {
            (true, _) => Verdict::Reopened,
            (false, true) => Verdict::Joined,
            (false, false) => Verdict::AlreadyYours,
        };
        Met { verdict, root, is_news: binds || is_closed, before: touched.then_some(before) }
    }
}
