//! A target: what a provider would delete, and who is responsible for it.

use meldeverbund_proto::v1::{OwnerBasis, Stage};

use crate::AgencyNo;

/// A target's number in this hub's store; outside it goes by its random id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetNo(pub i64);

/// Who is responsible, and on what that rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    /// The one agency responsible (I1).
    pub owner: AgencyNo,
    /// The recorded basis.
    pub basis: OwnerBasis,
}

/// A target as a referral meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its number.
    pub no: TargetNo,
    /// The newest round, from 1.
    pub round: u32,
    /// Where that round stands.
    pub stage: Stage,
    /// Who is responsible for it; of a closed round, who was.
    pub ownership: Ownership,
}

impl Target {
    /// The target that a first referral opens: the agency first seised with it owns it (GVG § 143(1)).
    pub fn opened(no: TargetNo, by: AgencyNo) -> Self {
        let ownership = Ownership { owner: by, basis: OwnerBasis::FirstSeised };
        Self { no, round: 1, stage: Stage::Referred, ownership }
    }

    /// The next round of a target that was seen again after its outcome. Who was responsible stays so: being first
    /// seised with the target does not pass with a round.
    #[must_use]
    pub fn reopened(self) -> Self {
        Self { round: self.round + 1, stage: Stage::Referred, ..self }
    }

    /// True while the newest round has no outcome.
    pub fn is_open(&self) -> bool {
        self.stage != Stage::Closed
    }
}
