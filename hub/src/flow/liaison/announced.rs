//! Announcements on the wire.

use meldeverbund_proto::{
    AgencyId,
    limits::LIST_ENTRIES,
    v1::{
        AnnounceRequest, Announcement, AnnouncementChanged, ListAnnouncementsRequest,
        ListAnnouncementsResponse, Refusal, RefusalCode, follow_response::Event,
    },
};
use prost::Message as _;

use crate::{
    flow::{Failure, admit},
    store::{AgencyRow, AnnouncementRow, Connection, FeedRow, StoreError},
};

/// Entries of a list where its length is not said.
const ENTRIES: u32 = 100;

/// The caller's announcements.
///
/// # Errors
/// If the caller is no liaison body, or the database fails.
pub async fn announcements_of(
    connection: &mut Connection,
    caller: &AgencyId,
    request: &ListAnnouncementsRequest,
) -> Result<ListAnnouncementsResponse, Failure> {
    let agency = admit(connection, caller).await?.agency;
    agency.may_ask()?;
    let most = list_length(request.limit)?;
    let rows = AnnouncementRow::newest(connection, Some(agency.no), most).await?;
    let announcements = rows.iter().map(shown).collect::<Result<_, _>>()?;
    Ok(ListAnnouncementsResponse { announcements })
}

/// The event that a feed row tells of; none: it was erased.
pub(in crate::flow) async fn announced(
    connection: &mut Connection,
    row: &FeedRow,
) -> Result<Option<Event>, StoreError> {
    let Some(found) = AnnouncementRow::by_leaf(connection, row.first_leaf).await? else { return Ok(None) };
    let agencies = AgencyRow::all(connection).await?;
    let agency = agencies.into_iter().find(|row| row.agency.no == found.agency).map(|row| row.card);
    let announcement = Some(shown(&found)?);
    Ok(Some(Event::AnnouncementChanged(AnnouncementChanged { announcement, agency })))
}

/// How many entries of a list are asked for.
pub(super) fn list_length(limit: u32) -> Result<i64, Refusal> {
    let limit = if limit == 0 { ENTRIES } else { limit };
    if usize::try_from(limit).is_ok_and(|limit| limit <= LIST_ENTRIES) {
        Ok(limit.into())
    } else {
        Err(Refusal::at(RefusalCode::TooLarge, "limit", format!("must be at most {LIST_ENTRIES}")))
    }
}

fn shown(row: &AnnouncementRow) -> Result<Announcement, StoreError> {
    let request = AnnounceRequest::decode(&row.body[..])
        .map_err(|_| StoreError::Value { column: "announcement.body" })?;
    Ok(Announcement {
        announcement_id: row.id.to_string(),
        recorded_at_us: row.recorded_at_us,
        kind: request.kind,
        state: row.state.into(),
        answer: row.answer.clone(),
    })
}
