//! Verifies an export: offline, from the folder alone, everything recomputed.
//!
//! ```text
//! entries → tiles → root → checkpoint → its signatures            [tree], [head]
//! events → leaves; keys and epochs from their leaves              [events], [registry]
//! receipts, seen checkpoints → the same tree                      [receipts], [seen]
//! envelopes → leaves and registered keys                          [envelopes]
//! ```
//!
//! One tile and one line are in memory at a time, so that a ledger of any size can be verified.

mod envelopes;
mod events;
mod fault;
mod files;
mod head;
mod receipts;
mod registry;
mod seen;
mod tiles;
mod tree;

use std::path::Path;

use meldeverbund_proto::note::VerifierKey;

pub(crate) use envelopes::EnvelopeLine;
pub use fault::{Fault, Finding, Level};
use files::Folder;
pub use files::Origin;
pub(crate) use files::{FORMAT, LEAVES_PER_FILE, event_file};
pub(crate) use receipts::{HexDigest, ReceiptLine};
use registry::Registry;
pub(crate) use seen::SeenLine;
use tiles::Tiles;

/// Whom the verifier believes; what is empty is taken from the export.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Keys of the hub.
    pub hub_keys: Vec<VerifierKey>,
    /// Witness keys, one vote an agency.
    pub witnesses: Vec<VerifierKey>,
}

/// What was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The log's epoch.
    pub epoch: u32,
    /// Leaves of the tree.
    pub size: u64,
    /// Events whose leaves commit to them.
    pub events: u64,
    /// Envelopes whose signatures count.
    pub envelopes: u64,
    /// Receipts that hold.
    pub receipts: u64,
    /// Older checkpoints that the tree continues.
    pub seen: u64,
    /// Agencies among the witnesses that vouch for the checkpoint.
    pub votes: usize,
    /// Agencies among the witnesses.
    pub witnesses: usize,
    /// How many faults there are.
    pub faults: u64,
}

/// What every part works on.
struct Verifier<'a> {
    folder: Folder<'a>,
    tiles: Tiles<'a>,
    registry: Registry,
    trust: Trust,
    summary: Summary,
    tell: &'a mut dyn FnMut(Finding),
}

/// Verifies the export in a folder and tells each finding as it is made. Without a fault in the summary all of it holds.
pub fn verify(folder: &Path, trust: &Trust, tell: &mut dyn FnMut(Finding)) -> Summary {
    let mut verifier = Verifier {
        folder: Folder(folder),
        tiles: Tiles::new(folder),
        registry: Registry::default(),
        trust: trust.clone(),
        summary: Summary::default(),
        tell,
    };
    verifier.run();
    verifier.summary
}

impl Verifier<'_> {
    fn run(&mut self) {
        self.keys();
        let Some(head) = self.head() else { return };
        self.tree(&head);
        self.events();
        // Keys and epochs are known now.
        self.signed(&head);
        self.receipts();
        self.seen();
        self.envelopes();
    }

    fn fault(&mut self, place: impl Into<String>, fault: Fault) {
        let level = fault.level();
        self.summary.faults += u64::from(level == Level::Fault);
        (self.tell)(Finding { place: place.into(), level, fault });
    }
}
