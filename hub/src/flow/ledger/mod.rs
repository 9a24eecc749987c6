//! The ledger's own commands and what is read of it: its keys, its epochs, what is published and who vouches for it.

mod cosign;
mod epoch;
mod files;
mod key;
mod leaf;
mod learn;
mod publish;
mod state;
mod verification;
mod witness;
mod witness_key;

pub use cosign::cosign;
pub use epoch::NewEpoch;
pub use files::{File, ledger_file};
pub(crate) use files::{id, shown};
pub use key::PutLedgerKey;
pub use leaf::{PublicLeaf, public_leaf};
pub use learn::learn;
pub use publish::{publish, publish_in_turn};
pub use state::{Checkpoint as LedgerCheckpoint, Epoch as LedgerEpoch, LedgerState, ledger_state};
pub use verification::{
    Ended as VerificationEnded, Known as VerificationKnown, Outcome as VerificationOutcome, Verifications,
};
pub use witness::{newest_checkpoint, prove_consistency, witness};
pub use witness_key::{AddWitnessKey, DropWitnessKey};
