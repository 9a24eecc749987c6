//! What a leaf says that figures count: no link, no case, no person.
//!
//! Facts outlive the texts of their leaves: when retention takes those, a leaf's fact is kept, so that figures can be made again
//! from the ledger for ever. Field names are short because there is one for each leaf.

use meldeverbund_proto::v1::{OffenceClass, Stage, Verdict};
use serde::{Deserialize, Serialize};

use super::{figure::Ended, target::is_default};
use crate::TargetNo;

/// What one leaf says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The leaf.
    pub leaf: i64,
    /// When it was recorded, microseconds since 1970 UTC.
    pub at_us: i64,
    /// The agency that said it; empty: the hub.
    pub by: String,
    /// What.
    pub what: What,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A link was referred.
    #[serde(rename = "r")]
    Referred {
        /// The target.
        #[serde(rename = "t")]
        target: i64,
        /// The number of the contract's `Verdict`.
        #[serde(rename = "v")]
        verdict: i32,
        /// The round.
        #[serde(rename = "r")]
        round: u32,
        /// Who was responsible.
        #[serde(rename = "o")]
        owner: String,
        /// Whether because it was first seised.
        #[serde(rename = "f")]
        first_seised: bool,
        /// The canonical link's host.
        #[serde(rename = "h")]
        host: String,
        /// Its registrable domain; empty: the host has none, or is one.
        #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
        domain: String,
        /// The number of the contract's `OffenceClass`.
        #[serde(rename = "c")]
        class: i32,
        /// Whether the provider was notified elsewhere.
        #[serde(rename = "e")]
        elsewhere: bool,
    },
    /// Targets changed.
    #[serde(rename = "c")]
    Changed {
        /// Because of what.
        #[serde(rename = "a")]
        act: Act,
        /// How they were afterwards.
        #[serde(rename = "t")]
        changes: Vec<Change>,
    },
}

/// What somebody did to targets, as far as figures care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Something that shows in the change alone; a deadline.
    #[serde(rename = "o")]
    Other,
    /// Assessed; the number of the contract's `OffenceClass`.
    #[serde(rename = "a")]
    Assess(i32),
    /// Placed a hold of this id.
    #[serde(rename = "h")]
    PlaceHold(u128),
    /// Lifted one hold of the agency, or all.
    #[serde(rename = "l")]
    LiftHold(Option<u128>),
    /// Set aside what an agency recorded.
    #[serde(rename = "u")]
    Overrule(String),
    /// Announced a notice.
    #[serde(rename = "i")]
    Intend,
    /// A notice left at this time, microseconds since 1970 UTC.
    #[serde(rename = "s")]
    Sent(i64),
    /// A notice had not left.
    #[serde(rename = "n")]
    NotSent,
    /// Looked: gone or not, and when, microseconds since 1970 UTC.
    #[serde(rename = "k")]
    Check(bool, i64),
    /// Closed the round.
    #[serde(rename = "c")]
    Close(Ended),
    /// A complaint came.
    #[serde(rename = "p")]
    Complain,
    /// A complaint was answered: upheld or not.
    #[serde(rename = "q")]
    Settle(bool),
    /// Targets were put together or taken apart; for each that was taken apart, of which it was a name.
    #[serde(rename = "d")]
    Duplicates(Vec<(i64, i64)>),
}

/// How a target was after an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The target.
    #[serde(rename = "t")]
    pub target: i64,
    /// The round.
    #[serde(rename = "r")]
    pub round: u32,
    /// The number of the contract's `Stage`.
    #[serde(rename = "s")]
    pub stage: i32,
    /// Who was responsible.
    #[serde(rename = "o")]
    pub owner: String,
    /// Whether nobody had to answer for that.
    #[serde(rename = "f")]
    pub firm: bool,
    /// Whether who was responsible has withdrawn: the rules name the next round's owner.
    #[serde(rename = "w", default, skip_serializing_if = "is_default")]
    pub owner_withdrew: bool,
    /// Of which target it was another name.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub into: Option<i64>,
}

impl Fact {
    /// The targets that it names, those included of which others are names.
    pub fn targets(&self) -> Vec<TargetNo> {
        let mut targets = match &self.what {
            What::Referred { target, .. } => vec![TargetNo(*target)],
            What::Changed { act, changes } => {
                let named = changes.iter().flat_map(|change| [Some(change.target), change.into]).flatten();
                let mut targets: Vec<_> = named.map(TargetNo).collect();
                if let Act::Duplicates(pairs) = act {
                    targets.extend(pairs.iter().flat_map(|(one, other)| [*one, *other]).map(TargetNo));
                }
                targets
            }
        };
        targets.sort_unstable();
        targets.dedup();
        targets
    }
}

impl Change {
    /// Where the takedown stood.
    pub fn stage(&self) -> Stage {
        Stage::try_from(self.stage).unwrap_or_default()
    }
}

/// The verdict with this number.
pub(super) fn verdict(number: i32) -> Verdict {
    Verdict::try_from(number).unwrap_or_default()
}

/// A class's name, as exports have it.
pub fn class_name(class: i32) -> &'static str {
    match OffenceClass::try_from(class).unwrap_or_default() {
        OffenceClass::Unspecified => "unclassified",
        OffenceClass::Stgb184b => "stgb-184b",
        OffenceClass::Stgb184c => "stgb-184c",
        OffenceClass::Stgb176e => "stgb-176e",
        OffenceClass::Other => "other",
    }
}

/// The class of this name.
pub fn class_number(name: &str) -> Option<i32> {
    (0..)
        .map_while(|number| OffenceClass::try_from(number).ok())
        .map(i32::from)
        .find(|one| class_name(*one) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_names_that_lead_back() {
        for class in 0..5 {
            assert_eq!(class_number(class_name(class)), Some(class));
        }
        assert_eq!(class_number("theft"), None);
    }

    #[test]
    fn all_named_targets_are_named_once() {
        let change = |target, into| Change {
            target,
            round: 1,
            stage: 1,
            owner: "a".into(),
            firm: true,
            owner_withdrew: false,
            into,
        };
        let what = What::Changed {
            act: Act::Duplicates(vec![(9, 3)]),
            changes: vec![change(7, Some(3)), change(3, None)],
        };
        let fact = Fact { leaf: 1, at_us: 1, by: "a".into(), what };
        assert_eq!(fact.targets(), [3, 7, 9].map(TargetNo));
    }
}
