//! What was decided is written set by set, and told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use meldeverbund_domain::{
    Agency, AgencyNo, CaseNo, TargetNo,
    referral::{Decision, ObjectKey, news_by_owner},
};
use meldeverbund_proto::{
    AgencyId, CanonicalLink, LinkId,
    leaf::Kind,
    statement::ReferralDecision,
    v1::{SubmissionAccepted, Verdict},
};

use super::{Submit, answer::Answers, lives, prepare::Prepared, verdict::StoredVerdict};
use crate::{
    flow::{Failure, decide::body, signed::Judged, states::Members, views::REFERRAL},
    store::{AliasRow, FeedKind, HashRow, NewCommand, NewEvent, NewFeedRow, StoreError, Tx},
};

impl Submit {
    pub(super) async fn apply(
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
}
