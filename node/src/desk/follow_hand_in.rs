//! How far the hub has answered a hand-in, now and after each change.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::node::v1::FollowHandInResponse;
use tokio::sync::mpsc;
use tonic::Status;

use super::{Caller, DeskError, hand_in_row};
use crate::node::Node;

/// Smallest pause between two messages: a person's eye needs no more, and a seizure changes the figures all the time.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) type Responses = mpsc::Sender<Result<FollowHandInResponse, Status>>;

/// Follows until every row is answered, nothing more comes by itself, or the caller goes away.
pub(super) async fn follow_hand_in(node: Arc<Node>, caller: Caller, hand_in: u64, responses: Responses) {
    if let Err(error) = follow(&node, hand_in, &responses).await {
        let _ = responses.send(Err(error.into_status(caller.lang))).await;
    }
}

async fn follow(node: &Node, hand_in: u64, responses: &Responses) -> Result<(), DeskError> {
    let id = i64::try_from(hand_in).map_err(|_| DeskError::HandInUnknown)?;
    let (mut changes, mut line) = (node.changes(), node.line.subscribe());
    loop {
        let mut tx = node.store.read().await?;
        let found = tx.hand_in(id).await?.ok_or(DeskError::HandInUnknown)?;
        let settled = found.finished_us.is_some() && tx.waiting_of_hand_in(id).await? == 0;
        drop(tx);
        line.mark_unchanged();
        let hub = node.hub_line();
        let response = FollowHandInResponse { hand_in: Some(hand_in_row(found)), hub: Some(hub), settled };
        if responses.send(Ok(response)).await.is_err() || settled {
            return Ok(());
        }
        tokio::select! {
            _ = changes.changed() => {}
            _ = line.changed() => {}
            () = responses.closed() => return Ok(()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
