//! Which key signs the ledger's checkpoints.

use super::required;
use crate::{
    canon::{CanonError, Reader, Writer},
    note::{Algorithm, KeyError, SigningKey, VerifierKey, WrongSignature},
};

/// The hub's key from this leaf on, signed by itself and by the one before it.
///
/// Both sign `meldeverbund ledger key v1\n<old verifier key or nothing>\n<new verifier key>\n`.
///
/// Tags: 1 new verifier key, 2 old verifier key, 3 the new key's signature (64 bytes), 4 the old key's. Without an old
/// key, 2 and 4 are absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerKeyStatement {
    /// The new key, as [`VerifierKey`] writes it.
    pub vkey: String,
    /// The old key; empty for a ledger's first.
    pub old_vkey: String,
    /// The new key's signature.
    pub signature_new: [u8; 64],
    /// The old key's signature, if there is an old key.
    pub signature_old: Option<[u8; 64]>,
}

/// A statement does not put a key in office; says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerKeyError {
    /// One of the keys is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A witness's key signs no checkpoints of its own.
    #[error("a ledger's key is an Ed25519 key (type 1)")]
    Algorithm,
    /// One of the signatures is wrong, or the old key's is missing or there without an old key.
    #[error("the change of the ledger's key is not signed by both keys")]
    Signature,
}

impl From<WrongSignature> for LedgerKeyError {
    fn from(_: WrongSignature) -> Self {
        Self::Signature
    }
}

impl LedgerKeyStatement {
    /// The statement that puts a key in office.
    pub fn sign(new: &SigningKey, old: Option<&SigningKey>) -> Self {
        let vkey = new.vkey().to_string();
        let old_vkey = old.map(|old| old.vkey().to_string()).unwrap_or_default();
        let message = message(&old_vkey, &vkey);
        let signature_new = new.sign(message.as_bytes());
        let signature_old = old.map(|old| old.sign(message.as_bytes()));
        Self { vkey, old_vkey, signature_new, signature_old }
    }

    /// The new key and the one before it, if both signed. Whether the old one was in office the ledger says.
    ///
    /// # Errors
    /// Why this puts no key in office.
    pub fn verify(&self) -> Result<(VerifierKey, Option<VerifierKey>), LedgerKeyError> {
        let message = message(&self.old_vkey, &self.vkey);
        let new = ledger_key(&self.vkey)?;
        new.verify(message.as_bytes(), &self.signature_new)?;
        match (self.old_vkey.as_str(), &self.signature_old) {
            ("", None) => Ok((new, None)),
            ("", Some(_)) | (_, None) => Err(LedgerKeyError::Signature),
            (old, Some(signature)) => {
                let old = ledger_key(old)?;
                old.verify(message.as_bytes(), signature)?;
                Ok((new, Some(old)))
            }
        }
    }

    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, &self.vkey)
            .text(2, &self.old_vkey)
            .bytes(3, &self.signature_new)
            .bytes(4, self.signature_old.as_ref().map_or(&[], |signature| signature));
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let (vkey, old_vkey) = (reader.text(1)?, reader.text(2)?);
        let signature_new = required(3, reader.array(3)?)?;
        let signature_old = reader.array(4)?;
        reader.end()?;
        Ok(Self { vkey, old_vkey, signature_new, signature_old })
    }
}

fn ledger_key(vkey: &str) -> Result<VerifierKey, LedgerKeyError> {
    let key: VerifierKey = vkey.parse()?;
    if key.algorithm() == Algorithm::Ed25519 { Ok(key) } else { Err(LedgerKeyError::Algorithm) }
}

fn message(old_vkey: &str, vkey: &str) -> String {
    format!("meldeverbund ledger key v1\n{old_vkey}\n{vkey}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("meldeverbund.example/ledger", &[seed; 32]).unwrap()
    }

    fn encoded(statement: &LedgerKeyStatement) -> Vec<u8> {
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        bytes
    }

    /// Ed25519 has one signature for a key and a message, so the signatures are golden too.
    #[test]
    fn golden_bytes_both_ways() {
        let first = LedgerKeyStatement::sign(&key(1), None);
        let next = LedgerKeyStatement::sign(&key(2), Some(&key(1)));
        for (statement, golden) in [
            (&first, include_str!("../../tests/golden/ledger-key-first-v1.hex")),
            (&next, include_str!("../../tests/golden/ledger-key-v1.hex")),
        ] {
            let bytes = encoded(statement);
            assert_eq!(hex::encode(&bytes), golden.trim());
            assert_eq!(LedgerKeyStatement::decode(&bytes).as_ref(), Ok(statement));
        }
        assert_eq!(first.verify(), Ok((key(1).vkey(), None)));
        assert_eq!(next.verify(), Ok((key(2).vkey(), Some(key(1).vkey()))));
    }

    #[test]
    fn both_keys_must_sign_both_keys() {
        let good = LedgerKeyStatement::sign(&key(2), Some(&key(1)));
        let third = key(3);
        let changes: [&dyn Fn(&mut LedgerKeyStatement); 6] = [
            &|s| s.signature_new[0] ^= 1,
            &|s| s.signature_old = s.signature_old.map(|mut old| (old[9] ^= 1, old).1),
            &|s| s.signature_old = None,
            &|s| s.old_vkey.clear(),
            &|s| s.old_vkey = third.vkey().to_string(),
            &|s| s.vkey = third.vkey().to_string(),
        ];
        for change in changes {
            let mut statement = good.clone();
            change(&mut statement);
            assert_eq!(statement.verify(), Err(LedgerKeyError::Signature));
        }
        let mut first = LedgerKeyStatement::sign(&key(1), None);
        first.signature_old = Some(first.signature_new);
        assert_eq!(first.verify(), Err(LedgerKeyError::Signature));
    }

    #[test]
    fn a_witness_or_no_key_cannot_take_office() {
        let mut statement = LedgerKeyStatement::sign(&key(2), None);
        statement.vkey = key(2).witness_vkey().to_string();
        assert_eq!(statement.verify(), Err(LedgerKeyError::Algorithm));
        statement.vkey = "x".into();
        assert_eq!(statement.verify(), Err(LedgerKeyError::Key(KeyError::Form)));
    }
}
