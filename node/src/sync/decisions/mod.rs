//! Sends decisions over one stream and applies their answers, as the sender does with submissions.
//!
//! What needs the hub is marked as sent before it is: from there on the same id is sent until its outcome is known.
//! What was not marked when the line broke is given up, because nobody decided it for later.

mod sender;
mod writes;

use std::sync::Arc;

use meldeverbund_proto::{
    limits::MESSAGE_BYTES, node::v1::watch_response::What, v1::decision_service_client::DecisionServiceClient,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{codec::CompressionEncoding, transport::Channel};

use self::sender::Sender;
pub(crate) use self::writes::GiveUp;
use super::{
    sender::sleep_until,
    together::take,
    trouble::Broken,
    window::{SetAside, Window},
};
use crate::{desk::decision_row, node::Node, store::StoreError};

/// Sends until the connection fails, or until `stop` and all that is under way has been answered.
pub(super) async fn run(
    node: &Arc<Node>,
    channel: &Channel,
    set_aside: &mut SetAside,
    stop: &CancellationToken,
) -> Result<(), Broken> {
    let mut work = node.work();
    // The stream is opened with the first decision: an office that only hands in needs none.
    loop {
        work.mark_unchanged();
        if stop.is_cancelled() {
            return Ok(());
        }
        if !node.store.read().await?.unsent_decisions(1).await?.is_empty() {
            break;
        }
        tokio::select! {
            _ = work.changed() => {}
            () = stop.cancelled() => {}
        }
    }
    let (requests, outgoing) = mpsc::channel(node.config.sync.window);
    let outgoing = ReceiverStream::new(outgoing);
    let mut answers = client(node, channel).decide(outgoing).await?.into_inner();
    let mut sender = Sender { node, set_aside, requests, window: Window::default(), paused_until: None };
    loop {
        work.mark_unchanged();
        if !stop.is_cancelled() {
            sender.fill().await?;
        } else if sender.window.is_empty() {
            return Ok(());
        }
        let wake = sender.wake();
        tokio::select! {
            taken = take(&mut answers, node.config.sync.window) => {
                let mut taken = taken;
                let messages = std::mem::take(&mut taken.messages);
                sender.answered(messages).await?;
                if let Some(Some(status)) = &taken.end {
                    sender.blame(status.code());
                }
                taken.into_end()?;
            }
            _ = work.changed() => {}
            () = sleep_until(wake) => {}
            () = stop.cancelled(), if !stop.is_cancelled() => {}
        }
    }
}

/// Gives up what needs the hub and was not sent.
pub(super) async fn give_up_unsent(node: &Node) -> Result<(), StoreError> {
    let given_up = node.store.write(GiveUp { decision: None }).await?;
    for decision in given_up {
        tracing::warn!(decision, "sync.decision_given_up");
        node.changed();
        tell(node, decision).await?;
    }
    Ok(())
}

/// A client with the contract's limits.
pub(crate) fn client(node: &Node, channel: &Channel) -> DecisionServiceClient<Channel> {
    let client = DecisionServiceClient::new(channel.clone()).max_encoding_message_size(MESSAGE_BYTES);
    if node.config.hub.gzip {
        client.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip)
    } else {
        client
    }
}

/// Tells watchers how a decision stands now.
pub(crate) async fn tell(node: &Node, decision: i64) -> Result<(), StoreError> {
    if node.is_watched() {
        let mut tx = node.store.read().await?;
        if let Some(row) = tx.decision(decision).await? {
            let row = decision_row(&mut tx, row).await?;
            node.tell(|| What::Decision(row));
        }
    }
    Ok(())
}
