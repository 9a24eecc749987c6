//! The id of a session: what a browser holds, what the server keeps of it, and what stands in forms.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

/// The id of a session: 256 random bits, in the browser's cookie and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

/// What the server keeps of it: whoever reads the database, or a backup of it, cannot be anybody with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionDigest([u8; 32]);

impl SessionId {
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

    /// What the server keeps.
    pub fn digest(&self) -> SessionDigest {
        SessionDigest(self.derive("session"))
    }

    /// What each form of the session carries, so that no other page can send one. Opens nothing by itself.
    pub fn form_token(&self) -> String {
        BASE64URL_NOPAD.encode(&self.derive("form"))
    }

    /// Whether a form carries this session's token.
    pub fn is_form_token(&self, token: &str) -> bool {
        // Compared by digests: how long it takes tells nothing of the token.
        Sha256::digest(token) == Sha256::digest(self.form_token())
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(format!("meldeverbund {purpose} v1\0"));
        hash.update(self.0);
        hash.finalize().into()
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId")
    }
}

impl SessionDigest {
    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionDigest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookie_digest_and_form_token_tell_nothing_of_each_other() {
        let id = SessionId::new([3; 32]);
        assert_eq!(SessionId::from_cookie(&id.to_cookie()), Some(id.clone()));
        let digest = BASE64URL_NOPAD.encode(id.digest().as_bytes());
        assert!(id.to_cookie() != digest && digest != id.form_token() && id.form_token() != id.to_cookie());
        assert!(id.is_form_token(&id.form_token()));
        for other in ["", &id.to_cookie(), &digest, &SessionId::new([4; 32]).form_token()] {
            assert!(!id.is_form_token(other));
        }
        assert_eq!(format!("{id:?} {:?}", id.digest()), "SessionId SessionDigest");
    }

    #[test]
    fn what_is_no_id_is_none() {
        for cookie in ["", "AAAA", &"A".repeat(44), &"!".repeat(43)] {
            assert_eq!(SessionId::from_cookie(cookie), None, "{cookie}");
        }
    }
}
