//! The access log for data protection and audit: what was asked and what was seen, a page at a time, the newest first. Whoever
//! reads says why, and that is noted before anything is shown.

mod queries;
mod readings;
mod signals;
mod views;

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId, TargetId,
    limits::{NOTE_CHARS, REFERENCE_CHARS},
    v1::Refusal,
};

pub use self::{
    queries::{QueryEntry, read_queries},
    readings::{ReadingEntry, read_readings},
    signals::{SignalEntry, read_signals},
    views::{ViewEntry, read_views},
};
use super::{Failure, Hub, liaison::NoteRead, once::said};

/// Entries of one page.
const ENTRIES: usize = 50;

/// Rows that are looked at for one page: what is sought may be rare, and nobody waits for a whole log.
const LOOKED_AT: usize = 5_000;

/// Rows that are read together.
const CHUNK: i64 = 500;

/// Who reads the log, and why.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The person, as others can find them again.
    pub name: String,
    /// Why; a reason is stated for each reading.
    pub reason: String,
}

/// What is sought; what is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    /// Whose officers.
    pub agency: Option<AgencyId>,
    /// Which officer, by the subject of the token.
    pub officer: Option<String>,
    /// Which target was seen.
    pub target: Option<TargetId>,
    /// From when, microseconds since 1970 UTC.
    pub from_us: Option<i64>,
    /// Until when.
    pub until_us: Option<i64>,
    /// Behind which place.
    pub after: Option<Place>,
}

/// A place in the log: time and number of the last row that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub i64, pub i64);

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage<E> {
    /// Entries, the newest first.
    pub entries: Vec<E>,
    /// Behind which place the next page begins; none: nothing more was found.
    pub next: Option<Place>,
}

impl Reader {
    /// Says who reads and why before anything is read.
    fn check(&self) -> Result<(), Refusal> {
        said("reader", &self.name, REFERENCE_CHARS)?;
        said("reason", &self.reason, NOTE_CHARS)
    }

    /// Notes the reading. Nothing is shown if this fails.
    async fn note(&self, hub: &Hub, asked_for: String, found: usize) -> Result<(), Failure> {
        let found = i64::try_from(found).unwrap_or(i64::MAX);
        hub.run(NoteRead { reader: self.name.clone(), reason: self.reason.clone(), asked_for, found }).await
    }
}

impl Sought {
    /// The time that is sought, and behind which place: from, and the first place that does not count any more.
    fn span(&self) -> (i64, Place) {
        let end = Place(self.until_us.map_or(i64::MAX, |until| until.saturating_sub(1)), i64::MAX);
        let place = self.after.filter(|after| (after.0, after.1) < (end.0, end.1)).unwrap_or(end);
        (self.from_us.unwrap_or(i64::MIN), place)
    }

    /// What is sought, as it is noted.
    fn words(&self, what: &str) -> String {
        let mut words = vec![what.to_owned()];
        words.extend(self.agency.as_ref().map(|agency| format!("agency {agency}")));
        words.extend(self.officer.as_ref().map(|officer| format!("officer {officer}")));
        words.extend(self.target.map(|target| format!("target {target}")));
        words.extend(self.from_us.map(|us| format!("from {us} µs")));
        words.extend(self.until_us.map(|us| format!("until {us} µs")));
        words.extend(self.after.map(|Place(us, number)| format!("behind {us} µs, {number}")));
        words.join(", ")
    }
}

/// Gathers a page: at most so many entries out of at most so many rows.
struct Gathered<E> {
    page: LogPage<E>,
    looked_at: usize,
}

impl<E> Gathered<E> {
    fn new() -> Self {
        Self { page: LogPage { entries: Vec::new(), next: None }, looked_at: 0 }
    }

    /// Takes rows, each with its place and, if it is sought, its entry; true if more are wanted.
    fn take(&mut self, rows: Vec<(Place, Option<E>)>) -> bool {
        let is_last = i64::try_from(rows.len()).is_ok_and(|read| read < CHUNK);
        let count = rows.len();
        for (n, (place, entry)) in rows.into_iter().enumerate() {
            self.looked_at += 1;
            self.page.entries.extend(entry);
            let full = self.page.entries.len() == ENTRIES || self.looked_at == LOOKED_AT;
            if full && !(is_last && n + 1 == count) {
                self.page.next = Some(place);
                return false;
            }
            self.page.next = Some(place);
        }
        if is_last {
            self.page.next = None;
        }
        !is_last
    }
}

/// An agency's number; none: nothing is sought of it.
fn number(agencies: &[crate::store::AgencyRow], id: Option<&AgencyId>) -> Result<Option<AgencyNo>, Refusal> {
    let Some(id) = id else { return Ok(None) };
    let found = agencies.iter().find(|row| row.agency.id == *id);
    found.map(|row| Some(row.agency.no)).ok_or_else(|| Refusal::invalid("agency", "is not registered"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(first: i64, count: i64, sought: impl Fn(i64) -> bool) -> Vec<(Place, Option<i64>)> {
        (first..first + count).map(|n| (Place(n, n), sought(n).then_some(n))).collect()
    }

    #[test]
    fn a_page_ends_when_it_is_full_or_enough_was_looked_at() {
        let mut full = Gathered::new();
        assert!(!full.take(rows(0, CHUNK, |_| true)));
        assert_eq!((full.page.entries.len(), full.page.next), (ENTRIES, Some(Place(49, 49))));

        let mut rare = Gathered::<i64>::new();
        let mut first = 0;
        while rare.take(rows(first, CHUNK, |_| false)) {
            first += CHUNK;
        }
        assert_eq!((rare.looked_at, rare.page.next), (LOOKED_AT, Some(Place(4_999, 4_999))));

        let mut end = Gathered::new();
        assert!(!end.take(rows(0, 3, |n| n == 1)));
        assert_eq!((end.page.entries, end.page.next), (vec![1], None), "there is no more");
        let mut exact = Gathered::new();
        assert!(!exact.take(rows(0, 50, |_| true)));
        assert_eq!((exact.page.entries.len(), exact.page.next), (50, None));
    }

    #[test]
    fn a_time_ends_before_its_end() {
        let sought = Sought { from_us: Some(3), until_us: Some(9), ..Sought::default() };
        assert_eq!(sought.span(), (3, Place(8, i64::MAX)));
        assert_eq!(Sought::default().span(), (i64::MIN, Place(i64::MAX, i64::MAX)));
        let behind = Sought { after: Some(Place(5, 2)), ..sought.clone() };
        assert_eq!(behind.span(), (3, Place(5, 2)));
        let beyond = Sought { after: Some(Place(99, 2)), ..sought };
        assert_eq!(beyond.span().1, Place(8, i64::MAX), "a place that was made up shows no more");
        assert_eq!(behind.words("views"), "views, from 3 µs, until 9 µs, behind 5 µs, 2");
    }
}
