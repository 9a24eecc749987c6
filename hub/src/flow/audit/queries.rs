//! What liaison bodies asked: who, why, when and how many; never about what.

use super::{Failure, Gathered, Hub, LogPage, Place, Reader, Sought, number};
use crate::store::{AgencyRow, AskedRow};

/// A question, as the log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryEntry {
    /// The question.
    pub asked: AskedRow,
    /// Who asked.
    pub agency: String,
}

/// A page of questions; that it is read is noted first.
///
/// # Errors
/// If reader or reason are missing, the agency is none, or the database fails.
pub async fn read_queries(
    hub: &Hub,
    reader: &Reader,
    sought: &Sought,
) -> Result<LogPage<QueryEntry>, Failure> {
    reader.check()?;
    let (mut connection, mut gathered) = (hub.reader().await?, Gathered::new());
    let agencies = AgencyRow::all(&mut connection).await?;
    let agency = number(&agencies, sought.agency.as_ref())?;
    let (from_us, mut place) = sought.span();
    loop {
        let rows = AskedRow::before(&mut connection, from_us, (place.0, place.1), super::CHUNK).await?;
        place = rows.last().map_or(place, |row| Place(row.at_us, row.leaf));
        let is_sought = |row: &AskedRow| {
            agency.is_none_or(|agency| agency == row.agency)
                && sought.officer.as_ref().is_none_or(|officer| *officer == row.officer)
        };
        let rows = rows.into_iter().map(|row| {
            let at = Place(row.at_us, row.leaf);
            (at, is_sought(&row).then(|| entry(row, &agencies)))
        });
        if !gathered.take(rows.collect()) {
            break;
        }
    }
    drop(connection);
    reader.note(hub, sought.words("queries"), gathered.page.entries.len()).await?;
    Ok(gathered.page)
}

fn entry(asked: AskedRow, agencies: &[AgencyRow]) -> QueryEntry {
    let agency = agencies.iter().find(|one| one.agency.no == asked.agency);
    let agency = agency.map(|one| one.card.agency_id.clone()).unwrap_or_default();
    QueryEntry { asked, agency }
}
