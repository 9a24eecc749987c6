//! Redaction: what goes when its retention has ended, and what is still known of it.

use meldeverbund_domain::{AgencyNo, CaseNo};
use meldeverbund_proto::{
    leaf::{Digest, Kind},
    statement::RedactionStatement,
};

use super::{
    EventRow, StoreError, Tx,
    engine::{Connection, Engine, Row, Values, query, query_as, query_scalar},
    events,
    rows::{NewRow, expect_rows, insert},
};

/// An event that is still readable, with the hash of its leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// The event.
    pub event: EventRow,
    /// The hash of its leaf.
    pub leaf_hash: Digest,
}

/// What is known of an event that is not readable any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactedRow {
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose statement it was; 0: the hub's own.
    pub agency: AgencyNo,
    /// When it was redacted, microseconds since 1970 UTC.
    pub redacted_at_us: i64,
    /// The provision that its term follows.
    pub basis: String,
}

/// A case as its retention sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CaseEnd {
    /// Which case.
    pub no: CaseNo,
    /// When it was closed, microseconds since 1970 UTC; none: it is open.
    pub closed_at_us: Option<i64>,
}

struct Range {
    first: i64,
    count: i64,
    by_leaf: i64,
}

impl NewRow for Range {
    const INTO: &'static str = "redaction (first_leaf, leaf_count, by_leaf)";
    const COLUMNS: usize = 3;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.first).add(self.count).add(self.by_leaf);
    }
}

impl KeptRow {
    /// The readable events of these kinds from a leaf on, up to (not including) another, at most so many.
    ///
    /// # Errors
    /// If the engine fails, or a stored value is none that this version knows.
    pub async fn of_kinds(
        connection: &mut Connection,
        kinds: &[Kind],
        first: i64,
        end: i64,
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* redactions::of_kinds */ SELECT leaf_index, kind, recorded_at_us, agency_no, salt, statement, \
             decision, leaf_hash FROM event WHERE leaf_index >= $1 AND leaf_index < $2 AND salt IS NOT NULL \
             AND kind IN (SELECT value FROM {integers $3}) ORDER BY leaf_index LIMIT $4";
        let kinds = kinds.iter().map(|kind| i64::from(*kind as u16));
        let query = query(SQL).bind(first).bind(end).bind_all(kinds).bind(most);
        query.fetch_all(connection).await?.iter().map(kept).collect()
    }

    /// Those of these leaves that are still readable.
    ///
    /// # Errors
    /// If the engine fails, or a stored value is none that this version knows.
    pub async fn some(
        connection: &mut Connection,
        leaves: impl IntoIterator<Item = i64>,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* redactions::some */ SELECT e.leaf_index, e.kind, e.recorded_at_us, e.agency_no, e.salt, \
             e.statement, e.decision, e.leaf_hash FROM {integers $1} {join} event e ON e.leaf_index = j.value \
             WHERE e.salt IS NOT NULL ORDER BY e.leaf_index";
        let rows = query(SQL).bind_all(leaves).fetch_all(connection).await?;
        rows.iter().map(kept).collect()
    }
}

fn kept(row: &Row) -> Result<KeptRow, StoreError> {
    let leaf_hash: &[u8] = row.try_get("leaf_hash")?;
    let leaf_hash = leaf_hash.try_into().map_err(|_| StoreError::Value { column: "event.leaf_hash" })?;
    Ok(KeptRow { event: events::read(row)?, leaf_hash })
}

/// The first leaf that was recorded at this instant or later. Times never go back from leaf to leaf, so that it is found by
/// halving.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn first_leaf_from(connection: &mut Connection, us: i64) -> Result<i64, StoreError> {
    const END: &str = "/* redactions::end */ SELECT next_leaf FROM head WHERE id = 1";
    const TIME: &str = "/* redactions::time */ SELECT recorded_at_us FROM event WHERE leaf_index = $1";
    let (mut low, mut high) = (0, query_scalar(END).fetch_one(&mut *connection).await?);
    while low < high {
        let middle: i64 = low + (high - low) / 2;
        let recorded: i64 = query_scalar(TIME).bind(middle).fetch_one(&mut *connection).await?;
        if recorded < us {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// Whether the agency's case of this number is closed, and since when; none: its number is gone already.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn case_end(
    connection: &mut Connection,
    agency: AgencyNo,
    number: &str,
) -> Result<Option<CaseEnd>, StoreError> {
    const SQL: &str = "/* redactions::case_end */ SELECT case_no, closed_at_us FROM case_file \
                       WHERE agency_no = $1 AND number = $2";
    let row: Option<(i64, Option<i64>)> =
        query_as(SQL).bind(agency.0).bind(number).fetch_optional(connection).await?;
    Ok(row.map(|(no, closed_at_us)| CaseEnd { no: CaseNo(no), closed_at_us }))
}

/// The cases, closed before this instant, of which a referral is still readable. Reads all bindings, once a run.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn cases_with_referrals(
    connection: &mut Connection,
    closed_before_us: i64,
) -> Result<Vec<CaseNo>, StoreError> {
    const SQL: &str = "/* redactions::cases_with_referrals */ SELECT DISTINCT b.case_no FROM binding b \
         JOIN event e ON e.leaf_index = b.since_leaf WHERE e.salt IS NOT NULL \
         AND b.case_no IN (SELECT c.case_no FROM case_file c WHERE c.closed_at_us < $1)";
    let numbers: Vec<i64> = query_scalar(SQL).bind(closed_before_us).fetch_all(connection).await?;
    Ok(numbers.into_iter().map(CaseNo).collect())
}

impl RedactedRow {
    /// What is known of a redacted event; none: it is readable, or there is none.
    ///
    /// # Errors
    /// If the engine fails, or a stored value is none that this version knows.
    pub async fn at(connection: &mut Connection, leaf: i64) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* redactions::at */ SELECT e.recorded_at_us, e.agency_no, b.recorded_at_us, b.statement \
             FROM event e {join} redaction r \
             ON r.first_leaf = (SELECT max(first_leaf) FROM redaction WHERE first_leaf <= $1) \
             {join} event b ON b.leaf_index = r.by_leaf \
             WHERE e.leaf_index = $1 AND e.salt IS NULL AND r.first_leaf + r.leaf_count > $1";
        let row: Option<(i64, i64, i64, Vec<u8>)> =
            query_as(SQL).bind(leaf).fetch_optional(connection).await?;
        let Some((recorded_at_us, agency, redacted_at_us, statement)) = row else { return Ok(None) };
        let unreadable = |_| StoreError::Value { column: "event.statement" };
        let basis = RedactionStatement::decode(&statement).map_err(unreadable)?.basis;
        Ok(Some(Self { recorded_at_us, agency: AgencyNo(agency), redacted_at_us, basis }))
    }
}

impl Tx<'_> {
    /// Removes salt, statement and decision of an event; the two digests that its leaf has stay.
    ///
    /// # Errors
    /// If the engine fails, or the event is not readable any more.
    pub async fn redact(
        &mut self,
        leaf_index: i64,
        statement: &Digest,
        decision: &Digest,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* redactions::redact */ UPDATE event SET salt = NULL, statement = NULL, decision = NULL, \
                           digests = $2 WHERE leaf_index = $1 AND salt IS NOT NULL";
        let query = query(SQL).bind(leaf_index).bind([*statement, *decision].concat());
        expect_rows("redactions::redact", query.execute(self.writing()).await?, 1)
    }

    /// Notes by which leaf these ranges of leaves (first and count) were redacted.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn note_redaction(&mut self, by_leaf: i64, ranges: &[(i64, i64)]) -> Result<(), StoreError> {
        let ranges: Vec<_> =
            ranges.iter().map(|(first, count)| Range { first: *first, count: *count, by_leaf }).collect();
        insert(self.writing(), &ranges).await
    }

    /// Empties the verdicts of those commands of these leaves that have no readable leaf left.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn retire_commands(&mut self, leaves: impl IntoIterator<Item = i64>) -> Result<(), StoreError> {
        const SQL: &str = "/* redactions::retire_commands */ UPDATE command SET verdict = $2 \
             WHERE leaf_count > 0 AND first_leaf IN (SELECT \
             (SELECT max(c.first_leaf) FROM command c WHERE c.first_leaf <= j.value AND c.leaf_count > 0) \
             FROM {integers $1}) AND NOT EXISTS (SELECT 1 FROM event e WHERE e.salt IS NOT NULL \
             AND e.leaf_index >= command.first_leaf AND e.leaf_index < command.first_leaf + command.leaf_count)";
        let query = query(SQL).bind_all(leaves).bind(&[][..] as &[u8]);
        query.execute(self.writing()).await?;
        Ok(())
    }

    /// Removes what a closed case says but for whose it is and of which kind.
    ///
    /// # Errors
    /// If the engine fails, or the case is open.
    pub async fn redact_case(&mut self, case: CaseNo) -> Result<(), StoreError> {
        const SQL: &str = "/* redactions::redact_case */ UPDATE case_file SET number = $2, unit = '', review_on = '', \
             delete_on = '', prosecutor_reference = '', reference_key = '' WHERE case_no = $1 AND closed = 1";
        let query = query(SQL).bind(case.0).bind(format!("{REDACTED_NUMBER}{:x}", case.0));
        expect_rows("redactions::redact_case", query.execute(self.writing()).await?, 1)
    }
}

impl Tx<'_> {
    /// Makes the indices of the cases anew: their pages may still have copies of numbers that are gone, from when they were
    /// divided to make room. On a server they go when it clears up, see docs/hub.md; there the indices are their owner's, who
    /// need not be the hub.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn tidy_cases(&mut self) -> Result<(), StoreError> {
        if self.connection.engine() == Engine::Postgres {
            return Ok(());
        }
        query("/* redactions::tidy_cases */ REINDEX case_file").execute(self.writing()).await?;
        Ok(())
    }
}

/// What the number of a redacted case begins with: a control character, which no agency's number has. Each still has one of
/// its own.
pub(super) const REDACTED_NUMBER: char = '\u{1}';
