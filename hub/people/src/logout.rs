//! Logout that an issuer tells us (OpenID Connect Back-Channel Logout 1.0), and logout that we tell an issuer
//! (RP-Initiated Logout 1.0).

use std::time::{Duration, SystemTime};

use data_encoding::BASE64URL_NOPAD;
use openidconnect::{
    JsonWebKey as _, JsonWebKeyAlgorithm, JsonWebKeyUse as _, JwsSigningAlgorithm as _,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
    url::Url,
};
use serde::Deserialize;
use serde_json::{Number, Value};

use crate::{
    Issuers, TokenRefusal,
    checks::LEEWAY,
    header::{self, LOGOUT_TYPES},
    issuers::Issuer,
    metadata::Known,
};

/// The one event that a logout token tells.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A logout is told at once; an older token is somebody's copy.
const AGE: Duration = Duration::from_secs(120);
/// As for a subject.
const NAME_BYTES: usize = 255;

/// Whom an issuer logs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logout {
    /// The issuer; only its own sessions end.
    pub issuer: String,
    /// The person, if all of the person's sessions end or as a check beside the session.
    pub subject: Option<String>,
    /// The issuer's session.
    pub session: Option<String>,
    /// When it was said: a session that began later is not meant.
    pub issued_at: SystemTime,
}

#[derive(Deserialize)]
struct Claims {
    aud: Value,
    iat: Number,
    #[serde(default)]
    exp: Option<Number>,
    #[serde(default)]
    jti: Option<String>,
    events: Value,
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    nonce: Option<Value>,
}

impl Issuers {
    /// Verifies an issuer's logout token.
    ///
    /// # Errors
    /// Why it is not believed.
    pub async fn verify_logout(&self, token: &str, now: SystemTime) -> Result<Logout, TokenRefusal> {
        let unverified = header::read(token, &LOGOUT_TYPES)?;
        let issuer = self.find(&unverified.issuer).ok_or(TokenRefusal::UnknownIssuer)?;
        let known = issuer.provider.known(now).await.map_err(TokenRefusal::IssuerUnavailable)?;
        let payload = match signed_payload(token, &known) {
            Err(refusal @ (TokenRefusal::UnknownKey | TokenRefusal::Signature)) => {
                let newer = issuer.provider.newer(&known, now).await.ok_or(refusal)?;
                signed_payload(token, &newer)?
            }
            payload => payload?,
        };
        let claims = serde_json::from_slice(&payload).map_err(|_| TokenRefusal::Malformed)?;
        check(issuer, claims, now)
    }

    /// Where the browser is sent so that the issuer signs the person out too; none if it offers no such place.
    /// `return_to` is the configured address of this service.
    pub async fn end_session(&self, issuer: &str, return_to: &str, now: SystemTime) -> Option<String> {
        let issuer = self.find(issuer)?;
        let known = issuer.provider.known(now).await.ok()?;
        let mut url: Url = known.metadata.additional_metadata().end_session_endpoint.clone()?;
        if url.scheme() != "https" && !issuer.settings.insecure_loopback {
            return None;
        }
        // No id_token_hint: tokens are not kept. The issuer may ask the person whether it is meant.
        url.query_pairs_mut()
            .append_pair("client_id", &issuer.settings.client_id)
            .append_pair("post_logout_redirect_uri", return_to);
        Some(url.into())
    }
}

/// OpenID Connect Back-Channel Logout 2.6.
fn check(issuer: &Issuer, claims: Claims, now: SystemTime) -> Result<Logout, TokenRefusal> {
    let is_ours = |audience: &Value| audience.as_str() == Some(issuer.settings.client_id.as_str());
    let audience = match &claims.aud {
        Value::Array(all) => all.len() == 1 && all.iter().all(is_ours),
        one => is_ours(one),
    };
    if !audience {
        return Err(TokenRefusal::Audience);
    }
    // What says who somebody is must never end as a logout, nor the reverse.
    if claims.nonce.is_some() || !claims.events.get(EVENT).is_some_and(Value::is_object) {
        return Err(TokenRefusal::Type);
    }
    let is_name = |name: &String| !name.is_empty() && name.len() <= NAME_BYTES;
    let named = claims.sub.iter().chain(&claims.sid);
    if (claims.sub.is_none() && claims.sid.is_none()) || !named.into_iter().all(is_name) {
        return Err(TokenRefusal::Subject);
    }
    if claims.jti.is_none_or(|jti| jti.is_empty()) {
        return Err(TokenRefusal::Malformed);
    }
    let issued_at = at(&claims.iat)?;
    if issued_at > now + LEEWAY {
        return Err(TokenRefusal::NotYetValid);
    }
    let ends_at = claims.exp.as_ref().map(at).transpose()?;
    let is_old = now.duration_since(issued_at).is_ok_and(|age| age > AGE + LEEWAY);
    if is_old || ends_at.is_some_and(|end| now >= end) {
        return Err(TokenRefusal::Expired);
    }
    Ok(Logout { issuer: issuer.settings.issuer.clone(), subject: claims.sub, session: claims.sid, issued_at })
}

/// A NumericDate (RFC 7519, 2): it may have a fraction, which is left off, so that an end comes no later.
fn at(seconds: &Number) -> Result<SystemTime, TokenRefusal> {
    let since = match seconds.as_u64() {
        Some(whole) => Some(Duration::from_secs(whole)),
        None => seconds.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds.floor()).ok()),
    };
    since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)).ok_or(TokenRefusal::Malformed)
}

/// The payload of a token that one of the issuer's keys signed. The library reads ID tokens alone.
fn signed_payload(token: &str, known: &Known) -> Result<Vec<u8>, TokenRefusal> {
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| TokenRefusal::Malformed);
    let (message, signature) = token.rsplit_once('.').ok_or(TokenRefusal::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(TokenRefusal::Malformed)?;
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenRefusal::Malformed)?;
    let mut fitting = known.keys.keys().iter().filter(|key| header.fits(key));
    let key = fitting.next().filter(|_| fitting.next().is_none()).ok_or(TokenRefusal::UnknownKey)?;
    key.verify_signature(&header.alg, message.as_bytes(), &decode(signature)?)
        .map_err(|_| TokenRefusal::Signature)?;
    decode(payload)
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    #[serde(default)]
    kid: Option<String>,
}

impl Header {
    /// Whether it could be the key: by name where one is given, and always by what it is for.
    fn fits(&self, key: &CoreJsonWebKey) -> bool {
        let named = self.kid.as_ref().is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid));
        let signs = key.key_use().is_none_or(|for_what| for_what.allows_signature());
        let algorithm = match key.signing_alg() {
            JsonWebKeyAlgorithm::Algorithm(algorithm) => *algorithm == self.alg,
            JsonWebKeyAlgorithm::Unspecified => true,
            JsonWebKeyAlgorithm::Unsupported => false,
        };
        named && signs && algorithm && self.alg.key_type().as_ref() == Some(key.key_type())
    }
}
