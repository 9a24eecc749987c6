//! What an agency decided on targets, and the policy that decisions follow.

use prost::Message as _;

use crate::{
    AgencyId,
    canon::{CanonError, Reader, Writer},
    v1::DecideRequest,
};

/// An agency decides on targets.
///
/// Tags: 1 agency, 2 the `DecideRequest` without salt, `dry_run` and signature, in protobuf with its fields in ascending order,
/// default values left out and no unknown fields: one request has one encoding.
#[derive(Debug, Clone, Copy)]
pub struct DecisionStatement<'a> {
    /// Who decides.
    pub agency: &'a AgencyId,
    /// What.
    pub request: &'a DecideRequest,
}

impl DecisionStatement<'_> {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        let request =
            DecideRequest { salt: Vec::new(), dry_run: false, signature: None, ..self.request.clone() };
        Writer::new(buffer).text(1, self.agency.as_str()).bytes(2, &request.encode_to_vec());
    }

    /// Reads the request back, without its salt.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a statement.
    pub fn decode(record: &[u8]) -> Result<DecideRequest, CanonError> {
        let mut reader = Reader::new(record);
        reader.text(1)?;
        let request = reader.bytes(2)?.ok_or(CanonError::Missing(2))?;
        reader.end()?;
        DecideRequest::decode(request).map_err(|_| CanonError::Value(2))
    }
}

/// The members' policy is put in force.
///
/// Tags: 1 the central office, 2 who put it in force, 3 the policy's text (TOML).
#[derive(Debug, Clone, Copy)]
pub struct PolicyStatement<'a> {
    /// The central office.
    pub agency: &'a AgencyId,
    /// The person, as the central office names them.
    pub officer: &'a str,
    /// The text.
    pub text: &'a str,
}

impl PolicyStatement<'_> {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer).text(1, self.agency.as_str()).text(2, self.officer).text(3, self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{LiftHold, StatementSignature, decide_request::Decision};

    /// Golden bytes made by hand: tag, length, value.
    #[test]
    fn a_policy_has_its_author_and_its_text() {
        let agency: AgencyId = "de-bka".parse().unwrap();
        let mut bytes = Vec::new();
        PolicyStatement { agency: &agency, officer: "KD", text: "a=1\n" }.encode(&mut bytes);
        assert_eq!(bytes, b"\x01\0\0\0\x06de-bka\x02\0\0\0\x02KD\x03\0\0\0\x04a=1\n");
    }

    #[test]
    fn what_is_no_such_statement_is_refused() {
        let agency: AgencyId = "de-nw-lka".parse().unwrap();
        let mut bytes = Vec::new();
        Writer::new(&mut bytes).text(1, agency.as_str());
        assert_eq!(DecisionStatement::decode(&bytes), Err(CanonError::Missing(2)));
        Writer::new(&mut bytes).bytes(2, &[0xff]);
        assert_eq!(DecisionStatement::decode(&bytes), Err(CanonError::Value(2)));
    }

    #[test]
    fn golden_bytes_both_ways() {
        let agency: AgencyId = "de-nw-lka".parse().unwrap();
        let mut request = DecideRequest {
            command_id: "01890a5d-ac96-774b-bcce-b302099a8057".into(),
            salt: vec![9; 32],
            instance_id: "919108f7-52d1-4320-9bac-f847db4148a8".into(),
            officer: "KHKin Beispiel".into(),
            target_ids: vec!["00000000-0000-4000-8000-000000000001".into()],
            dry_run: true,
            signature: Some(StatementSignature::default()),
            decision: Some(Decision::LiftHold(LiftHold { hold_id: String::new(), reason: "done".into() })),
        };
        let mut bytes = Vec::new();
        DecisionStatement { agency: &agency, request: &request }.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/decision-statement-v1.hex").trim());
        (request.salt, request.dry_run, request.signature) = (Vec::new(), false, None);
        assert_eq!(DecisionStatement::decode(&bytes), Ok(request));
    }
}
