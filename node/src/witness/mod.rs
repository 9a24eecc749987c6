//! This office's eye on the ledger: what the hub promised is verified, what it shows is compared with what it showed
//! before, and only what stands is vouched for.
//!
//! A receipt is checked in the transaction that applies its answer ([`Promise`]). On the connection a worker follows the
//! published checkpoints: judge, keep, join the own receipts, and only then vouch. The work never waits for the ledger: an alarm
//! stops this office's word, not its referrals.

mod alarm;
pub(crate) mod as_hex;
mod epoch;
pub mod files;
mod follow;
mod join;
mod judge;
mod known_keys;
mod now;
mod promise;
pub mod remote_tree;
mod run;
mod signing;
mod votes;
mod watcher;
mod writes;

pub use alarm::AlarmKind;
pub(crate) use follow::leaf_of;
pub(crate) use known_keys::known_keys;
pub use now::WitnessNow;
pub use promise::{Promise, recheck};
pub(crate) use run::{Left, prepare, run};
pub(crate) use signing::{decision_digest, sign, submission_digests};
pub use votes::Votes;
pub(crate) use writes::Acknowledge;
