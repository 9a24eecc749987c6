//! Compares links behind the intake: what looks alike is suggested to the central office, and to nobody else.
//!
//! The job follows the ledger's referrals with a cursor, in slices that give way to whoever waits. It keeps digests alone,
//! cut short: enough to suggest a pair, which a person looks at.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_domain::{TargetNo, hosts::near};
use meldeverbund_proto::{
    CanonicalLink, LinkId,
    leaf::Kind,
    statement::ReferralStatement,
    v1::{ContentHash, HashAlgorithm, Referral},
};

use super::{Command, Failure, Lane, Policies, hosts::object_key, noted, noted::digest};
use crate::store::{KeptRow, LikenessRow, StoreError, SuggestionRow, Tx, compared_to, noted_to, resolved};

/// Referrals that one slice compares: some ten milliseconds of the writer's time.
const SLICE_REFERRALS: i64 = 200;

/// Why two targets are suggested to be one. The numbers are kept, the strongest reason first; a pair has a row for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i64)]
pub enum Likeness {
    /// The host rules in force see one object, in links that were there before them.
    HostRule = 1,
    /// The same SHA-256 of the content, at the same provider's domain.
    ContentSha256 = 2,
    /// The same SHA-1 or MD5 of the content, at the same domain: digests that can be forged.
    ContentWeak = 3,
    /// Addresses that differ in `www.`, slashes, the path's case or the query's order alone.
    NearAddress = 4,
}

/// Compares the next links.
#[derive(Debug)]
pub struct Compare {
    /// The host rules in force.
    pub policies: Policies,
}

impl Likeness {
    /// All, the strongest first.
    pub const ALL: [Self; 4] = [Self::HostRule, Self::ContentSha256, Self::ContentWeak, Self::NearAddress];

    /// The kind with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number)
    }

    /// Why, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::HostRule => "one object by the host rules",
            Self::ContentSha256 => "the same content (SHA-256) at the same domain",
            Self::ContentWeak => "the same content (SHA-1 or MD5) at the same domain",
            Self::NearAddress => "addresses that are nearly the same",
        }
    }
}

impl Command for Compare {
    /// True if there may be more to compare.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Behind
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let (compared, noted) = (compared_to(tx.reading()).await?, noted_to(tx.reading()).await?);
        // Both are done at once, from where either is behind: what is done a second time changes nothing.
        let (first, end) = (compared.min(noted), tx.next_leaf());
        let page = KeptRow::of_kinds(tx.reading(), &[Kind::Referral], first, end, SLICE_REFERRALS).await?;
        let full = i64::try_from(page.len()).is_ok_and(|read| read == SLICE_REFERRALS);
        let next = page.last().filter(|_| full).map_or(end, |last| last.event.leaf_index + 1);
        if next == first {
            return Ok(false);
        }
        self.compare(tx, &page).await?;
        if next > compared {
            tx.put_compared_to(next).await?;
        }
        if next > noted {
            tx.put_noted_to(next).await?;
        }
        Ok(full)
    }
}

impl Compare {
    async fn compare(&self, tx: &mut Tx<'_>, page: &[KeptRow]) -> Result<(), StoreError> {
        const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
        let (rules, _) = self.policies.hosts(tx).await?;
        let now_us = tx.now_us();
        let mut links: BTreeMap<LinkId, (i64, BTreeSet<(Likeness, i64)>)> = BTreeMap::new();
        let mut places: BTreeMap<LinkId, BTreeSet<(i64, i64)>> = BTreeMap::new();
        let agencies = tx.agencies().await?;
        let central = agencies.iter().find(|row| row.agency.is_central()).map(|row| row.agency.no);
        for row in page {
            let event = &row.event;
            let (number, referral) =
                ReferralStatement::decode(&event.statement, &event.salt).map_err(|_| STATEMENT)?;
            let link = CanonicalLink::parse(&referral.link).map_err(|_| STATEMENT)?;
            let noted = places.entry(link.id()).or_default();
            noted.extend(noted::places(&link).map(|place| (noted::HOST, place)));
            if central == Some(event.agency)
                && let Some((case, _)) = tx.case(event.agency, &number).await?
            {
                noted.insert((noted::OWN_CASE, noted::case(case.no)));
            }
            let entry = links.entry(link.id()).or_insert((event.leaf_index, BTreeSet::new()));
            entry.1.extend(contents(&referral, &link));
            entry.1.insert((Likeness::NearAddress, digest(&[near(&link).as_bytes()])));
            entry
                .1
                .extend(object_key(&rules, &link, now_us).map(|key| (Likeness::HostRule, digest(&[&key]))));
        }
        let numbers = tx.targets(links.keys().copied()).await?;
        let (mut found, mut rows) = (Vec::new(), BTreeSet::new());
        for (link, own, _) in numbers {
            rows.extend(places.remove(&link).unwrap_or_default().into_iter().map(|place| (place, own)));
            let Some((leaf, likenesses)) = links.get(&link) else { continue };
            found.extend(likenesses.iter().map(|(kind, digest)| (*kind, *digest, own, *leaf)));
        }
        found.sort_unstable();
        let row = |((kind, digest), target)| LikenessRow { kind, digest, target };
        tx.note_likenesses(&rows.into_iter().map(row).collect::<Vec<_>>()).await?;
        self.suggest(tx, &found).await
    }

    /// Notes what is alike, and suggests each with the oldest that is like it: as many pairs as there are targets.
    async fn suggest(
        &self,
        tx: &mut Tx<'_>,
        found: &[(Likeness, i64, TargetNo, i64)],
    ) -> Result<(), StoreError> {
        let mut pairs = Vec::new();
        for kind in Likeness::ALL {
            let of_kind: Vec<_> = found.iter().filter(|(known, ..)| *known == kind).collect();
            let mut oldest: BTreeMap<i64, TargetNo> = BTreeMap::new();
            for (digest, target) in
                tx.alike(kind as i64, of_kind.iter().map(|(_, digest, ..)| *digest)).await?
            {
                oldest.insert(digest, target);
            }
            for (_, digest, target, leaf) in of_kind {
                let known = oldest.entry(*digest).or_insert(*target);
                if known != target {
                    let (one, other) = ((*known).min(*target), (*known).max(*target));
                    pairs.push(SuggestionRow { one, other, kind: kind as i64, since_leaf: *leaf });
                }
                *known = (*known).min(*target);
            }
        }
        let row = |(kind, digest, target, _): &(Likeness, i64, TargetNo, i64)| LikenessRow {
            kind: *kind as i64,
            digest: *digest,
            target: *target,
        };
        let mut rows: Vec<_> = found.iter().map(row).collect();
        rows.dedup();
        tx.note_likenesses(&rows).await?;
        let sides: Vec<_> = pairs.iter().flat_map(|pair| [pair.one, pair.other]).collect();
        let (_, names) = resolved(tx.reading(), &sides).await?;
        let now = |number: TargetNo| names.get(&number).copied().unwrap_or(number);
        for pair in pairs.into_iter().filter(|pair| now(pair.one) != now(pair.other)) {
            tx.suggest(pair).await?;
        }
        Ok(())
    }
}

/// Contents at the domain: the same file at two providers is two takedowns.
fn contents(referral: &Referral, link: &CanonicalLink) -> Vec<(Likeness, i64)> {
    let place = link.registrable_domain().unwrap_or(link.host()).as_bytes();
    let likeness = |hash: &ContentHash| {
        let kind = match hash.algorithm() {
            HashAlgorithm::Sha256 => Likeness::ContentSha256,
            _ => Likeness::ContentWeak,
        };
        (kind, digest(&[place, b"\0", &hash.digest]))
    };
    referral.content_hashes.iter().map(likeness).collect()
}
