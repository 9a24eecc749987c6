//! What becomes of a target that one of its names leaves: each has what it had, and what protects a link stands on both sides.

use std::collections::BTreeSet;

use meldeverbund_domain::{
    AgencyNo, Ownership, Target as Row, TargetNo,
    life::{Gates, Interest, Life, Record, Responsibility, State, Takedown, Window},
    order::{Apart, Was},
};
use meldeverbund_proto::v1::OwnerBasis;

use super::{
    books::{Books, Facts},
    merged::{asked, is_open, recorded, ruled},
};

/// Which links leave, and who is bound to what.
pub(super) struct Parting {
    pub(super) name: usize,
    pub(super) apart: Apart,
    pub(super) going: BTreeSet<usize>,
    pub(super) staying: BTreeSet<usize>,
    going_bound: Vec<(AgencyNo, i64)>,
    staying_bound: BTreeSet<AgencyNo>,
    /// How the targets were that were merged into the whole since, and stay.
    later: Vec<Was>,
}

impl Parting {
    pub(super) fn of(books: &Books, name: usize) -> Self {
        let root = books.root(name);
        let alias = books.names.iter().find(|one| one.name == name).unwrap();
        let (apart, going) = (alias.apart.clone(), books.below(name));
        let mut staying: BTreeSet<_> = books.below(root).difference(&going).copied().collect();
        staying.remove(&root);
        let mut later = Vec::new();
        for one in
            books.names.iter().filter(|one| staying.contains(&one.name) && one.apart.leaf >= apart.leaf)
        {
            later.push(one.apart.part.clone());
            later.extend((one.into != alias.into).then(|| one.apart.whole.clone()));
        }
        let mut staying_bound: BTreeSet<_> =
            books.bound(staying.iter().copied()).into_iter().map(|(agency, _)| agency).collect();
        for (key, bound) in &books.targets[&root].bindings {
            if !books.was_carried(*key, bound.since_leaf, bound.by_name, apart.leaf, &going) {
                staying_bound.insert(key.0);
            }
        }
        let going_bound = books.bound(going.iter().copied());
        Self { name, apart, going, staying, going_bound, staying_bound, later }
    }
}

impl Books {
    /// Whether a merge before this leaf carried the case's binding from one of these, and the target's own link was not handed in.
    pub(super) fn was_carried(
        &self,
        key: (AgencyNo, i64),
        since_leaf: i64,
        by_name: bool,
        before_leaf: i64,
        from: &BTreeSet<usize>,
    ) -> bool {
        let there = |link: &usize| {
            self.targets[link].bindings.get(&key).is_some_and(|one| one.since_leaf == since_leaf)
        };
        by_name && since_leaf < before_leaf && from.iter().any(there)
    }
}

/// Whether a life has something.
type Has<'a> = &'a dyn Fn(&Life) -> bool;

/// What is left of the whole, and the target that leaves it.
pub(super) fn parted(whole: &State, no: TargetNo, parting: &Parting, facts: &Facts) -> (State, State) {
    let staged = |state: State| state.staged(&facts.policy, facts.now_us);
    (staged(rest(whole, parting, facts)), staged(leaver(whole, no, parting, facts)))
}

fn ownership(was: &Was) -> Ownership {
    Ownership { owner: was.owner, basis: OwnerBasis::try_from(was.basis).unwrap() }
}

fn was_open(was: &Was) -> bool {
    !matches!(was.life.takedown, Takedown::Closed { .. })
}

fn rest(whole: &State, parting: &Parting, facts: &Facts) -> State {
    let Parting { apart, later, .. } = parting;
    let mut state = whole.clone();
    // What the other one alone brought goes with it.
    let stays = |has: Has<'_>| {
        !has(&apart.part.life) || has(&apart.whole.life) || later.iter().any(|was| has(&was.life))
    };
    let life = &mut state.life;
    life.holds.retain(|hold| stays(&|life| life.holds.iter().any(|one| one.id == hold.id)));
    keep(&mut life.gates.assessments, &stays, |gates| &gates.assessments);
    keep(&mut life.gates.evidence, &stays, |gates| &gates.evidence);
    keep(&mut life.gates.provider_data, &stays, |gates| &gates.provider_data);
    let brought = apart.part.life.elsewhere
        && whole.target.round == apart.round
        && (was_open(&apart.part) || !was_open(&apart.whole));
    if brought && !apart.whole.life.elsewhere && later.iter().all(|was| !was.life.elsewhere) {
        life.elsewhere = false;
    }
    if is_open(whole) {
        life.takedown = Takedown::Open;
    }
    let is_party = |agency: AgencyNo| match state.life.responsibility {
        Responsibility::Disputed { by, claimed, .. } => by == agency || claimed == agency,
        _ => false,
    };
    let bound: Vec<Interest> = whole
        .interests
        .iter()
        .filter(|one| {
            let agency = one.agency;
            parting.staying_bound.contains(&agency) || is_party(agency) || state.has_record_of(agency)
        })
        .copied()
        .collect();
    state.life.consented.retain(|agency| bound.iter().any(|one| one.agency == *agency));
    state.interests = bound;
    owner_of_rest(state, apart, facts)
}

/// Who was responsible before the merge is again, unless somebody has decided since.
fn owner_of_rest(state: State, apart: &Apart, facts: &Facts) -> State {
    if state.life.elsewhere || !is_open(&state) {
        return state;
    }
    let (owned, before) = (state.target.ownership, ownership(&apart.whole));
    let as_merged = (owned.owner, i32::from(owned.basis)) == (apart.owner, apart.basis);
    if as_merged && before.owner != owned.owner && was_open(&apart.whole) && facts.may_own(before.owner) {
        handed_to(state, before, facts)
    } else if owned.basis == OwnerBasis::FirstSeised && !has_interest(&state, owned.owner) {
        next(state, facts)
    } else {
        state
    }
}

fn leaver(whole: &State, no: TargetNo, parting: &Parting, facts: &Facts) -> State {
    let Parting { apart, going_bound, .. } = parting;
    let was = &apart.part;
    let (open, since) = (was_open(was), apart.leaf);
    let own = |id| was.life.holds.iter().any(|one| one.id == id);
    let holds = whole.life.holds.iter().filter(|hold| own(hold.id) || hold.leaf > since);
    let bound: Vec<_> = going_bound.iter().map(|(agency, _)| *agency).collect();
    // A notice outside may have been about the links that leave: said since, or in a round that ended since.
    let began = |one: &Was, beside: &Was| one.life.elsewhere && (was_open(one) || !was_open(beside));
    let began_elsewhere = began(was, &apart.whole) || began(&apart.whole, was);
    let since_elsewhere = whole.life.elsewhere && !began_elsewhere || whole.target.round > apart.round;
    let life = Life {
        responsibility: was.life.responsibility,
        taken_over: true,
        declined: was.life.declined.clone(),
        gates: if open {
            taken(&whole.life.gates, &was.life.gates, since, &bound)
        } else {
            was.life.gates.clone()
        },
        holds: holds.copied().collect(),
        elsewhere: was.life.elsewhere || open && since_elsewhere,
        takedown: if open { Takedown::Open } else { was.life.takedown.clone() },
        fence: was.life.fence.max(whole.life.fence),
        ..Life::default()
    };
    let interest = |&(agency, seised_leaf): &(AgencyNo, i64)| Interest {
        agency,
        joined_leaf: facts.leaf,
        seised_leaf,
        window: Window::NotBegun,
    };
    let target = Row { no, round: was.round, stage: whole.target.stage, ownership: ownership(was) };
    let interests = going_bound.iter().map(interest).collect();
    let mut state = State { target, life, interests, origin: None };
    if !open {
        return state;
    }
    let owned = state.target.ownership;
    let is_stranger = owned.basis == OwnerBasis::FirstSeised && !has_interest(&state, owned.owner);
    if !facts.may_own(owned.owner) || is_stranger {
        return next(state, facts);
    }
    let whole_waits = matches!(whole.life.responsibility, Responsibility::Proposed { .. });
    state.life.responsibility = match state.life.responsibility {
        disputed @ Responsibility::Disputed { by, .. } if has_interest(&state, by) => disputed,
        _ if whole.owner() == owned.owner && !whole_waits => Responsibility::Confirmed,
        _ => asked(facts),
    };
    state
}

/// Its own records, and what those who are bound to it have said of the whole since; all of it waits to be looked at.
fn taken(whole: &Gates, was: &Gates, since: i64, bound: &[AgencyNo]) -> Gates {
    fn of<T: Clone>(
        whole: &[Record<T>],
        was: &[Record<T>],
        since: i64,
        bound: &[AgencyNo],
    ) -> Vec<Record<T>> {
        let own = |record: &Record<T>| was.iter().any(|one| one.leaf == record.leaf);
        let goes = |record: &&Record<T>| own(record) || record.leaf > since && bound.contains(&record.by);
        whole.iter().filter(goes).cloned().collect()
    }
    let gates = Gates {
        assessments: of(&whole.assessments, &was.assessments, since, bound),
        evidence: of(&whole.evidence, &was.evidence, since, bound),
        provider_data: of(&whole.provider_data, &was.provider_data, since, bound),
        unadopted: was.unadopted,
        ..Gates::default()
    };
    Gates { one_sided: recorded(&gates), ..gates }
}

fn keep<T>(records: &mut Vec<Record<T>>, stays: &dyn Fn(Has<'_>) -> bool, of: fn(&Gates) -> &Vec<Record<T>>) {
    records.retain(|record| stays(&|life| of(&life.gates).iter().any(|one| one.leaf == record.leaf)));
}

fn has_interest(state: &State, agency: AgencyNo) -> bool {
    state.interests.iter().any(|interest| interest.agency == agency)
}

/// The rules name the next one, who is asked.
fn next(mut state: State, facts: &Facts) -> State {
    state.life.declined.push(state.owner());
    let owned = ruled(state.interests.iter().map(|one| one.agency), &state.life.declined, facts);
    handed_to(state, owned, facts)
}

fn handed_to(mut state: State, owned: Ownership, facts: &Facts) -> State {
    if state.owner() != owned.owner {
        state.life.gates.release = None;
        state.life.gates.unadopted = [true; 3];
    }
    state.life.declined.retain(|agency| *agency != owned.owner);
    state.life.responsibility = asked(facts);
    state.target.ownership = owned;
    state
}
