//! A hub whose feed ends before what was applied here was restored from a backup. Nothing goes out to it before the witness has
//! found that an epoch owns up to the restore; then the feed goes on behind what was kept of it.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::v1::RefusalCode;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use super::trouble::Broken;
use crate::{node::Node, witness};

/// How long the witness may look on one connection: some answers of the hub, and a person may begin the epoch any time.
pub(super) const LOOK: Duration = Duration::from_secs(10);

/// Whether the hub says that the cursor lies behind the end of its feed, or that it knows itself to be behind.
pub(super) fn is_restored(broken: &Broken) -> bool {
    let restored = |refusal: meldeverbund_proto::v1::Refusal| match refusal.code() {
        RefusalCode::FieldInvalid => refusal.field == "after_sequence",
        RefusalCode::Unavailable => true,
        _ => false,
    };
    broken.refusal().is_some_and(restored)
}

/// Lets the witness look for an epoch, until it has found one or the time is over.
///
/// # Errors
/// [`Broken::EpochBegan`], if it has: the line is made anew without a pause that was meant for the hub of before.
pub(super) async fn await_epoch(
    node: &Arc<Node>,
    channel: &Channel,
    stop: &CancellationToken,
) -> Result<(), Broken> {
    let mut changes = node.changes();
    let known = node.store.read().await?.newest_checkpoint().await?.map(|seen| seen.epoch);
    let began = async {
        loop {
            changes.mark_unchanged();
            let newest = node.store.read().await?.newest_checkpoint().await?.map(|seen| seen.epoch);
            if newest > known || changes.changed().await.is_err() {
                return Err(Broken::EpochBegan);
            }
        }
    };
    tokio::select! {
        done = began => done,
        ended = witness::run(node, channel, stop) => Ok(ended?),
        () = tokio::time::sleep(LOOK) => Ok(()),
    }
}
