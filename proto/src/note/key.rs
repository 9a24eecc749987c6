//! Verifier keys: `name+key id+base64(type ‖ public key)`.

use std::{fmt, str::FromStr};

use data_encoding::BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Short name of a key beside its long one; no proof of anything.
pub type KeyId = u32;

/// What a key signs, and how; the number is C2SP's signature type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Algorithm {
    /// Ed25519 over the note's text (or, for statement keys, over a DSSE envelope).
    Ed25519 = 0x01,
    /// Ed25519 over a checkpoint and the time at which a witness saw it (C2SP tlog-cosignature, v1).
    CosignatureV1 = 0x04,
}

/// A text is no verifier key; says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not three parts, or one of them malformed.
    #[error("a verifier key is name+8 hex digits+base64")]
    Form,
    /// Empty, or with a space, a plus sign or a control character.
    #[error("a key's name is not empty and has no space, plus sign or control character")]
    Name,
    /// An algorithm that this version does not know.
    #[error("the key's type is neither Ed25519 (1) nor cosignature/v1 (4)")]
    Algorithm,
    /// Not a point of the curve, or one of a small order, whose signatures anybody can make.
    #[error("the public key is no usable Ed25519 key")]
    Point,
    /// Its id belongs to another name or key.
    #[error("the key's id does not belong to its name and public key")]
    Id,
}

/// A signature is not the key's signature of this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not valid")]
pub struct WrongSignature;

/// A public key with its name: what verifies a note.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    key_id: KeyId,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The key with these parts; the id follows from them.
    ///
    /// # Errors
    /// If the name or the public key is none.
    pub fn new(name: &str, algorithm: Algorithm, public_key: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(public_key).map_err(|_| KeyError::Point)?;
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        if is_key_name(name) { Ok(Self::from_parts(name, algorithm, key)) } else { Err(KeyError::Name) }
    }

    /// The name, such as `meldeverbund.example/ledger`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The id: first four bytes of SHA-256(name ‖ `\n` ‖ type ‖ public key).
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The public key (RFC 8032).
    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Verifies an Ed25519 signature over exactly these bytes. Signatures that RFC 8032 leaves to the verifier's taste
    /// (small orders) are refused, so that all verifiers agree.
    ///
    /// # Errors
    /// If it is not this key's.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WrongSignature> {
        let signature = Signature::from_slice(signature).map_err(|_| WrongSignature)?;
        self.key.verify_strict(message, &signature).map_err(|_| WrongSignature)
    }

    /// The caller has seen to name and key.
    pub(super) fn from_parts(name: &str, algorithm: Algorithm, key: VerifyingKey) -> Self {
        let hash = Sha256::new_with_prefix(name)
            .chain_update([b'\n', algorithm as u8])
            .chain_update(key.as_bytes())
            .finalize();
        let key_id = KeyId::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        Self { name: name.to_owned(), algorithm, key_id, key }
    }
}

/// C2SP signed-note: no spaces, no plus; a note has no control characters.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[self.algorithm as u8][..], self.public_key()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.key_id, BASE64.encode(&material))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(KeyError::Form);
        let (name, id, material) = (part()?, part()?, part()?);
        let material = BASE64.decode(material.as_bytes()).map_err(|_| KeyError::Form)?;
        let (algorithm, public_key) = material.split_first().ok_or(KeyError::Form)?;
        let algorithm = match algorithm {
            0x01 => Algorithm::Ed25519,
            0x04 => Algorithm::CosignatureV1,
            _ => return Err(KeyError::Algorithm),
        };
        let key = Self::new(name, algorithm, public_key.try_into().map_err(|_| KeyError::Form)?)?;
        if id == format!("{:08x}", key.key_id) { Ok(key) } else { Err(KeyError::Id) }
    }
}

impl TryFrom<String> for VerifierKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<VerifierKey> for String {
    fn from(key: VerifierKey) -> Self {
        key.to_string()
    }
}
