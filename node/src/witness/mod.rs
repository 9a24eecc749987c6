//! This office's eye on the ledger: what the hub promised is verified, what it shows is compared with what it showed
//! before, and only what stands is vouched for.
//!
//! [`promise`] checks a receipt in the transaction that applies its answer. The work never waits for the ledger: an alarm
//! stops this office's word, not its referrals.

mod alarm;
mod known_keys;
mod now;
mod promise;
mod signing;

pub use alarm::AlarmKind;
pub use now::WitnessNow;
pub use promise::{Promise, recheck};
pub(crate) use known_keys::known_keys;
pub(crate) use signing::{decision_digest, sign, submission_digests};
