//! Which nodes' stores are connected: a second live one with the same id is a clone, and refused.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    InstanceId,
    v1::{Refusal, RefusalCode},
};

/// When a refused node should look again: a connection that died unnoticed is gone by then (HTTP/2 keepalive).
const RETRY_MS: u64 = 30_000;

type Key = (AgencyNo, InstanceId);

/// The connected stores, each with the process that it runs in.
#[derive(Debug, Clone, Default)]
pub struct LiveInstances(Arc<Mutex<HashMap<Key, Live>>>);

#[derive(Debug)]
struct Live {
    boot: String,
    streams: usize,
}

/// Holds a store's place as long as it lives.
#[derive(Debug)]
pub struct LiveInstance {
    instances: LiveInstances,
    key: Key,
}

impl LiveInstances {
    /// Takes the store's place. Several streams of one process share it.
    ///
    /// # Errors
    /// If another process holds it.
    pub fn enter(&self, agency: AgencyNo, instance: InstanceId, boot: &str) -> Result<LiveInstance, Refusal> {
        let key = (agency, instance);
        self.with(|live| {
            let entry = live.entry(key).or_insert_with(|| Live { boot: boot.to_owned(), streams: 0 });
            if entry.boot != boot {
                let reason =
                    "another live node uses this instance id: a cloned node, or one that just lost its line";
                return Err(
                    Refusal::at(RefusalCode::InstanceCloned, "instance_id", reason).retry_after_ms(RETRY_MS)
                );
            }
            entry.streams += 1;
            Ok(LiveInstance { instances: self.clone(), key })
        })
    }

    fn with<T>(&self, body: impl FnOnce(&mut HashMap<Key, Live>) -> T) -> T {
        // Nothing in here panics halfway through a change.
        body(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for LiveInstance {
    fn drop(&mut self) {
        let key = self.key;
        self.instances.with(|live| {
            if let Some(entry) = live.get_mut(&key) {
                entry.streams -= 1;
                if entry.streams == 0 {
                    live.remove(&key);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_until_the_first_is_gone() {
        let instances = LiveInstances::default();
        let id = InstanceId::from_bytes([1; 16]);
        let enter = |agency, boot| instances.enter(AgencyNo(agency), id, boot);
        let first = enter(1, "a").unwrap();
        let second_stream = enter(1, "a").unwrap();
        assert_eq!(enter(1, "b").unwrap_err().code(), RefusalCode::InstanceCloned);
        assert!(enter(2, "b").is_ok(), "ids are scoped to the agency");
        drop(first);
        assert!(enter(1, "b").is_err(), "one stream of the first is still there");
        drop(second_stream);
        assert!(enter(1, "b").is_ok());
    }
}
