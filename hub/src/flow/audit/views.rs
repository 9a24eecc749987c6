//! What people at the console saw.

use super::{Failure, Gathered, Hub, LogPage, Place, Reader, Sought};
use crate::store::PageViewRow;

/// A view, as the log shows it.
pub type ViewEntry = PageViewRow;

/// A page of views; that it is read is noted first.
///
/// # Errors
/// If reader or reason are missing, or the database fails.
pub async fn read_views(hub: &Hub, reader: &Reader, sought: &Sought) -> Result<LogPage<ViewEntry>, Failure> {
    reader.check()?;
    let (mut connection, mut gathered) = (hub.reader().await?, Gathered::new());
    let (from_us, mut place) = sought.span();
    loop {
        let rows = PageViewRow::before(&mut connection, from_us, (place.0, place.1), super::CHUNK).await?;
        place = rows.last().map_or(place, |row| Place(row.at_us, row.no));
        let is_sought = |row: &PageViewRow| {
            sought.agency.as_ref().is_none_or(|agency| agency.as_str() == row.agency_id)
                && sought.officer.as_ref().is_none_or(|officer| *officer == row.officer)
                && sought.target.is_none_or(|target| row.shown.contains(&target))
        };
        let rows = rows.into_iter().map(|row| (Place(row.at_us, row.no), is_sought(&row).then_some(row)));
        if !gathered.take(rows.collect()) {
            break;
        }
    }
    drop(connection);
    reader.note(hub, sought.words("views"), gathered.page.entries.len()).await?;
    Ok(gathered.page)
}
