//! Signed notes (C2SP signed-note): a text, and below it one line for each signature.
//!
//! ```text
//! example.com/foo's text
//!
//! — example.com/foo Uw2QOkn8srV1…
//! ```

mod checkpoint;
mod cosignature;
mod key;
mod line;
mod name;
mod secret;
mod text;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use cosignature::CosignatureError;
pub use key::{Algorithm, KeyError, KeyId, VerifierKey, WrongSignature};
pub use line::SignatureLine;
pub use name::{Origin, OriginError, ledger_key_name, statement_key_name, witness_key_name};
pub use secret::{SecretKeyError, SigningKey};

use std::{fmt, str::FromStr};

/// Bytes of a note: a checkpoint with the most signatures stays below a third of it.
pub const NOTE_BYTES: usize = 64 * 1024;

/// Signatures of one note: every agency's witness and some keys on their way in or out.
pub const NOTE_SIGNATURES: usize = 100;

/// A note is not what its reader asked for; says why, without its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES`], or more lines than [`NOTE_SIGNATURES`].
    #[error("the note is too long or has too many signatures")]
    TooLarge,
    /// A control character other than the line's end, or no line's end.
    #[error("a note's text is lines without control characters, the last one ended")]
    Text,
    /// There is no blank line with signature lines below it.
    #[error("the note has no signature lines")]
    Unsigned,
    /// A signature line does not have its form.
    #[error("signature line {0} is malformed")]
    Line(usize),
    /// None of the known keys signed.
    #[error("the note has no signature of a known key")]
    NoKnownKey,
    /// A known key's signature is none.
    #[error("the signature of {0} is not valid")]
    Signature(String),
}

/// A text and its signatures. Neither is to be believed before [`Note::verified`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

impl Note {
    /// A note with this key's signature.
    ///
    /// # Errors
    /// If this is no text for a note.
    pub fn sign(text: String, key: &SigningKey) -> Result<Self, NoteError> {
        text::check(&text)?;
        let line = SignatureLine::new(&key.vkey(), key.sign(text.as_bytes()).to_vec());
        Ok(Self { text, signatures: vec![line] })
    }

    /// Reads a note; [`FromStr`] under another name.
    ///
    /// # Errors
    /// If it does not have a note's form.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        note.parse()
    }

    /// The text with its last line's end, as it was signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, known and unknown.
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a signature; one of the same key goes.
    ///
    /// # Errors
    /// If the note has as many as it may.
    pub fn attach(&mut self, line: SignatureLine) -> Result<(), NoteError> {
        self.signatures.retain(|other| other.key() != line.key());
        self.signatures.push(line);
        if self.signatures.len() > NOTE_SIGNATURES || self.to_string().len() > NOTE_BYTES {
            self.signatures.pop();
            return Err(NoteError::TooLarge);
        }
        Ok(())
    }

    /// Those of the keys that signed, each once, in the order of the keys. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// If none signed, or if a signature under the name and id of one of them is wrong.
    pub fn verified<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signed = Vec::new();
        for key in keys {
            let mut lines = self.signatures.iter().filter(|line| line.is_by(key)).peekable();
            if lines.peek().is_none() || signed.contains(&key) {
                continue;
            }
            if !lines.all(|line| self.is_valid(key, line)) {
                return Err(NoteError::Signature(key.name().to_owned()));
            }
            signed.push(key);
        }
        if signed.is_empty() { Err(NoteError::NoKnownKey) } else { Ok(signed) }
    }

    fn is_valid(&self, key: &VerifierKey, line: &SignatureLine) -> bool {
        match key.algorithm() {
            Algorithm::Ed25519 => key.verify(self.text.as_bytes(), line.signature()).is_ok(),
            Algorithm::CosignatureV1 => cosignature::verify(&self.text, key, line).is_ok(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        text::check(note)?;
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Unsigned)?;
        let lines: Vec<&str> = lines.lines().collect();
        match lines.len() {
            0 => return Err(NoteError::Unsigned),
            count if count > NOTE_SIGNATURES => return Err(NoteError::TooLarge),
            _ => {}
        }
        let read = |(at, line): (usize, &&str)| line.parse().map_err(|_| NoteError::Line(at + 1));
        let signatures = lines.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { text: format!("{text}\n"), signatures })
    }
}

#[cfg(test)]
mod tests;
