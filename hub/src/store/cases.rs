//! Cases, each the file of one agency.

use meldeverbund_domain::{AgencyNo, CaseFacts, CaseNo, CaseState};
use meldeverbund_proto::{
    text::single_spaced,
    v1::{Case, CaseKind},
};

use super::{
    StoreError, Tx,
    engine::{Connection, Row, query, query_scalar},
    redactions::REDACTED_NUMBER,
    rows::expect_rows,
};

/// A case's number as its agency writes it; none: it is redacted.
///
/// # Errors
/// If the engine fails, or there is no such case.
pub(crate) async fn number(connection: &mut Connection, case: CaseNo) -> Result<Option<String>, StoreError> {
    const SQL: &str = "/* cases::number */ SELECT number FROM case_file WHERE case_no = $1";
    let number: String = query_scalar(SQL).bind(case.0).fetch_one(connection).await?;
    Ok((!number.starts_with(REDACTED_NUMBER)).then_some(number))
}

/// The agency's case of this number; none: it has none.
///
/// # Errors
/// If the engine fails.
#[cfg(any(feature = "console", test))]
pub(crate) async fn case_of_number(
    connection: &mut Connection,
    agency: AgencyNo,
    number: &str,
) -> Result<Option<CaseNo>, StoreError> {
    const SQL: &str =
        "/* cases::of_number */ SELECT case_no FROM case_file WHERE agency_no = $1 AND number = $2";
    let found: Option<i64> = query_scalar(SQL).bind(agency.0).bind(number).fetch_optional(connection).await?;
    Ok(found.map(CaseNo))
}

/// The agency's case of this number, and what the rules see of it.
pub(super) async fn by_number(
    connection: &mut Connection,
    agency: AgencyNo,
    number: &str,
) -> Result<Option<(CaseFacts, Case)>, StoreError> {
    const SQL: &str = "/* cases::by_number */ SELECT case_no, number, unit, kind, review_on, delete_on, \
                       prosecutor_reference, closed FROM case_file WHERE agency_no = $1 AND number = $2";
    let row = query(SQL).bind(agency.0).bind(number).fetch_optional(connection).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

impl Tx<'_> {
    /// Opens a case.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn open_case(&mut self, agency: AgencyNo, case: &Case) -> Result<CaseNo, StoreError> {
        const SQL: &str = "/* cases::open */ INSERT INTO case_file (case_no, agency_no, number, unit, kind, review_on, \
                           delete_on, prosecutor_reference, reference_key, closed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)";
        let no = self.take_case_no();
        let query = query(SQL).bind(no.0).bind(agency.0).bind(&case.number).bind(&case.unit).bind(case.kind);
        let query = query.bind(&case.review_on).bind(&case.delete_on).bind(&case.prosecutor_reference);
        let query = query.bind(reference_key(case));
        expect_rows("cases::open", query.execute(self.writing()).await?, 1)?;
        Ok(no)
    }

    /// Closes a case.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn close_case(&mut self, case: CaseNo) -> Result<(), StoreError> {
        const SQL: &str = "/* cases::close */ UPDATE case_file SET closed = 1, closed_at_us = $2 \
                           WHERE case_no = $1 AND closed = 0";
        let now_us = self.now_us();
        let done = query(SQL).bind(case.0).bind(now_us).execute(self.writing()).await?;
        expect_rows("cases::close", done, 1)
    }
}

/// By what a case is found as a proceeding; empty: it is none, or has no reference.
fn reference_key(case: &Case) -> String {
    match case.kind() {
        CaseKind::Proceedings => single_spaced(&case.prosecutor_reference),
        _ => String::new(),
    }
}

fn read(row: &Row) -> Result<(CaseFacts, Case), sqlx::Error> {
    let state = if row.try_get("closed")? { CaseState::Closed } else { CaseState::Open };
    let case = Case {
        number: row.try_get("number")?,
        unit: row.try_get("unit")?,
        kind: row.try_get("kind")?,
        review_on: row.try_get("review_on")?,
        delete_on: row.try_get("delete_on")?,
        prosecutor_reference: row.try_get("prosecutor_reference")?,
    };
    Ok((CaseFacts { no: CaseNo(row.try_get("case_no")?), state }, case))
}
