//! The ledger as this office sees it: its own keys, and what it can prove to others without the hub.

pub mod export;
mod own_keys;
mod perfect;
pub mod verify;

pub(crate) use own_keys::STATEMENT_FILE;
pub use own_keys::{KeyFileError, OwnKeys};
pub(crate) use perfect::perfect;
