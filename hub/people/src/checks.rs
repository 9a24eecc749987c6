//! What the library leaves to us: times, parties, strength of the authentication.

use std::time::{Duration, SystemTime};

use serde_json::Number;

use crate::{IssuerSettings, TokenRefusal, claims::Claims};

/// How far an issuer's clock may be ahead of ours. Ends have no leeway: the shorter reading is the safer one.
pub(crate) const LEEWAY: Duration = Duration::from_secs(30);
/// A shift with overtime. What is valid for longer could not be taken back from somebody who left.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// OpenID Connect Core 2: at most 255 ASCII characters.
const SUBJECT_BYTES: usize = 255;

/// Checks a token whose signature is the issuer's. Gives when the person was authenticated, and when the token ends.
pub(crate) fn check(
    claims: &Claims,
    settings: &IssuerSettings,
    now: SystemTime,
) -> Result<(SystemTime, SystemTime), TokenRefusal> {
    if claims.additional_claims().cnf.is_some() {
        return Err(TokenRefusal::BoundToKey);
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > SUBJECT_BYTES || subject.chars().any(char::is_control) {
        return Err(TokenRefusal::Subject);
    }
    check_party(claims, settings)?;
    let issued_at = SystemTime::from(claims.issue_time());
    let ends_at = whole_second(SystemTime::from(claims.expiration()));
    check_times(claims.additional_claims().nbf.as_ref(), issued_at, ends_at, now)?;
    check_strength(claims, settings)?;
    let authenticated_at = claims.auth_time().map(SystemTime::from);
    check_age(authenticated_at, settings.max_age_s, now)?;
    Ok((authenticated_at.unwrap_or(issued_at), ends_at))
}

/// A time may have a fraction (RFC 7519, 2); it is left off an end, so that no clock that knows none sees it later.
fn whole_second(at: SystemTime) -> SystemTime {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// OpenID Connect Core 3.1.3.7, 4 and 5. The library has refused further audiences already.
fn check_party(claims: &Claims, settings: &IssuerSettings) -> Result<(), TokenRefusal> {
    let Some(party) = claims.authorized_party() else { return Ok(()) };
    let mut ours = std::iter::once(&settings.client_id).chain(&settings.authorized_parties);
    if ours.any(|client| client == party.as_str()) { Ok(()) } else { Err(TokenRefusal::AuthorizedParty) }
}

fn check_times(
    nbf: Option<&Number>,
    issued_at: SystemTime,
    ends_at: SystemTime,
    now: SystemTime,
) -> Result<(), TokenRefusal> {
    if now >= ends_at {
        return Err(TokenRefusal::Expired);
    }
    if issued_at > now + LEEWAY {
        return Err(TokenRefusal::NotYetValid);
    }
    if let Some(nbf) = nbf {
        let seconds = nbf.as_f64().ok_or(TokenRefusal::Malformed)?;
        let begins = Duration::try_from_secs_f64(seconds.max(0.0)).map_err(|_| TokenRefusal::NotYetValid)?;
        let now = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| TokenRefusal::NotYetValid)?;
        if begins > now + LEEWAY {
            return Err(TokenRefusal::NotYetValid);
        }
    }
    match ends_at.duration_since(issued_at) {
        Ok(lifetime) if lifetime <= LIFETIME => Ok(()),
        _ => Err(TokenRefusal::LivesTooLong),
    }
}

fn check_strength(claims: &Claims, settings: &IssuerSettings) -> Result<(), TokenRefusal> {
    let acr = claims.auth_context_ref().map(|acr| acr.as_str());
    if !settings.acr.is_empty() && !settings.acr.iter().any(|wanted| Some(wanted.as_str()) == acr) {
        return Err(TokenRefusal::AuthenticationContext);
    }
    let amr = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
    if settings.amr.iter().any(|wanted| !amr.iter().any(|method| method.as_str() == wanted)) {
        return Err(TokenRefusal::AuthenticationMethods);
    }
    Ok(())
}

fn check_age(
    authenticated_at: Option<SystemTime>,
    max_age_s: Option<u64>,
    now: SystemTime,
) -> Result<(), TokenRefusal> {
    // Whatever policy says: who is authenticated tomorrow is not authenticated.
    if authenticated_at.is_some_and(|at| at > now + LEEWAY) {
        return Err(TokenRefusal::NotYetValid);
    }
    let Some(max_age_s) = max_age_s else { return Ok(()) };
    let at = authenticated_at.ok_or(TokenRefusal::AuthenticationAge)?;
    let age = now.duration_since(at).unwrap_or_default();
    if age > Duration::from_secs(max_age_s) + LEEWAY { Err(TokenRefusal::AuthenticationAge) } else { Ok(()) }
}
