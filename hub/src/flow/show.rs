//! Shows targets as the caller may see them.

use meldeverbund_proto::{
    AgencyId, TargetId,
    ids::IdError,
    limits::TARGETS_PER_DECISION,
    v1::{Refusal, RefusalCode, ShowTargetsRequest, ShowTargetsResponse},
};

use super::{Failure, Views, admit};
use crate::store::{Connection, resolved};

/// The targets that the caller may see; ids of others are left out as if they did not exist.
///
/// # Errors
/// If an id is none, or the engine fails.
pub async fn show(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    request: &ShowTargetsRequest,
) -> Result<ShowTargetsResponse, Failure> {
    let viewer = admit(connection, caller).await?.agency.no;
    if request.target_ids.len() > TARGETS_PER_DECISION {
        let reason = format!("has more than {TARGETS_PER_DECISION} entries");
        return Err(Refusal::at(RefusalCode::TooLarge, "target_ids", reason).into());
    }
    let mut numbers = Vec::with_capacity(request.target_ids.len());
    for (position, id) in request.target_ids.iter().enumerate() {
        let field = || format!("target_ids[{position}]");
        let id: TargetId =
            id.parse().map_err(|error: IdError| Refusal::invalid(field(), error.to_string()))?;
        numbers.extend(views.target_ids.number(id));
    }
    let asked = numbers;
    let (numbers, names) = resolved(connection, &asked).await?;
    let (targets, agencies) = views.of(connection, viewer, &numbers).await?;
    let merged = views.merged(&asked, &names, |root| {
        let id = views.target_ids.id(root).to_string();
        targets.iter().any(|view| view.target_id == id)
    });
    Ok(ShowTargetsResponse { targets, agencies, merged })
}
