//! Follows the hub's feed from the durable cursor: each event is applied once, in the transaction that moves the cursor.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::{
    InstanceId,
    limits::MESSAGE_BYTES,
    v1::{AcknowledgeRequest, FollowRequest, FollowResponse, feed_service_client::FeedServiceClient},
};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tonic::{Streaming, codec::CompressionEncoding, transport::Channel};

use super::{
    apply::{Applied, ApplyEvents},
    together::take,
    trouble::{Broken, refusal_of},
};
use crate::node::Node;

/// Events that are applied together if they are there already: one flush to the disk for all.
const TOGETHER: usize = 16;

/// A full submission of another node of the agency, with its answers.
const EVENT_BYTES: usize = 2 * MESSAGE_BYTES;

/// Opens the feed from the durable cursor.
pub(super) async fn open(
    node: &Node,
    channel: &Channel,
    boot_id: InstanceId,
) -> Result<Streaming<FollowResponse>, Broken> {
    let mut tx = node.store.read().await?;
    let (epoch, after_sequence) = tx.feed_place().await?;
    let newest_checkpoint = tx.newest_note().await?;
    drop(tx);
    let request = FollowRequest {
        instance_id: node.store.instance_id().to_string(),
        boot_id: boot_id.to_string(),
        after_sequence,
        epoch,
        newest_checkpoint,
    };
    Ok(client(node, channel).follow(request).await?.into_inner())
}

/// Applies events until the connection fails or `stop`.
pub(super) async fn run(
    node: &Arc<Node>,
    mut feed: Streaming<FollowResponse>,
    channel: &Channel,
    stop: &CancellationToken,
) -> Result<(), Broken> {
    let mut client = client(node, channel);
    let mut acknowledged = (0, 0);
    let every = Duration::from_secs(node.config.sync.acknowledge_s);
    let mut tick = tokio::time::interval_at(Instant::now() + every, every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            taken = take(&mut feed, TOGETHER) => {
                let mut taken = taken;
                let events = std::mem::take(&mut taken.messages);
                if !events.is_empty() {
                    apply(node, events).await?;
                }
                taken.into_end()?;
            }
            _ = tick.tick() => acknowledged = acknowledge(node, &mut client, acknowledged).await?,
            () = stop.cancelled() => {
                // Best effort: the next connection says it again.
                let _ = acknowledge(node, &mut client, acknowledged).await;
                return Ok(());
            }
        }
    }
}

async fn apply(node: &Arc<Node>, events: Vec<FollowResponse>) -> Result<(), Broken> {
    let now_us = node.clock.now_us();
    let events = ApplyEvents { events, own_instance: node.store.instance_id(), now_us };
    let Applied { happenings, gap } = node.store.write(events).await?;
    node.gauges.set_feed_applied_us(now_us);
    node.changed();
    node.has_work();
    for happening in happenings {
        node.tell(|| happening);
    }
    if gap { Err(Broken::Contract("the feed has a gap")) } else { Ok(()) }
}

/// Tells the hub how far the feed has been applied, if it is further than last time.
async fn acknowledge(
    node: &Node,
    client: &mut FeedServiceClient<Channel>,
    acknowledged: (u32, u64),
) -> Result<(u32, u64), Broken> {
    let place = node.store.read().await?.feed_place().await?;
    if place == acknowledged {
        return Ok(acknowledged);
    }
    let (epoch, sequence) = place;
    let instance_id = node.store.instance_id().to_string();
    match client.acknowledge(AcknowledgeRequest { instance_id, sequence, epoch }).await {
        Ok(_) => Ok(place),
        // It is only a courtesy: a hub that refuses it is told again at the next tick.
        Err(status) if refusal_of(&status).is_some() => Ok(acknowledged),
        Err(status) => Err(status.into()),
    }
}

/// A client with the feed's limits.
pub(super) fn client(node: &Node, channel: &Channel) -> FeedServiceClient<Channel> {
    let client = FeedServiceClient::new(channel.clone()).max_decoding_message_size(EVENT_BYTES);
    if node.config.hub.gzip { client.accept_compressed(CompressionEncoding::Gzip) } else { client }
}
