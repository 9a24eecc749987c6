//! Who has read the log.

use super::{ENTRIES, Failure, Hub, Reader};
use crate::store::ReadRow;

/// A reading, as the log shows it.
pub type ReadingEntry = ReadRow;

/// The newest readings; that they are read is noted first, and stands there the next time.
///
/// # Errors
/// If reader or reason are missing, or the database fails.
pub async fn read_readings(hub: &Hub, reader: &Reader) -> Result<Vec<ReadingEntry>, Failure> {
    reader.check()?;
    let most = i64::try_from(ENTRIES).expect("a small number");
    let rows = ReadRow::newest(&mut *hub.reader().await?, most).await?;
    reader.note(hub, "readings".to_owned(), rows.len()).await?;
    Ok(rows)
}
