//! Totals for `status`, metrics and tests.

use meldeverbund_proto::v1::Stage;

use super::{
    StoreError,
    engine::{Connection, query_as},
};

/// How much the hub holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Registered agencies.
    pub agencies: i64,
    /// Cases.
    pub cases: i64,
    /// Targets.
    pub targets: i64,
    /// Targets whose owner is not a registered agency: always 0 (I1).
    pub ownerless: i64,
    /// Bindings.
    pub bindings: i64,
    /// Leaves of the ledger.
    pub leaves: i64,
}

/// What liaison bodies wait for, and what nobody has looked at: for the central office to see to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LiaisonCounts {
    /// Announcements that nobody has answered.
    pub announcements_waiting: i64,
    /// Disclosures that are not answered and whose time has passed.
    pub disclosures_overdue: i64,
    /// Disclosures that are not answered and that the central office was told of.
    pub disclosures_escalated: i64,
    /// Signals of misuse that nobody has looked at.
    pub signals_unseen: i64,
}

impl LiaisonCounts {
    /// Counts, as of this time (microseconds since 1970 UTC); reads what waits alone.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn read(connection: &mut Connection, now_us: i64) -> Result<Self, StoreError> {
        const SQL: &str = "/* counts::liaison */ SELECT \
             (SELECT count(*) FROM announcement WHERE answered_at_us = 0) AS waiting, \
             (SELECT count(*) FROM disclosure WHERE answered_at_us = 0 AND due_us <= $1) AS overdue, \
             (SELECT count(*) FROM disclosure WHERE answered_at_us = 0 AND escalated = 1) AS escalated, \
             (SELECT count(*) FROM liaison_signal WHERE seen_by = '') AS unseen";
        let (announcements_waiting, disclosures_overdue, disclosures_escalated, signals_unseen) =
            query_as(SQL).bind(now_us).fetch_one(connection).await?;
        Ok(Self { announcements_waiting, disclosures_overdue, disclosures_escalated, signals_unseen })
    }

    /// Whether nothing waits.
    pub fn is_quiet(&self) -> bool {
        let Self { announcements_waiting, disclosures_overdue, disclosures_escalated, signals_unseen } =
            *self;
        [announcements_waiting, disclosures_overdue, disclosures_escalated, signals_unseen] == [0; 4]
    }
}

impl Counts {
    /// Counts everything; reads whole tables.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn read(connection: &mut Connection) -> Result<Self, StoreError> {
        const SQL: &str = "/* counts::read */ SELECT \
             (SELECT count(*) FROM agency) AS agencies, (SELECT count(*) FROM case_file) AS cases, \
             (SELECT count(*) FROM target) AS targets, \
             (SELECT count(*) FROM target t WHERE NOT EXISTS \
                 (SELECT 1 FROM agency a WHERE a.agency_no = t.owner_no)) AS ownerless, \
             (SELECT count(*) FROM binding) AS bindings, (SELECT count(*) FROM event) AS leaves";
        let (agencies, cases, targets, ownerless, bindings, leaves) =
            query_as(SQL).fetch_one(connection).await?;
        Ok(Self { agencies, cases, targets, ownerless, bindings, leaves })
    }

    /// How many targets' newest rounds stand at each stage; reads the whole table.
    ///
    /// # Errors
    /// If the engine fails, or a stage is none that this version knows.
    pub async fn targets_by_stage(connection: &mut Connection) -> Result<Vec<(Stage, i64)>, StoreError> {
        const SQL: &str =
            "/* counts::targets_by_stage */ SELECT stage, count(*) FROM target GROUP BY stage ORDER BY stage";
        let rows: Vec<(i32, i64)> = query_as(SQL).fetch_all(connection).await?;
        let known = rows.into_iter().map(|(stage, count)| Ok((Stage::try_from(stage)?, count)));
        known
            .collect::<Result<_, _>>()
            .map_err(|_: prost::UnknownEnumValue| StoreError::Value { column: "target.stage" })
    }

    /// How many targets each agency owns.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn targets_by_owner(connection: &mut Connection) -> Result<Vec<(String, i64)>, StoreError> {
        const SQL: &str = "/* counts::targets_by_owner */ SELECT a.agency_id, count(t.target_no) FROM agency a \
             LEFT JOIN target t ON t.owner_no = a.agency_no GROUP BY a.agency_id ORDER BY a.agency_id";
        query_as(SQL).fetch_all(connection).await
    }
}
