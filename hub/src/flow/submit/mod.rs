//! An agency hands in a batch of referrals.
//!
//! What needs no facts is done before the lock is taken: parsing, canonical form, statements and their digests
//! ([`prepare`]). Under the lock the batch is decided as a fold over the facts, and written set by set.

mod answer;
mod lives;
mod prepare;
mod verdict;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use meldeverbund_domain::{
    Agency, AgencyNo, CaseNo, Ownership, TargetNo,
    case::refer_in,
    life::Origin,
    referral::{Decision, Known, ObjectKey, news_by_owner},
    rules::{Question, choose},
};
use meldeverbund_proto::{
    AgencyId, CanonicalLink, CaseNumber, CommandId, InstanceId, LinkId,
    leaf::{Digest, Kind},
    statement::{ReferralDecision, ReferralStatement},
    v1::{OwnerBasis, Referral, SubmissionAccepted, Verdict},
};

use self::{
    answer::Answers,
    prepare::{Item, Prepared},
    verdict::StoredVerdict,
};
use super::{
    Command, Failure, Lane, Policies,
    admit::caller,
    decide::body,
    hosts::object_key,
    once::replay,
    signed::{Judged, Signed},
    states::{Members, origin_of, states},
    views::REFERRAL,
};
use crate::store::{
    AliasRow, FeedKind, HashRow, NewCommand, NewEvent, NewFeedRow, Sighting, Store, StoreError, TargetIds,
    Tx, resolved,
};

pub(super) use self::answer::{answer, owner};

/// Referrals that a person hands in by hand and waits for; a larger submission comes from a file. That few are decided
/// in well under a millisecond, so that they hold up nobody by going first.
const INTERACTIVE_REFERRALS: usize = 10;

/// Referrals of a batch whose links are looked for ahead; fewer are sooner found under the lock.
const LOOKS_AHEAD: usize = 100;

/// One batch of referrals in one case, ready to be decided.
#[derive(Debug)]
pub struct Submit {
    caller: AgencyId,
    id: CommandId,
    instance: InstanceId,
    case_number: CaseNumber,
    items: Vec<Item>,
    statements: Vec<u8>,
    digest: Digest,
    signed: Signed,
    target_ids: TargetIds,
    policies: Policies,
    /// Which links stood before the lock was asked for. Who is run once more looks for himself.
    sighted: Mutex<Option<Sighting>>,
}

impl Command for Submit {
    type Verdict = SubmissionAccepted;

    fn lane(&self) -> Lane {
        if self.items.len() <= INTERACTIVE_REFERRALS { Lane::Interactive } else { Lane::Bulk }
    }

    async fn look_ahead(&mut self, store: &Store) -> Result<(), StoreError> {
        if self.items.len() >= LOOKS_AHEAD {
            let sighting = Sighting::of(&mut *store.reader().await?, self.links()).await?;
            self.sighted = Mutex::new(Some(sighting));
        }
        Ok(())
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<SubmissionAccepted, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_refer()?;
        let members = Members::in_force(tx, &self.policies).await?;
        let agencies = &members.rows;
        if let Some(known) = replay(tx, agency.no, self.id, &self.digest).await? {
            let verdict = StoredVerdict::read(&known.verdict)?;
            let numbers: Vec<_> = verdict.targets().collect();
            let (now, names) = resolved(tx.reading(), &numbers).await?;
            let states = states(tx.reading(), &members, &now).await?;
            let answers = Answers { agencies, agency: &agency, target_ids: &self.target_ids };
            return Ok(answers.repeated(&known, &verdict, &states, &names, self.links())?);
        }
        let judged = self.signed.judge(tx).await?;
        let case = tx.case(agency.no, self.case_number.as_str()).await?.map(|(facts, _)| facts);
        let case = refer_in(case)?;
        let (decisions, keys) = self.decide(tx, &agency, case, &members).await?;
        self.apply(tx, &agency, case, &members, (decisions, keys), judged).await
    }
}

impl Submit {
    /// Facts in, decisions out: one for each referral that is not refused, in their order.
    async fn decide(
        &self,
        tx: &mut Tx<'_>,
        agency: &Agency,
        case: CaseNo,
        members: &Members,
    ) -> Result<(Vec<Decision>, HashMap<LinkId, ObjectKey>), StoreError> {
        let mut known = Known::new(agency.no, case, tx.next_target());
        let sighted = self.sighted.lock().unwrap_or_else(PoisonError::into_inner).take();
        let targets = match sighted {
            Some(sighted) => tx.sighted_targets(self.links(), sighted).await?,
            None => tx.targets(self.links()).await?,
        };
        if !targets.is_empty() {
            let numbers = targets.iter().map(|(_, _, target)| target.no);
            for (target, case) in tx.bindings(agency.no, case, numbers).await? {
                known.add_binding(target, case);
            }
        }
        for (link, own, target) in targets {
            known.add_name(link, own, target);
        }
        let now_us = tx.now_us();
        let keys = self.keys(tx, &mut known, now_us).await?;
        // Of links that are one object the first in the list has the lowest number.
        if keys.is_empty() {
            known.number_by_link(self.links());
        }
        let mut origins = HashMap::new();
        if !members.policy.names_by_referral_alone() {
            // The policy may have been put in force after the batch was made ready.
            for item in self.prepared().filter(|item| item.origin.is_none()) {
                origins.insert(item.link, self.origin(item)?);
            }
        }
        let name = |item: &Prepared| {
            let origin = item.origin.as_deref().or_else(|| origins.get(&item.link));
            named(agency, origin, members, now_us)
        };
        let key = |item: &Prepared| keys.get(&item.link).copied();
        let decisions =
            self.prepared().map(|item| known.refer_keyed(item.link, key(item), || name(item))).collect();
        Ok((decisions, keys))
    }

    /// The objects' keys of the links of which the host rules speak, and the targets that have them.
    async fn keys(
        &self,
        tx: &mut Tx<'_>,
        known: &mut Known,
        now_us: i64,
    ) -> Result<HashMap<LinkId, ObjectKey>, StoreError> {
        let (rules, as_prepared) = self.policies.hosts(tx).await?;
        let mut keys = HashMap::new();
        if rules.rules.is_empty() {
            return Ok(keys);
        }
        for item in self.prepared().filter(|item| item.asks_rules || !as_prepared) {
            let (_, link) = self.read(item)?;
            keys.extend(object_key(&rules, &link, now_us).map(|key| (item.link, key)));
        }
        if keys.is_empty() {
            return Ok(keys);
        }
        let found = tx.object_keys(keys.values().copied()).await?;
        let numbers: Vec<_> = found.iter().map(|(_, target)| *target).collect();
        let (now, names) = resolved(tx.reading(), &numbers).await?;
        let targets = tx.targets_by_number(now).await?;
        let target = |number: &TargetNo| {
            let root = names.get(number).unwrap_or(number);
            targets.iter().find(|target| target.no == *root).copied()
        };
        let mut roots = Vec::new();
        for (key, target) in found.iter().filter_map(|(key, number)| Some((key, target(number)?))) {
            known.add_key(*key, target);
            roots.push(target.no);
        }
        for (target, case) in tx.bindings(known.agency(), known.case(), roots).await? {
            known.add_binding(target, case);
        }
        Ok(keys)
    }

    async fn apply(
        &self,
        tx: &mut Tx<'_>,
        agency: &Agency,
        case: CaseNo,
        members: &Members,
        (mut decisions, keys): (Vec<Decision>, HashMap<LinkId, ObjectKey>),
        judged: Judged<'_>,
    ) -> Result<SubmissionAccepted, Failure> {
        let first_leaf = tx.next_leaf();
        let agencies = &members.rows;
        let decided = || (first_leaf..).zip(self.prepared().zip(&decisions));

        let opens = |decision: &Decision| decision.verdict == Verdict::New || decision.names;
        let opened = decided().filter(|(_, (_, decision))| opens(decision));
        let opened: Vec<_> =
            opened.map(|(leaf, (item, decision))| (item.link, decision.opened(), leaf)).collect();
        let next_target =
            TargetNo(tx.next_target().0 + i64::try_from(opened.len()).expect("a batch is capped"));
        tx.open_targets(opened, next_target).await?;
        let bound = decided().filter(|(_, (_, decision))| decision.binds);
        let (own, by_names): (Vec<_>, Vec<_>) =
            bound.partition(|(_, (_, decision))| decision.name == decision.target.no);
        let row = |(leaf, (item, decision)): (i64, (&Prepared, &Decision))| {
            (decision.target.no, leaf, item.visibility)
        };
        tx.bind(agency.no, case, own.into_iter().map(row)).await?;
        tx.bind_by_names(agency.no, case, by_names.into_iter().map(row)).await?;
        let named = decided().filter(|(_, (_, decision))| decision.name != decision.target.no);
        let named = named.map(|(leaf, (item, decision))| (decision.name, leaf, item.visibility));
        tx.bind_names(agency.no, case, named).await?;
        let names = decided().filter(|(_, (_, decision))| decision.names);
        let names: Vec<_> = names
            .map(|(leaf, (_, decision))| AliasRow {
                target: decision.name,
                into: decision.target.no,
                root: decision.target.no,
                since_leaf: leaf,
                body: None,
            })
            .collect();
        tx.add_aliases(&names).await?;
        let is_new = |decision: &Decision| decision.binds && decision.name == decision.target.no;
        let said = decided().filter(|(_, (_, decision))| !is_new(decision) && !decision.names);
        tx.say_of_links(agency.no, case, said.map(|(_, (_, decision))| decision.name)).await?;
        // Of a name too: it may be a target of its own again.
        let said = decided().flat_map(|(_, (item, decision))| {
            let root = (!decision.binds).then_some(decision.target.no);
            let name = (decision.name != decision.target.no).then_some(decision.name);
            root.into_iter().chain(name).map(|no| (no, item.visibility))
        });
        let said: Vec<_> = said.collect();
        tx.tighten(agency.no, case, &said).await?;
        let hashes = decided().flat_map(|(leaf, (item, decision))| {
            let (target, agency) = (decision.name, agency.no);
            item.hashes.iter().map(move |key| HashRow { key: *key, target, agency, case, leaf })
        });
        tx.note_hashes(hashes.collect()).await?;
        let keyed = decided().filter(|(_, (_, decision))| decision.verdict == Verdict::New);
        let keyed =
            keyed.filter_map(|(_, (item, decision))| Some((*keys.get(&item.link)?, decision.target.no)));
        tx.add_object_keys(keyed).await?;
        let context = members.looking(agency, tx.now_us());
        let all: Vec<_> =
            decided().map(|(leaf, (item, decision))| lives::Decided { leaf, item, decision }).collect();
        let touched = lives::write(tx, members, &context, &all).await?;
        drop(all);
        for decision in &mut decisions {
            decision.target = touched.targets.get(&decision.target.no).copied().unwrap_or(decision.target);
        }
        let decisions = &decisions[..];

        let owners: HashMap<_, _> = agencies.iter().map(|row| (row.agency.no, &row.agency.id)).collect();
        let mut events = Vec::with_capacity(decisions.len());
        for (item, decision) in self.prepared().zip(decisions) {
            events.push(self.event(agency.no, item, decision, &owners)?);
        }
        // All that needs no database before what waits for it.
        let answers = Answers { agencies, agency, target_ids: &self.target_ids };
        let answers = answers.first(tx.now_us(), first_leaf, &self.items, decisions)?;
        let verdict = StoredVerdict::new(&self.items, decisions).to_bytes();
        tx.append(&events).await?;

        let leaf_count = i64::try_from(decisions.len()).expect("a batch is capped");
        judged.keep(tx, agency.no, first_leaf, leaf_count).await?;
        let (id, digest) = (self.id, self.digest);
        tx.remember(NewCommand { agency: agency.no, id, digest, first_leaf, leaf_count, verdict }).await?;
        self.tell(tx, agency.no, case, first_leaf, decisions, touched.watchers).await?;
        for (concerned, targets) in touched.concerned {
            let body = body(REFERRAL, agency.no, 0, &targets);
            let kind = FeedKind::TargetsChanged;
            tx.tell(NewFeedRow { agency: concerned, kind, first_leaf, leaf_count, body }).await?;
        }
        Ok(answers)
    }

    fn event<'a>(
        &'a self,
        agency: AgencyNo,
        item: &Prepared,
        decision: &Decision,
        owners: &HashMap<AgencyNo, &AgencyId>,
    ) -> Result<NewEvent<'a>, StoreError> {
        let target = decision.target;
        let owner =
            owners.get(&target.ownership.owner).ok_or(StoreError::Value { column: "target.owner_no" })?;
        let mut bytes = Vec::with_capacity(160);
        ReferralDecision {
            verdict: decision.verdict,
            target: self.target_ids.id(target.no),
            round: target.round,
            owner: (*owner).clone(),
            basis: target.ownership.basis,
            link_version: CanonicalLink::VERSION,
            link: item.link,
        }
        .encode(&mut bytes);
        Ok(NewEvent {
            kind: Kind::Referral,
            agency,
            salt: item.salt,
            statement: &self.statements[item.statement.clone()],
            statement_digest: item.statement_digest,
            decision: bytes,
        })
    }

    /// One feed row for the agency itself, and one for each owner whose targets were joined: by the batch, not by the
    /// link.
    async fn tell(
        &self,
        tx: &mut Tx<'_>,
        agency: AgencyNo,
        case: CaseNo,
        first_leaf: i64,
        decisions: &[Decision],
        mut told: BTreeMap<AgencyNo, BTreeSet<TargetNo>>,
    ) -> Result<(), StoreError> {
        let leaf_count = i64::try_from(decisions.len()).expect("a batch is capped");
        let body = [self.id.as_bytes().as_slice(), self.instance.as_bytes(), &case.0.to_be_bytes()].concat();
        let kind = FeedKind::ReferralsRecorded;
        tx.tell(NewFeedRow { agency, kind, first_leaf, leaf_count, body }).await?;
        for (owner, targets) in news_by_owner(agency, decisions.iter().copied()) {
            told.entry(owner).or_default().extend(targets);
        }
        for (owner, targets) in told {
            let numbers = std::iter::once(agency.0).chain(targets.into_iter().map(|target| target.0));
            let body = numbers.flat_map(i64::to_be_bytes).collect();
            let kind = FeedKind::TargetsJoined;
            tx.tell(NewFeedRow { agency: owner, kind, first_leaf, leaf_count, body }).await?;
        }
        Ok(())
    }

    /// What the ownership rules look at in a referral, from its statement.
    fn origin(&self, item: &Prepared) -> Result<Origin, StoreError> {
        let (referral, link) = self.read(item)?;
        Ok(origin_of(&referral, &link))
    }

    /// A referral and its canonical link, from its statement.
    fn read(&self, item: &Prepared) -> Result<(Referral, CanonicalLink), StoreError> {
        const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
        let statement = &self.statements[item.statement.clone()];
        let (_, referral) = ReferralStatement::decode(statement, &item.salt).map_err(|_| STATEMENT)?;
        let link = CanonicalLink::parse(&referral.link).map_err(|_| STATEMENT)?;
        Ok((referral, link))
    }

    fn prepared(&self) -> impl Iterator<Item = &Prepared> {
        self.items.iter().filter_map(|item| match item {
            Item::Prepared(prepared) => Some(prepared),
            Item::Refused(_) => None,
        })
    }
}

/// Who owns a target that this referral opens. Where the rules need not look at it, the agency first seised.
fn named(agency: &Agency, origin: Option<&Origin>, members: &Members, now_us: i64) -> Ownership {
    let Some(origin) = origin else {
        return Ownership { owner: agency.no, basis: OwnerBasis::FirstSeised };
    };
    let bound = [agency.no];
    let question = Question { origin, bound: &bound, declined: &[], agencies: &members.agencies, now_us };
    choose(&members.policy, &question).0
}
