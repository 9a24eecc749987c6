//! Merges and splits: what the promises say of two targets that become one, and of one that becomes two. What is not said
//! there (whom the rules name, which record waits) is taken from the new state, and held to the promises from then on.

use std::collections::BTreeSet;

use meldeverbund_domain::{
    AgencyNo, AgencyState,
    conditions::Gate,
    life::{Hold, NoticeKind, State, Takedown, Window},
    order::{Merge, Parting, Side, Was, merge, part},
};
use meldeverbund_proto::v1::{GateState, OwnerBasis, RefusalCode};

use crate::{
    oracle::Oracle,
    world::{Alias, World},
};

impl World {
    /// The target that goes by this name now.
    pub(crate) fn root(&self, target: usize) -> usize {
        let alias = self.aliases.iter().find(|alias| alias.from == target);
        alias.map_or(target, |alias| self.root(alias.into))
    }

    /// Everything that goes by the name of this target.
    pub(crate) fn members(&self, target: usize) -> Vec<usize> {
        let below = self.aliases.iter().filter(|alias| alias.into == target);
        let below = below.flat_map(|alias| self.members(alias.from));
        std::iter::once(target).chain(below.collect::<Vec<_>>()).collect()
    }

    pub(crate) fn merge(&mut self, one: usize, other: usize) {
        self.steps += 1;
        let context = self.context(AgencyNo(5), false, false);
        let side = |n: usize| {
            let opened_leaf = self.links[n].first().map_or(0, |(_, leaf)| *leaf);
            Side { state: self.items[n].0.clone(), opened_leaf }
        };
        let merged = merge(side(one), side(other), &context);
        let [a, b] = [one.min(other), one.max(other)].map(|n| &self.items[n]);
        let sending = a.1.sending.is_some() || b.1.sending.is_some();
        let Merge { whole, alias, apart } = match merged {
            Err(refusal) if context.actor.state == AgencyState::Suspended => {
                return assert_eq!(refusal.code(), RefusalCode::AgencySuspended);
            }
            Err(refusal) if sending => return assert_eq!(refusal.code(), RefusalCode::UnderWay),
            Err(refusal) => {
                assert!(one == other, "{refusal:?}");
                return assert_eq!(refusal.code(), RefusalCode::NothingToDo);
            }
            Ok(merged) => merged,
        };
        assert!(one != other && !sending && context.actor.state == AgencyState::Active);
        assert_eq!((whole.target.no, alias.target.no), (a.0.target.no, b.0.target.no), "the older goes on");
        assert!(!alias.target.is_open() && alias.life.holds.is_empty(), "a name is no target");
        assert_eq!(merge(side(other), side(one), &context).unwrap().whole, whole, "whichever is named first");
        united(a, b, &whole, context.now_us);
        one_owner(a, b, &whole);
        one_grant(a, b, &whole, &context);
        let mut fences: Vec<_> = a.1.fences.iter().chain(&b.1.fences).copied().collect();
        fences.sort_unstable();
        let oracle = Oracle::of(&whole, fences, &a.1);
        let (into, from) = (one.min(other), one.max(other));
        self.aliases.push(Alias { from, into, apart });
        self.items[into] = (whole, oracle);
        self.check(into);
    }

    pub(crate) fn part(&mut self, target: usize) {
        self.steps += 1;
        let Some(at) = self.aliases.iter().position(|alias| alias.from == target) else { return };
        let root = self.root(target);
        let (goes, all) = (self.members(target), self.members(root));
        let context = self.context(AgencyNo(5), false, false);
        let (whole, oracle) = self.items[root].clone();
        let Alias { into, apart, .. } = &self.aliases[at];
        let mut later: Vec<Was> = Vec::new();
        for alias in
            self.aliases.iter().filter(|alias| all.contains(&alias.from) && !goes.contains(&alias.from))
        {
            if alias.apart.leaf >= apart.leaf {
                later.push(alias.apart.part.clone());
                later.extend((alias.into != *into).then(|| alias.apart.whole.clone()));
            }
        }
        let mut going: Vec<(AgencyNo, i64)> = Vec::new();
        for (agency, leaf) in goes.iter().flat_map(|link| self.links[*link].iter()) {
            match going.iter_mut().find(|(known, _)| known == agency) {
                Some((_, first)) => *first = (*first).min(*leaf),
                None => going.push((*agency, *leaf)),
            }
        }
        going.sort_by_key(|(_, leaf)| *leaf);
        let stays = all.iter().filter(|link| !goes.contains(link));
        let staying = stays.flat_map(|link| self.links[*link].iter().map(|(agency, _)| *agency)).collect();
        let (leaver, origin) = (&self.items[target].0, self.items[target].0.origin.clone().unwrap());
        let apart = apart.clone();
        let parting = Parting { target: leaver.target.no, apart, later, going, staying, origin };
        match part(whole.clone(), &parting, &context) {
            Err(refusal) if context.actor.state == AgencyState::Suspended => {
                assert_eq!(refusal.code(), RefusalCode::AgencySuspended);
            }
            Err(refusal) => {
                assert!(oracle.sending.is_some(), "{refusal:?}");
                assert_eq!(refusal.code(), RefusalCode::UnderWay);
            }
            Ok((rest, leaver)) => {
                assert!(oracle.sending.is_none());
                parted(&whole, &rest, &leaver, &parting);
                let theirs = self.items[target].1.clone();
                let mut fences = theirs.fences.clone();
                fences.extend(oracle.fences.iter().filter(|fence| !theirs.fences.contains(fence)));
                fences.sort_unstable();
                self.aliases.remove(at);
                self.items[target] = (leaver.clone(), Oracle::of(&leaver, fences, &theirs));
                self.items[root] = (rest.clone(), Oracle::of(&rest, oracle.fences.clone(), &oracle));
                self.check(target);
                self.check(root);
            }
        }
    }
}

type Item = (State, Oracle);

/// Holds unite, lapsed ones stay lapsed; gates intersect; nobody has consented and every window starts again; notices join
/// one thread; nothing that was recorded is lost.
fn united((a, x): &Item, (b, y): &Item, whole: &State, now_us: i64) {
    let life = &whole.life;
    for hold in a.life.holds.iter().chain(&b.life.holds) {
        let kept =
            life.holds.iter().find(|one| (one.id, one.by) == (hold.id, hold.by)).expect("no hold is lost");
        assert!(kept.until_us >= hold.until_us && (kept.lapsed || !hold.lapsed), "lapsed stays lapsed");
    }
    let ids = |holds: &[Hold]| holds.iter().map(|hold| hold.id).collect::<BTreeSet<_>>();
    let both = ids(&a.life.holds).union(&ids(&b.life.holds)).copied().collect();
    assert_eq!(ids(&life.holds), both, "and none is made");
    assert_eq!(whole.target.is_open(), x.is_open || y.is_open);
    let after = |one: &Oracle, other: &Oracle| one.round + u32::from(!one.is_open && other.is_open);
    assert_eq!(whole.target.round, after(x, y).max(after(y, x)), "a round that is over is not begun again");
    for gate in Gate::ALL {
        let set = |state: &State| state.target.is_open() && gate.state(state, now_us) == GateState::Set;
        assert!(
            !whole.target.is_open() || !set(whole) || set(a) && set(b),
            "{gate:?} is set where both had it"
        );
    }
    let goes_on = |one: &Oracle, other: &Oracle| one.is_open || !other.is_open;
    let rounds: Vec<_> =
        [(a, x, y), (b, y, x)].into_iter().filter(|(_, one, other)| goes_on(one, other)).collect();
    for (state, ..) in rounds.iter().filter(|_| whole.target.is_open()) {
        let found = |state: &State| {
            let counting = state.life.gates.assessments.iter().filter(|record| !record.what.automatic);
            counting.map(|record| (record.by, format!("{:?}", record.what.finding))).collect::<BTreeSet<_>>()
        };
        assert!(found(state).is_subset(&found(whole)), "what was found stays found: contradictions show");
    }
    let threads: BTreeSet<_> =
        rounds.iter().flat_map(|(state, ..)| &state.life.thread).map(|n| n.leaf).collect();
    assert_eq!(threads, life.thread.iter().map(|notice| notice.leaf).collect(), "one thread");
    assert!(life.thread.is_sorted_by_key(|notice| notice.leaf));
    assert_eq!(life.elsewhere, rounds.iter().any(|(_, one, _)| one.elsewhere));
    assert_eq!(life.incidents, x.incidents + y.incidents);
    assert_eq!(life.complaint, x.complaint || y.complaint);
    assert!(life.consented.is_empty(), "nobody has consented to what is now");
    assert!(whole.interests.iter().all(|interest| interest.window == Window::NotBegun));
}

/// I1: one of the two where there was one, or whom the rules name; bound is who was bound to either.
fn one_owner((a, x): &Item, (b, y): &Item, whole: &State) {
    let bound = |oracle: &Oracle| oracle.bound.iter().map(|bound| bound.agency).collect::<BTreeSet<_>>();
    let both: BTreeSet<_> = bound(x).union(&bound(y)).copied().collect();
    assert_eq!(both, whole.interests.iter().map(|interest| interest.agency).collect());
    if x.owner == y.owner {
        assert_eq!(whole.owner(), x.owner);
    }
    let prosecutor = |state: &State| state.target.ownership.basis == OwnerBasis::Prosecutor;
    if prosecutor(a) && prosecutor(b) && x.is_open && y.is_open && x.owner != y.owner {
        let disputed =
            matches!(whole.life.responsibility, meldeverbund_domain::life::Responsibility::Disputed { .. });
        // One that may own no more is out of it.
        assert!(disputed || whole.owner() == x.owner || whole.owner() == y.owner);
    }
    assert_ne!(whole.owner(), AgencyNo(6), "no liaison body owns");
}

/// I2: a grant that is live was live before, is the owner's, and no fence of another is as large.
fn one_grant((a, x): &Item, (b, y): &Item, whole: &State, context: &meldeverbund_domain::order::Context<'_>) {
    assert!(whole.life.fence >= a.life.fence.max(b.life.fence), "fences only grow");
    assert!(whole.life.intent().is_none());
    let Takedown::Granted(grant) = whole.life.takedown else { return };
    assert!(!x.was_notified() || !x.is_open);
    assert!(!y.was_notified() || !y.is_open);
    let mut own = [x, y].into_iter().filter(|one| one.owner == whole.owner());
    let from = own.find(|one| one.live.is_some_and(|(_, until_us)| until_us == grant.until_us));
    assert!(from.is_some() && grant.until_us > context.now_us, "no grant is made");
    assert_eq!(grant.fence, whole.life.fence);
    let fenced = |one: &Oracle| one.live.is_none_or(|(fence, _)| fence < grant.fence);
    let kept = |one: &Oracle| one.live.is_some_and(|(fence, _)| fence == grant.fence);
    assert!(
        fenced(x) && fenced(y) || kept(x) && fenced(y) || fenced(x) && kept(y),
        "the other is fenced off"
    );
}

/// Later events stay with the whole; no hold is lost, nothing can be sent twice.
fn parted(whole: &State, rest: &State, leaver: &State, parting: &Parting) {
    let since = parting.apart.leaf;
    let was = &parting.apart.part;
    let has = |state: &State, hold: &Hold| state.life.holds.contains(hold);
    for hold in &whole.life.holds {
        assert!(has(rest, hold) || has(leaver, hold), "no hold is lost");
        assert!(hold.leaf <= since || has(rest, hold) && has(leaver, hold), "a later hold protects both");
        let own = was.life.holds.iter().any(|one| one.id == hold.id);
        assert!(!own || has(leaver, hold), "its own hold goes with it");
        let theirs = parting.apart.whole.life.holds.iter().any(|one| one.id == hold.id);
        assert!(!theirs || has(rest, hold), "the other's stays");
    }
    for notice in whole.life.thread.iter().filter(|notice| notice.leaf > since) {
        assert!(rest.life.thread.contains(notice), "later events never move");
        assert!(!leaver.life.thread.contains(notice), "nor are they doubled");
        assert!(
            !leaver.target.is_open() || leaver.life.is_notified(),
            "what may have been named is not named again"
        );
    }
    assert_eq!(rest.target.round, whole.target.round);
    assert_eq!(leaver.target.round, was.round);
    assert!(rest.life.fence >= whole.life.fence && leaver.life.fence >= whole.life.fence, "fences only grow");
    for state in [rest, leaver] {
        assert!(!matches!(state.life.takedown, Takedown::Granted(_)), "a grant was for the whole");
        assert!(!state.target.is_open() || state.life.gates.release.is_none() || std::ptr::eq(state, rest));
        let firsts = state.life.thread.iter().filter(|notice| notice.kind == NoticeKind::First);
        assert!(firsts.count() <= whole.life.thread.len() + was.life.thread.len());
    }
    let going: BTreeSet<_> = parting.going.iter().map(|(agency, _)| *agency).collect();
    let bound =
        |state: &State| state.interests.iter().map(|interest| interest.agency).collect::<BTreeSet<_>>();
    let former: BTreeSet<_> = [was.owner].into();
    assert!(bound(leaver).is_superset(&going), "who is bound to its links is bound to it");
    assert!(bound(leaver).difference(&going).all(|agency| former.contains(agency)));
    let staying = parting.staying.iter().filter(|agency| bound(whole).contains(agency));
    assert!(staying.copied().collect::<BTreeSet<_>>().is_subset(&bound(rest)));
    // Who was kept for a word that it had, in an earlier split, and has neither word nor link any more, is bound to nothing.
    let has_link = |agency: &AgencyNo| going.contains(agency) || parting.staying.contains(agency);
    let bound_to_either = |agency: &AgencyNo| bound(rest).contains(agency) || bound(leaver).contains(agency);
    assert!(bound(whole).iter().filter(|agency| has_link(agency)).all(bound_to_either));
    assert!(
        bound(rest)
            .iter()
            .chain(&bound(leaver))
            .all(|agency| former.contains(agency) || bound(whole).contains(agency))
    );
}
