//! A token in the making: good until it is spoilt.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};

use super::TestKey;

/// What tokens live for where a test does not say.
const LIFETIME: Duration = Duration::from_secs(300);

/// A token in the making. Without further ado [`Mint::sign`] gives one that is believed.
#[derive(Clone)]
pub struct Mint {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key: Arc<TestKey>,
}

impl Mint {
    pub(crate) fn new(issuer: &str, audience: &str, key: Arc<TestKey>, now: SystemTime) -> Self {
        let header = json!({"alg": key.algorithm(), "typ": "JWT", "kid": key.name()});
        let claims = json!({
            "iss": issuer, "aud": audience, "sub": "248289761001", "name": "Erika Mustermann",
            "iat": seconds(now), "exp": seconds(now + LIFETIME), "auth_time": seconds(now),
        });
        Self { header: object(header), claims: object(claims), key }
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a claim that is a time.
    #[must_use]
    pub fn time(self, name: &str, at: SystemTime) -> Self {
        self.claim(name, seconds(at))
    }

    /// Leaves a claim out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets a field of the header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a field of the header out.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// The person.
    #[must_use]
    pub fn subject(self, subject: &str) -> Self {
        self.claim("sub", subject)
    }

    /// The person's groups.
    #[must_use]
    pub fn groups(self, groups: &[&str]) -> Self {
        self.claim("groups", groups.to_vec())
    }

    /// Signs with another key, under that key's name and algorithm.
    #[must_use]
    pub fn key(self, key: &Arc<TestKey>) -> Self {
        let named = self.header("alg", key.algorithm()).header("kid", key.name());
        Self { key: Arc::clone(key), ..named }
    }

    /// Signs with another key and says nothing of it.
    #[must_use]
    pub fn forged_by(self, key: &Arc<TestKey>) -> Self {
        Self { key: Arc::clone(key), ..self }
    }

    /// The token.
    pub fn sign(&self) -> String {
        let message = self.message();
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// The token without a signature, as `alg` none.
    pub fn unsigned(self) -> String {
        format!("{}.", self.header("alg", "none").message())
    }

    /// The token "signed" with a secret that everybody knows, as HS256: the public key is a favourite.
    pub fn shared_secret(self, secret: &[u8]) -> String {
        let message = self.header("alg", "HS256").message();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
    }

    fn message(&self) -> String {
        let part = |map: &Map<String, Value>| {
            BASE64URL_NOPAD.encode(Value::Object(map.clone()).to_string().as_bytes())
        };
        format!("{}.{}", part(&self.header), part(&self.claims))
    }
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
