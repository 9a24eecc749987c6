//! Agencies: registered, suspended, resumed; never removed, the ledger names them.

use meldeverbund_domain::{Agency, AgencyNo, AgencyState, TargetNo};
use meldeverbund_proto::{
    AgencyId,
    v1::{AgencyCard, AgencyKind},
};

use super::{
    StoreError, Tx,
    engine::{Connection, FromRow, Row, query, query_as, query_scalar},
    rows::expect_rows,
};

/// A registered agency with its card.
#[derive(Debug, Clone, PartialEq)]
pub struct AgencyRow {
    /// What the rules see of it.
    pub agency: Agency,
    /// What others see of it.
    pub card: AgencyCard,
    /// When it was registered, microseconds since 1970 UTC.
    pub registered_at_us: i64,
    /// The newest row of its feed.
    pub feed_sequence: i64,
    /// When it was suspended, microseconds since 1970 UTC; none: it is not.
    pub suspended_at_us: Option<i64>,
    /// Up to which target what it owns was given away since; none: all of it, or nothing is.
    pub given_away_to: Option<TargetNo>,
}

const COLUMNS: &str = "agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence, \
                       suspended_at_us, given_away_to";

impl FromRow for AgencyRow {
    fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
        let agency_id: String = row.try_get("agency_id")?;
        let id: AgencyId = agency_id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let kind: i32 = row.try_get("kind")?;
        let suspended: bool = row.try_get("suspended")?;
        let state = if suspended { AgencyState::Suspended } else { AgencyState::Active };
        let known = AgencyKind::try_from(kind).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(Self {
            agency: Agency { no: AgencyNo(row.try_get("agency_no")?), id, kind: known, state },
            card: AgencyCard {
                agency_id,
                name: row.try_get("name")?,
                contact: row.try_get("contact")?,
                kind,
            },
            registered_at_us: row.try_get("registered_at_us")?,
            feed_sequence: row.try_get("feed_sequence")?,
            suspended_at_us: row.try_get("suspended_at_us")?,
            given_away_to: row.try_get::<Option<i64>>("given_away_to")?.map(TargetNo),
        })
    }
}

impl AgencyRow {
    /// The agency with this id.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn by_id(connection: &mut Connection, id: &AgencyId) -> Result<Option<Self>, StoreError> {
        let sql = format!("/* agencies::by_id */ SELECT {COLUMNS} FROM agency WHERE agency_id = $1");
        let row = query(sql).bind(id.as_str()).fetch_optional(connection).await?;
        Ok(row.as_ref().map(Self::from_row).transpose()?)
    }

    /// All agencies, in the order in which they were registered.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn all(connection: &mut Connection) -> Result<Vec<Self>, StoreError> {
        let sql = format!("/* agencies::all */ SELECT {COLUMNS} FROM agency ORDER BY agency_no");
        query_as(sql).fetch_all(connection).await
    }

    /// The newest sequence of an agency's feed.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn feed_sequence(connection: &mut Connection, agency: AgencyNo) -> Result<i64, StoreError> {
        const SQL: &str =
            "/* agencies::feed_sequence */ SELECT feed_sequence FROM agency WHERE agency_no = $1";
        query_scalar(SQL).bind(agency.0).fetch_one(connection).await
    }
}

impl Tx<'_> {
    /// Registers an agency.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn add_agency(&mut self, card: &AgencyCard) -> Result<AgencyNo, StoreError> {
        const SQL: &str = "/* agencies::add */ INSERT INTO agency \
             (agency_no, agency_id, name, contact, kind, suspended, registered_at_us, feed_sequence) \
             SELECT coalesce(max(agency_no), 0) + 1, $1, $2, $3, $4, 0, $5, 0 FROM agency RETURNING agency_no";
        let now_us = self.now_us();
        let query = query_scalar(SQL).bind(&card.agency_id).bind(&card.name).bind(&card.contact);
        let no = query.bind(card.kind).bind(now_us).fetch_one(self.writing()).await?;
        Ok(AgencyNo(no))
    }

    /// Suspends or resumes an agency. What a suspended one owns is given away from the first target on.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_agency_state(&mut self, agency: AgencyNo, state: AgencyState) -> Result<(), StoreError> {
        const SQL: &str = "/* agencies::put_state */ UPDATE agency \
             SET suspended = $2, suspended_at_us = $3, given_away_to = $4 WHERE agency_no = $1";
        let suspended = state == AgencyState::Suspended;
        let query = query(SQL).bind(agency.0).bind(suspended);
        let query = query.bind(suspended.then_some(self.now_us())).bind(suspended.then_some(0));
        expect_rows("agencies::put_state", query.execute(self.writing()).await?, 1)
    }

    /// Notes up to which target what a suspended agency owns was given away; none: all of it.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_given_away(
        &mut self,
        agency: AgencyNo,
        up_to: Option<TargetNo>,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "/* agencies::put_given_away */ UPDATE agency SET given_away_to = $2 WHERE agency_no = $1";
        let query = query(SQL).bind(agency.0).bind(up_to.map(|no| no.0));
        expect_rows("agencies::put_given_away", query.execute(self.writing()).await?, 1)
    }
}
