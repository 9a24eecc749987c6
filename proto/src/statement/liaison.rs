//! What liaison bodies ask and announce, and what becomes of that.
//!
//! The ledger commits to *that* it was asked, by whom and why; what was asked about, and what was answered, stands there as a
//! [`content_digest`] alone: the texts are log data, and go before the ledger does.

use sha2::{Digest as _, Sha256};

use super::{enum_number, number_enum, required};
use crate::{
    canon::{CanonError, Reader, Writer},
    leaf::{Digest, Salt},
    v1::{AnnouncementKind, AnnouncementState, Purpose},
};

/// Salted digest of a request's content: SHA-256("meldeverbund content v1\0" ‖ salt ‖ content). Links can be guessed, so that a
/// digest without salt would give them away.
pub fn content_digest(salt: &Salt, content: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"meldeverbund content v1\0");
    hash.update(salt.as_bytes());
    hash.update(content);
    hash.finalize().into()
}

/// How it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum QueryMode {
    /// The hub saw the selectors.
    Open = 1,
    /// The hub saw blinded elements.
    Blind = 2,
}

/// A liaison officer asks a batch of questions.
///
/// Tags: 1 agency, 2 query (16 bytes), 3 token's issuer, 4 officer (the token's subject), 5 purpose's code, 6 case number,
/// 7 reason, 8 mode, 9 how many selectors, 10 content digest (32 bytes). The content is the `QueryRequest` (blind: the
/// `EvaluateRequest`) with its selectors (blind: its epoch and elements) alone, in protobuf.
#[derive(Debug, Clone, PartialEq)]
pub struct LiaisonQueryStatement {
    /// Who asks.
    pub agency: String,
    /// The batch.
    pub query: [u8; 16],
    /// Whose token the officer has.
    pub issuer: String,
    /// The officer, as the token names them.
    pub officer: String,
    /// Why.
    pub purpose: Purpose,
    /// How.
    pub mode: QueryMode,
    /// How many selectors.
    pub count: u64,
    /// What was asked about.
    pub content: Digest,
}

impl LiaisonQueryStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, &self.agency)
            .bytes(2, &self.query)
            .text(3, &self.issuer)
            .text(4, &self.officer)
            .text(5, &self.purpose.code)
            .text(6, &self.purpose.case_number)
            .text(7, &self.purpose.reason)
            .number(8, self.mode as u64)
            .number(9, self.count)
            .bytes(10, &self.content);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let statement = Self {
            agency: reader.text(1)?,
            query: required(2, reader.array(2)?)?,
            issuer: reader.text(3)?,
            officer: reader.text(4)?,
            purpose: purpose(&mut reader)?,
            mode: match reader.number(8)? {
                1 => QueryMode::Open,
                2 => QueryMode::Blind,
                _ => return Err(CanonError::Value(8)),
            },
            count: reader.number(9)?,
            content: required(10, reader.array(10)?)?,
        };
        reader.end()?;
        Ok(statement)
    }
}

/// A liaison body announces something, or the central office answers.
///
/// Tags: 1 who says it, 2 announcement (16 bytes), 3 token's issuer, 4 officer, 5 purpose's code, 6 case number, 7 reason,
/// 8 kind, 9 state, 10 content digest (32 bytes). The content is the `AnnounceRequest` without its salt, in protobuf; of an
/// answer its words. An answer has neither issuer nor purpose nor kind.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnouncementStatement {
    /// Who says it.
    pub agency: String,
    /// Which announcement.
    pub announcement: [u8; 16],
    /// Whose token the officer has.
    pub issuer: String,
    /// The officer.
    pub officer: String,
    /// Why.
    pub purpose: Purpose,
    /// What is announced.
    pub kind: AnnouncementKind,
    /// Where it stands with this.
    pub state: AnnouncementState,
    /// About what, and in which words.
    pub content: Digest,
}

impl AnnouncementStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, &self.agency)
            .bytes(2, &self.announcement)
            .text(3, &self.issuer)
            .text(4, &self.officer)
            .text(5, &self.purpose.code)
            .text(6, &self.purpose.case_number)
            .text(7, &self.purpose.reason)
            .number(8, enum_number(self.kind.into()))
            .number(9, enum_number(self.state.into()))
            .bytes(10, &self.content);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let statement = Self {
            agency: reader.text(1)?,
            announcement: required(2, reader.array(2)?)?,
            issuer: reader.text(3)?,
            officer: reader.text(4)?,
            purpose: purpose(&mut reader)?,
            kind: known(8, reader.number(8)?)?,
            state: known(9, reader.number(9)?)?,
            content: required(10, reader.array(10)?)?,
        };
        reader.end()?;
        Ok(statement)
    }
}

/// What happens to a disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DisclosureStep {
    /// A liaison officer asks for details.
    Asked = 1,
    /// The agency that was asked releases some, or refuses.
    Answered = 2,
    /// It restricts what was released.
    Restricted = 3,
}

/// A step of a disclosure.
///
/// Tags: 1 agency, 2 disclosure (16 bytes), 3 token's issuer, 4 officer, 5 step, 6 command (16 bytes), 7 content digest
/// (32 bytes). The content is the request without its salt, in protobuf. Only who asks has a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureStatement {
    /// Who does it.
    pub agency: String,
    /// Which disclosure.
    pub disclosure: [u8; 16],
    /// Whose token the officer has.
    pub issuer: String,
    /// The officer.
    pub officer: String,
    /// What is done.
    pub step: DisclosureStep,
    /// The command that does it.
    pub command: [u8; 16],
    /// What was said.
    pub content: Digest,
}

impl DisclosureStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, &self.agency)
            .bytes(2, &self.disclosure)
            .text(3, &self.issuer)
            .text(4, &self.officer)
            .number(5, self.step as u64)
            .bytes(6, &self.command)
            .bytes(7, &self.content);
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let statement = Self {
            agency: reader.text(1)?,
            disclosure: required(2, reader.array(2)?)?,
            issuer: reader.text(3)?,
            officer: reader.text(4)?,
            step: match reader.number(5)? {
                1 => DisclosureStep::Asked,
                2 => DisclosureStep::Answered,
                3 => DisclosureStep::Restricted,
                _ => return Err(CanonError::Value(5)),
            },
            command: required(6, reader.array(6)?)?,
            content: required(7, reader.array(7)?)?,
        };
        reader.end()?;
        Ok(statement)
    }
}

fn purpose(reader: &mut Reader<'_>) -> Result<Purpose, CanonError> {
    Ok(Purpose { code: reader.text(5)?, case_number: reader.text(6)?, reason: reader.text(7)? })
}

fn known<E: TryFrom<i32>>(tag: u8, value: u64) -> Result<E, CanonError> {
    E::try_from(number_enum::<E>(tag, value)?).map_err(|_| CanonError::Value(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why() -> Purpose {
        Purpose { code: "prevention".into(), case_number: "EU-1".into(), reason: "JIT".into() }
    }

    #[test]
    fn golden_bytes_of_a_question_both_ways() {
        let statement = LiaisonQueryStatement {
            agency: "eu-europol".into(),
            query: [1; 16],
            issuer: "https://id.example".into(),
            officer: "u-7".into(),
            purpose: why(),
            mode: QueryMode::Open,
            count: 2,
            content: [2; 32],
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/liaison-query-v1.hex").trim());
        assert_eq!(LiaisonQueryStatement::decode(&bytes), Ok(statement));
    }

    #[test]
    fn golden_bytes_of_an_announcement_both_ways() {
        let statement = AnnouncementStatement {
            agency: "eu-europol".into(),
            announcement: [1; 16],
            issuer: "https://id.example".into(),
            officer: "u-7".into(),
            purpose: why(),
            kind: AnnouncementKind::HoldAsked,
            state: AnnouncementState::Received,
            content: [2; 32],
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/announcement-v1.hex").trim());
        assert_eq!(AnnouncementStatement::decode(&bytes), Ok(statement));
    }

    #[test]
    fn golden_bytes_of_a_disclosure_both_ways() {
        let statement = DisclosureStatement {
            agency: "de-nw-lka".into(),
            disclosure: [1; 16],
            issuer: String::new(),
            officer: "KD".into(),
            step: DisclosureStep::Answered,
            command: [3; 16],
            content: [2; 32],
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/disclosure-v1.hex").trim());
        assert_eq!(DisclosureStatement::decode(&bytes), Ok(statement));
    }

    #[test]
    fn the_same_content_under_another_salt_has_another_digest() {
        let salt = |byte| Salt::from_random([byte; 32]);
        assert_ne!(content_digest(&salt(1), b"a"), content_digest(&salt(2), b"a"));
        assert_ne!(content_digest(&salt(1), b"a"), content_digest(&salt(1), b"b"));
    }
}
