//! What may be a person's to do.

use std::fmt;

use meldeverbund_proto::{
    check::{decision_by_number, decision_name},
    statement,
    v1::decide_request::Decision,
};
use serde::{Deserialize, Deserializer, de::Error as _};

/// Something that an agency does at the hub and that may be a person's to decide: a decision on targets, as the contract
/// names it, a disclosure, or a judgement on duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act(&'static str);

/// The text names no act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such act; there are: {}", Act::all().map(|act| act.to_string()).collect::<Vec<_>>().join(", "))]
pub struct ActError;

impl Act {
    /// Releasing details to a liaison body, or refusing to.
    pub const ANSWER_DISCLOSURE: Self = Self("disclosure_answer");

    /// Restricting what was released.
    pub const RESTRICT_DISCLOSURE: Self = Self("disclosure_restrict");

    /// Taking this decision.
    pub fn of(decision: &Decision) -> Self {
        Self(decision_name(decision))
    }

    /// Judging duplicates so: the central office's own, which no agency's list can name.
    pub fn on_duplicates(act: statement::Act) -> Self {
        Self(match act {
            statement::Act::Merge => "duplicates_merge",
            statement::Act::Split => "duplicates_split",
            statement::Act::Reject => "duplicates_reject",
            statement::Act::Undo => "duplicates_undo",
        })
    }

    /// Every act that an agency's list may name: decisions in the contract's order, then disclosures.
    pub fn all() -> impl Iterator<Item = Self> {
        let decisions = (0..=u8::MAX).filter_map(decision_by_number).map(Self);
        decisions.chain([Self::ANSWER_DISCLOSURE, Self::RESTRICT_DISCLOSURE])
    }

    /// Its name in the contract.
    pub fn in_contract(self) -> &'static str {
        self.0
    }
}

/// As configuration and logs write it.
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace('_', "-"))
    }
}

impl TryFrom<String> for Act {
    type Error = ActError;

    fn try_from(text: String) -> Result<Self, ActError> {
        Self::all().find(|act| act.to_string() == text).ok_or(ActError)
    }
}

// By hand, because a derived one would borrow the name from what is read.
impl<'de> Deserialize<'de> for Act {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use meldeverbund_proto::v1::Release;

    use super::*;

    #[test]
    fn acts_are_written_in_one_way() {
        assert_eq!(Act::all().count(), 37, "the contract's 35 decisions, and two of disclosures");
        for act in Act::all() {
            assert_eq!(Act::try_from(act.to_string()), Ok(act));
            assert!(ActError.to_string().contains(&act.to_string()));
        }
        assert_eq!(Act::of(&Decision::Release(Release::default())).to_string(), "release");
        assert_eq!(Act::RESTRICT_DISCLOSURE.to_string(), "disclosure-restrict");
        // Noted of whoever judges at the console, and asked of nobody's list: that is the central office's alone.
        assert_eq!(Act::on_duplicates(statement::Act::Undo).to_string(), "duplicates-undo");
        for none in ["withdraw", "assign_owner", "Release", "", "duplicates-undo"] {
            assert_eq!(Act::try_from(none.to_owned()), Err(ActError), "{none}");
        }
    }
}
