//! Proceedings: cases with a prosecutor's reference, found by it.

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo};
use meldeverbund_proto::v1::Case;

use super::{
    StoreError,
    engine::{Connection, Row, query, query_scalar},
};

/// A proceeding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProceedingRow {
    /// Its number in the store.
    pub(crate) no: CaseNo,
    /// Whose case it is.
    pub(crate) agency: AgencyNo,
    /// What it says.
    pub(crate) case: Case,
    /// By what it is found.
    pub(crate) key: String,
    /// True: it is closed.
    pub(crate) is_closed: bool,
}

/// The proceeding with this number; none: there is none, or it is no proceeding that a reference finds.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn proceeding_at(
    connection: &mut Connection,
    case: CaseNo,
) -> Result<Option<ProceedingRow>, StoreError> {
    const SQL: &str = "/* proceedings::at */ SELECT case_no, agency_no, number, unit, kind, review_on, delete_on, \
                       prosecutor_reference, reference_key, closed FROM case_file \
                       WHERE case_no = $1 AND reference_key <> ''";
    let row = query(SQL).bind(case.0).fetch_optional(connection).await?;
    Ok(row.as_ref().map(read).transpose()?)
}

/// An agency's proceedings by their references, and of one reference by their numbers: behind this one and before that
/// reference, at most so many.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn proceedings_between(
    connection: &mut Connection,
    agency: AgencyNo,
    behind: (&str, CaseNo),
    before: &str,
    most: i64,
) -> Result<Vec<CaseNo>, StoreError> {
    const SQL: &str = "/* proceedings::between */ SELECT case_no FROM case_file WHERE agency_no = $1 \
                       AND reference_key <> '' AND (reference_key, case_no) > ($2, $3) AND reference_key < $4 \
                       ORDER BY reference_key, case_no LIMIT $5";
    let query = query_scalar(SQL).bind(agency.0).bind(behind.0).bind(behind.1.0).bind(before).bind(most);
    let numbers: Vec<i64> = query.fetch_all(connection).await?;
    Ok(numbers.into_iter().map(CaseNo).collect())
}

/// Those of these targets to which the agency's case is bound.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn bound_to_case(
    connection: &mut Connection,
    agency: AgencyNo,
    case: CaseNo,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<TargetNo>, StoreError> {
    const SQL: &str = "/* proceedings::bound */ SELECT b.target_no FROM {integers $1} {join} binding b \
                       ON b.target_no = j.value AND b.agency_no = $2 AND b.case_no = $3";
    let numbers = targets.into_iter().map(|no| no.0);
    let query = query_scalar(SQL).bind_all(numbers).bind(agency.0).bind(case.0);
    let numbers: Vec<i64> = query.fetch_all(connection).await?;
    Ok(numbers.into_iter().map(TargetNo).collect())
}

fn read(row: &Row) -> Result<ProceedingRow, sqlx::Error> {
    let case = Case {
        number: row.try_get("number")?,
        unit: row.try_get("unit")?,
        kind: row.try_get("kind")?,
        review_on: row.try_get("review_on")?,
        delete_on: row.try_get("delete_on")?,
        prosecutor_reference: row.try_get("prosecutor_reference")?,
    };
    Ok(ProceedingRow {
        no: CaseNo(row.try_get("case_no")?),
        agency: AgencyNo(row.try_get("agency_no")?),
        case,
        key: row.try_get("reference_key")?,
        is_closed: row.try_get("closed")?,
    })
}
