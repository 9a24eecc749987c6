//! What happens at the node from now on.

use std::sync::Arc;

use meldeverbund_proto::node::v1::{WatchResponse, watch_response::What};
use tokio::sync::broadcast::error::RecvError;
use tokio_stream::Stream;
use tonic::Status;

use crate::node::Node;

pub(super) fn watch(node: Arc<Node>) -> impl Stream<Item = Result<WatchResponse, Status>> + Send {
    let happenings = node.watch();
    futures::stream::unfold((node, happenings), |(node, mut happenings)| async move {
        let happening = match happenings.recv().await {
            Ok(happening) => happening,
            Err(RecvError::Lagged(missed)) => {
                WatchResponse { at_us: node.clock.now_us(), what: Some(What::LeftOut(missed)) }
            }
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(happening), (node, happenings)))
    })
}
