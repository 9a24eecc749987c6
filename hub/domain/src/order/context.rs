//! Who orders, and what it may at all.

use meldeverbund_proto::v1::{Refusal, RefusalCode};

use super::unknown;
use crate::{
    Agency, Policy,
    life::{Responsibility, State},
};

/// Who orders, when, by which rules.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The agency of the certificate.
    pub actor: &'a Agency,
    /// The person, as the agency names them.
    pub officer: &'a str,
    /// The node's store.
    pub instance: u128,
    /// The decision's id.
    pub command: u128,
    /// The ledger's leaf that it gets.
    pub leaf: i64,
    /// The log's epoch, from 1: the ledger was restored so often less one.
    pub epoch: u32,
    /// When, microseconds since 1970 UTC.
    pub now_us: i64,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The registry.
    pub agencies: &'a [Agency],
}

impl Context<'_> {
    /// A stranger is told what it would be told of a target that does not exist (I7).
    pub(super) fn may_see(&self, state: &State) -> Result<(), Refusal> {
        let no = self.actor.no;
        let offered = match state.life.responsibility {
            Responsibility::Offered { to, .. } => to == no,
            _ => false,
        };
        if self.must_be_party(state).is_ok() || offered || state.has_record_of(no) {
            Ok(())
        } else {
            Err(unknown())
        }
    }

    /// Only the owner may do this.
    pub(super) fn must_own(&self, state: &State) -> Result<(), Refusal> {
        if state.owner() == self.actor.no {
            Ok(())
        } else {
            Err(Refusal::of(RefusalCode::NotOwner, "only the owner may do this"))
        }
    }

    /// Only a bound agency, or the owner, may do this.
    pub(super) fn must_be_bound(&self, state: &State) -> Result<(), Refusal> {
        if state.is_bound(self.actor.no) || state.owner() == self.actor.no { Ok(()) } else { Err(unknown()) }
    }

    /// A bound agency, the owner and the central office may do this.
    pub(super) fn must_be_party(&self, state: &State) -> Result<(), Refusal> {
        if self.actor.is_central() { Ok(()) } else { self.must_be_bound(state) }
    }

    pub(super) fn must_be_central(&self) -> Result<(), Refusal> {
        if self.actor.is_central() {
            Ok(())
        } else {
            Err(Refusal::of(RefusalCode::NotPermitted, "only the central office may do this"))
        }
    }
}
