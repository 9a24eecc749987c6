//! The hub's rules as pure functions: facts and a command in, a decision out.
//!
//! No clock, no randomness, no store and no network: time and ids come in as arguments. What is decided here is what
//! the ledger records.

pub mod agency;
pub mod case;
pub mod referral;
pub mod target;

pub use agency::{Agency, AgencyNo, AgencyState};
pub use case::{CaseFacts, CaseNo, CaseState};
pub use target::{Ownership, Target, TargetNo};
