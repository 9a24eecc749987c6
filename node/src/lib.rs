//! An office's node: durable hand-in, sync with the hub, the officer's commands.

pub mod clock;
pub mod config;
pub mod desk;
pub mod import;
pub mod line;
pub mod node;
pub mod sample;
pub mod store;
pub mod sync;
pub mod text;
