//! The ledger as this office sees it: its own keys, and what it can prove to others without the hub.

pub mod export;
mod own_keys;

pub use own_keys::{KeyFileError, OwnKeys};
