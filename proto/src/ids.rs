//! Typed ids, each parsed and displayed in one place.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::AGENCY_ID_CHARS;

/// An id's text does not have its form; says which form it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not an agency id.
    #[error("an agency id is 2 to 63 characters: lower-case letters, digits, single hyphens between them")]
    Agency,
    /// Not a node name.
    #[error("a node name is 1 to 63 characters: lower-case letters, digits, single hyphens between them")]
    Node,
    /// Not a UUID in text form.
    #[error("must be a UUID in its lower-case text form with hyphens")]
    Uuid,
    /// A UUID, but not of version 7.
    #[error("must be a UUID of version 7 (RFC 9562)")]
    NotVersion7,
}

/// An agency's name in the federation, e.g. `de-nw-lka`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgencyId(String);

/// The name of one of an agency's nodes, e.g. `main`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeName(String);

impl AgencyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl NodeName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AgencyId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<AgencyId> for String {
    fn from(id: AgencyId) -> Self {
        id.0
    }
}

impl FromStr for AgencyId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() >= 2 && is_label(text) { Ok(Self(text.to_owned())) } else { Err(IdError::Agency) }
    }
}

impl FromStr for NodeName {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if is_label(text) { Ok(Self(text.to_owned())) } else { Err(IdError::Node) }
    }
}

impl fmt::Display for AgencyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lower-case letters and digits with single hyphens between them.
fn is_label(text: &str) -> bool {
    let shaped = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    !text.is_empty()
        && text.len() <= AGENCY_ID_CHARS
        && shaped
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// The id of a command (a submission is one): UUIDv7 (RFC 9562), made where the command is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(Uuid);

/// A node's store: a random UUID made when the node is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(Uuid);

/// A target: random to everyone but the hub that made it; the only id of it that logs and metrics may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId(Uuid);

macro_rules! uuid_id {
    ($name:ident) => {
        impl $name {
            /// The id's 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id with these 16 bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id as a number.
            pub fn as_u128(&self) -> u128 {
                self.0.as_u128()
            }

            /// The id with this number.
            pub fn from_u128(number: u128) -> Self {
                Self(Uuid::from_u128(number))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    };
}

uuid_id!(CommandId);
uuid_id!(InstanceId);
uuid_id!(TargetId);

impl CommandId {
    /// An id from a UUID that the caller made.
    ///
    /// # Errors
    /// [`IdError::NotVersion7`] if it is of another version.
    pub fn new(id: Uuid) -> Result<Self, IdError> {
        if id.get_version_num() == 7 { Ok(Self(id)) } else { Err(IdError::NotVersion7) }
    }
}

impl FromStr for CommandId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(parse_uuid(text)?)
    }
}

impl FromStr for InstanceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_uuid(text).map(Self)
    }
}

impl FromStr for TargetId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_uuid(text).map(Self)
    }
}

/// Exactly the lower-case hyphenated form: an id has one spelling.
fn parse_uuid(text: &str) -> Result<Uuid, IdError> {
    let id = Uuid::try_parse(text).map_err(|_| IdError::Uuid)?;
    let mut buffer = Uuid::encode_buffer();
    if id.hyphenated().encode_lower(&mut buffer) == text { Ok(id) } else { Err(IdError::Uuid) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agency_ids_have_one_spelling() {
        for good in ["de-nw-lka", "de-bka", "eu-europol", "x1"] {
            assert_eq!(good.parse::<AgencyId>().unwrap().to_string(), good);
        }
        let long = "a".repeat(AGENCY_ID_CHARS + 1);
        for bad in ["", "a", "De-bka", "-de", "de-", "de--bka", "de_bka", "de bka", "dé-bka", &long] {
            assert_eq!(bad.parse::<AgencyId>(), Err(IdError::Agency), "{bad}");
        }
    }

    #[test]
    fn command_ids_are_version_7_in_lower_case() {
        let v7 = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(v7.parse::<CommandId>().unwrap().to_string(), v7);
        assert_eq!(v7.to_uppercase().parse::<CommandId>(), Err(IdError::Uuid));
        assert_eq!(v7.replace('-', "").parse::<CommandId>(), Err(IdError::Uuid));
        assert_eq!("919108f7-52d1-4320-9bac-f847db4148a8".parse::<CommandId>(), Err(IdError::NotVersion7));
    }
}
