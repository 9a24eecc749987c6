//! Checkpoints that this office verified before: the ledger must continue each of them.

use meldeverbund_proto::note::{Checkpoint, Note, VerifierKey};
use serde::{Deserialize, Serialize};

use super::{Fault, Verifier};

/// A checkpoint as a line of `seen.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SeenLine {
    pub(crate) epoch: u32,
    pub(crate) size: u64,
    pub(crate) note: String,
    pub(crate) seen_at_us: i64,
}

impl Verifier<'_> {
    /// Verifies all checkpoints that were seen.
    pub(super) fn seen(&mut self) {
        const NAME: &str = "seen.jsonl";
        let keys = self.registry.hub_keys();
        let mut lines = match self.folder.lines(NAME) {
            Ok(lines) => lines,
            Err(error) => return self.fault(NAME, Fault::Unreadable(error.kind().to_string())),
        };
        let mut latest = (0, 0);
        while let Some((line, seen)) = lines.next::<SeenLine>() {
            let place = format!("{NAME}:{line}");
            match seen {
                Ok(seen) if (seen.epoch, seen.size) <= latest => self.fault(place, Fault::Order),
                Ok(seen) => {
                    latest = (seen.epoch, seen.size);
                    match self.checkpoint(&seen, &keys) {
                        Ok(()) => self.summary.seen += 1,
                        Err(fault) => self.fault(place, fault),
                    }
                }
                Err(why) => self.fault(place, Fault::Unreadable(why)),
            }
        }
    }

    fn checkpoint(&mut self, seen: &SeenLine, keys: &[VerifierKey]) -> Result<(), Fault> {
        let note: Note = seen.note.parse().map_err(|_| Fault::Unreadable("the note is none".into()))?;
        let verified = Checkpoint::verified(&note, keys);
        let (checkpoint, _) = verified.map_err(|error| Fault::Signature(error.to_string()))?;
        let epoch = checkpoint.ledger().map_err(|error| Fault::Signature(error.to_string()))?.epoch;
        if (epoch, checkpoint.size) != (seen.epoch, seen.size) {
            return Err(Fault::Unreadable("the note is of another epoch or size".into()));
        }
        match self.registry.epoch_after(epoch) {
            Some(next) if next.first < checkpoint.size => {
                let says_so = next.named.is_some_and(|named| named >= (epoch, checkpoint.size));
                return if says_so { Ok(()) } else { Err(Fault::GivenUp) };
            }
            _ => {}
        }
        if checkpoint.size > self.tiles.size() {
            return Err(Fault::Seen);
        }
        match self.tiles.root(checkpoint.size) {
            Ok(root) if root == checkpoint.root => Ok(()),
            Ok(_) => Err(Fault::Seen),
            // Told with the tree.
            Err(_) => Ok(()),
        }
    }
}
