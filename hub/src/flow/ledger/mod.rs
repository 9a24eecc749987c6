//! The ledger's own commands: its keys, its epochs, what is published and who vouches for it.

mod key;

pub use key::PutLedgerKey;
