//! Connects, works until something fails, pauses, connects again.

use std::{sync::Arc, time::Duration};

use http::Uri;
use meldeverbund_proto::v1::{
    AgencyCard, AgencyKind, RefusalCode, WhoAmIRequest, agency_service_client::AgencyServiceClient,
};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use super::{
    cases, decisions, follower, parked, reconcile, restored,
    sender::{self, Memory},
    trouble::Broken,
};
use crate::{config::Role, line::Trouble, node::Node, witness};

/// Keeps the line to the hub until `stop`; then lets what is under way end, up to the configured deadline.
pub async fn run(node: Arc<Node>, stop: CancellationToken) {
    let sync = &node.config.sync;
    let mut memory = Memory::new(node.random.instance_id());
    let drained = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(sync.drain_s)).await;
    };
    let work = async {
        let mut next = node.hubs(|hubs, now| hubs.next(now.instant, &node.random));
        while !stop.is_cancelled() {
            if stop.run_until_cancelled(tokio::time::sleep(next.after)).await.is_none() {
                return;
            }
            let address = node.hubs(|hubs, _| hubs.dials(next.at));
            let ended = connection(&node, &address, &mut memory, &stop).await;
            let failed = |trouble: &Trouble, hint_ms| {
                node.hubs(|hubs, now| hubs.failed(trouble, hint_ms, now, &node.random));
            };
            let trouble = match ended {
                Ok(()) => return,
                Err(End::Broken(Broken::Elsewhere(trouble))) => *trouble,
                Err(End::Dial(trouble)) => {
                    failed(&trouble, 0);
                    trouble
                }
                Err(End::Broken(broken)) => {
                    let trouble = broken.trouble();
                    failed(&trouble, hint_ms(&broken));
                    trouble
                }
            };
            node.set_channel(None);
            next = node.hubs(|hubs, now| hubs.next(now.instant, &node.random));
            note(&node, trouble, next.after);
        }
    };
    tokio::select! {
        () = work => {}
        () = drained => tracing::warn!("sync.drain_deadline"),
    }
}

enum End {
    Dial(Trouble),
    Broken(Broken),
}

impl<E: Into<Broken>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// One connection, from the first call to its end.
async fn connection(
    node: &Arc<Node>,
    address: &Uri,
    memory: &mut Memory,
    stop: &CancellationToken,
) -> Result<(), End> {
    let Some(dialled) = stop.run_until_cancelled(node.dial.dial(address)).await else { return Ok(()) };
    let channel = dialled.map_err(End::Dial)?;
    // What was taken while the last line broke, and not sent on it, does not wait for this one.
    decisions::give_up_unsent(node).await?;
    greet(node, &channel).await?;
    // The feed comes first: a cloned node learns that it is one before it sends anything.
    let feed = match follower::open(node, &channel, memory.boot_id).await {
        // Another machine of the hub may have what this one lacks.
        Err(broken) if restored::is_restored(&broken) && !node.hubs(|hubs, now| hubs.has_another(now)) => {
            note(node, broken.trouble(), restored::LOOK);
            restored::await_epoch(node, &channel, stop).await?;
            return Err(broken.into());
        }
        feed => feed?,
    };
    if !std::mem::replace(&mut memory.parked_tried, true) {
        parked::run(node, &channel, memory.boot_id).await?;
    }
    if node.config.role == Role::Liaison {
        node.hubs(|hubs, now| hubs.connected(now));
        tracing::info!(%address, "sync.connected");
        return Ok(follower::run(node, feed, &channel, stop).await?);
    }
    witness::prepare(node, &channel).await?;
    node.hubs(|hubs, now| hubs.connected(now));
    tracing::info!(%address, "sync.connected");
    tokio::try_join!(
        follower::run(node, feed, &channel, stop),
        cases::run(node, &channel, stop),
        sender::run(node, &channel, &mut memory.submissions, stop),
        decisions::run(node, &channel, &mut memory.decisions, stop),
        reconcile::run(node, &channel, stop),
        async { Ok(witness::run(node, &channel, stop).await?) },
    )?;
    Ok(())
}

/// Asks the hub who we are: it proves the line, and shows how the clocks differ.
async fn greet(node: &Node, channel: &Channel) -> Result<(), Broken> {
    let before_us = node.clock.now_us();
    let who_am_i = AgencyServiceClient::new(channel.clone()).who_am_i(WhoAmIRequest {}).await?.into_inner();
    let after_us = node.clock.now_us();
    if who_am_i.agency.as_ref().is_none_or(|card| card.agency_id != node.config.agency.as_str()) {
        return Err(Broken::OtherAgency);
    }
    let kind = who_am_i.agency.as_ref().map_or(AgencyKind::Unspecified, AgencyCard::kind);
    if (kind == AgencyKind::Liaison) != (node.config.role == Role::Liaison) {
        return Err(Broken::OtherRole);
    }
    node.set_channel(Some(channel.clone()));
    // The hub looked at its clock about halfway.
    let ahead_us = before_us + (after_us - before_us) / 2 - who_am_i.hub_time_us;
    node.set_line(|line| line.up(after_us, who_am_i, ahead_us));
    Ok(())
}

/// The pause that the hub asks for. A clone is mostly a restart that the hub has not noticed yet: own pauses do.
fn hint_ms(broken: &Broken) -> u64 {
    match broken.refusal() {
        Some(refusal) if refusal.code() != RefusalCode::InstanceCloned => refusal.retry_after_ms,
        _ => 0,
    }
}

fn note(node: &Node, trouble: Trouble, pause: Duration) {
    let now_us = node.clock.now_us();
    let next_try_us = now_us.saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX));
    let cause = trouble.cause.as_str_name();
    tracing::warn!(cause, detail = trouble.detail, pause_ms = pause.as_millis(), "sync.line_down");
    node.set_line(|line| line.down(now_us, trouble, next_try_us));
    node.gauges.nothing_in_flight();
}
