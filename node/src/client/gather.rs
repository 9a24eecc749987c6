//! What a notice needs of the targets of a selection, before anything is intended.

use meldeverbund_proto::node::v1::{GatherTargetsRequest, GatherTargetsResponse};
use tonic::Status;

use super::DeskClient;

/// Gathers them, and hands over one page after the other, each with the notices under way that it names: whoever takes
/// from a page what it needs never holds all of them.
///
/// # Errors
/// If the desk refuses, or the page is not taken.
pub async fn gather<E: From<Status>>(
    desk: &mut DeskClient,
    request: GatherTargetsRequest,
    mut take: impl FnMut(GatherTargetsResponse) -> Result<(), E>,
) -> Result<(), E> {
    let mut pages = desk.gather_targets(request).await?.into_inner();
    while let Some(page) = pages.message().await? {
        take(page)?;
    }
    Ok(())
}
