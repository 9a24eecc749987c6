//! What the test issuer knows, and how it misbehaves.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use meldeverbund_certs::Clock;

use super::{Mint, TestKey};

/// How the issuer misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misdeed {
    /// Its metadata name another issuer.
    NamesAnother,
    /// It sends us elsewhere.
    Redirects,
    /// It answers with an error.
    Fails,
    /// Its answer never ends.
    Floods,
    /// It answers with something else than JSON.
    Babbles,
    /// Its keys are elsewhere, without TLS and on another machine.
    KeysElsewhere,
    /// Its metadata name no token endpoint.
    NoTokenEndpoint,
    /// It comes back with a state that nobody sent.
    AnotherState,
    /// It says in its return that it is another issuer.
    AnotherName,
    /// It does not say who it is though its metadata promise it.
    Nameless,
    /// The person says no.
    Declines,
    /// It answers at its token endpoint without an ID token.
    NoIdToken,
    /// Its token endpoint answers with something that is no answer.
    BabblesTokens,
}

/// What becomes of the next ID tokens.
pub(super) type Spoiler = Arc<dyn Fn(Mint) -> String + Send + Sync>;

pub(super) struct State {
    pub(super) name: String,
    /// The newest key, with which it signs, is the last.
    pub(super) keys: Vec<Arc<TestKey>>,
    /// Published beside them.
    pub(super) strange_keys: Vec<serde_json::Value>,
    pub(super) misdeed: Option<Misdeed>,
    pub(super) times_asked_for_keys: usize,
    pub(super) clock: Clock,
    pub(super) secret: Option<String>,
    /// Claims of the person who signs in.
    pub(super) person: Vec<(String, serde_json::Value)>,
    pub(super) spoiler: Option<Spoiler>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) codes_given: u64,
}

/// A code that was given and not yet used.
pub(super) struct Code {
    pub(super) client: String,
    pub(super) return_to: String,
    pub(super) challenge: String,
    pub(super) nonce: String,
}

/// Shared between the server and the test.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn key(&self) -> Arc<TestKey> {
        Arc::clone(self.keys.last().expect("an issuer has a key"))
    }

    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }
}
