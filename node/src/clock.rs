//! Time and randomness as parameters: made once in `main`, handed down, replaced in tests.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use meldeverbund_proto::{CommandId, InstanceId};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// Bytes of a leaf's salt.
pub const SALT_BYTES: usize = 32;

/// Tells the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

/// Makes ids and salts.
#[derive(Clone)]
pub struct Random(Arc<Mutex<StdRng>>);

impl Clock {
    /// A clock that answers with `now_us`, microseconds since 1970-01-01T00:00:00Z.
    pub fn new(now_us: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_us))
    }

    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place where the real clock is made")]
    pub fn system() -> Self {
        Self::new(|| jiff::Timestamp::now().as_microsecond())
    }

    /// The same clock for certificates' validity.
    pub fn for_certificates(&self) -> meldeverbund_certs::Clock {
        let clock = self.clone();
        meldeverbund_certs::Clock::new(move || clock.now())
    }

    /// The instant now.
    pub fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(self.now_us().unsigned_abs())
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn now_us(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

impl Random {
    /// Seeded by the operating system.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(rand::make_rng())))
    }

    /// The same sequence for the same seed, for tests.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// A command's id, ordered by `now_us`.
    pub fn command_id(&self, now_us: i64) -> CommandId {
        let now_ms = u64::try_from(now_us / 1_000).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(now_ms, &self.bytes()).into_uuid();
        CommandId::new(id).expect("the builder made a version 7")
    }

    /// A store's id.
    pub fn instance_id(&self) -> InstanceId {
        InstanceId::from_bytes(*uuid::Builder::from_random_bytes(self.bytes()).as_uuid().as_bytes())
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// Fills a buffer, so that a chunk takes the lock once.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }

    /// A number below `bound`, for jitter; 0 if `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        u64::from_le_bytes(self.bytes()).checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_versions_and_salts_differ() {
        let random = Random::seeded(1);
        let (a, b) = (random.command_id(1_700_000_000_000_000), random.command_id(1_700_000_000_001_000));
        assert!(a < b, "later ids sort later");
        assert_eq!(random.instance_id().to_string().as_bytes()[14], b'4');
        assert_ne!(random.bytes::<SALT_BYTES>(), random.bytes::<SALT_BYTES>());
        assert_eq!(random.below(0), 0);
        assert!(random.below(10) < 10);
    }
}
