//! What a person may be: the roles that an issuer's groups are mapped to.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a person does. One person may do several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Works on referrals, duplicates and ownership.
    DeskOfficer,
    /// Decides what needs a second pair of eyes.
    Supervisor,
    /// Releases and revokes; reads own proceedings.
    Prosecutor,
    /// Reads everything that was decided; changes nothing.
    Auditor,
    /// Reads the access log.
    DataProtectionOfficer,
    /// Runs the machines; sees no links.
    Operator,
    /// Asks hit or no-hit on behalf of a partner body.
    LiaisonOfficer,
    /// An office's officer who asks and hands in.
    Requester,
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such role; there are: desk-officer, supervisor, prosecutor, auditor, data-protection-officer, operator, liaison-officer, requester"
)]
pub struct RoleError;

impl Role {
    /// Every role, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::DeskOfficer,
        Self::Supervisor,
        Self::Prosecutor,
        Self::Auditor,
        Self::DataProtectionOfficer,
        Self::Operator,
        Self::LiaisonOfficer,
        Self::Requester,
    ];

    /// The role as it is written in configuration, sessions and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeskOfficer => "desk-officer",
            Self::Supervisor => "supervisor",
            Self::Prosecutor => "prosecutor",
            Self::Auditor => "auditor",
            Self::DataProtectionOfficer => "data-protection-officer",
            Self::Operator => "operator",
            Self::LiaisonOfficer => "liaison-officer",
            Self::Requester => "requester",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(RoleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_written_in_one_way() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
            assert!(RoleError.to_string().contains(role.as_str()));
        }
        assert_eq!("Supervisor".parse::<Role>(), Err(RoleError));
    }
}
