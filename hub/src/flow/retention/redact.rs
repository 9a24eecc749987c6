//! Redacts leaves whose retention has ended: one slice, one leaf that says so, in one transaction.

use std::collections::BTreeSet;

use meldeverbund_domain::{liaison::HashKey, retention::Class};
use meldeverbund_proto::{
    leaf::{Digest, Kind, Leaf, Salt, decision_digest, statement_digest},
    statement::{RedactionStatement, ReferralStatement},
};

use super::plan::{Candidate, may_go};
use crate::{
    flow::{Command, Failure, Lane, Verdict, decide::HUB, figures::kept_fact, once::append_one},
    store::{KeptRow, TargetIds, Tx},
};

/// Removes salts, statements and decisions of these leaves. Their digests stay, and with them every proof and signature.
#[derive(Debug)]
pub struct Redact {
    /// The class that they belong to.
    pub class: Class,
    /// The provision that its term follows.
    pub basis: String,
    /// The term of what was recorded before has passed, microseconds since 1970 UTC.
    pub before_us: i64,
    /// The leaves; what may not go (any more) is left out.
    pub leaves: Vec<i64>,
    /// The salt of the leaf that says so.
    pub salt: Salt,
    /// The key between targets' numbers and their ids.
    pub target_ids: TargetIds,
}

/// What became of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Redacted {
    /// Leaves that were redacted.
    pub leaves: u64,
    /// Leaves whose texts do not make their hash: somebody changed them behind the ledger's back. They are evidence and stay.
    pub tampered: u64,
}

impl Verdict for Redacted {}

impl Command for Redact {
    type Verdict = Redacted;

    fn lane(&self) -> Lane {
        Lane::Bulk
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Redacted, Failure> {
        let kept = KeptRow::some(tx.reading(), self.leaves.iter().copied()).await?;
        let mut going = may_go(tx.reading(), self.class, self.before_us, &self.target_ids, kept).await?;
        let old = going.len();
        going.retain(|one| digests(&one.row).is_some());
        let redacted = Redacted { leaves: going.len() as u64, tampered: (old - going.len()) as u64 };
        if going.is_empty() {
            return Ok(redacted);
        }
        tx.forget_hashes(hashes(&going)).await?;
        let mut facts = Vec::with_capacity(going.len());
        for event in going.iter().map(|one| &one.row.event) {
            facts.extend(kept_fact(event, &self.target_ids).map(|fact| (event.leaf_index, fact)));
        }
        tx.keep_facts(facts).await?;
        for row in going.iter().map(|one| &one.row) {
            if let Some([statement, decision]) = digests(row) {
                tx.redact(row.event.leaf_index, &statement, &decision).await?;
            }
        }
        let cases: BTreeSet<_> = going.iter().filter_map(|one| one.case).collect();
        for case in &cases {
            tx.redact_case(*case).await?;
        }
        if !cases.is_empty() {
            tx.tidy_cases().await?;
        }
        let leaves = || going.iter().map(|one: &Candidate| one.row.event.leaf_index);
        tx.retire_commands(leaves()).await?;
        let ranges = ranges(leaves());
        let mut statement = Vec::new();
        RedactionStatement {
            class: self.class.name().to_owned(),
            basis: self.basis.clone(),
            before_us: self.before_us.cast_unsigned(),
            ranges: ranges
                .iter()
                .map(|(first, count)| (first.cast_unsigned(), count.cast_unsigned()))
                .collect(),
        }
        .encode(&mut statement);
        let by_leaf = append_one(tx, Kind::Redaction, HUB, self.salt, &statement).await?;
        tx.note_redaction(by_leaf, &ranges).await?;
        Ok(redacted)
    }
}

/// The digests of statement and decision; none if they do not make the leaf.
fn digests(KeptRow { event, leaf_hash }: &KeptRow) -> Option<[Digest; 2]> {
    let statement = statement_digest(&event.salt, &event.statement);
    let decision = decision_digest(&event.salt, &event.decision);
    let time_us = event.recorded_at_us.cast_unsigned();
    let leaf = Leaf { kind: event.kind, time_us, statement, decision };
    (leaf.hash() == *leaf_hash).then_some([statement, decision])
}

/// What redacted referrals said of contents.
fn hashes(going: &[Candidate]) -> Vec<(i64, HashKey)> {
    let referrals = going.iter().map(|one| &one.row.event).filter(|event| event.kind == Kind::Referral);
    let said = referrals.filter_map(|event| {
        let (_, referral) = ReferralStatement::decode(&event.statement, &event.salt).ok()?;
        Some(HashKey::all_of(&referral).map(|key| (event.leaf_index, key)).collect::<Vec<_>>())
    });
    said.flatten().collect()
}

/// Ascending leaves as ranges: first and count.
fn ranges(leaves: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for leaf in leaves {
        match ranges.last_mut() {
            Some((first, count)) if *first + *count == leaf => *count += 1,
            _ => ranges.push((leaf, 1)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(ranges([3, 4, 5, 7, 9, 10].into_iter()), [(3, 3), (7, 1), (9, 2)]);
        assert_eq!(ranges(std::iter::empty()), []);
    }
}
