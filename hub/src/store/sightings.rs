//! Links looked for before the lock is taken.
//!
//! A link that stood then stands under the same number ever after, so that under the lock only those are looked at that were
//! opened since: their numbers are the newest.

use std::{collections::HashMap, ops::Range};

use meldeverbund_domain::{Target, TargetNo};
use meldeverbund_proto::LinkId;

use super::{
    StoreError, Tx,
    engine::{Connection, query_as, query_scalar},
    targets::{by_link, by_own_number},
};

/// As many new links are read under the lock at most; whoever waited for it longer than that many came looks himself.
const MOST_NEWEST: i64 = 16_384;

/// As many new links are kept in memory at most, some megabytes; then they are let go of, and read again as they are needed.
const MOST_KEPT: usize = 65_536;

/// Which links were there, and from which number on nothing is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    before: TargetNo,
    found: HashMap<LinkId, TargetNo>,
}

impl Sighting {
    /// Looks for these links as they are now.
    ///
    /// # Errors
    /// If the engine fails.
    pub(crate) async fn of(
        connection: &mut Connection,
        links: impl IntoIterator<Item = LinkId>,
    ) -> Result<Self, StoreError> {
        // First where the unknown begins: whatever is below it is there when the links are looked for.
        const BEFORE: &str = "/* sightings::before */ SELECT next_target FROM head WHERE id = 1";
        const OF: &str = "/* sightings::of */ SELECT t.link_id, t.target_no FROM {byte_strings $1} \
                          {join} target t ON t.link_id = {bytes j.value}";
        let before = query_scalar(BEFORE).fetch_one(connection).await?;
        let mut links: Vec<_> = links.into_iter().map(|link| *link.as_bytes()).collect();
        links.sort_unstable();
        let found: Vec<(Vec<u8>, i64)> = query_as(OF).bind_all(links).fetch_all(connection).await?;
        Ok(Self { before: TargetNo(before), found: numbered(found)? })
    }
}

/// The links of the newest targets: all whose numbers are in a range. Who writes keeps it from one transaction to the next, so
/// that only what others have opened is read.
#[derive(Debug, Default)]
pub(crate) struct Newest {
    numbers: Option<Range<i64>>,
    links: HashMap<LinkId, TargetNo>,
}

impl Newest {
    /// These links get these numbers in this transaction.
    pub(super) fn open(&mut self, opened: impl IntoIterator<Item = (LinkId, TargetNo)>, numbers: Range<i64>) {
        if self.links.len() > MOST_KEPT {
            *self = Self::default();
        }
        // Behind a gap nothing is known: what stands in it was opened by others.
        if let Some(known) = self.numbers.as_mut().filter(|known| known.end == numbers.start) {
            known.end = numbers.end;
            self.links.extend(opened);
        }
    }

    /// What is known, if it reaches into these numbers or up to them; nothing else is kept.
    fn up_to(&mut self, wanted: &Range<i64>) -> Range<i64> {
        let near = |known: &Range<i64>| (wanted.start..=wanted.end).contains(&known.end);
        let known = self.numbers.take().filter(near);
        known.unwrap_or_else(|| {
            self.links.clear();
            wanted.end..wanted.end
        })
    }
}

impl Tx<'_> {
    /// The targets that these links lead to, each with the number that the link has itself, by what was seen before the lock.
    ///
    /// # Errors
    /// If the engine fails.
    pub(crate) async fn sighted_targets(
        &mut self,
        links: impl IntoIterator<Item = LinkId>,
        sighting: Sighting,
    ) -> Result<Vec<(LinkId, TargetNo, Target)>, StoreError> {
        let since = self.next_target().0 - sighting.before.0;
        // Less than nothing: it was seen in a database that had more than this one has.
        if !(0..=MOST_NEWEST).contains(&since) {
            return by_link(self.connection, links).await;
        }
        self.read_newest(sighting.before.0..self.next_target().0).await?;
        let number =
            |link: &LinkId| sighting.found.get(link).or_else(|| self.newest.links.get(link)).copied();
        let mut known: Vec<_> = links.into_iter().filter_map(|link| number(&link)).collect();
        if known.is_empty() {
            return Ok(Vec::new());
        }
        known.sort_unstable();
        known.dedup();
        by_own_number(self.connection, known).await
    }

    /// Reads the links of the targets of these numbers, as far as they are not known.
    async fn read_newest(&mut self, wanted: Range<i64>) -> Result<(), StoreError> {
        const SQL: &str = "/* sightings::newest */ SELECT link_id, target_no FROM target \
                           WHERE target_no >= $1 AND target_no < $2";
        let known = self.newest.up_to(&wanted);
        for lacking in [wanted.start..known.start, known.end..wanted.end] {
            if !lacking.is_empty() {
                let query = query_as(SQL).bind(lacking.start).bind(lacking.end);
                let rows = query.fetch_all(&mut *self.connection).await?;
                self.newest.links.extend(numbered(rows)?);
            }
        }
        self.newest.numbers = Some(wanted.start.min(known.start)..wanted.end);
        Ok(())
    }
}

fn numbered(rows: Vec<(Vec<u8>, i64)>) -> Result<HashMap<LinkId, TargetNo>, StoreError> {
    let read = |(link, number): (Vec<u8>, i64)| {
        let link = link.try_into().map_err(|_| StoreError::Value { column: "target.link_id" })?;
        Ok((LinkId::from_bytes(link), TargetNo(number)))
    };
    rows.into_iter().map(read).collect()
}
