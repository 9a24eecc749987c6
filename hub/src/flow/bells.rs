//! Wakes those who follow a feed when it has grown.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use meldeverbund_domain::AgencyNo;
use tokio::sync::watch;

/// One bell an agency, and one for whoever looks at everything. A bell only wakes; what there is to see is read from the store.
#[derive(Debug, Clone, Default)]
pub(super) struct Bells {
    agencies: Arc<Mutex<HashMap<AgencyNo, watch::Sender<()>>>>,
    any: watch::Sender<()>,
}

impl Bells {
    /// Listens for the agency's bell.
    pub(super) fn listen(&self, agency: AgencyNo) -> watch::Receiver<()> {
        self.with(|bells| bells.entry(agency).or_insert_with(|| watch::Sender::new(())).subscribe())
    }

    /// Listens for every commit here, and for what other hubs tell.
    #[cfg(feature = "console")]
    pub(super) fn listen_to_all(&self) -> watch::Receiver<()> {
        self.any.subscribe()
    }

    /// Rings the bells of these agencies.
    pub(super) fn ring(&self, mut agencies: Vec<AgencyNo>) {
        self.any.send_replace(());
        agencies.sort_unstable();
        agencies.dedup();
        self.with(|bells| {
            for agency in agencies {
                if let Some(bell) = bells.get(&agency) {
                    bell.send_replace(());
                }
            }
        });
    }

    /// Rings all bells: somebody's feed may have grown.
    pub(super) fn ring_all(&self) {
        self.any.send_replace(());
        self.with(|bells| bells.values().for_each(|bell| bell.send_replace(())));
    }

    fn with<T>(&self, body: impl FnOnce(&mut HashMap<AgencyNo, watch::Sender<()>>) -> T) -> T {
        // Nothing in here panics halfway through a change.
        body(&mut self.agencies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
