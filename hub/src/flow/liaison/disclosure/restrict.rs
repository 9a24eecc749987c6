//! Whoever has released something restricts it afterwards: it is shown no more, and whoever got it is told.

use meldeverbund_proto::{
    AgencyId,
    limits::{DISCLOSED_VALUES, NOTE_CHARS, REFERENCE_CHARS},
    statement::{DisclosureStep, content_digest},
    v1::{AnswerDisclosureRequest, DisclosureState, Refusal, RefusalCode, RestrictDisclosureRequest},
};
use prost::Message as _;

use super::{Step, Stepped, involved, read_ids, tell, unknown};
use crate::{
    flow::{
        Command, Failure, Lane,
        admit::caller,
        once::{parse_id, replay, said},
        person::{Act, Person},
    },
    store::{DisclosureRow, StoreError, Tx},
};

/// Restricts what was released.
#[derive(Debug)]
pub struct RestrictDisclosure {
    step: Step,
    /// Which fields; empty: all.
    fields: Vec<i32>,
    person: Person,
}

impl RestrictDisclosure {
    /// Reads the request.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(caller: AgencyId, request: RestrictDisclosureRequest) -> Result<Self, Refusal> {
        let (id, salt) = read_ids("command_id", &request.command_id, &request.salt, &request.instance_id)?;
        said("officer", &request.officer, REFERENCE_CHARS)?;
        let disclosure = parse_id("disclosure_id", &request.disclosure_id)?;
        if request.fields.len() > DISCLOSED_VALUES {
            let reason = format!("has more than {DISCLOSED_VALUES} entries");
            return Err(Refusal::at(RefusalCode::TooLarge, "fields", reason));
        }
        said("reason", &request.reason, NOTE_CHARS)?;
        let (officer, fields) = (request.officer.clone(), request.fields.clone());
        let content = RestrictDisclosureRequest { salt: Vec::new(), ..request }.encode_to_vec();
        let content = content_digest(&salt, &content);
        let (what, issuer) = (DisclosureStep::Restricted, String::new());
        let step = Step { caller, id, salt, issuer, officer, what, disclosure, content };
        Ok(Self { step, fields, person: Person::none() })
    }

    /// The person behind it, beside the agency.
    #[must_use]
    pub fn by(self, person: Person) -> Self {
        Self { person, ..self }
    }
}

impl Command for RestrictDisclosure {
    type Verdict = Stepped;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Stepped, Failure> {
        const ANSWER: StoreError = StoreError::Value { column: "disclosure.answer" };
        let agency = caller(tx, &self.step.caller).await?.agency;
        agency.may_refer()?;
        let (statement, digest) = self.step.statement();
        if let Some(known) = replay(tx, agency.no, self.step.id, &digest).await? {
            return Stepped::again(&known);
        }
        self.person.stand()?;
        let row = DisclosureRow::by_id(tx.reading(), self.step.disclosure).await?;
        let may = |row: &DisclosureRow| row.asked == agency.no || row.escalated && agency.is_central();
        let mut row = row.filter(may).ok_or_else(unknown)?;
        if row.state != DisclosureState::Released {
            return Err(Refusal::of(RefusalCode::DisclosureState, "nothing of it was released").into());
        }
        let mut answer = AnswerDisclosureRequest::decode(&row.answer[..]).map_err(|_| ANSWER)?;
        let is_meant = |field: i32| self.fields.is_empty() || self.fields.contains(&field);
        let mut restricted = false;
        for value in answer.values.iter_mut().filter(|value| is_meant(value.field) && !value.restricted) {
            (value.restricted, restricted) = (true, true);
        }
        if !restricted {
            return Err(Refusal::of(
                RefusalCode::NothingToDo,
                "nothing of that was released, or all is restricted",
            )
            .into());
        }
        row.answer = answer.encode_to_vec();
        let leaf = self.step.record(tx, agency.no, (statement, digest), Some(row.leaf)).await?;
        self.person.note(tx, agency.no, leaf, Act::RESTRICT_DISCLOSURE).await?;
        tx.put_disclosure(&row).await?;
        let involved = involved(tx, &row, agency.no).await?;
        tell(tx, &row, involved).await?;
        Ok(Stepped::now(tx, leaf, row.leaf))
    }
}
