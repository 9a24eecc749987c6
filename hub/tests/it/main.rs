//! The hub over real TLS on loopback, with real files.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod cli;
mod committer;
mod feed;
mod harness;
mod model;
mod ops;
mod process;
mod race;
mod signals;
mod submit;
