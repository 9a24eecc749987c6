//! The node against a hub that fails on purpose, at its desk, and as the real binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backup;
mod binary;
mod blind;
mod decisions;
mod desk;
mod disclosure_steps;
mod disclosure_verbs;
mod doctor;
mod failover;
mod federation;
mod harness;
mod hub;
mod ledger;
mod ledger_verbs;
mod liaison;
mod liaison_verbs;
mod names;
mod notices;
mod officers;
mod query_verbs;
mod real;
mod real_ledger;
mod real_liaison;
mod real_restore;
mod reconcile;
mod sign_in;
mod sync;
mod typed;
mod verbs;
mod work;
