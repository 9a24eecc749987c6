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
