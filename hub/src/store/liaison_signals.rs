//! What looks like misuse of liaison's questions.

use meldeverbund_domain::{
    AgencyNo,
    liaison::{Day, Signal},
};
use meldeverbund_proto::statement::QueryMode;

use super::{
    StoreError, Tx,
    engine::{Connection, query, query_as, query_scalar},
    rows::expect_rows,
};

/// A signal: of an agency, one of each kind a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalRow {
    /// Whose questions.
    pub agency: AgencyNo,
    /// What.
    pub signal: Signal,
    /// Which day, counted since 1970 (UTC).
    pub day: i64,
    /// When it was seen first, microseconds since 1970 UTC.
    pub at_us: i64,
    /// Figures, for people.
    pub detail: String,
    /// Who has looked at it; empty: nobody.
    pub seen_by: String,
}

impl SignalRow {
    /// The newest signals, at most so many; those that nobody has looked at, or all.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn newest(connection: &mut Connection, all: bool, most: i64) -> Result<Vec<Self>, StoreError> {
        const SQL: &str = "/* liaison_signals::newest */ SELECT agency_no, kind, day, at_us, detail, seen_by FROM liaison_signal \
                           WHERE seen_by = '' OR $1 = 1 ORDER BY day DESC, agency_no, kind LIMIT $2";
        let rows: Vec<(i64, i64, i64, i64, String, String)> =
            query_as(SQL).bind(all).bind(most).fetch_all(connection).await?;
        let read = |(agency, kind, day, at_us, detail, seen_by)| {
            let signal = Signal::from_number(kind);
            let signal = signal.ok_or(StoreError::Value { column: "liaison_signal.kind" })?;
            Ok(Self { agency: AgencyNo(agency), signal, day, at_us, detail, seen_by })
        };
        rows.into_iter().map(read).collect()
    }

    /// Whether there is such a signal, looked at or not.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn is_raised(
        connection: &mut Connection,
        agency: AgencyNo,
        signal: Signal,
        day: i64,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "/* liaison_signals::is_raised */ SELECT count(*) FROM liaison_signal \
                           WHERE agency_no = $1 AND kind = $2 AND day = $3";
        let raised: i64 =
            query_scalar(SQL).bind(agency.0).bind(signal as i64).bind(day).fetch_one(connection).await?;
        Ok(raised == 1)
    }

    /// Whether there is such a signal, and nobody has looked at it.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn is_unseen(
        connection: &mut Connection,
        agency: AgencyNo,
        signal: Signal,
        day: i64,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "/* liaison_signals::is_unseen */ SELECT count(*) FROM liaison_signal \
                           WHERE agency_no = $1 AND kind = $2 AND day = $3 AND seen_by = ''";
        let query = query_scalar(SQL).bind(agency.0).bind(signal as i64).bind(day);
        let unseen: i64 = query.fetch_one(connection).await?;
        Ok(unseen == 1)
    }
}

impl Tx<'_> {
    /// What the agency asked from this time on, and before that one.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn asked_between(
        &mut self,
        agency: AgencyNo,
        from_us: i64,
        until_us: i64,
    ) -> Result<Day, StoreError> {
        const SQL: &str = "/* liaison_signals::asked_between */ SELECT \
             coalesce(CAST(sum(CASE WHEN q.mode = $4 THEN 0 ELSE q.selectors END) AS BIGINT), 0), \
             coalesce(CAST(sum(CASE WHEN q.mode = $4 THEN q.selectors ELSE 0 END) AS BIGINT), 0), \
             count(DISTINCT q.case_number) FROM liaison_query q \
             WHERE q.recorded_at_us >= $2 AND q.recorded_at_us < $3 AND q.agency_no = $1";
        let query = query_as(SQL).bind(agency.0).bind(from_us).bind(until_us).bind(QueryMode::Blind as i64);
        let (open, blind, cases): (i64, i64, i64) = query.fetch_one(self.reading()).await?;
        Ok(Day { open, blind, cases })
    }

    /// Raises a signal; one that stands already stays as it is.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn raise(
        &mut self,
        agency: AgencyNo,
        signal: Signal,
        day: i64,
        detail: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* liaison_signals::raise */ INSERT INTO liaison_signal (agency_no, kind, day, at_us, detail, seen_by) \
                           VALUES ($1, $2, $3, $4, $5, '') ON CONFLICT DO NOTHING";
        let now_us = self.now_us();
        let query = query(SQL).bind(agency.0).bind(signal as i64).bind(day).bind(now_us).bind(detail);
        query.execute(self.writing()).await?;
        Ok(())
    }

    /// Notes that somebody has looked at a signal.
    ///
    /// # Errors
    /// If the engine fails, or there is none that nobody has looked at.
    pub async fn look_at(
        &mut self,
        agency: AgencyNo,
        signal: Signal,
        day: i64,
        by: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "/* liaison_signals::look_at */ UPDATE liaison_signal SET seen_by = $4 \
                           WHERE agency_no = $1 AND kind = $2 AND day = $3 AND seen_by = ''";
        let query = query(SQL).bind(agency.0).bind(signal as i64).bind(day).bind(by);
        expect_rows("liaison_signals::look_at", query.execute(self.writing()).await?, 1)
    }
}
