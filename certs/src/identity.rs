//! Who a certificate says it is: `spiffe://<trust domain>/agency/<agency id>/node/<name>` (SPIFFE-ID).

use std::fmt;

use meldeverbund_proto::{AgencyId, NodeName};

use crate::TrustDomain;

/// SPIFFE-ID 2.3: implementations need not take more than 2048 bytes, and ours are far shorter.
const SPIFFE_ID_BYTES: usize = 2048;

/// An agency and one of its nodes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The agency.
    pub agency: AgencyId,
    /// The agency's node.
    pub node: NodeName,
}

/// A certificate does not name an agency and node that may speak here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The certificate or its alternative names cannot be read.
    #[error("the certificate's alternative names cannot be read")]
    Unreadable,
    /// More than one URI name.
    #[error("the certificate has more than one URI name")]
    SeveralUris,
    /// No name of ours, and the public key is not registered.
    #[error("the certificate names no agency and its public key is not registered")]
    Unregistered,
    /// The one URI name is longer than a SPIFFE id may be.
    #[error("the URI name is too long")]
    TooLong,
    /// A SPIFFE id of another trust domain.
    #[error("the URI name belongs to another trust domain")]
    ForeignTrustDomain,
    /// A SPIFFE id of this trust domain, but not of the form `/agency/<id>/node/<name>`.
    #[error("the URI name's path is not /agency/<agency id>/node/<name>")]
    Path,
    /// The agency part is no agency id.
    #[error("the URI name's agency is not an agency id")]
    Agency,
    /// The node part is no node name.
    #[error("the URI name's node is not a node name")]
    Node,
    /// A proper name, but of another agency than the one expected here.
    #[error("the certificate names another agency than the expected one")]
    UnexpectedAgency,
}

impl Identity {
    /// The name as it stands in a certificate.
    pub fn uri(&self, domain: &TrustDomain) -> String {
        format!("spiffe://{domain}/agency/{}/node/{}", self.agency, self.node)
    }

    /// Reads a SPIFFE id; there is exactly one spelling of each name, every other one is refused.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn from_uri(uri: &str, domain: &TrustDomain) -> Result<Self, IdentityError> {
        if uri.len() > SPIFFE_ID_BYTES {
            return Err(IdentityError::TooLong);
        }
        let name = uri.strip_prefix("spiffe://").ok_or(IdentityError::Path)?;
        let (authority, path) = name.split_once('/').unwrap_or((name, ""));
        if authority != domain.as_str() {
            return Err(IdentityError::ForeignTrustDomain);
        }
        let parts: Vec<&str> = path.split('/').collect();
        let ["agency", agency, "node", node] = parts[..] else { return Err(IdentityError::Path) };
        Ok(Self {
            agency: agency.parse().map_err(|_| IdentityError::Agency)?,
            node: node.parse().map_err(|_| IdentityError::Node)?,
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.agency, self.node)
    }
}

/// Whether a URI name claims to be a SPIFFE id, in any spelling (RFC 3986: schemes ignore case).
pub(crate) fn is_spiffe(uri: &str) -> bool {
    uri.as_bytes().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"spiffe:"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is taken for a name is that name's one spelling; nothing else gets through, and nothing panics.
        #[test]
        fn whatever_is_read_is_written_the_same(uri in prop_oneof![
            ".*",
            "spiffe://meldeverbund\\.example/agency/[a-z0-9-]{0,65}/node/[a-z0-9-]{0,65}",
            "(?i)spiffe://meldeverbund\\.example(:[0-9]{1,3})?/(agency|node)/[a-z%0-9-]{1,9}/(node|agency)/[a-z0-9.?#/-]{1,9}",
        ]) {
            let domain: TrustDomain = "meldeverbund.example".parse().unwrap();
            if let Ok(identity) = Identity::from_uri(&uri, &domain) {
                prop_assert_eq!(identity.uri(&domain), uri);
            }
        }
    }

    #[test]
    fn names_have_one_spelling() {
        let domain: TrustDomain = "meldeverbund.example".parse().unwrap();
        let good = "spiffe://meldeverbund.example/agency/de-nw-lka/node/main";
        let identity = Identity::from_uri(good, &domain).unwrap();
        assert_eq!(identity.to_string(), "de-nw-lka/main");
        assert_eq!(identity.uri(&domain), good);

        for (bad, error) in [
            ("spiffe://other.example/agency/de-nw-lka/node/main", IdentityError::ForeignTrustDomain),
            (
                "spiffe://meldeverbund.example:443/agency/de-nw-lka/node/main",
                IdentityError::ForeignTrustDomain,
            ),
            ("spiffe://u@meldeverbund.example/agency/de-nw-lka/node/main", IdentityError::ForeignTrustDomain),
            ("spiffe://Meldeverbund.example/agency/de-nw-lka/node/main", IdentityError::ForeignTrustDomain),
            ("spiffe:///agency/de-nw-lka/node/main", IdentityError::ForeignTrustDomain),
            ("SPIFFE://meldeverbund.example/agency/de-nw-lka/node/main", IdentityError::Path),
            ("https://meldeverbund.example/agency/de-nw-lka/node/main", IdentityError::Path),
            ("spiffe://meldeverbund.example", IdentityError::Path),
            ("spiffe://meldeverbund.example/", IdentityError::Path),
            ("spiffe://meldeverbund.example/agency/de-nw-lka", IdentityError::Path),
            ("spiffe://meldeverbund.example/agency/de-nw-lka/node/main/", IdentityError::Path),
            ("spiffe://meldeverbund.example//agency/de-nw-lka/node/main", IdentityError::Path),
            ("spiffe://meldeverbund.example/Agency/de-nw-lka/node/main", IdentityError::Path),
            ("spiffe://meldeverbund.example/agency/DE-NW/node/main", IdentityError::Agency),
            ("spiffe://meldeverbund.example/agency//node/main", IdentityError::Agency),
            ("spiffe://meldeverbund.example/agency/de%2Dnw/node/main", IdentityError::Agency),
            ("spiffe://meldeverbund.example/agency/de-nw-lka/node/", IdentityError::Node),
            ("spiffe://meldeverbund.example/agency/de-nw-lka/node/a?b", IdentityError::Node),
            ("spiffe://meldeverbund.example/agency/de-nw-lka/node/a#b", IdentityError::Node),
            (&format!("{good}{}", "a".repeat(2048)), IdentityError::TooLong),
        ] {
            assert_eq!(Identity::from_uri(bad, &domain), Err(error), "{bad}");
        }
    }
}
