//! One signature: `— name base64(key id (4) ‖ signature)`.

use std::{fmt, str::FromStr};

use data_encoding::BASE64;

use super::{KeyId, VerifierKey, key::is_key_name};

/// A signature of a note, and which key says that it made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    name: String,
    key_id: KeyId,
    signature: Vec<u8>,
}

/// A line does not have the form of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signature line: em dash, name, base64 of key id and signature")]
pub struct SignatureLineError;

impl SignatureLine {
    /// The line of this key.
    pub(super) fn new(key: &VerifierKey, signature: Vec<u8>) -> Self {
        Self { name: key.name().to_owned(), key_id: key.key_id(), signature }
    }

    /// Name and id of the key that is said to have signed.
    pub fn key(&self) -> (&str, KeyId) {
        (&self.name, self.key_id)
    }

    /// Whether it claims to be this key's.
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.key() == (key.name(), key.key_id())
    }

    /// The signature without the key id; what is in it depends on the key's algorithm.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.to_be_bytes()[..], &self.signature].concat();
        write!(f, "— {} {}", self.name, BASE64.encode(&bytes))
    }
}

impl FromStr for SignatureLine {
    type Err = SignatureLineError;

    fn from_str(line: &str) -> Result<Self, SignatureLineError> {
        let (name, bytes) =
            line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(SignatureLineError)?;
        let bytes = BASE64.decode(bytes.as_bytes()).map_err(|_| SignatureLineError)?;
        let (key_id, signature) = bytes.split_first_chunk().ok_or(SignatureLineError)?;
        if !is_key_name(name) || signature.is_empty() {
            return Err(SignatureLineError);
        }
        let key_id = KeyId::from_be_bytes(*key_id);
        Ok(Self { name: name.to_owned(), key_id, signature: signature.to_vec() })
    }
}
