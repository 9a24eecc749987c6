//! An office's node: durable hand-in, sync with the hub, the officer's commands.

pub mod import;
pub mod sample;
