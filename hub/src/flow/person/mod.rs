//! The person behind a command, beside the agency that the certificate names.

mod act;
mod log;

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::v1::Refusal;

pub use self::{
    act::{Act, ActError},
    log::{ActEntry, SoughtActs, read_acts},
};
use super::{Failure, liaison::Officer};
use crate::store::{Connection, PersonActRow, StoreError, Tx};

/// Who stands behind a command, by the word of a verified token or of a session that one opened; or why it is not taken without
/// one, or not with this one.
///
/// A command that is known already is answered again before this is asked: what was carried out stays so, whoever asks again.
#[derive(Debug, Clone)]
pub struct Person(Result<Option<Officer>, Refusal>);

impl Person {
    /// A machine hands it in, and may.
    pub fn none() -> Self {
        Self(Ok(None))
    }

    /// This officer, in a role that may.
    pub fn known(officer: Officer) -> Self {
        Self(Ok(Some(officer)))
    }

    /// Nobody who may.
    pub fn refused(refusal: Refusal) -> Self {
        Self(Err(refusal))
    }

    /// Whom the command would be carried out for, or why not.
    #[cfg(test)]
    pub(crate) fn shown(&self) -> Result<Option<&Officer>, &Refusal> {
        self.0.as_ref().map(Option::as_ref)
    }

    /// Says whether the command may be carried out as far as the person goes.
    ///
    /// # Errors
    /// Why not.
    pub(in crate::flow) fn stand(&self) -> Result<(), Refusal> {
        match &self.0 {
            Ok(_) => Ok(()),
            Err(refusal) => Err(refusal.clone()),
        }
    }

    /// Whether this person is the one who is noted behind a leaf. Of whom nothing is known, nothing is said.
    ///
    /// # Errors
    /// If the engine fails.
    pub(in crate::flow) async fn stood_behind(
        &self,
        connection: &mut Connection,
        leaf: i64,
    ) -> Result<bool, StoreError> {
        let Ok(Some(officer)) = &self.0 else { return Ok(false) };
        let noted = PersonActRow::at(connection, leaf).await?;
        Ok(noted.is_some_and(|row| row.issuer == officer.issuer && row.officer == officer.subject))
    }

    /// Notes who stands behind a leaf, if that is known.
    ///
    /// # Errors
    /// If the engine fails.
    pub(in crate::flow) async fn note(
        &self,
        tx: &mut Tx<'_>,
        agency: AgencyNo,
        leaf: i64,
        act: Act,
    ) -> Result<(), Failure> {
        let Ok(Some(Officer { issuer, subject })) = self.0.clone() else { return Ok(()) };
        let (recorded_at_us, act) = (tx.now_us(), act.to_string());
        let row = PersonActRow { leaf, recorded_at_us, agency, issuer, officer: subject, act };
        Ok(tx.note_person(&row).await?)
    }
}
