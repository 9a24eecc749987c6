//! Somebody of the central office has looked at a signal.

use meldeverbund_domain::liaison::Signal;
use meldeverbund_proto::{
    AgencyId,
    limits::REFERENCE_CHARS,
    text,
    v1::{Refusal, RefusalCode},
};

use crate::{
    flow::{Command, Failure, Lane, admit::caller},
    store::{SignalRow, Tx},
};

/// Signals that are looked through: one of each kind, agency and day.
const SIGNALS: i64 = 100_000;

/// Notes who has looked at a signal.
#[derive(Debug)]
pub struct LookAtSignal {
    /// Whose questions.
    pub agency: AgencyId,
    /// Which signal.
    pub signal: Signal,
    /// Which day, counted since 1970.
    pub day: i64,
    /// The person, as the central office names them.
    pub officer: String,
}

impl Command for LookAtSignal {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        if self.officer.trim().is_empty() {
            return Err(Refusal::missing("officer").into());
        }
        text::check(&self.officer, REFERENCE_CHARS).map_err(|error| error.at("officer"))?;
        let agency = caller(tx, &self.agency).await?.agency.no;
        let waiting = SignalRow::newest(tx.reading(), false, SIGNALS).await?;
        let is_meant = |row: &SignalRow| (row.agency, row.signal, row.day) == (agency, self.signal, self.day);
        if !waiting.iter().any(is_meant) {
            let reason = "there is no such signal that nobody has looked at";
            return Err(Refusal::of(RefusalCode::NothingToDo, reason).into());
        }
        Ok(tx.look_at(agency, self.signal, self.day, &self.officer).await?)
    }
}
