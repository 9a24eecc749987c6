//! What the central office decides on duplicates: a list of pairs, each after the one before it, with one leaf.

use std::collections::BTreeMap;

use meldeverbund_domain::{
    AgencyNo,
    life::{Responsibility, State, Takedown},
};
use meldeverbund_hub::{
    flow::{DuplicatesRequest, Judged, PairAnswer},
    store::TargetIds,
};
use meldeverbund_proto::{
    leaf::Kind,
    statement::{Act, DuplicatesStatement},
    v1::{DecisionRecord, Refusal, RefusalCode, TargetRecord},
};
use prost::Message as _;

use super::{
    books::{Books, Bound, Facts, Name},
    deciding::{name, record},
    expected::{Model, News},
    merged::merged,
    ops::{AGENCIES, CENTRAL},
    parted::{Parting, parted},
    told::knows,
};

/// A decision that was taken.
#[derive(Clone)]
pub(super) struct Judgement {
    pub(super) request: DuplicatesRequest,
    pub(super) said: Judged,
    /// Of each pair that something became of: of a merge or split, what stayed and the name; of a rejection, as it was named.
    done: Vec<(usize, usize)>,
}

/// What the merges and splits met of which the promises speak, so that a run says whether it could have seen a loss.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// Merges of a name on which a hold stood.
    pub(super) holds: u32,
    /// Merges of two targets with a grant each.
    pub(super) grants: u32,
    /// Splits of a name on which, or on whose target, a hold stood.
    pub(super) splits: u32,
    /// Splits of a target that had changed hands since the merge.
    pub(super) moved: u32,
}

/// What is asked of one pair.
#[derive(Clone, Copy)]
enum Ask {
    Merge(usize, usize),
    Split(usize, usize),
    /// Rejected, or suggested again: of what stands nothing changes.
    Reject(usize, usize),
    Nothing,
}

/// What comes of a list.
struct Outcome {
    books: Books,
    seen: Seen,
    answers: Vec<PairAnswer>,
    done: Vec<(usize, usize)>,
    /// By the target's number: each once, as it is in the end.
    records: BTreeMap<i64, TargetRecord>,
    told: BTreeMap<(AgencyNo, &'static str), BTreeMap<i64, usize>>,
}

impl Model {
    /// Takes a decision whose id is new, on pairs that are targets of the model; `undone` is the place of the decision that it
    /// undoes. Refusals have no words.
    pub(super) fn judge(
        &mut self,
        request: &DuplicatesRequest,
        pairs: &[(usize, usize)],
        undone: Option<usize>,
        ids: &TargetIds,
    ) -> Result<Judged, RefusalCode> {
        if self.agencies[CENTRAL].suspended {
            return Err(RefusalCode::AgencySuspended);
        }
        let asks = match undone {
            None => pairs.iter().map(|(one, other)| Ask::of(request.act, *one, *other)).collect(),
            Some(place) => self.undoing(place)?,
        };
        let facts = self.facts();
        let mut outcome = Outcome {
            books: self.books.clone(),
            seen: self.seen,
            answers: Vec::new(),
            done: Vec::new(),
            records: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        for ask in asks {
            outcome.pair(ask, &facts, ids);
        }
        let Outcome { books, seen, answers, done, records, told } = outcome;
        if request.dry_run {
            return Ok(Judged { answers, ..Judged::default() });
        }
        (self.books, self.seen) = (books, seen);
        let mut statement = Vec::new();
        DuplicatesStatement {
            agency: AGENCIES[CENTRAL].parse().unwrap(),
            command: request.command,
            officer: request.officer.clone(),
            act: request.act,
            reason: request.reason.clone(),
            pairs: request.pairs.clone(),
            undone: request.undone,
        }
        .encode(&mut statement);
        let decision = DecisionRecord { targets: records.into_values().collect() }.encode_to_vec();
        self.append(Kind::Duplicates, CENTRAL, request.salt, statement, decision);
        for ((agency, what), targets) in told {
            self.tell_no(agency, News::Changed { what, targets: targets.into_values().collect() });
        }
        let said = Judged { answers, leaf_index: facts.leaf, recorded_at_us: self.time_us, repeated: false };
        self.judgements.push(Judgement { request: request.clone(), said: said.clone(), done });
        Ok(said)
    }

    /// The last pair first. Only what that decision merged, and what is still so, is split.
    fn undoing(&self, place: usize) -> Result<Vec<Ask>, RefusalCode> {
        let Judgement { request, said, done } = &self.judgements[place];
        if request.act == Act::Undo || done.is_empty() {
            return Err(RefusalCode::NothingToDo);
        }
        let stands = |name: usize| {
            self.books.names.iter().any(|one| one.name == name && one.apart.leaf == said.leaf_index)
        };
        let asks = done.iter().rev().map(|&(target, name)| match request.act {
            Act::Merge if stands(name) => Ask::Split(name, target),
            Act::Merge | Act::Undo => Ask::Nothing,
            Act::Split => Ask::Merge(target, name),
            Act::Reject => Ask::Reject(target, name),
        });
        Ok(asks.collect())
    }
}

impl Ask {
    fn of(act: Act, one: usize, other: usize) -> Self {
        match act {
            Act::Merge => Self::Merge(one, other),
            Act::Split => Self::Split(one, other),
            Act::Reject => Self::Reject(one, other),
            Act::Undo => Self::Nothing,
        }
    }
}

impl Outcome {
    fn pair(&mut self, ask: Ask, facts: &Facts, ids: &TargetIds) {
        let done = match ask {
            Ask::Merge(one, other) => self.merge(self.books.root(one), self.books.root(other), facts, ids),
            Ask::Split(name, from) => self.split(name, from, facts, ids),
            Ask::Reject(one, other) if one == other => Err(RefusalCode::TargetUnknown),
            Ask::Reject(one, other) => {
                let id = |target| ids.id(self.books.targets[&target].state.target.no).to_string();
                let answer = PairAnswer { target_id: id(one), name_id: id(other), ..PairAnswer::default() };
                Ok((answer, (one, other)))
            }
            Ask::Nothing => Err(RefusalCode::NothingToDo),
        };
        self.answers.push(match done {
            Ok((answer, pair)) => {
                self.done.push(pair);
                answer
            }
            Err(code) => PairAnswer { refusal: Some(Refusal::of(code, "")), ..PairAnswer::default() },
        });
    }

    fn merge(
        &mut self,
        one: usize,
        other: usize,
        facts: &Facts,
        ids: &TargetIds,
    ) -> Result<(PairAnswer, (usize, usize)), RefusalCode> {
        if one == other {
            return Err(RefusalCode::NothingToDo);
        }
        let older_first = self.books.no(one) < self.books.no(other);
        let (root, name) = if older_first { (one, other) } else { (other, one) };
        let family = self.books.below(name);
        let before = [root, name].map(|target| self.books.targets[&target].state.clone());
        let has_grant = |state: &State| matches!(state.life.takedown, Takedown::Granted(_));
        self.seen.holds += u32::from(!before[1].life.holds.is_empty());
        self.seen.grants += u32::from(before.iter().all(has_grant));
        let (whole, alias, apart) = merged(&self.books.targets[&root], &self.books.targets[&name], facts);
        self.books.carry([name], root);
        self.books.names.push(Name { name, into: root, apart });
        self.tell("merge", [&before[0], &before[1], &whole], family.into_iter().chain([root]), facts);
        let (mut of_name, of_whole) = (record(&alias, ids), record(&whole, ids));
        of_name.merged_into.clone_from(&of_whole.target_id);
        let answer = self.put((root, whole, of_whole), (name, alias, of_name), ids);
        Ok((answer, (root, name)))
    }

    fn split(
        &mut self,
        name: usize,
        from: usize,
        facts: &Facts,
        ids: &TargetIds,
    ) -> Result<(PairAnswer, (usize, usize)), RefusalCode> {
        let root = self.books.root(name);
        if root == name || self.books.root(from) != root {
            return Err(RefusalCode::NothingToDo);
        }
        let parting = Parting::of(&self.books, name);
        let whole = self.books.targets[&root].state.clone();
        let no = self.books.targets[&name].state.target.no;
        self.seen.splits += u32::from(!whole.life.holds.is_empty());
        self.seen.moved += u32::from(whole.owner() != parting.apart.owner);
        let (rest, leaver) = parted(&whole, no, &parting, facts);
        self.books.leave(root, &parting);
        let targets = parting.going.iter().copied().chain([root]);
        self.tell("split", [&whole, &rest, &leaver], targets, facts);
        let records = [&rest, &leaver].map(|state| record(state, ids));
        let name_owner_agency_id = self::name(leaver.owner()).into();
        let [of_rest, of_leaver] = records;
        let answer = self.put((root, rest, of_rest), (name, leaver, of_leaver), ids);
        Ok((PairAnswer { name_owner_agency_id, ..answer }, (root, name)))
    }

    fn put(
        &mut self,
        one: (usize, State, TargetRecord),
        name: (usize, State, TargetRecord),
        ids: &TargetIds,
    ) -> PairAnswer {
        let answer = PairAnswer {
            target_id: ids.id(one.1.target.no).to_string(),
            name_id: ids.id(name.1.target.no).to_string(),
            owner_agency_id: self::name(one.1.owner()).into(),
            stage: one.1.target.stage.into(),
            round: one.1.target.round,
            ..PairAnswer::default()
        };
        for (target, state, record) in [one, name] {
            self.records.insert(state.target.no.0, record);
            self.books.targets.get_mut(&target).unwrap().state = state;
        }
        answer
    }

    /// Everybody whose business one of these states is, or in whose name it is disputed.
    fn tell(
        &mut self,
        what: &'static str,
        states: [&State; 3],
        targets: impl Iterator<Item = usize>,
        facts: &Facts,
    ) {
        let targets: Vec<_> = targets.map(|target| (self.books.no(target), target)).collect();
        for agency in facts.agencies.iter().map(|agency| agency.no) {
            let disputes = |state: &&State| matches!(state.life.responsibility, Responsibility::Disputed { by, .. } if by == agency);
            if states.iter().any(|state| knows(agency, state, facts) || disputes(state)) {
                self.told.entry((agency, what)).or_default().extend(targets.iter().copied());
            }
        }
    }
}

impl Books {
    /// What is bound to names is bound to their target, since the first leaf that says so.
    fn carry(&mut self, names: impl IntoIterator<Item = usize>, root: usize) {
        let mut carried: BTreeMap<_, Bound> = BTreeMap::new();
        for (key, bound) in names.into_iter().flat_map(|name| &self.targets[&name].bindings) {
            let known = carried.entry(*key).or_insert(Bound { by_name: true, ..*bound });
            known.since_leaf = known.since_leaf.min(bound.since_leaf);
        }
        let whole = self.targets.get_mut(&root).unwrap();
        for (key, bound) in carried {
            whole.bindings.entry(key).or_insert(bound);
        }
    }

    /// A name leaves, with what was merged into it; what the merge carried goes, but what other links of the target bind as well.
    fn leave(&mut self, root: usize, parting: &Parting) {
        let Parting { name, apart, going, staying, .. } = parting;
        let stays = |key: &(AgencyNo, i64), bound: &Bound| {
            let others = || staying.iter().any(|link| self.targets[link].bindings.contains_key(key));
            !self.was_carried(*key, bound.since_leaf, bound.by_name, apart.leaf, going) || others()
        };
        let bindings = &self.targets[&root].bindings;
        let kept =
            bindings.iter().filter(|(key, bound)| stays(key, bound)).map(|(key, bound)| (*key, *bound));
        let kept: BTreeMap<_, _> = kept.collect();
        self.targets.get_mut(&root).unwrap().bindings = kept;
        self.names.retain(|one| one.name != *name);
        self.carry(going.iter().copied().filter(|link| link != name), *name);
    }
}
