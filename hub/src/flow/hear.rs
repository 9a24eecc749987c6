//! Rings the bells here for what another hub on the same server has written.

use std::{convert::Infallible, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Hub, bells::Bells, causes};
use crate::store::{Heard, Listener, Store, StoreError};

/// How long to wait for a server that could not be listened to. Until then feeds are looked at all the same, see `rpc::feed`.
const AGAIN: Duration = Duration::from_secs(2);

/// Listens until stopped.
pub async fn hear(hub: Hub, stop: CancellationToken) {
    let (store, bells) = (hub.store().clone(), hub.bells().clone());
    // Who only waits keeps no hub alive.
    drop(hub);
    stop.run_until_cancelled(hear_on(&store, &bells)).await;
}

async fn hear_on(store: &Store, bells: &Bells) {
    loop {
        let error = match store.listener().await {
            Ok(None) => return,
            Ok(Some(listener)) => {
                // What was said before it listened was not heard.
                bells.ring_all();
                let Err(error) = ring(listener, bells).await;
                error
            }
            Err(error) => error,
        };
        tracing::warn!(cause = %causes(&error), "not told what other hubs write; feeds are looked at instead");
        tokio::time::sleep(AGAIN).await;
    }
}

async fn ring(mut listener: Listener, bells: &Bells) -> Result<Infallible, StoreError> {
    loop {
        match listener.next().await? {
            Heard::Grown(agency) => bells.ring(vec![agency]),
            Heard::Cut => bells.ring_all(),
        }
    }
}
