//! An issuer's metadata and keys as they were read at one time.

use std::time::SystemTime;

use openidconnect::{
    AdditionalProviderMetadata, DiscoveryError, IssuerUrl, JsonWebKeySet, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
    url::Url,
};
use serde::{Deserialize, Serialize};

use crate::{FetchError, IssuerError, http::Http};

/// Shorter RSA keys are no keys (BSI TR-02102-1; NIST SP 800-131A).
const RSA_BITS: usize = 2048;

/// What we read beyond OpenID Connect Discovery's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Extra {
    /// OpenID Connect RP-Initiated Logout 1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_session_endpoint: Option<Url>,
    /// RFC 9207.
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// An issuer's metadata and keys as they were read at one time.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) metadata: Metadata,
    pub(crate) keys: JsonWebKeySet<CoreJsonWebKey>,
    pub(crate) read_at: SystemTime,
}

impl Known {
    /// Asks the issuer for its metadata and keys.
    pub(crate) async fn read(issuer: &IssuerUrl, http: &Http, now: SystemTime) -> Result<Self, IssuerError> {
        let metadata = Metadata::discover_async(issuer.clone(), http).await.map_err(explain)?;
        let keys = metadata.jwks().keys().iter().filter(|key| is_usable(key)).cloned().collect();
        Ok(Self { metadata, keys: JsonWebKeySet::new(keys), read_at: now })
    }
}

/// The library's texts quote the answer; only their kind is kept.
fn explain(error: DiscoveryError<FetchError>) -> IssuerError {
    match error {
        DiscoveryError::Request(source) => source.into(),
        DiscoveryError::Response(status, ..) if !status.is_success() => IssuerError::Status(status.as_u16()),
        DiscoveryError::Validation(_) => IssuerError::OtherIssuer,
        _ => IssuerError::Malformed,
    }
}

/// Whether the key is a public one of a size that still means something.
fn is_usable(key: &CoreJsonWebKey) -> bool {
    let Ok(key) = serde_json::to_value(key) else { return false };
    let text = |name: &str| key.get(name).and_then(serde_json::Value::as_str);
    match text("kty") {
        Some("RSA") => text("n").is_some_and(|modulus| bits(modulus) >= RSA_BITS),
        Some("EC" | "OKP") => true,
        _ => false,
    }
}

/// The length of a number in base64url, in bits.
fn bits(number: &str) -> usize {
    let Ok(bytes) = data_encoding::BASE64URL_NOPAD.decode(number.as_bytes()) else { return 0 };
    let significant = bytes.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &bytes[first..]);
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_modulus_ignores_leading_zeros() {
        let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        assert_eq!(bits(&encode(&[0, 0, 1])), 1);
        assert_eq!(bits(&encode(&[0xff; 256])), 2048);
        assert_eq!(bits(&encode(&[0x7f, 0xff])), 15);
        assert_eq!(bits(&encode(&[0; 300])), 0);
        assert_eq!(bits("?"), 0);
    }

    #[test]
    fn short_and_shared_keys_are_no_keys() {
        let key = |json: serde_json::Value| serde_json::from_value::<CoreJsonWebKey>(json).unwrap();
        let modulus = |bytes| data_encoding::BASE64URL_NOPAD.encode(&vec![0xff; bytes]);
        assert!(is_usable(&key(serde_json::json!({"kty": "RSA", "e": "AQAB", "n": modulus(256)}))));
        assert!(!is_usable(&key(serde_json::json!({"kty": "RSA", "e": "AQAB", "n": modulus(128)}))));
        assert!(!is_usable(&key(serde_json::json!({"kty": "oct", "k": modulus(32)}))));
    }
}
