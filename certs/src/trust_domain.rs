//! The federation's trust domain: the first part of every name in a certificate.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// SPIFFE-ID 2.1: at most 255 bytes.
const TRUST_DOMAIN_BYTES: usize = 255;

/// A SPIFFE trust domain, e.g. `meldeverbund.example`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrustDomain(String);

/// The text is no trust domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trust domain is 1 to 255 characters: lower-case letters, digits, dots, hyphens, underscores")]
pub struct TrustDomainError;

impl TrustDomain {
    /// The trust domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrustDomain {
    type Err = TrustDomainError;

    fn from_str(text: &str) -> Result<Self, TrustDomainError> {
        let shaped = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_'));
        if shaped && !text.is_empty() && text.len() <= TRUST_DOMAIN_BYTES {
            Ok(Self(text.to_owned()))
        } else {
            Err(TrustDomainError)
        }
    }
}

impl TryFrom<String> for TrustDomain {
    type Error = TrustDomainError;

    fn try_from(text: String) -> Result<Self, TrustDomainError> {
        text.parse()
    }
}

impl From<TrustDomain> for String {
    fn from(domain: TrustDomain) -> Self {
        domain.0
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_domains_have_one_spelling() {
        for good in ["meldeverbund.example", "a", "x_1-2.test"] {
            assert_eq!(good.parse::<TrustDomain>().unwrap().as_str(), good);
        }
        for bad in ["", "Meldeverbund.example", "a:443", "a/b", "a b", "ä.example", &"a".repeat(256)] {
            assert_eq!(bad.parse::<TrustDomain>(), Err(TrustDomainError), "{bad}");
        }
    }
}
