//! Notices to providers as files: from a list of links to one folder a provider.
//!
//! [`Package::plan`] groups and checks, and does nothing else, so that nothing is intended that could not be written;
//! [`Package::intended`] keeps what the hub has agreed to; [`write`] writes everything or nothing; [`answer::read`] takes
//! in what a provider has filled in. Nothing here knows the node's store or the hub, sends anything, or knows the
//! law: which statute applies, and its words, come in as texts of the configuration. `docs/notices.md` describes every
//! file and every field.
//!
//! The way of a link: [`Item`] → [`provider`] (whose it is) → [`Package`] (one folder) → `links`, `xarf`, `form` and
//! `letter` (its files) → [`write`] (the disk).

pub mod answer;
mod answers;
mod check;
mod email;
mod error;
mod folder;
mod form;
mod german;
mod item;
mod letter;
pub mod limits;
mod links;
mod output;
mod package;
pub mod provider;
mod sender;
mod write;
mod xarf;

pub use error::{PlanError, WriteError};
pub use item::Item;
pub use letter::defanged;
pub use output::WrittenFile;
pub use package::{Options, Package};
pub use provider::Provider;
pub use sender::{Agency, Decision, Force, Kind, LegalBasis, Reasons, Sender};
pub use write::{Written, vacant, write};
