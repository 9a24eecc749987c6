//! Host rules are put in force.

use crate::{
    AgencyId,
    canon::{CanonError, Reader, Writer},
};

/// The rules by which links of a host are one target are put in force.
///
/// Tags: 1 the central office, 2 who put them in force, 3 the rules' text (TOML).
#[derive(Debug, Clone, Copy)]
pub struct HostRulesStatement<'a> {
    /// The central office.
    pub agency: &'a AgencyId,
    /// The person, as the central office names them.
    pub officer: &'a str,
    /// The text.
    pub text: &'a str,
}

impl HostRulesStatement<'_> {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer).text(1, self.agency.as_str()).text(2, self.officer).text(3, self.text);
    }

    /// The rules' text of a statement.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn text_of(record: &[u8]) -> Result<String, CanonError> {
        let mut reader = Reader::new(record);
        reader.text(1)?;
        reader.text(2)?;
        let text = reader.text(3)?;
        reader.end()?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden bytes made by hand: tag, length, value.
    #[test]
    fn rules_have_their_author_and_their_text() {
        let agency: AgencyId = "de-bka".parse().unwrap();
        let mut bytes = Vec::new();
        HostRulesStatement { agency: &agency, officer: "KD", text: "a=1\n" }.encode(&mut bytes);
        assert_eq!(bytes, b"\x01\0\0\0\x06de-bka\x02\0\0\0\x02KD\x03\0\0\0\x04a=1\n");
        assert_eq!(HostRulesStatement::text_of(&bytes).as_deref(), Ok("a=1\n"));
        assert!(HostRulesStatement::text_of(&bytes[..bytes.len() - 1]).is_err());
    }
}
