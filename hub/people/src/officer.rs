//! A person whose token was checked.

use std::{collections::BTreeSet, fmt, time::SystemTime};

use meldeverbund_proto::AgencyId;
use sha2::{Digest as _, Sha256};

use crate::{Proceedings, Role};

/// A person whose token was checked: who, of which agency, in which roles, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// The issuer's name for the person; unique and never reassigned within the issuer (OpenID Connect Core 2).
    pub subject: String,
    /// Who vouches for it. Only issuer and subject together name a person.
    pub issuer: String,
    /// The agency that the issuer belongs to; nothing in the token selects it.
    pub agency: AgencyId,
    /// At least one.
    pub roles: BTreeSet<Role>,
    /// A prosecutor's own proceedings; of anybody else none.
    pub proceedings: Proceedings,
    /// The person's name, for people to read; never an id.
    pub name: Option<String>,
    /// When the person proved to be that person; where the issuer does not say, when the token was issued.
    pub authenticated_at: SystemTime,
    /// When the token ends.
    pub valid_until: SystemTime,
    /// How strongly the person was authenticated, in the issuer's words.
    pub acr: Option<String>,
    /// By which methods (RFC 8176).
    pub amr: Vec<String>,
    /// The issuer's session, which a logout may name.
    pub session: Option<String>,
    /// What logs may say about the token.
    pub token: TokenDigest,
}

impl Officer {
    /// Whether the person has this role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// SHA-256 over a token: says that two questions came with the same one, and opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}
