//! The hub's rules as pure functions: facts and a command in, a decision out.
//!
//! No clock, no randomness, no store and no network: time and ids come in as arguments. What is decided here is what
//! the ledger records.

pub mod agency;
pub mod blind;
pub mod calendar;
pub mod case;
pub mod conditions;
pub mod deadlines;
pub mod figures;
pub mod hosts;
pub mod liaison;
pub mod life;
pub mod moment;
pub mod order;
pub mod policy;
pub mod referral;
pub mod retention;
pub mod rules;
pub mod target;
pub mod view;

#[cfg(test)]
mod testing;

pub use agency::{Agency, AgencyNo, AgencyState};
pub use case::{CaseFacts, CaseNo, CaseState};
pub use policy::Policy;
pub use target::{Ownership, Target, TargetNo};
