//! Duplicates: two targets that are one thing become one, and one that is two becomes two again. The central office
//! decides it; whatever the state of both sides, there is one owner, one grant, and no hold is lost (I1, I2, I3).

mod gates;
mod merge;
mod owner;
mod part;
#[cfg(test)]
mod tests;

use meldeverbund_proto::v1::{OwnerBasis, Refusal};
use serde::{Deserialize, Serialize};

use super::{Context, must_be_quiet};
use crate::{
    AgencyNo, Ownership,
    life::{Life, State, Takedown},
};

pub use merge::merge;
pub use part::part;

/// One of the two targets of a merge.
#[derive(Debug, Clone)]
pub struct Side {
    /// How it stands.
    pub state: State,
    /// The leaf that opened it: who opened it was seised with it from there on.
    pub opened_leaf: i64,
}

/// What two targets become.
#[derive(Debug, Clone)]
pub struct Merge {
    /// The older target, which is both from now on.
    pub whole: State,
    /// The younger one, which is another name of it.
    pub alias: State,
    /// How both were, for whoever takes them apart again.
    pub apart: Apart,
}

/// How the targets of a merge were before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// The leaf that merged them.
    pub leaf: i64,
    /// The one that went on for both.
    pub whole: Was,
    /// The one that became another name of it.
    pub part: Was,
    /// Who was made responsible for both.
    pub owner: AgencyNo,
    /// On what that rests: the number of the contract's `OwnerBasis`.
    pub basis: i32,
    /// The round in which they went on.
    pub round: u32,
}

/// How a target was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Was {
    /// Its newest round.
    pub round: u32,
    /// Who was responsible.
    pub owner: AgencyNo,
    /// On what that rested: the number of the contract's `OwnerBasis`.
    pub basis: i32,
    /// What had been decided.
    pub life: Life,
}

/// Which target leaves a whole, and who is bound to what.
#[derive(Debug, Clone)]
pub struct Parting {
    /// The target that leaves, with nothing but its number to be believed.
    pub target: crate::TargetNo,
    /// How both were before they were merged.
    pub apart: Apart,
    /// How the targets were that were merged into the whole since, and stay.
    pub later: Vec<Was>,
    /// Whose cases are bound to the links that leave, with the leaves that first bound them, oldest first.
    pub going: Vec<(AgencyNo, i64)>,
    /// Whose cases are bound to the links that stay.
    pub staying: Vec<AgencyNo>,
    /// What the ownership rules look at in the target that leaves.
    pub origin: crate::life::Origin,
}

impl Apart {
    /// Whether what had happened to one of the two in its round went on in the whole's: of what is open and what was over, the
    /// open one alone goes on.
    fn went_on(one: &Was, other: &Was) -> bool {
        one.is_open() || !other.is_open()
    }

    /// Whether the leaver brought it into the whole's round of now that the provider was notified elsewhere.
    fn part_brought_elsewhere(&self, round: u32) -> bool {
        self.part.life.elsewhere && self.round == round && Self::went_on(&self.part, &self.whole)
    }

    /// Whether the whole began with the provider notified elsewhere.
    fn began_elsewhere(&self) -> bool {
        let brought = |one: &Was, other: &Was| one.life.elsewhere && Self::went_on(one, other);
        brought(&self.whole, &self.part) || brought(&self.part, &self.whole)
    }
}

impl Was {
    /// How a target is.
    pub fn of(state: &State) -> Self {
        let Ownership { owner, basis } = state.target.ownership;
        Self { round: state.target.round, owner, basis: basis.into(), life: state.life.clone() }
    }

    /// How a target was that this agency's referral had just opened.
    pub fn opened_by(owner: AgencyNo) -> Self {
        Self { round: 1, owner, basis: OwnerBasis::FirstSeised.into(), life: Life::default() }
    }

    fn ownership(&self) -> Ownership {
        ownership(self.owner, self.basis)
    }

    fn is_open(&self) -> bool {
        !matches!(self.life.takedown, Takedown::Closed { .. })
    }
}

/// Who was responsible; a basis that this version does not know is none that it wrote.
fn ownership(owner: AgencyNo, basis: i32) -> Ownership {
    Ownership { owner, basis: OwnerBasis::try_from(basis).unwrap_or(OwnerBasis::Unspecified) }
}

fn is_open(state: &State) -> bool {
    !matches!(state.life.takedown, Takedown::Closed { .. })
}

/// Only the central office, and not while a notice is under way or unresolved.
fn may_decide(state: &State, context: &Context<'_>) -> Result<(), Refusal> {
    context.actor.admit()?;
    context.must_be_central()?;
    must_be_quiet(state)
}
