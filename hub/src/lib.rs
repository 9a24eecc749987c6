//! The central office's hub.
//!
//! One natural way: wire ([`rpc`]) → command ([`flow`]) → facts (read in the transaction) → decision
//! (`meldeverbund_domain`, pure) → rows, ledger leaf and feed rows in one transaction ([`store`]) → signed checkpoint
//! ([`ledger`]) → answer with its receipt.

pub mod cli;
pub mod clock;
#[cfg(feature = "console")]
mod console;
pub mod flow;
pub mod ledger;
pub mod rpc;
pub mod serve;
pub mod store;
