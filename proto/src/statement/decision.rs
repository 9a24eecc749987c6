//! What the hub made of a referral.

use super::{enum_number, number_enum, required};
use crate::{
    AgencyId, LinkId, TargetId,
    canon::{CanonError, Reader, Writer},
    v1::{OwnerBasis, Verdict},
};

/// The hub's decision on an accepted referral.
///
/// Tags: 1 verdict, 2 target (16 bytes), 3 round, 4 owner, 5 basis, 6 version of the canonical form, 7 canonical link's
/// id (32 bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferralDecision {
    /// New, joined, already yours or reopened; a refusal is no event.
    pub verdict: Verdict,
    /// The target.
    pub target: TargetId,
    /// The round, from 1.
    pub round: u32,
    /// Who was responsible at that moment.
    pub owner: AgencyId,
    /// On what that rests.
    pub basis: OwnerBasis,
    /// By which rules the link was made canonical.
    pub link_version: u16,
    /// The canonical link's id.
    pub link: LinkId,
}

impl ReferralDecision {
    /// Appends the canonical encoding.
    pub fn encode(&self, buffer: &mut Vec<u8>) {
        Writer::new(buffer)
            .number(1, enum_number(self.verdict.into()))
            .bytes(2, self.target.as_bytes())
            .number(3, self.round.into())
            .text(4, self.owner.as_str())
            .number(5, enum_number(self.basis.into()))
            .number(6, self.link_version.into())
            .bytes(7, self.link.as_bytes());
    }

    /// Reads a decision back.
    ///
    /// # Errors
    /// If the bytes are not the canonical encoding of such a decision.
    pub fn decode(record: &[u8]) -> Result<Self, CanonError> {
        let mut reader = Reader::new(record);
        let decision = Self {
            verdict: typed(1, reader.number(1)?)?,
            target: TargetId::from_bytes(required(2, reader.array(2)?)?),
            round: reader.number(3)?.try_into().map_err(|_| CanonError::Value(3))?,
            owner: reader.text(4)?.parse().map_err(|_| CanonError::Value(4))?,
            basis: typed(5, reader.number(5)?)?,
            link_version: reader.number(6)?.try_into().map_err(|_| CanonError::Value(6))?,
            link: LinkId::from_bytes(required(7, reader.array(7)?)?),
        };
        reader.end()?;
        Ok(decision)
    }
}

fn typed<E: TryFrom<i32>>(tag: u8, value: u64) -> Result<E, CanonError> {
    E::try_from(number_enum::<E>(tag, value)?).map_err(|_| CanonError::Value(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_both_ways() {
        let decision = ReferralDecision {
            verdict: Verdict::Joined,
            target: TargetId::from_bytes([7; 16]),
            round: 2,
            owner: "de-by-lka".parse().unwrap(),
            basis: OwnerBasis::FirstSeised,
            link_version: 1,
            link: LinkId::from_bytes([8; 32]),
        };
        let mut bytes = Vec::new();
        decision.encode(&mut bytes);
        assert_eq!(hex::encode(&bytes), include_str!("../../tests/golden/referral-decision-v1.hex").trim());
        assert_eq!(ReferralDecision::decode(&bytes), Ok(decision));
    }
}
