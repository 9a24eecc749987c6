//! The secret of one attempt to sign in, and what is made from it.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use openidconnect::{CsrfToken, Nonce, PkceCodeVerifier};
use sha2::{Digest as _, Sha256};

/// The secret of one attempt to sign in: 256 random bits that the browser's cookie holds.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptSecret([u8; 32]);

/// What the server keeps of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AttemptDigest([u8; 32]);

impl AttemptSecret {
    /// Takes 256 random bits.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// Reads a cookie's value.
    pub fn from_cookie(value: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(value.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub fn to_cookie(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What the server keeps; opens nothing.
    pub fn digest(&self) -> AttemptDigest {
        AttemptDigest(self.derive("kept"))
    }

    pub(super) fn state(&self) -> CsrfToken {
        CsrfToken::new(self.text("state"))
    }

    pub(super) fn nonce(&self) -> Nonce {
        Nonce::new(self.text("nonce"))
    }

    pub(super) fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.text("pkce"))
    }

    fn text(&self, purpose: &str) -> String {
        BASE64URL_NOPAD.encode(&self.derive(purpose))
    }

    /// None of them tells anything of another: each is a digest over the whole secret in a domain of its own.
    fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(format!("meldeverbund sign-in {purpose} v1\0"));
        hash.update(self.0);
        hash.finalize().into()
    }
}

impl fmt::Debug for AttemptSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttemptSecret")
    }
}

impl AttemptDigest {
    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_an_attempt_needs_comes_from_its_cookie_and_differs() {
        let secret = AttemptSecret::new([7; 32]);
        let again = AttemptSecret::from_cookie(&secret.to_cookie()).unwrap();
        assert_eq!(again, secret);
        let all = |secret: &AttemptSecret| {
            [
                secret.state().secret().clone(),
                secret.nonce().secret().clone(),
                secret.verifier().secret().clone(),
                BASE64URL_NOPAD.encode(secret.digest().as_bytes()),
                secret.to_cookie(),
            ]
        };
        assert_eq!(all(&secret), all(&again));
        let other = AttemptSecret::new([8; 32]);
        let distinct: BTreeSet<_> = all(&secret).into_iter().chain(all(&other)).collect();
        assert_eq!(distinct.len(), 10);
        assert_eq!(format!("{secret:?}"), "AttemptSecret");
    }

    #[test]
    fn what_is_no_secret_is_none() {
        for cookie in ["", "AAAA", &"A".repeat(44), &"!".repeat(43), &"A".repeat(86)] {
            assert_eq!(AttemptSecret::from_cookie(cookie), None, "{cookie}");
        }
    }
}
