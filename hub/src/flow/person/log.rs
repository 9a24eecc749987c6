//! Who decided, for data protection: whoever reads says who they are and why, and that is noted before anything is shown.

use meldeverbund_domain::AgencyNo;

use crate::{
    flow::{Failure, Hub, LogReader},
    store::PersonActRow,
};

/// Rows that are read together while the log is searched.
const PAGE: i64 = 500;

/// An entry of the log.
pub type ActEntry = PersonActRow;

/// What is sought; what is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct SoughtActs {
    /// Whose officers.
    pub agency: Option<AgencyNo>,
    /// Which officer, by the token's subject.
    pub officer: Option<String>,
    /// From when, microseconds since 1970 UTC.
    pub from_us: Option<i64>,
    /// Until when.
    pub until_us: Option<i64>,
    /// At most so many.
    pub most: usize,
}

/// Who decided, in the ledger's order; that it is read is noted first.
///
/// # Errors
/// If reader or reason are missing, or the database fails.
pub async fn read_acts(hub: &Hub, reader: &LogReader, sought: &SoughtActs) -> Result<Vec<ActEntry>, Failure> {
    reader.check()?;
    let span = (sought.from_us.unwrap_or(i64::MIN), sought.until_us.unwrap_or(i64::MAX));
    let (mut connection, mut found, mut after) = (hub.reader().await?, Vec::new(), (i64::MIN, -1));
    while found.len() < sought.most {
        let rows = PersonActRow::between(&mut connection, span, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = (last.recorded_at_us, last.leaf);
        found.extend(rows.into_iter().filter(|row| sought.is_meant(row)));
    }
    drop(connection);
    found.truncate(sought.most);
    reader.note(hub, sought.words(), found.len()).await?;
    Ok(found)
}

impl SoughtActs {
    fn is_meant(&self, row: &PersonActRow) -> bool {
        self.agency.is_none_or(|agency| agency == row.agency)
            && self.officer.as_ref().is_none_or(|officer| *officer == row.officer)
    }

    /// What is sought, as it is noted.
    fn words(&self) -> String {
        let mut words = vec!["who decided".to_owned()];
        words.extend(self.agency.map(|agency| format!("agency {}", agency.0)));
        words.extend(self.officer.as_ref().map(|officer| format!("officer {officer}")));
        words.extend(self.from_us.map(|us| format!("from {us} µs")));
        words.extend(self.until_us.map(|us| format!("until {us} µs")));
        words.join(", ")
    }
}
