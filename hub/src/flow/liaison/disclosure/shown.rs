//! A disclosure on the wire: as who asks and as who is asked may see it.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::v1::{
    AgencyCard, AnswerDisclosureRequest, Disclosure, DisclosureChanged, Purpose, RequestDisclosureRequest,
    follow_response::Event,
};
use prost::Message as _;

use crate::store::{AgencyRow, Connection, DisclosureRow, FeedRow, StoreError, TargetIds};

/// A disclosure as this agency may see it.
pub(super) fn shown(
    row: &DisclosureRow,
    viewer: AgencyNo,
    agencies: &[AgencyRow],
    target_ids: &TargetIds,
) -> Result<Disclosure, StoreError> {
    let value = |column| move |_| StoreError::Value { column };
    let request = RequestDisclosureRequest::decode(&row.request[..]).map_err(value("disclosure.request"))?;
    let purpose = Purpose::decode(&row.purpose[..]).map_err(value("disclosure.purpose"))?;
    let answer = AnswerDisclosureRequest::decode(&row.answer[..]).map_err(value("disclosure.answer"))?;
    let id = |no| {
        let found = agencies.iter().find(|agency| agency.agency.no == no);
        found.map(|agency| agency.card.agency_id.clone()).unwrap_or_default()
    };
    let mut values = answer.values;
    values.iter_mut().filter(|value| value.restricted).for_each(|value| value.text.clear());
    Ok(Disclosure {
        disclosure_id: row.id.to_string(),
        query_id: request.query_id,
        position: request.position,
        asking_agency_id: id(row.agency),
        asking_officer: row.officer.clone(),
        purpose: Some(purpose),
        reason: request.reason,
        fields: request.fields,
        asked_agency_id: asked_for(row, viewer).map(id).unwrap_or_default(),
        // Who asks knows the selector, and nothing else that would name the target.
        target_id: if viewer == row.agency { String::new() } else { target_ids.id(row.target).to_string() },
        state: row.state.into(),
        asked_at_us: row.recorded_at_us,
        due_at_us: row.due_us,
        answered_at_us: row.answered_at_us,
        values,
        answer: answer.reason,
    })
}

/// Who is asked, as far as this agency may know: a hit that named nobody names nobody to who asks.
fn asked_for(row: &DisclosureRow, viewer: AgencyNo) -> Option<AgencyNo> {
    (row.is_named || viewer != row.agency).then_some(row.asked)
}

/// The cards of the agencies that disclosures name to this one.
pub(super) fn cards(rows: &[DisclosureRow], viewer: AgencyNo, agencies: &[AgencyRow]) -> Vec<AgencyCard> {
    let named = |no: AgencyNo| rows.iter().any(|row| row.agency == no || asked_for(row, viewer) == Some(no));
    agencies.iter().filter(|row| named(row.agency.no)).map(|row| row.card.clone()).collect()
}

/// The event that a feed row tells of; none: it was erased.
pub(in crate::flow) async fn changed(
    connection: &mut Connection,
    target_ids: &TargetIds,
    reader: AgencyNo,
    row: &FeedRow,
) -> Result<Option<Event>, StoreError> {
    let Some(found) = DisclosureRow::by_leaf(connection, row.first_leaf).await? else { return Ok(None) };
    let agencies = AgencyRow::all(connection).await?;
    let disclosure = Some(shown(&found, reader, &agencies, target_ids)?);
    let agencies = cards(&[found], reader, &agencies);
    Ok(Some(Event::DisclosureChanged(DisclosureChanged { disclosure, agencies })))
}
