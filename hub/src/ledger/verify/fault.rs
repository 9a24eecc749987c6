//! What is wrong, and where.

use std::fmt;

/// Faults after which no more are told: a broken tree makes every leaf behind wrong.
const MOST: u32 = 1_000;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// What.
    pub what: What,
    /// Which leaf, or which size of the tree; none: no particular one.
    pub index: Option<u64>,
    /// How; never what stands there.
    pub said: String,
}

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A leaf is missing.
    Gap,
    /// A leaf is not the hash of what it commits to.
    Leaf,
    /// A leaf is older than the one before.
    Time,
    /// A leaf was redacted, and no redaction says so.
    Redaction,
    /// The root of a full tile is not that of its leaves.
    Subtree,
    /// The head is not that of the leaves.
    Head,
    /// A command has other leaves than it says, or leaves have no command.
    Command,
    /// What an agency signed is not what stands there.
    Envelope,
    /// An agency's signature does not count any more, because its key was revoked from an earlier leaf on: worth knowing, and
    /// no fault of the ledger's.
    Revoked,
    /// A published checkpoint is not one of this tree.
    Checkpoint,
    /// A witness's word for it is none.
    Cosignature,
    /// A key is in office that was not handed over, or a registered one is not the leaves'.
    Key,
    /// An epoch does not follow the one before.
    Epoch,
    /// The database is behind what was signed.
    Mark,
    /// A value that no version writes.
    Value,
}

impl Fault {
    /// It is told, and the ledger is whole all the same.
    pub fn is_notice(&self) -> bool {
        self.what == What::Revoked
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.what)?;
        if let Some(index) = self.index {
            write!(f, " {index}")?;
        }
        write!(f, ": {}", self.said)
    }
}

/// Where faults are told.
pub(super) struct Report<'a> {
    tell: &'a mut (dyn FnMut(Fault) + Send),
    left: u32,
    notices_left: u32,
}

impl<'a> Report<'a> {
    pub(super) fn new(tell: &'a mut (dyn FnMut(Fault) + Send)) -> Self {
        Self { tell, left: MOST, notices_left: MOST }
    }

    pub(super) fn tell(&mut self, what: What, index: impl Into<Option<u64>>, said: impl Into<String>) {
        let fault = Fault { what, index: index.into(), said: said.into() };
        // What is no fault must not hide one.
        let of_its_kind = if fault.is_notice() { &mut self.notices_left } else { &mut self.left };
        let Some(left) = of_its_kind.checked_sub(1) else { return };
        *of_its_kind = left;
        (self.tell)(fault);
    }
}
