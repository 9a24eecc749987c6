//! From leaf to leaf: what each contributes.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use meldeverbund_proto::v1::{Stage, Verdict};

use super::{
    counts::Counts,
    fact::{Act, Change, Fact, What, verdict},
    figure::{Ended, Figure, Seat, Spell, Wait},
    month::Month,
    target::{Hold, Merged, Pending, TargetState},
};
use crate::{TargetNo, hosts::HostRules};

/// The country whose providers are domestic (ISO 3166-1).
const DOMESTIC: &str = "DE";

/// The figures of a ledger as far as it was read. Whoever keeps the targets elsewhere gives those that a fact names, and takes
/// them back.
#[derive(Debug, Default)]
pub struct Fold {
    rules: HostRules,
    targets: HashMap<TargetNo, TargetState>,
    counts: Counts,
}

/// What a target contributes to what stands.
type Standing = Option<(String, String, i32, Wait)>;

impl Fold {
    /// The host rules are these from now on.
    pub fn put_rules(&mut self, rules: HostRules) {
        self.rules = rules;
    }

    /// Knows a target that was read elsewhere.
    pub fn put_target(&mut self, target: TargetNo, state: TargetState) {
        self.targets.insert(target, state);
    }

    /// Whether it knows the target.
    pub fn knows(&self, target: TargetNo) -> bool {
        self.targets.contains_key(&target)
    }

    /// A target as it is now.
    pub fn target(&self, target: TargetNo) -> Option<&TargetState> {
        self.targets.get(&target)
    }

    /// All targets as they are now.
    pub fn targets(&self) -> impl Iterator<Item = (TargetNo, &TargetState)> {
        self.targets.iter().map(|(target, state)| (*target, state))
    }

    /// What was counted.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Takes the next fact.
    pub fn take(&mut self, fact: &Fact) {
        let before: BTreeMap<_, _> =
            fact.targets().into_iter().map(|target| (target, self.standing(target))).collect();
        match &fact.what {
            What::Referred { target, .. } => self.referred(TargetNo(*target), fact),
            What::Changed { act, changes } => {
                // Names first, the youngest before what it leads to, then the targets that go on.
                let (mut names, others): (Vec<_>, Vec<_>) =
                    changes.iter().partition(|change| change.into.is_some());
                names.sort_by_key(|change| Reverse(change.target));
                names.into_iter().for_each(|change| self.merge(change, fact));
                if let Act::Duplicates(pairs) = act {
                    // In the order of the list: whatever leaves takes its own names along.
                    let place = |change: &&&Change| pairs.iter().position(|(one, _)| *one == change.target);
                    let mut leaving: Vec<_> = others.iter().collect();
                    leaving.sort_by_key(place);
                    for change in leaving {
                        self.part(change, pairs, fact);
                    }
                }
                for change in others {
                    self.changed(change, act, fact);
                }
            }
        }
        let month = Month::at(fact.at_us);
        for (target, was) in before {
            let is = self.standing(target);
            if was != is {
                self.stand(month, was, -1);
                self.stand(month, is, 1);
            }
        }
    }

    fn standing(&self, target: TargetNo) -> Standing {
        let state = self.targets.get(&target)?;
        Some((state.owner.clone(), state.group().to_owned(), state.class, state.wait()?))
    }

    fn stand(&mut self, month: Month, standing: Standing, count: i64) {
        if let Some((owner, host, class, wait)) = standing {
            self.counts.contribute((month, &owner, &host, class), Figure::Waiting(wait), count);
        }
    }

    fn count(&mut self, target: TargetNo, by: &str, figure: Figure, at_us: i64) {
        if let Some(state) = self.targets.get(&target) {
            let at = (Month::at(at_us), by, state.group(), state.class);
            self.counts.contribute(at, figure, 1);
        }
    }

    fn referred(&mut self, target: TargetNo, fact: &Fact) {
        let What::Referred {
            verdict: said, round, owner, first_seised, host, domain, class, elsewhere, ..
        } = &fact.what
        else {
            return;
        };
        let by = &fact.by;
        let opened = TargetState {
            owner: owner.clone(),
            host: host.clone(),
            domain: domain.clone(),
            round: *round,
            stage: Stage::Referred.into(),
            firm: owner == by,
            ..TargetState::default()
        };
        let state = self.targets.entry(target).or_insert(opened);
        if state.class == 0 {
            state.class = *class;
        }
        let mut reappeared = false;
        let figure = match verdict(*said) {
            Verdict::Reopened => {
                reappeared = state.was_gone;
                if state.owner != *owner || state.owner_withdrew {
                    (state.owner, state.firm) = (owner.clone(), owner == by && *first_seised);
                    state.owner_withdrew = false;
                }
                begin_round(state, *round);
                state.stage = Stage::Referred.into();
                Figure::Reopened
            }
            Verdict::Joined => {
                // Whoever joins may object: what was ready waits again.
                if state.stage() == Stage::Cleared && state.owner != *by {
                    state.stage = Stage::Referred.into();
                }
                Figure::Joined
            }
            Verdict::AlreadyYours => Figure::Repeated,
            Verdict::New | Verdict::Unspecified | Verdict::Refused => Figure::Opened,
        };
        let ready = state.stage() == Stage::Cleared || state.stage() == Stage::Granted && !state.under_way;
        if *elsewhere && ready {
            state.stage = Stage::Referred.into();
        }
        let owner = state.owner.clone();
        self.count(target, by, figure, fact.at_us);
        if reappeared {
            self.count(target, &owner, Figure::Reappeared, fact.at_us);
        }
    }

    /// A target is another name from now on.
    fn merge(&mut self, change: &Change, fact: &Fact) {
        let (name, Some(into)) = (TargetNo(change.target), change.into) else { return };
        let root = self.root(TargetNo(into));
        let state = self.targets.entry(name).or_default();
        if state.into.is_some() || root == name {
            return;
        }
        let own = std::mem::take(&mut state.holds);
        let (pending, names) = (std::mem::take(&mut state.pending), std::mem::take(&mut state.names));
        let (owner, gone_us) = (state.owner.clone(), state.gone_us.take());
        (state.into, state.under_way) = (Some(into), false);
        let whole = self.targets.entry(root).or_default();
        let ids = |holds: &[Hold]| holds.iter().map(|hold| hold.id).collect::<Vec<_>>();
        let merged =
            Merged { target: name.0, into, leaf: fact.leaf, own: ids(&own), whole: ids(&whole.holds) };
        whole.names.extend(names);
        whole.names.push(merged);
        for hold in own {
            if whole.holds.iter().all(|known| (known.id, &known.by) != (hold.id, &hold.by)) {
                whole.holds.push(hold);
            }
        }
        whole.pending.extend(pending);
        whole.gone_us = whole.gone_us.or(gone_us);
        self.count(name, &owner, Figure::Merged, fact.at_us);
    }

    /// A target that was another name is one of its own again.
    fn part(&mut self, change: &Change, pairs: &[(i64, i64)], fact: &Fact) {
        let leaver = TargetNo(change.target);
        let known = self.targets.get(&leaver);
        let from = match known {
            Some(state) if state.into.is_some() => self.root(leaver),
            Some(_) => return,
            // A host rule had named it from the first, and no leaf says so.
            None => match pairs.iter().find(|(one, _)| *one == leaver.0) {
                Some((_, from)) => self.root(TargetNo(*from)),
                None => return,
            },
        };
        let Some(whole) = self.targets.get_mut(&from) else { return };
        let mut going = vec![leaver.0];
        while let Some(next) =
            whole.names.iter().find(|one| going.contains(&one.into) && !going.contains(&one.target))
        {
            going.push(next.target);
        }
        let (gone, staying): (Vec<_>, Vec<_>) =
            std::mem::take(&mut whole.names).into_iter().partition(|one| going.contains(&one.target));
        let merged = gone.iter().find(|one| one.target == leaver.0).cloned();
        let holds = match &merged {
            Some(merged) => part_holds(&mut whole.holds, merged, &staying),
            None => whole.holds.clone(),
        };
        whole.names = staying;
        let (pending, stays): (Vec<_>, Vec<_>) =
            std::mem::take(&mut whole.pending).into_iter().partition(|one| going.contains(&one.of));
        whole.pending = stays;
        let (host, domain, class) = (whole.host.clone(), whole.domain.clone(), whole.class);
        let opened = TargetState { host, domain, class, ..TargetState::default() };
        let state = self.targets.entry(leaver).or_insert(opened);
        state.into = None;
        state.stage = Stage::Unspecified.into();
        state.names = gone.into_iter().filter(|one| one.target != leaver.0).collect();
        (state.holds, state.pending) = (holds, pending);
        self.count(leaver, &change.owner, Figure::Parted, fact.at_us);
    }

    fn changed(&mut self, change: &Change, act: &Act, fact: &Fact) {
        let target = TargetNo(change.target);
        let state = self.targets.entry(target).or_default();
        let was_open = state.is_open();
        let merges = matches!(act, Act::Duplicates(_));
        let reappeared = !merges && change.round > state.round && state.was_gone;
        if change.round > state.round && !merges {
            begin_round(state, change.round);
        }
        (state.round, state.stage) = (change.round, change.stage);
        (state.owner, state.firm) = (change.owner.clone(), change.firm);
        state.owner_withdrew = change.owner_withdrew;
        if state.stage() != Stage::Granted {
            state.under_way = false;
        }
        if merges && state.stage() == Stage::Notified {
            state.notified = true;
        }
        act_on(state, act, fact);
        let mut figures = Vec::new();
        figures.extend(reappeared.then_some(Figure::Reappeared));
        match act {
            // 0: nobody knows when it left, only that it had.
            Act::Sent(0) => self.sent(target, fact.at_us),
            Act::Sent(sent_us) => self.sent(target, (*sent_us).min(fact.at_us)),
            Act::Complain => figures.push(Figure::Complaints),
            Act::Settle(true) => figures.push(Figure::Upheld),
            _ => {}
        }
        for figure in figures {
            self.count(target, &change.owner, figure, fact.at_us);
        }
        if was_open && change.stage() == Stage::Closed {
            self.ended(target, act, fact);
        }
    }

    /// The first notice of a round has left.
    fn sent(&mut self, target: TargetNo, sent_us: i64) {
        let Some(state) = self.targets.get_mut(&target) else { return };
        if state.notified || state.stage() != Stage::Notified {
            return;
        }
        state.notified = true;
        let seat = match self.rules.provider(&state.host, sent_us).map(|one| one.country.as_str()) {
            None | Some("") => Seat::Unknown,
            Some(DOMESTIC) => Seat::Domestic,
            Some(_) => Seat::Abroad,
        };
        let (owner, host, class) = (state.owner.clone(), state.group().to_owned(), state.class);
        self.counts.contribute((Month::at(sent_us), &owner, &host, class), Figure::Notified(seat), 1);
        state.pending.push(Pending { of: target.0, sent_us, seat, owner, host, class });
    }

    fn ended(&mut self, target: TargetNo, act: &Act, fact: &Fact) {
        let how = match act {
            Act::Close(how) => *how,
            Act::Settle(true) => Ended::Contested,
            _ => Ended::Withdrawn,
        };
        let Some(state) = self.targets.get_mut(&target) else { return };
        let (pending, found_us) = (std::mem::take(&mut state.pending), state.gone_us.take());
        state.was_gone = matches!(how, Ended::Gone | Ended::GoneBefore);
        let owner = state.owner.clone();
        if how == Ended::Gone {
            let gone_us = found_us.unwrap_or(fact.at_us).min(fact.at_us);
            for Pending { sent_us, seat, owner, host, class, .. } in pending {
                let spell = Spell::of((gone_us - sent_us).max(0));
                let at = (Month::at(sent_us), &*owner, &*host, class);
                self.counts.contribute(at, Figure::Gone(seat, spell), 1);
            }
        }
        self.count(target, &owner, Figure::Ended(how), fact.at_us);
    }

    /// The target that goes on for this one.
    fn root(&self, target: TargetNo) -> TargetNo {
        let mut root = target;
        // What is merged leads to an older target, so that this ends.
        while let Some(into) = self.targets.get(&root).and_then(|state| state.into) {
            root = TargetNo(into);
        }
        root
    }
}

fn begin_round(state: &mut TargetState, round: u32) {
    state.round = round;
    state.pending.clear();
    (state.notified, state.under_way, state.was_gone, state.gone_us) = (false, false, false, None);
}

/// What an act does that the change does not say.
fn act_on(state: &mut TargetState, act: &Act, fact: &Fact) {
    match act {
        Act::Assess(class) if *class != 0 => state.class = *class,
        Act::PlaceHold(id) => state.holds.push(Hold { id: *id, by: fact.by.clone(), leaf: fact.leaf }),
        Act::LiftHold(id) => {
            state.holds.retain(|hold| hold.by != fact.by || id.is_some_and(|id| id != hold.id));
        }
        // Whatever the round had ended with: it has ended as contested now.
        Act::Settle(true) => state.was_gone = false,
        Act::Overrule(of) => state.holds.retain(|hold| hold.by != *of),
        Act::Intend => state.under_way = true,
        Act::Sent(_) | Act::NotSent => state.under_way = false,
        // A look that finds it there again takes back what was seen before.
        Act::Check(gone, at_us) if state.is_open() => {
            state.gone_us = gone.then(|| state.gone_us.map_or(*at_us, |known| known.min(*at_us)));
        }
        _ => {}
    }
}

/// The holds that leave with a name; the others stay (`domain::order::part`).
fn part_holds(holds: &mut Vec<Hold>, merged: &Merged, staying: &[Merged]) -> Vec<Hold> {
    let leaving = holds.iter().filter(|hold| merged.own.contains(&hold.id) || hold.leaf > merged.leaf);
    let leaving = leaving.cloned().collect();
    let later = |id: &u128| {
        staying
            .iter()
            .filter(|one| one.leaf >= merged.leaf)
            .any(|one| one.own.contains(id) || one.into != merged.into && one.whole.contains(id))
    };
    holds.retain(|hold| !merged.own.contains(&hold.id) || merged.whole.contains(&hold.id) || later(&hold.id));
    leaving
}
