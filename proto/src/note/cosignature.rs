//! Cosignatures (C2SP tlog-cosignature, v1): a witness says that it saw a checkpoint continue the one before.
//!
//! ```text
//! signed    = "cosignature/v1\n" ‖ "time " ‖ seconds ‖ "\n" ‖ checkpoint text
//! signature = seconds since 1970 UTC (8 bytes, big-endian) ‖ Ed25519 signature (64)
//! ```

use super::{Algorithm, Checkpoint, Note, NoteError, SignatureLine, SigningKey, VerifierKey};

/// The latest time that a cosignature may carry, in seconds.
const LATEST_S: u64 = i64::MAX.cast_unsigned();

/// A cosignature is none; says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// The key or the line is not a witness's.
    #[error("the line is not a cosignature of this key")]
    OtherKey,
    /// Not time and signature.
    #[error("a cosignature is 8 bytes of time and 64 of signature")]
    Form,
    /// The text is no checkpoint.
    #[error("only a checkpoint can be cosigned")]
    NoCheckpoint,
    /// The signature is not the key's.
    #[error("the cosignature is not valid")]
    Signature,
    /// The note takes no further line.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Note {
    /// A witness's line for this checkpoint; the witness has seen to its consistency, and kept it, before.
    ///
    /// # Errors
    /// If the note's text is no checkpoint, or the time beyond 2^63 seconds.
    pub fn cosignature(&self, key: &SigningKey, time_s: u64) -> Result<SignatureLine, CosignatureError> {
        checkpoint(self.text())?;
        if time_s > LATEST_S {
            return Err(CosignatureError::Form);
        }
        let signature = key.sign(message(self.text(), time_s).as_bytes());
        let bytes = [&time_s.to_be_bytes()[..], &signature].concat();
        Ok(SignatureLine::new(&key.witness_vkey(), bytes))
    }

    /// Cosigns this checkpoint and attaches the line.
    ///
    /// # Errors
    /// As [`Note::cosignature`] and [`Note::attach`].
    pub fn cosign(&mut self, key: &SigningKey, time_s: u64) -> Result<(), CosignatureError> {
        let line = self.cosignature(key, time_s)?;
        Ok(self.attach(line)?)
    }
}

/// The time in seconds at which the witness cosigned the checkpoint.
///
/// # Errors
/// Why it did not.
pub(super) fn verify(text: &str, key: &VerifierKey, line: &SignatureLine) -> Result<u64, CosignatureError> {
    if key.algorithm() != Algorithm::CosignatureV1 || !line.is_by(key) {
        return Err(CosignatureError::OtherKey);
    }
    checkpoint(text)?;
    let (time, signature) = line.signature().split_first_chunk().ok_or(CosignatureError::Form)?;
    let time_s = u64::from_be_bytes(*time);
    if signature.len() != 64 || time_s > LATEST_S {
        return Err(CosignatureError::Form);
    }
    let message = message(text, time_s);
    key.verify(message.as_bytes(), signature).map_err(|_| CosignatureError::Signature)?;
    Ok(time_s)
}

impl SignatureLine {
    /// Verifies a cosignature that came alone, and gives its time in seconds.
    ///
    /// # Errors
    /// Why it is not the key's cosignature of this checkpoint.
    pub fn verify_cosignature(&self, note: &Note, key: &VerifierKey) -> Result<u64, CosignatureError> {
        verify(note.text(), key, self)
    }
}

fn checkpoint(text: &str) -> Result<(), CosignatureError> {
    text.parse::<Checkpoint>().map(|_| ()).map_err(|_| CosignatureError::NoCheckpoint)
}

fn message(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}
