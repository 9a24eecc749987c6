//! The ledger's own commands and what is read of it: its keys, its epochs, what is published and who vouches for it.

mod cosign;
mod epoch;
mod files;
mod key;
mod learn;
mod publish;
mod witness;
mod witness_key;

pub use cosign::cosign;
pub use epoch::NewEpoch;
pub use files::{File, ledger_file};
pub(crate) use files::{id, shown};
pub use key::PutLedgerKey;
pub use learn::learn;
pub use publish::{publish, publish_in_turn};
pub use witness::{newest_checkpoint, prove_consistency, witness};
pub use witness_key::{AddWitnessKey, DropWitnessKey};
