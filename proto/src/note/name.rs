//! Who is who in a federation: origins and key names.

use std::{fmt, str::FromStr};

use crate::AgencyId;

/// Bytes of a trust domain (SPIFFE-ID, 2.1).
const TRUST_DOMAIN_BYTES: usize = 255;

/// The ledger's name in a checkpoint: `<trust domain>/ledger/<epoch>`, epochs counted from 1.
///
/// A restored ledger is another tree, so it has another origin; its key keeps the name `<trust domain>/ledger`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The federation, such as `meldeverbund.example`.
    pub trust_domain: String,
    /// The log epoch, from 1.
    pub epoch: u32,
}

/// A text is not the origin of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ledger's origin is <trust domain>/ledger/<epoch>, epochs counted from 1")]
pub struct OriginError;

impl Origin {
    /// Name of the key that signs this ledger's checkpoints.
    pub fn key_name(&self) -> String {
        ledger_key_name(&self.trust_domain)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/ledger/{}", self.trust_domain, self.epoch)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let (trust_domain, epoch) = text.split_once("/ledger/").ok_or(OriginError)?;
        let epoch = epoch.parse().map_err(|_| OriginError)?;
        let origin = Self { trust_domain: trust_domain.to_owned(), epoch };
        let valid = is_trust_domain(trust_domain) && epoch > 0 && origin.to_string() == text;
        if valid { Ok(origin) } else { Err(OriginError) }
    }
}

/// Name of the hub's key: `<trust domain>/ledger`.
pub fn ledger_key_name(trust_domain: &str) -> String {
    format!("{trust_domain}/ledger")
}

/// Name of an agency's witness key: `<trust domain>/witness/<agency id>`.
pub fn witness_key_name(trust_domain: &str, agency: &AgencyId) -> String {
    format!("{trust_domain}/witness/{agency}")
}

/// Name of an agency's statement key: `<trust domain>/statement/<agency id>`.
pub fn statement_key_name(trust_domain: &str, agency: &AgencyId) -> String {
    format!("{trust_domain}/statement/{agency}")
}

fn is_trust_domain(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= TRUST_DOMAIN_BYTES && text.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_one_spelling() {
        let origin = Origin { trust_domain: "meldeverbund.example".into(), epoch: 12 };
        assert_eq!(origin.to_string(), "meldeverbund.example/ledger/12");
        assert_eq!("meldeverbund.example/ledger/12".parse(), Ok(origin.clone()));
        assert_eq!(origin.key_name(), "meldeverbund.example/ledger");
        for bad in [
            "",
            "meldeverbund.example",
            "meldeverbund.example/ledger/",
            "meldeverbund.example/ledger/0",
            "meldeverbund.example/ledger/01",
            "meldeverbund.example/ledger/+1",
            "meldeverbund.example/ledger/4294967296",
            "meldeverbund.example/ledger/1/",
            "/ledger/1",
            "Meldeverbund.example/ledger/1",
            "a/b/ledger/1",
            "a+b/ledger/1",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(OriginError), "{bad}");
        }
    }

    #[test]
    fn keys_are_named_after_who_holds_them() {
        let agency = "de-nw-lka".parse().unwrap();
        assert_eq!(witness_key_name("mv.example", &agency), "mv.example/witness/de-nw-lka");
        assert_eq!(statement_key_name("mv.example", &agency), "mv.example/statement/de-nw-lka");
    }
}
