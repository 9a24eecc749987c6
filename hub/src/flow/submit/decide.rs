//! Facts in, decisions out.

use std::{collections::HashMap, sync::PoisonError};

use meldeverbund_domain::{
    Agency, CaseNo, Ownership, TargetNo,
    life::Origin,
    referral::{Decision, Known, ObjectKey},
    rules::{Question, choose},
};
use meldeverbund_proto::{
    CanonicalLink, LinkId,
    statement::ReferralStatement,
    v1::{OwnerBasis, Referral},
};

use super::{Submit, prepare::Prepared};
use crate::{
    flow::{
        hosts::object_key,
        states::{Members, origin_of},
    },
    store::{StoreError, Tx, resolved},
};

impl Submit {
    /// Facts in, decisions out: one for each referral that is not refused, in their order.
    pub(super) async fn decide(
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
