//! The event that tells of a question.

use meldeverbund_domain::TargetNo;
use meldeverbund_proto::{
    CommandId,
    statement::LiaisonQueryStatement,
    v1::{LiaisonAsked, follow_response::Event},
};

use crate::store::{AgencyRow, Connection, EventRow, FeedRow, StoreError, TargetIds};

/// The event that a feed row tells of; none: the question is redacted.
pub(in crate::flow) async fn asked(
    connection: &mut Connection,
    target_ids: &TargetIds,
    row: &FeedRow,
) -> Result<Option<Event>, StoreError> {
    const BODY: StoreError = StoreError::Value { column: "feed.body" };
    const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
    let Some(event) = EventRow::range(connection, row.first_leaf, 1).await?.pop() else {
        return Ok(None);
    };
    let question = LiaisonQueryStatement::decode(&event.statement).map_err(|_| STATEMENT)?;
    let agencies = AgencyRow::all(connection).await?;
    let agency = agencies.into_iter().find(|row| row.agency.no == event.agency).ok_or(STATEMENT)?;
    let (numbers, rest) = row.body.as_chunks();
    let numbers: Vec<_> = numbers.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect();
    let (count, targets) = numbers.split_first().filter(|_| rest.is_empty()).ok_or(BODY)?;
    let hits = usize::try_from(*count).ok().filter(|count| *count <= targets.len()).ok_or(BODY)?;
    let ids = |numbers: &[i64]| numbers.iter().map(|no| target_ids.id(TargetNo(*no)).to_string()).collect();
    let (hits, hidden) = targets.split_at(hits);
    Ok(Some(Event::LiaisonAsked(LiaisonAsked {
        agency: Some(agency.card),
        asked_at_us: event.recorded_at_us,
        purpose_code: question.purpose.code,
        query_id: CommandId::from_bytes(question.query).to_string(),
        target_ids: ids(hits),
        hidden_target_ids: ids(hidden),
    })))
}
