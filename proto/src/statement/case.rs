//! Statements about an agency's cases.

use super::{enum_number, number_enum, required};
use crate::{
    AgencyId, CommandId,
    canon::{CanonError, Reader, Writer},
    v1::{Case, CaseKind},
};

/// An agency opens a case.
///
/// Tags: 1 agency, 2 command (16 bytes), 3 number, 4 unit, 5 kind, 6 review on, 7 delete on, 8 prosecutor's reference.
#[derive(Debug, Clone, Copy)]
pub struct CaseOpenedStatement<'a> {
    /// Who opens it.
    pub agency: &'a AgencyId,
    /// The command.
    pub command: CommandId,
    /// The case.
    pub case: &'a Case,
}

impl CaseOpenedStatement<'_> {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, self.agency.as_str())
            .bytes(2, self.command.as_bytes())
            .text(3, &self.case.number)
            .text(4, &self.case.unit)
            .number(5, enum_number(self.case.kind))
            .text(6, &self.case.review_on)
            .text(7, &self.case.delete_on)
            .text(8, &self.case.prosecutor_reference);
    }

    /// Reads the case back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<Case, CanonError> {
        let mut reader = Reader::new(record);
        reader.text(1)?;
        required(2, reader.array::<16>(2)?)?;
        let case = Case {
            number: reader.text(3)?,
            unit: reader.text(4)?,
            kind: number_enum::<CaseKind>(5, reader.number(5)?)?,
            review_on: reader.text(6)?,
            delete_on: reader.text(7)?,
            prosecutor_reference: reader.text(8)?,
        };
        reader.end()?;
        Ok(case)
    }
}

/// An agency closes a case.
///
/// Tags: 1 agency, 2 command (16 bytes), 3 number, 4 reason.
#[derive(Debug, Clone, Copy)]
pub struct CaseClosedStatement<'a> {
    /// Who closes it.
    pub agency: &'a AgencyId,
    /// The command.
    pub command: CommandId,
    /// Number of the case.
    pub number: &'a str,
    /// Why; may be empty.
    pub reason: &'a str,
}

impl CaseClosedStatement<'_> {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .text(1, self.agency.as_str())
            .bytes(2, self.command.as_bytes())
            .text(3, self.number)
            .text(4, self.reason);
    }

    /// Reads number and reason back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<(String, String), CanonError> {
        let mut reader = Reader::new(record);
        reader.text(1)?;
        required(2, reader.array::<16>(2)?)?;
        let read = (reader.text(3)?, reader.text(4)?);
        reader.end()?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_both_ways() {
        let agency: AgencyId = "de-nw-lka".parse().unwrap();
        let command = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let case = Case {
            number: "ST/1/26".into(),
            unit: "D 42".into(),
            kind: CaseKind::Proceedings.into(),
            review_on: "2028-01-01".into(),
            delete_on: String::new(),
            prosecutor_reference: "UJs 1/26".into(),
        };
        let mut opened = Vec::new();
        CaseOpenedStatement { agency: &agency, command, case: &case }.encode(&mut opened);
        assert_eq!(hex::encode(&opened), include_str!("../../tests/golden/case-opened-v1.hex").trim());
        assert_eq!(CaseOpenedStatement::decode(&opened), Ok(case));

        let mut closed = Vec::new();
        CaseClosedStatement { agency: &agency, command, number: "ST/1/26", reason: "done" }
            .encode(&mut closed);
        assert_eq!(hex::encode(&closed), include_str!("../../tests/golden/case-closed-v1.hex").trim());
        assert_eq!(CaseClosedStatement::decode(&closed), Ok(("ST/1/26".into(), "done".into())));
    }
}
