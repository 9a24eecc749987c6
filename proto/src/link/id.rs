use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use super::CanonicalLink;

/// Keeps a link's id apart from every other SHA-256 in the contract, and one version's ids from another's.
const DOMAIN_TAG: &[u8] = b"meldeverbund link v1\0";

/// SHA-256 over a domain tag and the canonical spelling; as sensitive as the link itself, because a URL can be
/// guessed. It belongs on the wire and in the store, never into a log line or a metric.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId([u8; 32]);

/// A text is not a link id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link id is 64 lower-case hexadecimal digits")]
pub struct LinkIdError;

impl LinkId {
    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn of(link: &CanonicalLink) -> Self {
        Self(Sha256::new_with_prefix(DOMAIN_TAG).chain_update(link.as_str()).finalize().into())
    }
}

/// 64 lower-case hexadecimal digits.
impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Without the id: a debug line is a log line sooner or later.
impl fmt::Debug for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkId(..)")
    }
}

/// Only what `Display` writes: an id has one spelling.
impl FromStr for LinkId {
    type Err = LinkIdError;

    fn from_str(text: &str) -> Result<Self, LinkIdError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| LinkIdError)?;
        if text.bytes().any(|b| b.is_ascii_uppercase()) { Err(LinkIdError) } else { Ok(Self(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = LinkId::from_bytes([0xab; 32]);
        let text = "ab".repeat(32);
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
        for bad in [&text.to_uppercase(), &text[1..], "", &format!("{text}00"), &text.replace('a', "g")] {
            assert_eq!(bad.parse::<LinkId>(), Err(LinkIdError));
        }
    }
}
