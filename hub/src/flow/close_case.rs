//! An agency closes a case.

use meldeverbund_domain::case::{Closing, close};
use meldeverbund_proto::{
    AgencyId, CaseNumber, CommandId,
    check::check_close_reason,
    leaf::{Kind, Salt, statement_digest},
    statement::CaseClosedStatement,
    text::TextError,
    v1::{CloseCaseRequest, CloseCaseResponse, Refusal},
};

use super::{
    Command, Failure, Lane,
    admit::caller,
    once::{append_one, parse_id, parse_salt, replay},
};
use crate::store::{FeedKind, NewCommand, NewFeedRow, Tx};

/// Closes a case.
#[derive(Debug)]
pub struct CloseCase {
    caller: AgencyId,
    id: CommandId,
    salt: Salt,
    number: CaseNumber,
    reason: String,
}

impl CloseCase {
    /// Reads the request.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(caller: AgencyId, request: CloseCaseRequest) -> Result<Self, Refusal> {
        let CloseCaseRequest { command_id, salt, number, reason } = request;
        let number = number.parse().map_err(|error: TextError| error.at("number"))?;
        check_close_reason(&reason)?;
        Ok(Self {
            caller,
            id: parse_id("command_id", &command_id)?,
            salt: parse_salt("salt", &salt)?,
            number,
            reason,
        })
    }
}

impl Command for CloseCase {
    type Verdict = CloseCaseResponse;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<CloseCaseResponse, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_refer()?;
        let (number, reason) = (self.number.as_str(), self.reason.as_str());
        let mut statement = Vec::new();
        CaseClosedStatement { agency: &self.caller, command: self.id, number, reason }.encode(&mut statement);
        let digest = statement_digest(&self.salt, &statement);
        if let Some(known) = replay(tx, agency.no, self.id, &digest).await? {
            return Ok(CloseCaseResponse { closed_already: known.verdict == [1] });
        }
        let facts = tx.case(agency.no, number).await?.map(|(facts, _)| facts);
        let closing = close(facts).map_err(|refusal| Refusal { field: "number".into(), ..refusal })?;
        let first_leaf = append_one(tx, Kind::CaseClosed, agency.no, self.salt, &statement).await?;
        if let Closing::Closed(case) = closing {
            tx.close_case(case).await?;
            let (kind, body) = (FeedKind::CaseClosed, Vec::new());
            tx.tell(NewFeedRow { agency: agency.no, kind, first_leaf, leaf_count: 1, body }).await?;
        }
        let closed_already = closing == Closing::WasClosed;
        let (agency, id, verdict) = (agency.no, self.id, vec![closed_already.into()]);
        tx.remember(NewCommand { agency, id, digest, first_leaf, leaf_count: 1, verdict }).await?;
        Ok(CloseCaseResponse { closed_already })
    }
}
