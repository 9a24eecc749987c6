//! An office's node: durable hand-in, sync with the hub, the officer's commands.

pub mod backup;
pub mod blind;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod decision;
pub mod desk;
pub mod import;
pub mod init;
pub mod ledger;
pub mod liaison;
pub mod line;
pub mod node;
pub mod notice;
pub mod sample;
pub mod store;
pub mod sync;
pub mod text;
pub mod witness;
