//! Announcements as last told.

use meldeverbund_proto::node::v1::{AnnouncementRow, ListAnnouncementsRequest, ListAnnouncementsResponse};

use super::{call::limit, rows::cards};
use crate::{desk::DeskError, node::Node};

pub(super) async fn list_announcements(
    node: &Node,
    request: ListAnnouncementsRequest,
) -> Result<ListAnnouncementsResponse, DeskError> {
    let mut tx = node.store.read().await?;
    let rows: Vec<_> = tx.announcements(limit(request.limit)?).await?;
    let agencies = cards(&mut tx, rows.iter().map(|(_, agency)| agency.as_str())).await?;
    let row = |(announcement, agency_id)| AnnouncementRow { announcement: Some(announcement), agency_id };
    Ok(ListAnnouncementsResponse { announcements: rows.into_iter().map(row).collect(), agencies })
}
