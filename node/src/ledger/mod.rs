//! The ledger as this office sees it: its keys, its receipts, and what it can prove to others without the hub.

pub mod export;
