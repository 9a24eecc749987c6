//! Tries parked events again: once in each process, because a newer program may know what the older one did not.

use std::sync::Arc;

use meldeverbund_proto::{
    InstanceId,
    node::v1::watch_response::What,
    v1::{FollowRequest, FollowResponse},
};
use tonic::transport::Channel;

use super::{
    apply::{NotApplied, apply_event},
    follower,
    trouble::Broken,
};
use crate::{
    node::Node,
    store::{StoreError, Tx, Write},
};

/// Parked events of one try; the others wait for the next process.
const MOST: u32 = 100;

/// Asks the hub for each parked event once more.
pub(super) async fn run(node: &Arc<Node>, channel: &Channel, boot_id: InstanceId) -> Result<(), Broken> {
    let mut tx = node.store.read().await?;
    let (epoch, _) = tx.feed_place().await?;
    let parked = tx.parked(0, MOST).await?;
    drop(tx);
    for sequence in parked.into_iter().map(|parked| parked.sequence) {
        let request = FollowRequest {
            instance_id: node.store.instance_id().to_string(),
            boot_id: boot_id.to_string(),
            after_sequence: sequence - 1,
            epoch,
            ..FollowRequest::default()
        };
        let mut feed = follower::client(node, channel).follow(request).await?.into_inner();
        let Some(event) = feed.message().await?.filter(|event| event.sequence == sequence) else { continue };
        let again = Again { event, own_instance: node.store.instance_id() };
        if let Some(happening) = node.store.write(again).await? {
            tracing::info!(sequence, "sync.parked_event_applied");
            node.changed();
            node.has_work();
            if let Some(happening) = happening {
                node.tell(|| happening);
            }
        }
    }
    Ok(())
}

#[derive(Debug)]
struct Again {
    event: FollowResponse,
    own_instance: InstanceId,
}

impl Write for Again {
    /// None: it still cannot be applied.
    type Out = Option<Option<What>>;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        tx.savepoint().await?;
        match apply_event(tx, &self.event, self.own_instance).await {
            Ok(happening) => {
                tx.release().await?;
                tx.unpark(self.event.sequence).await?;
                Ok(Some(happening))
            }
            Err(NotApplied::Store(error)) => Err(error),
            Err(NotApplied::Unfit(_)) => {
                tx.undo().await?;
                Ok(None)
            }
        }
    }
}
