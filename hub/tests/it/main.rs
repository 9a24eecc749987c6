//! The hub over real TLS on loopback, with real files.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod backup;
mod big_target;
mod blind;
mod centre;
mod cli;
mod committer;
mod console;
mod copy_killed;
mod copy_to;
mod deciding;
mod decisions;
mod duplicates;
mod feed;
mod figures;
mod grants;
mod handshake;
mod harness;
mod history;
mod hubs;
mod leases;
mod ledger;
mod liaison;
mod likeness;
mod limits;
mod model;
mod ops;
mod paused_server;
mod persons;
mod pressure;
mod process;
mod race;
mod retention;
mod secrets;
mod sessions;
mod signals;
mod signatures;
mod stranger;
mod submit;
mod succession;
mod tls;
mod told;
mod two_processes;
mod wire;
