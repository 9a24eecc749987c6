//! Signed batches (DSSE 1.0, github.com/secure-systems-lab/dsse): what an agency signed, and its envelope for export.
//!
//! ```text
//! signed = "DSSEv1" SP length(type) SP type SP length(payload) SP payload
//! ```

use data_encoding::{BASE64, BASE64URL, DecodeError};
use serde::{Deserialize, Serialize};

use crate::{
    canon::CanonError,
    note::{Algorithm, SigningKey, VerifierKey, WrongSignature},
    statement::BatchStatement,
};

/// Type of the payload: a [`BatchStatement`] in its canonical encoding.
pub const PAYLOAD_TYPE: &str = "application/vnd.meldeverbund.batch.v1";

/// A batch is not signed; says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not base64.
    #[error("the envelope's payload or signature is not base64")]
    Base64(#[from] DecodeError),
    /// Another type of payload.
    #[error("the envelope's payload is not a batch")]
    PayloadType,
    /// The payload is no batch.
    #[error("the envelope's payload is not a batch")]
    Payload(#[from] CanonError),
    /// The key is not a statement key of the batch's agency.
    #[error("the key is not a statement key of the agency that the batch names")]
    OtherKey,
    /// The signature is not the key's.
    #[error("the batch's signature is not valid")]
    Signature(#[from] WrongSignature),
}

/// The bytes that are signed for a payload: its pre-authentication encoding.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Signs a batch with its agency's statement key.
pub fn sign(key: &SigningKey, batch: &BatchStatement) -> [u8; 64] {
    key.sign(&signed_bytes(batch))
}

/// Verifies a batch's signature, and that the key is one of the batch's agency: its name ends in
/// `/statement/<agency id>`. Whether it was registered, and not revoked at that leaf, the ledger says.
///
/// # Errors
/// Why the agency did not sign it with this key.
pub fn verify(key: &VerifierKey, batch: &BatchStatement, signature: &[u8]) -> Result<(), EnvelopeError> {
    let owner = key.name().rsplit_once("/statement/").map(|(_, agency)| agency);
    if key.algorithm() != Algorithm::Ed25519 || owner != Some(batch.agency.as_str()) {
        return Err(EnvelopeError::OtherKey);
    }
    Ok(key.verify(&signed_bytes(batch), signature)?)
}

/// A signed batch as JSON, in the form that DSSE recommends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The batch's canonical encoding, in base64.
    pub payload: String,
    /// What the payload is.
    pub payload_type: String,
    /// The signatures; this project makes one.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeSignature {
    /// Which key says that it signed: the verifier key's text. A hint, and nothing more.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keyid: String,
    /// The signature, in base64.
    pub sig: String,
}

impl Envelope {
    /// The envelope of a signed batch.
    pub fn new(batch: &BatchStatement, key: &VerifierKey, signature: &[u8; 64]) -> Self {
        Self {
            payload: BASE64.encode(&payload(batch)),
            payload_type: PAYLOAD_TYPE.into(),
            signatures: vec![EnvelopeSignature { keyid: key.to_string(), sig: BASE64.encode(signature) }],
        }
    }

    /// The batch, if this key signed it. The bytes that were verified are the ones that are read.
    ///
    /// # Errors
    /// Why there is no batch that this key signed.
    pub fn open(&self, key: &VerifierKey) -> Result<BatchStatement, EnvelopeError> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType);
        }
        // The encoding is canonical: a batch that was read has exactly the bytes that it was read from.
        let batch = BatchStatement::decode(&decode(&self.payload)?)?;
        let mut outcome = Err(EnvelopeError::Signature(WrongSignature));
        for signature in &self.signatures {
            outcome = verify(key, &batch, &decode(&signature.sig)?);
            if outcome.is_ok() {
                break;
            }
        }
        outcome.map(|()| batch)
    }
}

/// Signers may use either alphabet, so readers take both.
fn decode(base64: &str) -> Result<Vec<u8>, DecodeError> {
    BASE64.decode(base64.as_bytes()).or_else(|_| BASE64URL.decode(base64.as_bytes()))
}

fn payload(batch: &BatchStatement) -> Vec<u8> {
    let mut payload = Vec::new();
    batch.encode(&mut payload);
    payload
}

fn signed_bytes(batch: &BatchStatement) -> Vec<u8> {
    pre_authentication_encoding(PAYLOAD_TYPE, &payload(batch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CommandId;

    const GOLDEN: &str = include_str!("../tests/golden/batch-envelope-v1.json");

    fn key(agency: &str) -> SigningKey {
        SigningKey::from_seed(&format!("meldeverbund.example/statement/{agency}"), &[4; 32]).unwrap()
    }

    fn batch() -> BatchStatement {
        BatchStatement {
            agency: "de-nw-lka".parse().unwrap(),
            command: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            digests: vec![std::array::from_fn(|i| i as u8), std::array::from_fn(|i| 32 + i as u8)],
        }
    }

    fn golden() -> Envelope {
        serde_json::from_str(GOLDEN).unwrap()
    }

    /// The example of DSSE's protocol.md.
    #[test]
    fn the_specifications_example() {
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn golden_envelope_both_ways() {
        let key = key("de-nw-lka");
        let signature = sign(&key, &batch());
        let envelope = Envelope::new(&batch(), &key.vkey(), &signature);
        assert_eq!(serde_json::to_string_pretty(&envelope).unwrap(), GOLDEN.trim());
        assert_eq!(golden().open(&key.vkey()), Ok(batch()));
        assert_eq!(verify(&key.vkey(), &batch(), &signature), Ok(()));
    }

    #[test]
    fn either_alphabet_is_read() {
        let mut envelope = golden();
        let other = |base64: &str| base64.replace('+', "-").replace('/', "_");
        envelope.payload = other(&envelope.payload);
        envelope.signatures[0].sig = other(&envelope.signatures[0].sig);
        assert_ne!(envelope, golden());
        assert_eq!(envelope.open(&key("de-nw-lka").vkey()), Ok(batch()));
        envelope.payload.push('!');
        assert!(matches!(envelope.open(&key("de-nw-lka").vkey()), Err(EnvelopeError::Base64(_))));
    }

    #[test]
    fn every_change_is_noticed() {
        let key = key("de-nw-lka");
        let signature = sign(&key, &batch());
        let changes: [fn(&mut BatchStatement); 4] = [
            |b| b.command = CommandId::from_bytes([0; 16]),
            |b| b.digests[1][31] ^= 1,
            |b| b.digests.swap(0, 1),
            |b| _ = b.digests.pop(),
        ];
        for change in changes {
            let mut other = batch();
            change(&mut other);
            let error = verify(&key.vkey(), &other, &signature);
            assert_eq!(error, Err(EnvelopeError::Signature(WrongSignature)));
        }
        for bit in 0..512 {
            let mut wrong = signature;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(&key.vkey(), &batch(), &wrong).is_err(), "bit {bit}");
        }
        assert!(verify(&key.vkey(), &batch(), &signature[..63]).is_err());
    }

    #[test]
    fn only_the_agencys_own_statement_key_will_do() {
        let own = key("de-nw-lka");
        let signature = sign(&own, &batch());
        let named = |name: &str| SigningKey::from_seed(name, &[4; 32]).unwrap().vkey();
        for other in [
            key("de-by-lka").vkey(),
            own.witness_vkey(),
            named("meldeverbund.example/ledger"),
            named("meldeverbund.example/statement/x-de-nw-lka"),
            named("de-nw-lka"),
        ] {
            assert_eq!(verify(&other, &batch(), &signature), Err(EnvelopeError::OtherKey), "{other}");
        }
    }

    #[test]
    fn what_is_no_batch_is_not_opened() {
        let key = key("de-nw-lka").vkey();
        let mut envelope = golden();
        envelope.payload_type = "application/json".into();
        assert_eq!(envelope.open(&key), Err(EnvelopeError::PayloadType));
        let mut envelope = golden();
        envelope.payload = BASE64.encode(b"{}");
        assert!(matches!(envelope.open(&key), Err(EnvelopeError::Payload(_))));
        let mut envelope = golden();
        envelope.signatures.clear();
        assert_eq!(envelope.open(&key), Err(EnvelopeError::Signature(WrongSignature)));
    }
}
