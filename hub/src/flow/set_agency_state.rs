//! The central office suspends an agency, or lets it in again.

use meldeverbund_domain::AgencyState;
use meldeverbund_proto::{
    AgencyId,
    leaf::{Kind, Salt},
    limits::REASON_CHARS,
    statement::AgencyStatement,
    text,
    v1::{AgencyCard, Refusal},
};

use super::{Command, Failure, Lane, admit::caller, once::append_one};
use crate::store::Tx;

/// Suspends or resumes an agency.
#[derive(Debug)]
pub struct SetAgencyState {
    id: AgencyId,
    state: AgencyState,
    reason: String,
    salt: Salt,
}

impl SetAgencyState {
    /// Reads the request.
    ///
    /// # Errors
    /// If the reason breaks the rule of its field.
    pub fn parse(id: AgencyId, state: AgencyState, reason: String, salt: Salt) -> Result<Self, Refusal> {
        text::check(&reason, REASON_CHARS).map_err(|error| error.at("reason"))?;
        Ok(Self { id, state, reason, salt })
    }
}

impl Command for SetAgencyState {
    /// True if that changed something.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let agency = caller(tx, &self.id).await?.agency;
        if agency.state == self.state {
            return Ok(false);
        }
        tx.put_agency_state(agency.no, self.state).await?;
        let card = AgencyCard { agency_id: self.id.to_string(), ..AgencyCard::default() };
        let mut statement = Vec::new();
        AgencyStatement { card, reason: self.reason.clone() }.encode(&mut statement);
        let kind = match self.state {
            AgencyState::Active => Kind::AgencyResumed,
            AgencyState::Suspended => Kind::AgencySuspended,
        };
        append_one(tx, kind, agency.no, self.salt, &statement).await?;
        Ok(true)
    }
}
