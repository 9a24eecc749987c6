//! Backups of a node's machine: made beside the running daemon, verified, put back, or moved to another machine.
//!
//! ```text
//! manifest.json     what is here: size and SHA-256 of each file; written last, so that half a backup has none
//! node.sqlite       the store, as of one instant
//! node.toml         the configuration
//! keys/             only if asked for: statement.key, and the files of `[tls]`
//! ```
//!
//! The witness key is never among them: a store that is put back has forgotten what it vouched for since, and an older
//! memory with the same key could be made to vouch for two histories of the ledger. The others are left out unless asked
//! for, because whoever has them speaks as the office.
//!
//! A store that is put back gets an id of its own. The hub knows what the former one handed in, and tells it on the feed to
//! any other node of the agency: so the store has again whatever had reached the hub.

mod error;
mod files;
mod make;
mod manifest;
mod replace;
mod restore;

pub use error::BackupError;
pub use make::{Made, make};
pub use manifest::{FileEntry, Manifest};
pub use replace::replace;
pub use restore::{Restored, restore, verify};

/// The store in a backup.
const STORE: &str = "node.sqlite";

/// The configuration in a backup.
const CONFIG: &str = "node.toml";

/// The manifest.
const MANIFEST: &str = "manifest.json";

/// The folder of what was asked for.
const KEYS: &str = "keys";
