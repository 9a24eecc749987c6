//! The central office decides which targets are one.

use super::required;
use crate::{
    AgencyId, CommandId, TargetId,
    canon::{CanonError, Reader, Writer},
};

/// What was decided. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Act {
    /// The two targets of each pair are one.
    Merge = 1,
    /// The first target of each pair is another than the second, of which it was a name.
    Split = 2,
    /// They are not one, though they look alike.
    Reject = 3,
    /// An earlier decision is undone.
    Undo = 4,
}

/// The central office decides on duplicates.
///
/// Tags: 1 agency, 2 decision's id, 3 officer, 4 what, 5 reason, 6 pairs (repeated, two ids each), 7 the decision that is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicatesStatement {
    /// The central office.
    pub agency: AgencyId,
    /// The decision's id.
    pub command: CommandId,
    /// The person, as the central office names them.
    pub officer: String,
    /// What.
    pub act: Act,
    /// Why.
    pub reason: String,
    /// On which targets.
    pub pairs: Vec<(TargetId, TargetId)>,
    /// Which decision is undone.
    pub undone: Option<CommandId>,
}

impl Act {
    /// What this number says.
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::Merge, Self::Split, Self::Reject, Self::Undo].into_iter().find(|act| *act as u64 == number)
    }

    /// Its name, as feed and timeline have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Reject => "reject",
            Self::Undo => "undo",
        }
    }
}

impl DuplicatesStatement {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        let mut writer = Writer::new(buffer);
        writer
            .text(1, self.agency.as_str())
            .bytes(2, self.command.as_bytes())
            .text(3, &self.officer)
            .number(4, self.act as u64)
            .text(5, &self.reason);
        for (one, other) in &self.pairs {
            writer.bytes(6, &[*one.as_bytes(), *other.as_bytes()].concat());
        }
        if let Some(undone) = &self.undone {
            writer.bytes(7, undone.as_bytes());
        }
    }

    /// Reads a statement back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let agency = reader.text(1)?.parse().map_err(|_| CanonError::Value(1))?;
        let command = CommandId::from_bytes(required(2, reader.array(2)?)?);
        let officer = reader.text(3)?;
        let act = Act::from_number(reader.number(4)?).ok_or(CanonError::Value(4))?;
        let reason = reader.text(5)?;
        let mut pairs = Vec::new();
        while let Some(pair) = reader.array::<32>(6)? {
            let (one, other) = pair.split_at(16);
            let id = |half: &[u8]| TargetId::from_bytes(half.try_into().expect("half of 32 bytes"));
            pairs.push((id(one), id(other)));
        }
        let undone = reader.array(7)?.map(CommandId::from_bytes);
        reader.end()?;
        Ok(Self { agency, command, officer, act, reason, pairs, undone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_both_ways() {
        let statement = DuplicatesStatement {
            agency: "de-bka".parse().unwrap(),
            command: CommandId::from_bytes([3; 16]),
            officer: "KD".into(),
            act: Act::Merge,
            reason: "one".into(),
            pairs: vec![(TargetId::from_bytes([1; 16]), TargetId::from_bytes([2; 16]))],
            undone: None,
        };
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/duplicates-v1.hex").trim());
        assert_eq!(DuplicatesStatement::decode(&bytes), Ok(statement.clone()));
        let undo = DuplicatesStatement {
            act: Act::Undo,
            pairs: Vec::new(),
            undone: Some(CommandId::from_bytes([4; 16])),
            ..statement
        };
        let mut bytes = Vec::new();
        undo.encode(&mut bytes);
        assert_eq!(DuplicatesStatement::decode(&bytes), Ok(undo));
    }

    #[test]
    fn numbers_stay() {
        let acts = (1..=4).filter_map(Act::from_number).map(Act::name).collect::<Vec<_>>();
        assert_eq!(acts, ["merge", "split", "reject", "undo"]);
        assert_eq!(Act::from_number(5), None);
    }
}
