//! The feed of each agency: one row a batch, in a sequence that has no gap.

use std::collections::BTreeMap;

use meldeverbund_domain::AgencyNo;

use super::{
    StoreError, Tx,
    engine::{Connection, Row, query},
    rows::expect_rows,
};

/// What kind of news a row brings. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum FeedKind {
    /// A case of the agency was opened.
    CaseOpened = 1,
    /// A case of the agency was closed.
    CaseClosed = 2,
    /// Referrals of the agency were recorded; the body is the submission (16 bytes), the instance (16 bytes) and the
    /// case's number in the store (8 bytes).
    ReferralsRecorded = 3,
    /// Another agency joined targets of the agency; the body is that agency's number and the targets', 8 bytes each.
    TargetsJoined = 4,
    /// Something was decided on targets that concern the agency. The body: what (1 byte: the decision's place in the
    /// contract, 0 for a deadline), who (8 bytes), the decision's id (16 bytes, zero to others), the targets' numbers
    /// (8 bytes each).
    TargetsChanged = 5,
    /// A liaison body asked about targets that concern the agency. The body: how many of them were hits, then those, then the
    /// ones that are hidden from liaison (8 bytes each). The leaf is the question's.
    LiaisonAsked = 20,
    /// A disclosure has come or changed. The leaf is that it was asked for; no body.
    DisclosureChanged = 21,
    /// An announcement has come or was answered. The leaf is the announcement's; no body.
    AnnouncementChanged = 22,
}

/// News for an agency.
#[derive(Debug, Clone)]
pub struct NewFeedRow {
    /// Whom it concerns.
    pub agency: AgencyNo,
    /// What kind.
    pub kind: FeedKind,
    /// The first leaf that it is about.
    pub first_leaf: i64,
    /// How many leaves.
    pub leaf_count: i64,
    /// What the leaves do not say.
    pub body: Vec<u8>,
}

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// Its place in the agency's feed.
    pub sequence: i64,
    /// What kind.
    pub kind: FeedKind,
    /// When, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// The first leaf that it is about.
    pub first_leaf: i64,
    /// How many leaves.
    pub leaf_count: i64,
    /// What the leaves do not say.
    pub body: Vec<u8>,
}

impl Tx<'_> {
    /// Appends a row to the agency's feed.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn tell(&mut self, news: NewFeedRow) -> Result<(), StoreError> {
        const SQL: &str = "/* feed::tell */ INSERT INTO feed \
             (agency_no, sequence, kind, recorded_at_us, first_leaf, leaf_count, body) \
             SELECT agency_no, feed_sequence + $2, $3, $4, $5, $6, $7 FROM agency WHERE agency_no = $1";
        let NewFeedRow { agency, kind, first_leaf, leaf_count, body } = news;
        let row = self.note_told(agency);
        let query = query(SQL).bind(agency.0).bind(row).bind(kind as i32).bind(self.now_us());
        let query = query.bind(first_leaf).bind(leaf_count).bind(body);
        expect_rows("feed::tell", query.execute(self.adding()).await?, 1)
    }
}

/// Says where the agencies' feeds end: each so many rows further on than was said.
pub(super) async fn advance(
    connection: &mut Connection,
    told: &mut BTreeMap<AgencyNo, i64>,
) -> Result<(), StoreError> {
    const SQL: &str =
        "/* feed::advance */ UPDATE agency SET feed_sequence = feed_sequence + $2 WHERE agency_no = $1";
    for (agency, rows) in told.iter_mut().filter(|(_, rows)| **rows > 0) {
        let done = query(SQL).bind(agency.0).bind(std::mem::take(rows)).execute(connection).await?;
        expect_rows("feed::advance", done, 1)?;
    }
    Ok(())
}

impl FeedRow {
    /// The rows after a cursor, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn after(
        connection: &mut Connection,
        agency: AgencyNo,
        sequence: i64,
        most: i64,
    ) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* feed::after */ SELECT sequence, kind, recorded_at_us, first_leaf, leaf_count, body FROM feed \
                           WHERE agency_no = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
        let query = query(SQL).bind(agency.0).bind(sequence).bind(most);
        query.fetch_all(connection).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<FeedRow, StoreError> {
    let kind = match row.try_get("kind")? {
        1 => FeedKind::CaseOpened,
        2 => FeedKind::CaseClosed,
        3 => FeedKind::ReferralsRecorded,
        4 => FeedKind::TargetsJoined,
        5 => FeedKind::TargetsChanged,
        20 => FeedKind::LiaisonAsked,
        21 => FeedKind::DisclosureChanged,
        22 => FeedKind::AnnouncementChanged,
        _ => return Err(StoreError::Value { column: "feed.kind" }),
    };
    Ok(FeedRow {
        sequence: row.try_get("sequence")?,
        kind,
        recorded_at_us: row.try_get("recorded_at_us")?,
        first_leaf: row.try_get("first_leaf")?,
        leaf_count: row.try_get("leaf_count")?,
        body: row.try_get("body")?,
    })
}
