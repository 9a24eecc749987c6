//! The selectors that a set is made of: what open questions answer as a hit.

use std::collections::BTreeSet;

use meldeverbund_blind::{EpochKey, Selector, Tag};
use meldeverbund_domain::{TargetNo, liaison::HashKey};
use meldeverbund_proto::{
    CanonicalLink, LinkId,
    leaf::Kind,
    statement::ReferralStatement,
    v1::{ContentHash, HashAlgorithm},
};

use super::off_line;
use crate::{
    flow::{Failure, Hub},
    store::{EventRow, StoreError, visible_hashes, visible_links, visible_of_hashes, visible_of_links},
};

/// Selectors of one page: a quarter of a second of arithmetic.
const PAGE: i64 = 4_096;

/// Where a walk through all that is visible has come.
#[derive(Debug)]
pub(super) enum Place {
    /// Behind this target's link.
    Links(TargetNo),
    /// Behind this hash.
    Hashes(HashKey),
}

/// What referrals named between two leaves.
#[derive(Debug, Default)]
pub(super) struct Named {
    links: BTreeSet<LinkId>,
    hashes: BTreeSet<HashKey>,
}

impl Place {
    /// Before everything.
    pub(super) const START: Self = Self::Links(TargetNo(0));

    /// The next page of visible selectors, and the place behind it; none behind the last. Nothing is held while a page is being
    /// computed on: what comes or goes meanwhile comes as an increment, or goes with the next epoch.
    pub(super) async fn next(self, hub: &Hub) -> Result<Option<(Vec<Selector>, Self)>, Failure> {
        const FIRST: HashKey = HashKey { algorithm: 0, digest: [0; 32] };
        let mut reader = hub.reader().await?;
        Ok(Some(match self {
            Self::Links(after) => {
                let rows = visible_links(&mut reader, after, PAGE).await?;
                let next = rows.last().map_or(Self::Hashes(FIRST), |(target, _)| Self::Links(*target));
                (rows.into_iter().map(|(_, link)| Selector::Link(link)).collect(), next)
            }
            Self::Hashes(after) => {
                let keys = visible_hashes(&mut reader, after, PAGE).await?;
                let Some(last) = keys.last() else { return Ok(None) };
                (keys.iter().map(selector).collect::<Result<_, _>>()?, Self::Hashes(*last))
            }
        }))
    }
}

impl Named {
    /// Reads the referrals from this leaf on, up to (not including) that one.
    pub(super) async fn read(hub: &Hub, from: i64, to: i64) -> Result<Self, Failure> {
        const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
        let mut named = Self::default();
        let mut at = from;
        while at < to {
            let count = PAGE.min(to - at);
            let rows = EventRow::range(&mut *hub.reader().await?, at, count).await?;
            for row in rows.iter().filter(|row| row.kind == Kind::Referral) {
                let (_, referral) =
                    ReferralStatement::decode(&row.statement, &row.salt).map_err(|_| STATEMENT)?;
                // It had a canonical form when it was taken.
                named.links.extend(CanonicalLink::parse(&referral.link).ok().map(|link| link.id()));
                named.hashes.extend(HashKey::all_of(&referral));
            }
            at += count;
        }
        Ok(named)
    }

    /// Those of them that liaison may be told of now.
    pub(super) async fn visible(self, hub: &Hub) -> Result<Vec<Selector>, Failure> {
        let page = usize::try_from(PAGE).expect("a small number");
        let (links, hashes): (Vec<_>, Vec<_>) =
            (self.links.into_iter().collect(), self.hashes.into_iter().collect());
        let mut visible = Vec::new();
        for links in links.chunks(page) {
            let links = visible_of_links(&mut *hub.reader().await?, links.iter().copied()).await?;
            visible.extend(links.into_iter().map(Selector::Link));
        }
        for hashes in hashes.chunks(page) {
            let digests: BTreeSet<_> = hashes.iter().map(|key| key.digest).collect();
            let found = visible_of_hashes(&mut *hub.reader().await?, digests).await?;
            for key in found.iter().filter(|key| hashes.binary_search(key).is_ok()) {
                visible.push(selector(key)?);
            }
        }
        Ok(visible)
    }
}

/// The tags of selectors.
pub(super) async fn tags(key: &EpochKey, selectors: Vec<Selector>) -> Result<Vec<Tag>, Failure> {
    let key = key.clone();
    off_line(move || selectors.iter().map(|selector| key.tag(selector)).collect()).await
}

/// A stored hash as a selector: without the zeros that fill it up.
fn selector(key: &HashKey) -> Result<Selector, StoreError> {
    let bytes = match HashAlgorithm::try_from(key.algorithm) {
        Ok(HashAlgorithm::Sha256) => 32,
        Ok(HashAlgorithm::Sha1) => 20,
        Ok(HashAlgorithm::Md5) => 16,
        Ok(HashAlgorithm::Unspecified) | Err(_) => 0,
    };
    let hash = ContentHash { algorithm: key.algorithm, digest: key.digest[..bytes].to_vec() };
    Selector::of_hash(&hash).ok_or(StoreError::Value { column: "content_hash.algorithm" })
}
