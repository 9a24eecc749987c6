//! Where a person, not a machine, must decide: which acts of which agency, and in which role.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use meldeverbund_people::{IssuerSettings, Role};
use meldeverbund_proto::{
    AgencyId,
    v1::{DecideRequest, GateKind, decide_request::Decision},
};
use serde::Deserialize;

use super::officer::{Verified, in_words, unknown};
use crate::flow::{Act, Person};

/// Who decides.
const DECIDING: [Role; 2] = [Role::DeskOfficer, Role::Supervisor];

/// Who lets a takedown go ahead, confirms that, or takes it back.
const RELEASING: [Role; 2] = [Role::Supervisor, Role::Prosecutor];

/// Who tells a liaison body of a case; also all who may have to do with a gate.
const DISCLOSING: [Role; 3] = [Role::DeskOfficer, Role::Supervisor, Role::Prosecutor];

/// What the configuration says of one agency.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonSettings {
    /// The agency.
    pub agency: AgencyId,
    /// What a person of it must decide.
    pub acts: Vec<Act>,
}

/// What must be decided by a person could be decided by nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonsError {
    /// Which of the two would count?
    #[error("persons: {0} stands there twice")]
    Twice(AgencyId),
    /// A table that asks for nothing.
    #[error("persons: no act of {0} is named")]
    NoActs(AgencyId),
    /// Nobody vouches for the agency's officers.
    #[error("persons: {0} has no issuer, so none of its officers could be known")]
    NoIssuer(AgencyId),
    /// Its issuers know nobody who may.
    #[error("persons: no issuer of {agency} gives the role of a {roles}, which {act} needs")]
    NoRole {
        /// The agency.
        agency: AgencyId,
        /// What nobody could do.
        act: Act,
        /// Who could.
        roles: String,
    },
}

/// Which acts of which agency a person must decide. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Persons(Arc<BTreeMap<AgencyId, BTreeSet<Act>>>);

/// Something that is to be done, and who may where it takes a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doing {
    act: Act,
    roles: &'static [Role],
}

impl PersonSettings {
    /// Says whether each act could be done by somebody.
    ///
    /// # Errors
    /// If not.
    pub fn check(settings: &[Self], issuers: &[IssuerSettings]) -> Result<(), PersonsError> {
        let mut seen = BTreeSet::new();
        for Self { agency, acts } in settings {
            let name = || agency.clone();
            if !seen.insert(agency) {
                return Err(PersonsError::Twice(name()));
            }
            if acts.is_empty() {
                return Err(PersonsError::NoActs(name()));
            }
            let mut own = issuers.iter().filter(|issuer| issuer.agency == *agency).peekable();
            if own.peek().is_none() {
                return Err(PersonsError::NoIssuer(name()));
            }
            let given: BTreeSet<Role> = own.flat_map(|issuer| issuer.roles.values().copied()).collect();
            if let Some(act) =
                acts.iter().find(|act| !roles_of(**act).iter().any(|role| given.contains(role)))
            {
                let roles = in_words(roles_of(*act));
                return Err(PersonsError::NoRole { agency: name(), act: *act, roles });
            }
        }
        Ok(())
    }

    /// Each act once, and who may; for people to read.
    pub fn explained(&self) -> Vec<(Act, &'static [Role])> {
        let acts: BTreeSet<Act> = self.acts.iter().copied().collect();
        acts.into_iter().map(|act| (act, roles_of(act))).collect()
    }
}

impl Persons {
    /// As the configuration says.
    pub fn new(settings: &[PersonSettings]) -> Self {
        let of = |one: &PersonSettings| (one.agency.clone(), one.acts.iter().copied().collect());
        Self(Arc::new(settings.iter().map(of).collect()))
    }

    /// Who stands behind what is to be done: whose token it is, if one came; nobody who may, if it takes a person who does not show.
    pub(super) fn behind(
        &self,
        caller: &AgencyId,
        doing: Option<Doing>,
        verified: Option<&Verified>,
        now_us: i64,
    ) -> Person {
        let asked = doing.filter(|doing| self.0.get(caller).is_some_and(|acts| acts.contains(&doing.act)));
        match (verified, asked) {
            (None, None) => Person::none(),
            (None, Some(Doing { act, roles })) => Person::refused(unknown(&format!(
                "{act} is a person's to decide at your agency: the call must carry the ID token of a {} (metadata \
                 `authorization`, `Bearer` and the token)",
                in_words(roles)
            ))),
            (Some(verified), asked) => {
                let may = verified
                    .still(now_us)
                    .and_then(|()| asked.map_or(Ok(()), |doing| verified.is_one_of(doing.roles)));
                may.map_or_else(Person::refused, |()| Person::known(verified.officer.clone()))
            }
        }
    }
}

impl Doing {
    pub(super) const ANSWER_DISCLOSURE: Self = Self { act: Act::ANSWER_DISCLOSURE, roles: &DISCLOSING };

    pub(super) const RESTRICT_DISCLOSURE: Self = Self { act: Act::RESTRICT_DISCLOSURE, roles: &DISCLOSING };

    /// What a request decides; none: nothing, as it only asks what would come of it.
    pub(super) fn decision(request: &DecideRequest) -> Option<Self> {
        let decision = request.decision.as_ref().filter(|_| !request.dry_run)?;
        let is_release = |gate: i32| GateKind::try_from(gate) == Ok(GateKind::Released);
        let roles: &[Role] = match decision {
            Decision::Release(_) => &RELEASING,
            // Whoever makes a release count, or takes it back, answers for it like whoever gives it.
            Decision::Confirm(record) if is_release(record.gate) => &RELEASING,
            Decision::WithdrawGate(record) if is_release(record.gate) => &RELEASING,
            _ => &DECIDING,
        };
        Some(Self { act: Act::of(decision), roles })
    }
}

/// All who may do this, whatever it is about.
fn roles_of(act: Act) -> &'static [Role] {
    match act.in_contract() {
        "release" => &RELEASING,
        "confirm" | "withdraw_gate" => &DISCLOSING,
        _ if [Act::ANSWER_DISCLOSURE, Act::RESTRICT_DISCLOSURE].contains(&act) => &DISCLOSING,
        _ => &DECIDING,
    }
}

#[cfg(test)]
mod tests;
