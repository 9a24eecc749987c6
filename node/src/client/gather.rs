//! What a notice needs of the targets of a selection, before anything is intended.

use std::collections::HashMap;

use meldeverbund_proto::node::v1::{GatherTargetsRequest, GatheredTarget, OwnIntent};
use tonic::Status;

use super::DeskClient;

/// Targets, and the notices under way that this node intended, by their ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gathered {
    /// The targets, in the order in which they became known.
    pub targets: Vec<GatheredTarget>,
    /// The notices.
    pub intents: HashMap<String, OwnIntent>,
}

/// Gathers them.
///
/// # Errors
/// If the desk refuses.
pub async fn gather(desk: &mut DeskClient, request: GatherTargetsRequest) -> Result<Gathered, Status> {
    let mut pages = desk.gather_targets(request).await?.into_inner();
    let mut gathered = Gathered::default();
    while let Some(page) = pages.message().await? {
        gathered.targets.extend(page.targets);
        let intents = page.intents.into_iter().map(|intent| (intent.intent_id.clone(), intent));
        gathered.intents.extend(intents);
    }
    Ok(gathered)
}
