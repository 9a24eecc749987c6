//! Private keys: ECDSA on one of two curves.

use std::{fmt, str::FromStr};

use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PublicKeyData as _, SignatureAlgorithm,
};

use super::AuthorityError;
use crate::KeyFingerprint;

/// A curve of NIST SP 800-186.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Curve {
    /// P-256, with SHA-256.
    #[default]
    P256,
    /// P-384, with SHA-384.
    P384,
}

/// The text names no curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the curve is p256 or p384")]
pub struct CurveError;

/// A private key; shown nowhere.
pub struct PrivateKey(KeyPair);

impl Curve {
    pub(crate) fn algorithm(self) -> &'static SignatureAlgorithm {
        match self {
            Self::P256 => &PKCS_ECDSA_P256_SHA256,
            Self::P384 => &PKCS_ECDSA_P384_SHA384,
        }
    }
}

impl FromStr for Curve {
    type Err = CurveError;

    fn from_str(text: &str) -> Result<Self, CurveError> {
        match text {
            "p256" => Ok(Self::P256),
            "p384" => Ok(Self::P384),
            _ => Err(CurveError),
        }
    }
}

impl PrivateKey {
    /// A new key from the provider's random source.
    ///
    /// # Errors
    /// The provider failed.
    pub fn generate(curve: Curve) -> Result<Self, AuthorityError> {
        Ok(Self(KeyPair::generate_for(curve.algorithm())?))
    }

    /// Reads a key in the clear from PEM.
    ///
    /// # Errors
    /// [`AuthorityError::Algorithm`] if it is not one of ours.
    pub fn from_pem(pem: &str) -> Result<Self, AuthorityError> {
        let key = KeyPair::from_pem(pem).map_err(|_| AuthorityError::Algorithm)?;
        let ours = [Curve::P256, Curve::P384].iter().any(|curve| key.algorithm() == curve.algorithm());
        if ours { Ok(Self(key)) } else { Err(AuthorityError::Algorithm) }
    }

    /// The key as PEM (PKCS #8): for a file that the owner alone can read.
    pub fn pem(&self) -> String {
        self.0.serialize_pem()
    }

    /// The public key's fingerprint.
    pub fn fingerprint(&self) -> KeyFingerprint {
        KeyFingerprint::of_spki(&self.0.subject_public_key_info())
    }

    pub(crate) fn pair(&self) -> &KeyPair {
        &self.0
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}
