//! The code flow at the test issuer: everybody who comes is the one person that the test named.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{RawQuery, State as Shares},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use openidconnect::url::form_urlencoded;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    Mint, Misdeed,
    server::CLIENT,
    state::{Code, Shared, State},
};

/// The person is sent here, and straight back with a code.
pub(super) async fn authorize(Shares(shared): Shares<Shared>, RawQuery(query): RawQuery) -> Response {
    match approve(&mut shared.lock(), &query.unwrap_or_default()) {
        Some(back) => (StatusCode::FOUND, [(header::LOCATION, back)]).into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The address to which the browser goes back; none where the request is not what it must be.
pub(super) fn approve(state: &mut State, query: &str) -> Option<String> {
    let asked: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|found| found == value);
    let scopes = asked.get("scope")?.split(' ').collect::<Vec<_>>();
    let fits = is("response_type", "code") && is("code_challenge_method", "S256") && is("client_id", CLIENT);
    if !fits || !scopes.contains(&"openid") {
        return None;
    }
    state.codes_given += 1;
    let code = format!("code-{}", state.codes_given);
    let given = Code {
        client: CLIENT.to_owned(),
        return_to: asked.get("redirect_uri")?.clone(),
        challenge: asked.get("code_challenge")?.clone(),
        nonce: asked.get("nonce")?.clone(),
    };
    let mut back = form_urlencoded::Serializer::new(String::new());
    let returned = asked.get("state")?.as_str();
    back.append_pair(
        "state",
        if state.misdeed == Some(Misdeed::AnotherState) { "another" } else { returned },
    );
    match state.misdeed {
        Some(Misdeed::Declines) => back.append_pair("error", "access_denied"),
        _ => back.append_pair("code", &code),
    };
    match state.misdeed {
        Some(Misdeed::AnotherName) => back.append_pair("iss", "https://other.example"),
        Some(Misdeed::Nameless) => &mut back,
        _ => back.append_pair("iss", &state.name),
    };
    let back = format!("{}?{}", given.return_to, back.finish());
    state.codes.insert(code, given);
    Some(back)
}

/// A code becomes a token, once.
pub(super) async fn token(Shares(shared): Shares<Shared>, headers: HeaderMap, form: Bytes) -> Response {
    let mut state = shared.lock();
    let refused = |why: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))).into_response();
    if state.misdeed == Some(Misdeed::BabblesTokens) {
        return Json(json!({ "hello": "there" })).into_response();
    }
    let form: BTreeMap<_, _> = form_urlencoded::parse(&form).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if !is_client(&state, &headers, field("client_id")) {
        return refused("invalid_client");
    }
    let Some(code) = state.codes.remove(field("code")) else { return refused("invalid_grant") };
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(field("code_verifier")));
    let fits =
        code.client == CLIENT && code.return_to == field("redirect_uri") && code.challenge == challenge;
    if !fits || field("grant_type") != "authorization_code" {
        return refused("invalid_grant");
    }
    let mut answer = json!({ "access_token": "opaque", "token_type": "Bearer", "expires_in": 300 });
    if state.misdeed != Some(Misdeed::NoIdToken) {
        answer["id_token"] = id_token(&state, &code.nonce).into();
    }
    Json(answer).into_response()
}

fn id_token(state: &State, nonce: &str) -> String {
    let mint = Mint::new(&state.name, CLIENT, state.key(), state.now()).claim("nonce", nonce);
    let mint = state.person.iter().fold(mint, |mint, (name, value)| mint.claim(name, value.clone()));
    match &state.spoiler {
        Some(spoil) => spoil(mint),
        None => mint.sign(),
    }
}

/// RFC 6749 2.3.1: a confidential client shows its secret, a public one its name.
fn is_client(state: &State, headers: &HeaderMap, named: &str) -> bool {
    let Some(secret) = &state.secret else { return named == CLIENT };
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    shown == Some(&format!("Basic {}", BASE64.encode(format!("{CLIENT}:{secret}").as_bytes())))
}
