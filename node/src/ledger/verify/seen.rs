//! Checkpoints that this office verified before: the ledger must continue each of them.

use meldeverbund_proto::note::Checkpoint;
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
                    match self.checkpoint(&place, &seen) {
                        Ok(()) => self.summary.seen += 1,
                        Err(fault) => self.fault(place, fault),
                    }
                }
                Err(why) => self.fault(place, Fault::Unreadable(why)),
            }
        }
    }

    fn checkpoint(&mut self, place: &str, seen: &SeenLine) -> Result<(), Fault> {
        let checkpoint = self.verified(place, &seen.note)?;
        let epoch = checkpoint.ledger().map_err(|error| Fault::Signature(error.to_string()))?.epoch;
        if (epoch, checkpoint.size) != (seen.epoch, seen.size) {
            return Err(Fault::Unreadable("the note is of another epoch or size".into()));
        }
        if self.continues(epoch, &checkpoint)? { Ok(()) } else { Err(Fault::Seen) }
    }

    /// Whether the tree continues a checkpoint, or a later epoch owns up to what it did not keep.
    pub(super) fn continues(&mut self, epoch: u32, old: &Checkpoint) -> Result<bool, Fault> {
        let kept = self.registry.kept(epoch);
        if kept.is_some_and(|kept| kept < old.size) {
            let next = self.registry.epoch_after(epoch).and_then(|next| next.named);
            let owned = next.is_some_and(|(named, size, root)| {
                (named, size) > (epoch, old.size) || ((named, size) == (epoch, old.size) && root == old.root)
            });
            return if owned { Ok(true) } else { Err(Fault::GivenUp) };
        }
        if epoch > self.summary.epoch || old.size > self.tiles.size() {
            return Ok(false);
        }
        // A tile that cannot be read was told with the tree.
        Ok(self.tiles.root(old.size).map_or(true, |root| root == old.root))
    }
}
