//! Links looked for before the lock is taken.
//!
//! A link that stood then stands under the same number ever after, so that under the lock only those are looked at that were
//! opened since: their numbers are the newest.

use std::{collections::HashMap, mem, ops::Range};

use meldeverbund_domain::{Target, TargetNo};
use meldeverbund_proto::LinkId;

use super::{
    StoreError, Tx,
    engine::{Connection, query_as, query_scalar},
    targets::{by_link, by_own_number},
};

/// As many new links are looked through at most; whoever waited for the lock while more came looks himself. As many batches as
/// a few nodes may have on their way.
const MOST_NEWEST: i64 = 65_536;

/// As many new links make a generation, of which two are kept in memory, some megabytes: never fewer than are looked through, so
/// that what was just read is still there.
const GENERATION: usize = MOST_NEWEST as usize;

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
pub struct Newest {
    numbers: Option<Range<i64>>,
    older: HashMap<LinkId, TargetNo>,
    newer: HashMap<LinkId, TargetNo>,
    /// Where the newer ones begin.
    turn: i64,
}

impl Newest {
    /// These links get these numbers in this transaction.
    pub(super) fn open(&mut self, opened: impl IntoIterator<Item = (LinkId, TargetNo)>, numbers: Range<i64>) {
        // Behind a gap nothing is known: what stands in it was opened by others.
        let Some(known) = self.numbers.as_mut().filter(|known| known.end == numbers.start) else { return };
        known.end = numbers.end;
        self.newer.extend(opened);
        self.grow_old();
    }

    /// Lets go of the older ones once there are enough newer ones.
    fn grow_old(&mut self) {
        if let Some(known) = self.numbers.as_mut().filter(|_| self.newer.len() > GENERATION) {
            self.older = mem::take(&mut self.newer);
            known.start = mem::replace(&mut self.turn, known.end);
        }
    }

    fn number(&self, link: &LinkId) -> Option<TargetNo> {
        self.newer.get(link).or_else(|| self.older.get(link)).copied()
    }

    /// What is known, if it reaches into these numbers or up to them; nothing else is kept.
    fn reaching(&mut self, wanted: &Range<i64>) -> Range<i64> {
        let near = |known: &Range<i64>| (wanted.start..=wanted.end).contains(&known.end);
        let known = self.numbers.take().filter(near);
        known.unwrap_or_else(|| {
            *self = Self { turn: wanted.end, ..Self::default() };
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
        let number = |link| sighting.found.get(&link).copied().or_else(|| self.newest.number(&link));
        let mut known: Vec<_> = links.into_iter().filter_map(number).collect();
        if known.is_empty() {
            return Ok(Vec::new());
        }
        known.sort_unstable();
        known.dedup();
        by_own_number(self.connection, known).await
    }

    /// Reads the links of the targets of these numbers, as far as they are not known.
    async fn read_newest(&mut self, wanted: Range<i64>) -> Result<(), StoreError> {
        let known = self.newest.reaching(&wanted);
        let before = self.opened(wanted.start..known.start).await?;
        self.newest.older.extend(before);
        let since = self.opened(known.end..wanted.end).await?;
        self.newest.newer.extend(since);
        self.newest.numbers = Some(wanted.start.min(known.start)..wanted.end);
        self.newest.grow_old();
        Ok(())
    }

    /// The links of the targets of these numbers.
    async fn opened(&mut self, numbers: Range<i64>) -> Result<HashMap<LinkId, TargetNo>, StoreError> {
        // In one value: whoever shares the database with others reads thousands of them while all wait.
        const SQL: &str = "/* sightings::opened */ SELECT {numbered link_id} FROM target \
                           WHERE target_no >= $1 AND target_no < $2";
        if numbers.is_empty() {
            return Ok(HashMap::new());
        }
        let query = query_scalar(SQL).bind(numbers.start).bind(numbers.end);
        let joined: Option<Vec<u8>> = query.fetch_one(&mut *self.connection).await?;
        let (rows, rest) = joined.as_deref().unwrap_or_default().as_chunks::<NUMBERED>();
        if !rest.is_empty() {
            return Err(StoreError::Value { column: "target.link_id" });
        }
        Ok(rows.iter().map(split).collect())
    }
}

/// A number and a link's id behind each other.
const NUMBERED: usize = 8 + 32;

fn split(row: &[u8; NUMBERED]) -> (LinkId, TargetNo) {
    let (mut number, mut link) = ([0; 8], [0; 32]);
    number.copy_from_slice(&row[..8]);
    link.copy_from_slice(&row[8..]);
    (LinkId::from_bytes(link), TargetNo(i64::from_be_bytes(number)))
}

fn numbered(rows: Vec<(Vec<u8>, i64)>) -> Result<HashMap<LinkId, TargetNo>, StoreError> {
    let read = |(link, number): (Vec<u8>, i64)| {
        let link = link.try_into().map_err(|_| StoreError::Value { column: "target.link_id" })?;
        Ok((LinkId::from_bytes(link), TargetNo(number)))
    };
    rows.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(n: usize) -> LinkId {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        LinkId::from_bytes(bytes)
    }

    fn open(newest: &mut Newest, numbers: Range<usize>) {
        let number = |n: usize| i64::try_from(n).unwrap();
        let opened = numbers.clone().map(|n| (link(n), TargetNo(number(n))));
        newest.open(opened, number(numbers.start)..number(numbers.end));
    }

    #[test]
    fn two_generations_are_kept_and_what_is_said_of_them_is_true() {
        let mut newest = Newest { numbers: Some(1..1), turn: 1, ..Newest::default() };
        let mut next = 1;
        for _ in 0..4 {
            open(&mut newest, next..next + GENERATION / 2 + 1);
            next += GENERATION / 2 + 1;
        }
        let known = newest.numbers.clone().unwrap();
        assert!(known.start > 1, "the first are let go of");
        assert!(known.end - known.start >= MOST_NEWEST, "what is looked through at most is there");
        assert_eq!(known.end, i64::try_from(next).unwrap());
        for n in 1..next {
            let number = TargetNo(i64::try_from(n).unwrap());
            assert_eq!(newest.number(&link(n)), known.contains(&number.0).then_some(number));
        }
    }

    #[test]
    fn behind_a_gap_nothing_is_claimed() {
        let mut newest = Newest { numbers: Some(1..1), turn: 1, ..Newest::default() };
        open(&mut newest, 1..3);
        // Others have opened 3 and 4.
        open(&mut newest, 5..7);
        assert_eq!(newest.numbers, Some(1..3));
        assert_eq!((newest.number(&link(2)), newest.number(&link(5))), (Some(TargetNo(2)), None));
        assert_eq!(newest.reaching(&(2..7)), 1..3, "goes on from there");
        newest.numbers = Some(1..3);
        assert_eq!(newest.reaching(&(4..7)), 7..7, "what does not reach so far is of no use");
        newest.numbers = Some(1..3);
        assert_eq!(newest.reaching(&(1..2)), 2..2, "nor what goes further than there is");
    }
}
