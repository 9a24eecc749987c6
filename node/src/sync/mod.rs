//! The line to the hub: what was handed in goes out, what happened comes in, and a failure costs nothing but time.
//!
//! A liaison body's node hands in nothing: its connection carries the feed alone, and what its officers ask goes out with their
//! calls. Of an office's node, one connection at a time carries five workers: [`cases`] tells what was decided about cases, [`sender`] sends
//! submissions and applies their answers, [`decisions`] does so with decisions on targets, [`follower`] applies the
//! feed, and the [witness](crate::witness) follows the ledger. When one of them fails the connection is
//! given up and made anew, with another of the hub's addresses or after a pause; what was not answered is sent again,
//! unchanged.

mod answer;
mod apply;
mod backoff;
mod cases;
pub(crate) mod decisions;
mod dial;
mod follower;
mod hubs;
mod liaison;
mod parked;
mod reconcile;
mod restored;
mod run;
mod sender;
mod together;
mod trouble;
mod window;

pub use dial::{Certificate, Dial, Dialling, TlsDial};
pub use run::run;

pub(crate) use dial::expected_hub;
pub(crate) use hubs::{Hubs, Now};
pub(crate) use liaison::Disclosures;
pub(crate) use sender::sleep_until;
pub(crate) use trouble::{chain, refusal_of, trouble_of};
