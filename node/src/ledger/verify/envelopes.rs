//! Envelopes: what this office signed, by keys that were registered at that leaf.

use meldeverbund_proto::{envelope::Envelope, leaf::Leaf};
use serde::{Deserialize, Serialize};

use super::{Fault, Verifier};

/// An envelope as a line of `envelopes.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EnvelopeLine {
    pub(crate) first_leaf: u64,
    pub(crate) leaf_count: u64,
    pub(crate) envelope: Envelope,
}

impl Verifier<'_> {
    /// Verifies all envelopes.
    pub(super) fn envelopes(&mut self) {
        const NAME: &str = "envelopes.jsonl";
        let mut lines = match self.folder.lines(NAME) {
            Ok(lines) => lines,
            Err(error) => return self.fault(NAME, Fault::Unreadable(error.kind().to_string())),
        };
        let mut free = 0;
        while let Some((line, envelope)) = lines.next::<EnvelopeLine>() {
            let place = format!("{NAME}:{line}");
            match envelope {
                Ok(envelope) if envelope.first_leaf < free => self.fault(place, Fault::Order),
                Ok(envelope) => {
                    free = envelope.first_leaf.saturating_add(envelope.leaf_count);
                    match self.envelope(&envelope) {
                        Ok(()) => self.summary.envelopes += 1,
                        Err(fault) => self.fault(place, fault),
                    }
                }
                Err(why) => self.fault(place, Fault::Unreadable(why)),
            }
        }
    }

    fn envelope(&mut self, line: &EnvelopeLine) -> Result<(), Fault> {
        let mut why = String::from("no statement key is registered for it");
        let keys = self.registry.statement_keys.iter().filter(|known| known.since < line.first_leaf);
        let mut opened = None;
        for known in keys {
            match line.envelope.open(&known.key) {
                Ok(batch) => {
                    opened = Some((batch, known.revoked));
                    break;
                }
                Err(error) => why = error.to_string(),
            }
        }
        let (batch, revoked) = opened.ok_or(Fault::Envelope(why))?;
        if batch.agency.as_str() != self.registry.agency {
            return Err(Fault::Envelope("it is another agency's".into()));
        }
        let end = line.first_leaf.saturating_add(line.leaf_count);
        if end > self.tiles.size() || line.leaf_count == 0 {
            return Err(Fault::NoSuchLeaf);
        }
        // Refused referrals were signed, too, and have no leaf.
        let mut signed = batch.digests.iter();
        for index in line.first_leaf..end {
            // A bundle that cannot be read was told with the tree.
            let Ok(bytes) = self.tiles.leaf(index) else { return Ok(()) };
            let stated = Leaf::from_bytes(&bytes).map_err(|_| Fault::EnvelopeLeaves)?.statement;
            if !signed.any(|digest| *digest == stated) {
                return Err(Fault::EnvelopeLeaves);
            }
        }
        match revoked {
            Some(from) if from < end => Err(Fault::Revoked { from }),
            _ => Ok(()),
        }
    }
}
