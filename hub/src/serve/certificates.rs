//! Notes which certificates nodes show.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use meldeverbund_certs::{Peer, Serial, ServerTls};
use meldeverbund_proto::AgencyId;
use tokio_util::sync::CancellationToken;

use crate::flow::{Hub, NoteCertificates, causes};

/// How soon a new certificate is known to people: they look at it once a day.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How often one that stays connected is noted again: it says when the agency was there last.
const AGAIN: Duration = Duration::from_secs(3_600);

type Noted = HashMap<(AgencyId, Serial), SystemTime>;

/// Notes until stopped.
pub(super) async fn run(hub: Hub, tls: ServerTls, stop: CancellationToken) {
    let mut noted = Noted::new();
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let now = hub.clock().now();
        let new = to_be_noted(&mut noted, tls.peers(), now);
        if new.is_empty() {
            continue;
        }
        if let Err(failure) = hub.run(NoteCertificates::new(new.iter().map(|peer| &**peer))).await {
            tracing::warn!(cause = %causes(&failure), "certificates not noted; they are with the next look");
            noted.clear();
        }
    }
}

/// Those that were not noted in the last hour; they count as noted from now on.
fn to_be_noted(noted: &mut Noted, peers: Vec<Arc<Peer>>, now: SystemTime) -> Vec<Arc<Peer>> {
    noted.retain(|_, at| now.duration_since(*at).is_ok_and(|since| since < AGAIN));
    let is_new = |peer: &Arc<Peer>| noted.insert((peer.agency.clone(), peer.serial.clone()), now).is_none();
    peers.into_iter().filter(is_new).collect()
}
