//! The agency that is asked releases field by field, or refuses.

use std::collections::BTreeSet;

use meldeverbund_proto::{
    AgencyId,
    limits::{DISCLOSED_VALUES, NOTE_CHARS, REFERENCE_CHARS},
    statement::{DisclosureStep, content_digest},
    text,
    v1::{AnswerDisclosureRequest, DisclosedValue, DisclosureState, Refusal, RefusalCode},
};
use prost::Message as _;

use super::{Step, Stepped, involved, read_ids, request::is_field, tell, unknown};
use crate::{
    flow::{
        Command, Failure, Lane,
        admit::caller,
        once::{parse_id, replay, said},
        person::{Act, Person},
    },
    store::{DisclosureRow, Tx},
};

/// Answers a disclosure.
#[derive(Debug)]
pub struct AnswerDisclosure {
    step: Step,
    releases: bool,
    answer: Vec<u8>,
    person: Person,
}

impl AnswerDisclosure {
    /// Reads the answer.
    ///
    /// # Errors
    /// The field that breaks its rule.
    pub fn parse(caller: AgencyId, request: AnswerDisclosureRequest) -> Result<Self, Refusal> {
        let (id, salt) = read_ids("command_id", &request.command_id, &request.salt, &request.instance_id)?;
        said("officer", &request.officer, REFERENCE_CHARS)?;
        let disclosure = parse_id("disclosure_id", &request.disclosure_id)?;
        read_values(&request.values)?;
        if request.values.is_empty() {
            said("reason", &request.reason, NOTE_CHARS)?;
        }
        text::check(&request.reason, NOTE_CHARS).map_err(|error| error.at("reason"))?;
        let (releases, officer) = (!request.values.is_empty(), request.officer.clone());
        let answer = AnswerDisclosureRequest { salt: Vec::new(), ..request }.encode_to_vec();
        let content = content_digest(&salt, &answer);
        let (what, issuer) = (DisclosureStep::Answered, String::new());
        Ok(Self {
            step: Step { caller, id, salt, issuer, officer, what, disclosure, content },
            releases,
            answer,
            person: Person::none(),
        })
    }

    /// The person behind it, beside the agency.
    #[must_use]
    pub fn by(self, person: Person) -> Self {
        Self { person, ..self }
    }
}

impl Command for AnswerDisclosure {
    type Verdict = Stepped;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Stepped, Failure> {
        let agency = caller(tx, &self.step.caller).await?.agency;
        agency.may_refer()?;
        let (statement, digest) = self.step.statement();
        if let Some(known) = replay(tx, agency.no, self.step.id, &digest).await? {
            return Stepped::again(&known);
        }
        self.person.stand()?;
        let row = DisclosureRow::by_id(tx.reading(), self.step.disclosure).await?;
        let may = |row: &DisclosureRow| row.asked == agency.no || row.escalated && agency.is_central();
        let row = row.filter(may).ok_or_else(unknown)?;
        if row.answered_at_us != 0 {
            return Err(Refusal::of(RefusalCode::DisclosureState, "it is answered already").into());
        }
        let leaf = self.step.record(tx, agency.no, (statement, digest), Some(row.leaf)).await?;
        self.person.note(tx, agency.no, leaf, Act::ANSWER_DISCLOSURE).await?;
        let row = DisclosureRow {
            look_us: None,
            state: if self.releases { DisclosureState::Released } else { DisclosureState::Refused },
            answered_at_us: tx.now_us(),
            answered_by: self.step.officer.clone(),
            answer: self.answer.clone(),
            ..row
        };
        tx.put_disclosure(&row).await?;
        let involved = involved(tx, &row, agency.no).await?;
        tell(tx, &row, involved).await?;
        Ok(Stepped::now(tx, leaf, row.leaf))
    }
}

fn read_values(values: &[DisclosedValue]) -> Result<(), Refusal> {
    if values.len() > DISCLOSED_VALUES {
        let reason = format!("has more than {DISCLOSED_VALUES} entries");
        return Err(Refusal::at(RefusalCode::TooLarge, "values", reason));
    }
    let mut seen = BTreeSet::new();
    for (n, value) in values.iter().enumerate() {
        let at = |name: &str| format!("values[{n}].{name}");
        if !is_field(value.field) {
            return Err(Refusal::invalid(at("field"), "is not a value that this version knows"));
        }
        if !seen.insert(value.field) {
            return Err(Refusal::invalid(at("field"), "stands there twice"));
        }
        if value.restricted {
            return Err(Refusal::invalid(at("restricted"), "what is restricted is not released"));
        }
        if value.text.trim().is_empty() {
            return Err(Refusal::missing(at("text")));
        }
        text::check(&value.text, NOTE_CHARS).map_err(|error| error.at(&at("text")))?;
    }
    Ok(())
}
