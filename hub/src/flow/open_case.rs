//! An agency opens a case.

use meldeverbund_domain::{
    CaseState as State,
    case::{Opening, open},
};
use meldeverbund_proto::{
    AgencyId, CommandId,
    check::check_case,
    leaf::{Kind, Salt, statement_digest},
    statement::CaseOpenedStatement,
    v1::{Case, CaseState, OpenCaseRequest, OpenCaseResponse, Refusal},
};

use super::{
    Command, Failure, Lane,
    admit::caller,
    once::{append_one, parse_id, parse_salt, replay},
};
use crate::store::{FeedKind, NewCommand, NewFeedRow, StoreError, Tx};

/// Opens a case, or finds the one that stands.
#[derive(Debug)]
pub struct OpenCase {
    caller: AgencyId,
    id: CommandId,
    salt: Salt,
    case: Case,
}

impl OpenCase {
    /// Reads the request.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(caller: AgencyId, request: OpenCaseRequest) -> Result<Self, Refusal> {
        let OpenCaseRequest { command_id, salt, case } = request;
        let case = case.ok_or_else(|| Refusal::missing("case"))?;
        check_case(&case).map_err(|refusal| refusal.within("case"))?;
        Ok(Self { caller, id: parse_id("command_id", &command_id)?, salt: parse_salt("salt", &salt)?, case })
    }
}

impl Command for OpenCase {
    type Verdict = OpenCaseResponse;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<OpenCaseResponse, Failure> {
        let agency = caller(tx, &self.caller).await?.agency;
        agency.may_refer()?;
        let mut statement = Vec::new();
        CaseOpenedStatement { agency: &self.caller, command: self.id, case: &self.case }
            .encode(&mut statement);
        let digest = statement_digest(&self.salt, &statement);
        let stood = match replay(tx, agency.no, self.id, &digest).await? {
            Some(known) => known.verdict == [1],
            None => {
                let facts = tx.case(agency.no, &self.case.number).await?.map(|(facts, _)| facts);
                let opening = open(facts);
                let first_leaf = append_one(tx, Kind::CaseOpened, agency.no, self.salt, &statement).await?;
                if opening == Opening::New {
                    tx.open_case(agency.no, &self.case).await?;
                    let (kind, body) = (FeedKind::CaseOpened, Vec::new());
                    tx.tell(NewFeedRow { agency: agency.no, kind, first_leaf, leaf_count: 1, body }).await?;
                }
                let stood = opening != Opening::New;
                let (agency, id, verdict) = (agency.no, self.id, vec![stood.into()]);
                tx.remember(NewCommand { agency, id, digest, first_leaf, leaf_count: 1, verdict }).await?;
                stood
            }
        };
        let known = tx.case(agency.no, &self.case.number).await?;
        let (facts, case) = known.ok_or(StoreError::Value { column: "case_file.number" })?;
        let state = match facts.state {
            State::Open => CaseState::Open,
            State::Closed => CaseState::Closed,
        };
        Ok(OpenCaseResponse { case: Some(case), state: state.into(), stood_already: stood })
    }
}
