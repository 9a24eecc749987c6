//! What a token says before anything is believed: enough to choose who could verify it.

use data_encoding::BASE64URL_NOPAD;
use openidconnect::core::CoreJwsSigningAlgorithm as Algorithm;
use serde::Deserialize;

use crate::TokenRefusal;

/// Access tokens with a hundred groups stay below; what is larger is an attempt to keep us busy.
pub(crate) const TOKEN_BYTES: usize = 16 * 1024;

/// Signatures with a key pair. Everything else is missing on purpose: `none`, shared secrets, SHA-1.
pub(crate) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
];

/// The `typ` of tokens that say who a person is: none or JWT for ID tokens, RFC 9068 for access tokens.
pub(crate) const TYPES: [&str; 2] = ["JWT", "at+jwt"];

/// The `typ` of ID tokens.
pub(crate) const ID_TYPES: [&str; 1] = ["JWT"];

/// The `typ` of logout tokens; older issuers leave it out or write JWT, and the claims tell the two apart.
pub(crate) const LOGOUT_TYPES: [&str; 2] = ["logout+jwt", "JWT"];

/// The part of a token that is read before its signature.
#[derive(Debug)]
pub(crate) struct Unverified {
    pub(crate) issuer: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
    #[serde(default)]
    enc: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Payload {
    iss: String,
}

/// Reads the header and the issuer's name; refuses by form, type and algorithm.
pub(crate) fn read(token: &str, types: &[&str]) -> Result<Unverified, TokenRefusal> {
    if token.len() > TOKEN_BYTES {
        return Err(TokenRefusal::TooLarge);
    }
    let parts: Vec<_> = token.split('.').collect();
    let (header, payload) = match parts[..] {
        [header, payload, _] => (header, payload),
        // JWE in its compact form: encrypted for somebody, not signed by anybody.
        [_, _, _, _, _] => return Err(TokenRefusal::Type),
        _ => return Err(TokenRefusal::Malformed),
    };
    let header: Header = decode(header)?;
    if header.crit.is_some() || header.enc.is_some() || !is_of(header.typ.as_deref(), types) {
        return Err(TokenRefusal::Type);
    }
    if !ALGORITHMS.iter().any(|algorithm| name(algorithm) == header.alg) {
        return Err(TokenRefusal::Algorithm);
    }
    let payload: Payload = decode(payload)?;
    Ok(Unverified { issuer: payload.iss })
}

/// Media types are written with or without `application/` and in any case (RFC 7515 4.1.9).
fn is_of(typ: Option<&str>, types: &[&str]) -> bool {
    typ.is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        let short = typ.strip_prefix("application/").unwrap_or(&typ);
        types.iter().any(|known| known.eq_ignore_ascii_case(short))
    })
}

fn name(algorithm: &Algorithm) -> String {
    serde_json::to_value(algorithm).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, TokenRefusal> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| TokenRefusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenRefusal::Malformed)
}
