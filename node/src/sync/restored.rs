//! A hub whose feed ends before what was applied here was restored from a backup. Nothing goes out to it before the witness has
//! found that an epoch owns up to the restore; then the feed is read anew from its beginning.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::v1::RefusalCode;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use super::trouble::Broken;
use crate::{node::Node, witness};

/// How long the witness may look on one connection: some answers of the hub, and a person may begin the epoch any time.
pub(super) const LOOK: Duration = Duration::from_secs(10);

/// Whether the hub says that the cursor lies behind the end of its feed.
pub(super) fn is_restored(broken: &Broken) -> bool {
    let field = |refusal: meldeverbund_proto::v1::Refusal| {
        refusal.code() == RefusalCode::FieldInvalid && refusal.field == "after_sequence"
    };
    broken.refusal().is_some_and(field)
}

/// Lets the witness look for an epoch, until it has rewound the cursor or the time is over.
pub(super) async fn await_epoch(
    node: &Arc<Node>,
    channel: &Channel,
    stop: &CancellationToken,
) -> Result<(), Broken> {
    let mut changes = node.changes();
    let cursor = node.store.read().await?.feed_cursor().await?;
    let rewound = async {
        loop {
            changes.mark_unchanged();
            if node.store.read().await?.feed_cursor().await? != cursor || changes.changed().await.is_err() {
                return Ok(());
            }
        }
    };
    tokio::select! {
        done = rewound => done,
        ended = witness::run(node, channel, stop) => Ok(ended?),
        () = tokio::time::sleep(LOOK) => Ok(()),
    }
}
