use std::fmt;

use voprf::Group as _;

use crate::{BlindError, ELEMENT_BYTES, Suite};

/// An epoch's public key: what an asker verifies the hub's evaluations against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(crate) <Suite as voprf::Group>::Elem);

impl PublicKey {
    /// The key with these bytes.
    ///
    /// # Errors
    /// If they are no element of ristretto255, or the identity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlindError> {
        Suite::deserialize_elem(bytes).map(Self).map_err(|_| BlindError::PublicKey)
    }

    /// Its bytes (RFC 9497, 4.1).
    pub fn to_bytes(&self) -> [u8; ELEMENT_BYTES] {
        Suite::serialize_elem(self.0).into()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:02x?}..)", &self.to_bytes()[..4])
    }
}
