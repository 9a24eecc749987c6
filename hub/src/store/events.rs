//! The ledger's leaves: appended in the transaction that decided, in one order.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::leaf::{Digest, Kind, Leaf, Salt, decision_digest};

use super::{
    StoreError, Tx,
    engine::{Connection, Row, Values, query},
    rows::{NewRow, insert},
};

/// An event that is to be appended. Its statement's digest is made before the lock is taken.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// What kind of event.
    pub kind: Kind,
    /// Whose statement it is.
    pub agency: AgencyNo,
    /// The salt that blinds it.
    pub salt: Salt,
    /// What was said, in canonical encoding.
    pub statement: &'a [u8],
    /// Its salted digest.
    pub statement_digest: Digest,
    /// What was decided, in canonical encoding.
    pub decision: Vec<u8>,
}

/// A stored event, as long as it is not redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the ledger.
    pub leaf_index: i64,
    /// What kind of event.
    pub kind: Kind,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose statement it is; 0: the hub's own.
    pub agency: AgencyNo,
    /// The salt.
    pub salt: Salt,
    /// What was said.
    pub statement: Vec<u8>,
    /// What was decided.
    pub decision: Vec<u8>,
}

struct Stored<'a> {
    event: &'a NewEvent<'a>,
    leaf_index: i64,
    leaf_hash: Digest,
    now_us: i64,
}

impl NewRow for Stored<'_> {
    const INTO: &'static str =
        "event (leaf_index, kind, recorded_at_us, agency_no, leaf_hash, salt, statement, decision)";
    const COLUMNS: usize = 8;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let NewEvent { kind, agency, salt, statement, decision, .. } = self.event;
        values.add(self.leaf_index).add(i64::from(*kind as u16)).add(self.now_us).add(agency.0);
        values.add(&self.leaf_hash[..]).add(&salt.as_bytes()[..]).add(*statement).add(&decision[..]);
    }
}

impl Tx<'_> {
    /// Appends events in their order and gives the index of the first.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn append(&mut self, events: &[NewEvent<'_>]) -> Result<i64, StoreError> {
        let (first, now_us) = (self.next_leaf(), self.now_us());
        let mut rows = Vec::with_capacity(events.len());
        for (leaf_index, event) in (first..).zip(events) {
            let leaf = leaf(event, now_us);
            let leaf_hash = leaf.hash();
            self.add_leaf(leaf_hash, leaf.decision);
            rows.push(Stored { event, leaf_index, leaf_hash, now_us });
        }
        insert(self.adding(), &rows).await?;
        Ok(first)
    }
}

fn leaf(event: &NewEvent<'_>, now_us: i64) -> Leaf {
    Leaf {
        kind: event.kind,
        time_us: now_us.cast_unsigned(),
        statement: event.statement_digest,
        decision: decision_digest(&event.salt, &event.decision),
    }
}

impl EventRow {
    /// The events from an index on that are still readable.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn range(connection: &mut Connection, first: i64, count: i64) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* events::range */ SELECT leaf_index, kind, recorded_at_us, agency_no, salt, statement, decision FROM event \
             WHERE leaf_index >= $1 AND leaf_index < $1 + $2 AND salt IS NOT NULL ORDER BY leaf_index";
        let rows = query(SQL).bind(first).bind(count).fetch_all(connection).await?;
        rows.iter().map(read).collect()
    }
}

/// Leaves of decisions on duplicates before one of them, the newest first, at most so many.
///
/// # Errors
/// If the engine fails.
#[cfg(any(feature = "console", test))]
pub(crate) async fn newest_on_duplicates(
    connection: &mut Connection,
    before: i64,
    most: i64,
) -> Result<Vec<i64>, StoreError> {
    const SQL: &str = "/* events::on_duplicates */ SELECT leaf_index FROM event \
                       WHERE kind = 24 AND leaf_index < $1 ORDER BY leaf_index DESC LIMIT $2";
    super::engine::query_scalar(SQL).bind(before).bind(most).fetch_all(connection).await
}

pub(super) fn read(row: &Row) -> Result<EventRow, StoreError> {
    let kind: i64 = row.try_get("kind")?;
    let salt: &[u8] = row.try_get("salt")?;
    let salt = Salt::from_slice(salt).ok_or(StoreError::Value { column: "event.salt" })?;
    Ok(EventRow {
        leaf_index: row.try_get("leaf_index")?,
        kind: u16::try_from(kind)
            .ok()
            .and_then(Kind::from_number)
            .ok_or(StoreError::Value { column: "event.kind" })?,
        recorded_at_us: row.try_get("recorded_at_us")?,
        agency: AgencyNo(row.try_get("agency_no")?),
        salt,
        statement: row.try_get("statement")?,
        decision: row.try_get("decision")?,
    })
}
