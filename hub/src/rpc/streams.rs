//! How many streams of questions an agency has open at this hub.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};

/// When to try again: a stream may end at any time.
const RETRY_MS: u64 = 1_000;

/// Counts open streams. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<AgencyId, u32>>>);

/// An open stream; dropped, it is closed.
#[derive(Debug)]
pub(super) struct OpenStream {
    streams: Streams,
    agency: AgencyId,
}

impl Streams {
    /// Opens one more, if the agency has fewer than so many.
    ///
    /// # Errors
    /// If it has as many.
    pub(super) fn open(&self, agency: &AgencyId, most: u32) -> Result<OpenStream, Refusal> {
        let opened = self.with(|streams| {
            let open = streams.entry(agency.clone()).or_default();
            let has_room = *open < most;
            *open += u32::from(has_room);
            has_room
        });
        if !opened {
            let reason = "your agency has as many streams of questions open as it may";
            return Err(Refusal::of(RefusalCode::RateLimited, reason).retry_after_ms(RETRY_MS));
        }
        Ok(OpenStream { streams: self.clone(), agency: agency.clone() })
    }

    fn with<T>(&self, body: impl FnOnce(&mut HashMap<AgencyId, u32>) -> T) -> T {
        // Nothing in here panics halfway through a change.
        body(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.streams.with(|streams| {
            if let Some(open) = streams.get_mut(&self.agency) {
                *open -= 1;
            }
            streams.retain(|_, open| *open > 0);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_ends_makes_room() {
        let streams = Streams::default();
        let agency = |id: &str| id.parse::<AgencyId>().unwrap();
        let europol = agency("eu-europol");
        let first = streams.open(&europol, 2).unwrap();
        let _second = streams.open(&europol, 2).unwrap();
        let refusal = streams.open(&europol, 2).unwrap_err();
        assert_eq!((refusal.code(), refusal.retry_after_ms), (RefusalCode::RateLimited, RETRY_MS));
        assert!(streams.open(&agency("int-interpol"), 2).is_ok());
        drop(first);
        assert!(streams.open(&europol, 2).is_ok());
    }
}
