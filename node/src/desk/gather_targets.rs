//! What notices need of the targets of a selection: where each stands, what it is, and the agency's own links to it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use meldeverbund_proto::{
    CommandId, InstanceId, TargetId,
    node::v1::{GatherTargetsRequest, GatherTargetsResponse, GatheredTarget, OwnIntent},
    v1::{OffenceClass, Referral},
};
use tokio::sync::mpsc;
use tonic::Status;

use super::{
    Caller, DeskError,
    selection::{only_known, select},
};
use crate::{
    node::Node,
    store::{Selected, Tx},
};

/// Targets of one message with their referrals: links are long.
pub(super) const TARGETS: usize = 200;

/// Referrals of one target that are told.
const REFERRALS: usize = 100;

pub(super) type Responses = mpsc::Sender<Result<GatherTargetsResponse, Status>>;

/// Tells until the last target, or until the caller goes away.
pub(super) async fn gather_targets(
    node: Arc<Node>,
    caller: Caller,
    request: GatherTargetsRequest,
    responses: Responses,
) {
    if let Err(error) = gather(&node, request, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn gather(node: &Node, request: GatherTargetsRequest, responses: &Responses) -> Result<(), DeskError> {
    let mut selection = request.selection.unwrap_or_default();
    let mut tx = node.store.read().await?;
    if request.only_known && !selection.target_ids.is_empty() {
        only_known(&mut tx, &mut selection).await?;
        if selection.target_ids.is_empty() && selection.links.is_empty() {
            return Ok(());
        }
    }
    let targets = select(&mut tx, Some(selection)).await?;
    let mut assessed = HashMap::new();
    if request.with_referrals {
        let ids: HashSet<TargetId> = targets.iter().map(|target| target.target_id).collect();
        assessed = tx.assessed(&ids).await?;
    }
    for page in targets.chunks(TARGETS) {
        let intents = intents(&mut tx, page, node.store.instance_id()).await?;
        let ids: Vec<TargetId> = page.iter().map(|target| target.target_id).collect();
        let mut links = match request.with_referrals {
            true => referrals(&mut tx, &ids).await?,
            false => HashMap::new(),
        };
        let targets = page.iter().map(|target| gathered(target, &assessed, &mut links)).collect();
        if responses.send(Ok(GatherTargetsResponse { targets, intents })).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn gathered(
    target: &Selected,
    assessed: &HashMap<TargetId, OffenceClass>,
    links: &mut HashMap<String, Vec<Referral>>,
) -> GatheredTarget {
    let target_id = target.target_id.to_string();
    let offence = assessed.get(&target.target_id).copied().unwrap_or(OffenceClass::Unspecified);
    GatheredTarget {
        stage: target.stage,
        role: target.role,
        round: target.round,
        fence: target.fence,
        intent_id: target.intent.map(|id| id.to_string()).unwrap_or_default(),
        in_doubt: target.in_doubt,
        offence_class: offence.into(),
        referrals: links.remove(&target_id).unwrap_or_default(),
        target_id,
    }
}

/// The notices under way that this node intended.
async fn intents(tx: &mut Tx, page: &[Selected], own: InstanceId) -> Result<Vec<OwnIntent>, DeskError> {
    let mut ids: Vec<CommandId> = page.iter().filter_map(|target| target.intent).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut intents = Vec::new();
    for id in ids {
        // What the store intended before it was put back is another instance's: no other ever sends it.
        if let Some((decision, intend)) = tx.intend(id, own).await? {
            let decision = u64::try_from(decision).unwrap_or_default();
            intents.push(OwnIntent { intent_id: id.to_string(), decision, intend: Some(intend) });
        }
    }
    Ok(intents)
}

/// The agency's own referrals of targets, without their salts.
pub(super) async fn referrals(
    tx: &mut Tx,
    ids: &[TargetId],
) -> Result<HashMap<String, Vec<Referral>>, DeskError> {
    let mut by_target: HashMap<String, Vec<Referral>> = HashMap::new();
    for (id, referral) in tx.referrals_of(ids).await? {
        let referrals = by_target.entry(id.to_string()).or_default();
        if referrals.len() < REFERRALS {
            referrals.push(Referral { salt: Vec::new(), ..referral });
        }
    }
    Ok(by_target)
}
