//! Blind questions, the asker's side: the set of an epoch on this machine, and selectors that never leave it.

mod fetch;
mod files;
mod selector;
mod set;

pub use fetch::{FetchError, epochs, fetch};
pub use files::{SetFiles, is_at_hand};
pub use selector::selector;
pub use set::{BlindSet, SetError};
