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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_first_seised_owns_the_first_round() {
        let target = Target::opened(TargetNo(7), AgencyNo(2));
        let ownership = Ownership { owner: AgencyNo(2), basis: OwnerBasis::FirstSeised };
        assert_eq!(target, Target { no: TargetNo(7), round: 1, stage: Stage::Referred, ownership });
    }

    #[test]
    fn the_next_round_begins_at_the_beginning_and_keeps_its_owner() {
        let ownership = Ownership { owner: AgencyNo(3), basis: OwnerBasis::Prosecutor };
        let closed = Target { no: TargetNo(7), round: 4, stage: Stage::Closed, ownership };
        assert_eq!(closed.reopened(), Target { round: 5, stage: Stage::Referred, ..closed });
    }

    #[test]
    fn a_round_is_open_until_its_outcome() {
        let target = Target::opened(TargetNo(7), AgencyNo(2));
        for stage in [Stage::Referred, Stage::Cleared, Stage::Granted, Stage::Notified] {
            assert!(Target { stage, ..target }.is_open(), "{stage:?}");
        }
        assert!(!Target { stage: Stage::Closed, ..target }.is_open());
    }
}
