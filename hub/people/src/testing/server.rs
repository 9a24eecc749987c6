//! The issuer's server on the loopback.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use meldeverbund_proto::AgencyId;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{Mint, TestKey};
use crate::{IssuerSettings, Role};

/// What we are called at the test issuer.
const CLIENT: &str = "meldeverbund";

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
}

/// An issuer in the test's own process. It ends when it is dropped.
pub struct TestIssuer {
    name: String,
    shared: Arc<Mutex<Shared>>,
    server: JoinHandle<()>,
}

struct Shared {
    name: String,
    /// The newest key, with which it signs, is the last.
    keys: Vec<Arc<TestKey>>,
    misdeed: Option<Misdeed>,
    requests: BTreeMap<&'static str, usize>,
}

type Handle = Arc<Mutex<Shared>>;

impl TestIssuer {
    /// Starts an issuer on the loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("the loopback has free ports");
        let address = listener.local_addr().expect("a bound listener has an address");
        let name = format!("http://{address}");
        let shared = Arc::new(Mutex::new(Shared {
            name: name.clone(),
            keys: vec![Arc::new(TestKey::es256("first"))],
            misdeed: None,
            requests: BTreeMap::new(),
        }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // Ends with the runtime or with the issuer.
            let _ = axum::serve(listener, routes).await;
        });
        Self { name, shared, server }
    }

    /// Its identifier.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings under which it speaks for this agency: the groups are named like the roles.
    pub fn settings(&self, agency: &AgencyId) -> IssuerSettings {
        IssuerSettings {
            issuer: self.name.clone(),
            agency: agency.clone(),
            client_id: CLIENT.to_owned(),
            audience: None,
            authorized_parties: Vec::new(),
            trust_anchors: None,
            proxy: None,
            roles_claim: "/groups".to_owned(),
            roles: Role::ALL.into_iter().map(|role| (role.to_string(), role)).collect(),
            acr: Vec::new(),
            amr: Vec::new(),
            max_age_s: None,
            insecure_loopback: true,
        }
    }

    /// A token for a person in these roles, signed with its newest key.
    pub fn token(&self, roles: &[Role], now: SystemTime) -> Mint {
        let groups: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        Mint::new(&self.name, CLIENT, self.key(), now).groups(&groups)
    }

    /// Its newest key.
    pub fn key(&self) -> Arc<TestKey> {
        Arc::clone(self.lock().keys.last().expect("an issuer has a key"))
    }

    /// Signs with this key from now on; older keys stay published.
    pub fn add_key(&self, key: TestKey) -> Arc<TestKey> {
        let key = Arc::new(key);
        self.lock().keys.push(Arc::clone(&key));
        key
    }

    /// Signs with this key from now on, and publishes no other.
    pub fn replace_keys(&self, key: TestKey) -> Arc<TestKey> {
        self.lock().keys.clear();
        self.add_key(key)
    }

    /// Misbehaves from now on, or behaves again.
    pub fn misbehave(&self, misdeed: impl Into<Option<Misdeed>>) {
        self.lock().misdeed = misdeed.into();
    }

    /// How often its keys were asked for.
    pub fn times_asked_for_keys(&self) -> usize {
        self.lock().requests.get("keys").copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn metadata(State(shared): State<Handle>) -> Response {
    let mut shared = lock(&shared);
    *shared.requests.entry("metadata").or_default() += 1;
    let name = &shared.name;
    let issuer = if shared.misdeed == Some(Misdeed::NamesAnother) { "https://other.example" } else { name };
    let keys = match shared.misdeed {
        Some(Misdeed::KeysElsewhere) => "http://keys.example/keys".to_owned(),
        _ => format!("{name}/keys"),
    };
    answer(
        &shared,
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{name}/authorize"),
            "token_endpoint": format!("{name}/token"),
            "jwks_uri": keys,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        }),
    )
}

async fn keys(State(shared): State<Handle>) -> Response {
    let mut shared = lock(&shared);
    *shared.requests.entry("keys").or_default() += 1;
    let keys: Vec<_> = shared.keys.iter().map(|key| key.public()).collect();
    answer(&shared, json!({ "keys": keys }))
}

fn answer(shared: &Shared, honest: Value) -> Response {
    match shared.misdeed {
        Some(Misdeed::Redirects) => {
            (StatusCode::FOUND, [(header::LOCATION, format!("{}/keys", shared.name))]).into_response()
        }
        Some(Misdeed::Fails) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Misdeed::Floods) => Json(json!({ "keys": "x".repeat(4 << 20) })).into_response(),
        Some(Misdeed::Babbles) => "<html>".into_response(),
        _ => Json(honest).into_response(),
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
