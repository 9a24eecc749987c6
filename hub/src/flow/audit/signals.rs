//! What looks like misuse of the right to ask, and who has looked at it.

use super::{ENTRIES, Failure};
use crate::store::{AgencyRow, Connection, SignalRow};

/// A signal, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalEntry {
    /// The signal.
    pub raised: SignalRow,
    /// Whose questions.
    pub agency: String,
}

/// The newest signals: those that nobody has looked at first.
///
/// # Errors
/// If the database fails.
pub async fn read_signals(connection: &mut Connection) -> Result<Vec<SignalEntry>, Failure> {
    let most = i64::try_from(ENTRIES).expect("a small number");
    let mut rows = SignalRow::newest(connection, false, most).await?;
    let all = SignalRow::newest(connection, true, most).await?;
    rows.extend(all.into_iter().filter(|row| !row.seen_by.is_empty()));
    let agencies = AgencyRow::all(connection).await?;
    let entry = |raised: SignalRow| {
        let agency = agencies.iter().find(|one| one.agency.no == raised.agency);
        SignalEntry { agency: agency.map(|one| one.card.agency_id.clone()).unwrap_or_default(), raised }
    };
    Ok(rows.into_iter().map(entry).collect())
}
