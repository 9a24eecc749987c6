//! The issuer's server on the loopback.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use axum::{
    Json, Router,
    extract::State as Shares,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use meldeverbund_certs::Clock;
use meldeverbund_proto::AgencyId;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    Mint, Misdeed, TestKey, flow,
    state::{Shared, State},
};
use crate::{IssuerSettings, Role};

/// What we are called at the test issuer.
pub(super) const CLIENT: &str = "meldeverbund";

/// An issuer in the test's own process. It ends when it is dropped.
pub struct TestIssuer {
    name: String,
    shared: Shared,
    server: JoinHandle<()>,
}

impl TestIssuer {
    /// Starts an issuer on the loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("the loopback has free ports");
        let address = listener.local_addr().expect("a bound listener has an address");
        let name = format!("http://{address}");
        let shared = Shared::new(State {
            name: name.clone(),
            keys: vec![Arc::new(TestKey::es256("first"))],
            strange_keys: Vec::new(),
            misdeed: None,
            times_asked_for_keys: 0,
            clock: Clock::system(),
            secret: None,
            person: Vec::new(),
            spoiler: None,
            codes: BTreeMap::new(),
            codes_given: 0,
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/authorize", get(flow::authorize))
            .route("/token", post(flow::token))
            .with_state(shared.clone());
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
            client_secret_file: None,
            scopes: Vec::new(),
            audience: None,
            authorized_parties: Vec::new(),
            trust_anchors: None,
            proxy: None,
            roles_claim: "/groups".to_owned(),
            proceedings_claim: Some("/proceedings".to_owned()),
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
        self.shared.lock().key()
    }

    /// Signs with this key from now on; older keys stay published.
    pub fn add_key(&self, key: TestKey) -> Arc<TestKey> {
        let key = Arc::new(key);
        self.shared.lock().keys.push(Arc::clone(&key));
        key
    }

    /// Signs with this key from now on, and publishes no other.
    pub fn replace_keys(&self, key: TestKey) -> Arc<TestKey> {
        self.shared.lock().keys.clear();
        self.add_key(key)
    }

    /// Publishes this JWK too, whatever it is.
    pub fn publish(&self, key: Value) {
        self.shared.lock().strange_keys.push(key);
    }

    /// Misbehaves from now on, or behaves again.
    pub fn misbehave(&self, misdeed: impl Into<Option<Misdeed>>) {
        self.shared.lock().misdeed = misdeed.into();
    }

    /// How often its keys were asked for.
    pub fn times_asked_for_keys(&self) -> usize {
        self.shared.lock().times_asked_for_keys
    }

    /// Takes the time of its tokens from this clock.
    pub fn set_clock(&self, clock: Clock) {
        self.shared.lock().clock = clock;
    }

    /// Who signs in from now on: claims of the ID token.
    pub fn person(&self, subject: &str, roles: &[Role]) {
        let groups: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        self.shared.lock().person = vec![
            ("sub".to_owned(), subject.into()),
            ("groups".to_owned(), groups.into()),
            ("sid".to_owned(), format!("session of {subject}").into()),
        ];
    }

    /// Beside that, the token of whoever signs in from now on says this.
    pub fn person_says(&self, claim: &str, value: impl Into<Value>) {
        self.shared.lock().person.push((claim.to_owned(), value.into()));
    }

    /// Asks for this client secret from now on.
    pub fn require_secret(&self, secret: &str) {
        self.shared.lock().secret = Some(secret.to_owned());
    }

    /// Does this to every ID token that it gives at sign-in.
    pub fn spoil(&self, spoiler: impl Fn(Mint) -> String + Send + Sync + 'static) {
        self.shared.lock().spoiler = Some(Arc::new(spoiler));
    }

    /// What a browser that follows this address to the issuer brings back: the query of the return address.
    pub fn approve(&self, address: &str) -> String {
        let (_, query) = address.split_once('?').expect("a request has parameters");
        let back = flow::approve(&mut self.shared.lock(), query).expect("a request as it must be");
        back.split_once('?').map(|(_, query)| query.to_owned()).expect("a return has parameters")
    }

    /// A logout token for a session or a person; give it a `sid` or a `sub`.
    pub fn logout(&self, now: SystemTime) -> Mint {
        let event = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        Mint::new(&self.name, CLIENT, self.key(), now)
            .header("typ", "logout+jwt")
            .without("sub")
            .without("name")
            .without("auth_time")
            .claim("jti", "bWJq")
            .claim("events", event)
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn metadata(Shares(shared): Shares<Shared>) -> Response {
    let state = shared.lock();
    let name = &state.name;
    let is = |misdeed| state.misdeed == Some(misdeed);
    let keys = if is(Misdeed::KeysElsewhere) { "http://keys.example/keys" } else { &format!("{name}/keys") };
    let mut metadata = json!({
        "issuer": if is(Misdeed::NamesAnother) { "https://other.example" } else { name },
        "authorization_endpoint": format!("{name}/authorize"),
        "token_endpoint": format!("{name}/token"),
        "end_session_endpoint": format!("{name}/end"),
        "jwks_uri": keys,
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "authorization_response_iss_parameter_supported": true,
    });
    if let (true, Some(metadata)) = (is(Misdeed::NoTokenEndpoint), metadata.as_object_mut()) {
        metadata.remove("token_endpoint");
    }
    answer(&state, metadata)
}

async fn keys(Shares(shared): Shares<Shared>) -> Response {
    let mut state = shared.lock();
    state.times_asked_for_keys += 1;
    let own = state.keys.iter().map(|key| key.public());
    let keys: Vec<_> = own.chain(state.strange_keys.iter().cloned()).collect();
    answer(&state, json!({ "keys": keys }))
}

fn answer(state: &State, honest: Value) -> Response {
    match state.misdeed {
        Some(Misdeed::Redirects) => {
            (StatusCode::FOUND, [(header::LOCATION, format!("{}/keys", state.name))]).into_response()
        }
        Some(Misdeed::Fails) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Misdeed::Floods) => Json(json!({ "keys": "x".repeat(4 << 20) })).into_response(),
        Some(Misdeed::Babbles) => "<html>".into_response(),
        _ => Json(honest).into_response(),
    }
}
