//! Secret keys and their files (PKCS#8 in PEM, RFC 8410).

use std::fmt;

use ed25519_dalek::{
    Signer as _,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, spki::der::pem::LineEnding},
};
use zeroize::Zeroizing;

use super::{Algorithm, KeyError, VerifierKey, key::is_key_name};

/// A secret key cannot be read; never says what was in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// Its name is none.
    #[error(transparent)]
    Name(#[from] KeyError),
    /// Not an Ed25519 key in PKCS#8.
    #[error("the file is not an Ed25519 private key (PKCS#8, PEM)")]
    Pem,
}

/// A secret key with its name. It is wiped from memory when it goes, and shown by nothing but [`SigningKey::to_pem`].
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key with this 32-byte seed (RFC 8032).
    ///
    /// # Errors
    /// If the name is no key's.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::named(name, ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The key in a PEM file.
    ///
    /// # Errors
    /// If the text is not an Ed25519 key in PKCS#8, or the name no key's.
    pub fn from_pem(name: &str, pem: &str) -> Result<Self, SecretKeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map_err(|_| SecretKeyError::Pem)?;
        Ok(Self::named(name, key)?)
    }

    /// The key as a PEM file; secret, and wiped when it goes.
    pub fn to_pem(&self) -> Zeroizing<String> {
        self.key.to_pkcs8_pem(LineEnding::LF).expect("32 bytes have an encoding in PKCS#8")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What verifies its notes and statements.
    pub fn vkey(&self) -> VerifierKey {
        VerifierKey::from_parts(&self.name, Algorithm::Ed25519, self.key.verifying_key())
    }

    /// What verifies its cosignatures, for the key of a witness; such a key signs nothing else.
    pub fn witness_vkey(&self) -> VerifierKey {
        VerifierKey::from_parts(&self.name, Algorithm::CosignatureV1, self.key.verifying_key())
    }

    /// Signs exactly these bytes. What a key signs must not be taken for something else that it signs: notes, envelopes
    /// and key changes each begin in their own way.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    fn named(name: &str, key: ed25519_dalek::SigningKey) -> Result<Self, KeyError> {
        if is_key_name(name) { Ok(Self { name: name.to_owned(), key }) } else { Err(KeyError::Name) }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ..)", self.name)
    }
}
