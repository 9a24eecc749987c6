//! Which liaison bodies asked about this office's targets.

use meldeverbund_proto::{
    TargetId,
    node::v1::{ListLiaisonAskedRequest, ListLiaisonAskedResponse},
};

use super::{
    call::limit,
    rows::{cards, liaison_asked_row},
};
use crate::{
    desk::{DeskError, selection::target_of},
    node::Node,
};

pub(super) async fn list_liaison_asked(
    node: &Node,
    request: ListLiaisonAskedRequest,
) -> Result<ListLiaisonAskedResponse, DeskError> {
    let limit = limit(request.limit)?;
    let mut tx = node.store.read().await?;
    let about = request.link_or_target.trim();
    let target = match (about.is_empty(), about.parse::<TargetId>()) {
        (true, _) => None,
        (false, Ok(target)) => Some(tx.resolve(target).await?),
        (false, Err(_)) => Some(target_of(&mut tx, about).await?.ok_or(DeskError::NothingKnown)?.0),
    };
    let asked: Vec<_> = tx.liaison_asked(target, limit).await?.into_iter().map(liaison_asked_row).collect();
    let agencies = cards(&mut tx, asked.iter().map(|row| row.agency_id.as_str())).await?;
    Ok(ListLiaisonAskedResponse { asked, agencies })
}
