//! Somebody of the central office has looked at a signal.

use meldeverbund_domain::liaison::Signal;
use meldeverbund_proto::{
    AgencyId,
    limits::REFERENCE_CHARS,
    v1::{Refusal, RefusalCode},
};

use crate::{
    flow::{Command, Failure, Lane, admit::caller, once::said},
    store::{SignalRow, Tx},
};

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
        said("officer", &self.officer, REFERENCE_CHARS)?;
        let agency = caller(tx, &self.agency).await?.agency.no;
        if !SignalRow::is_unseen(tx.reading(), agency, self.signal, self.day).await? {
            let reason = "there is no such signal that nobody has looked at";
            return Err(Refusal::of(RefusalCode::NothingToDo, reason).into());
        }
        Ok(tx.look_at(agency, self.signal, self.day, &self.officer).await?)
    }
}
