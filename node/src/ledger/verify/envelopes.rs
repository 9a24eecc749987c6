//! Envelopes: what this office signed, by keys that were registered at that leaf.

use meldeverbund_proto::{envelope::Envelope, leaf::Leaf};
use serde::{Deserialize, Serialize};

use super::{Fault, Verifier, receipts::Commands, registry::StatementKey};

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
        // A file that cannot be read was told with the receipts.
        let Ok(receipts) = self.folder.lines("receipts.jsonl") else { return };
        let mut commands = Commands::new(receipts);
        let mut free = 0;
        while let Some((line, envelope)) = lines.next::<EnvelopeLine>() {
            let place = format!("{NAME}:{line}");
            match envelope {
                Ok(envelope) if envelope.first_leaf < free => self.fault(place, Fault::Order),
                Ok(envelope) => {
                    free = envelope.first_leaf.saturating_add(envelope.leaf_count);
                    match self.envelope(&envelope, commands.at(envelope.first_leaf)) {
                        Ok(()) => self.summary.envelopes += 1,
                        Err(fault) => self.fault(place, fault),
                    }
                }
                Err(why) => self.fault(place, Fault::Unreadable(why)),
            }
        }
    }

    fn envelope(&mut self, line: &EnvelopeLine, promised: &[(String, u64)]) -> Result<(), Fault> {
        let unfit = |why: &str| Fault::Envelope(why.to_owned());
        let [signature] = &line.envelope.signatures[..] else { return Err(unfit("not one signature")) };
        let named = |known: &&StatementKey| known.key.to_string() == signature.keyid;
        let known = self.registry.statement_keys.iter().find(named);
        let known = known.ok_or_else(|| unfit("its key was never registered"))?;
        let batch = line.envelope.open(&known.key).map_err(|error| Fault::Envelope(error.to_string()))?;
        if batch.agency.as_str() != self.registry.agency {
            return Err(unfit("it is another agency's"));
        }
        if known.since >= line.first_leaf {
            return Err(unfit("its key was registered later"));
        }
        let command = (batch.command.to_string(), line.leaf_count);
        if !promised.is_empty() && !promised.contains(&command) {
            return Err(unfit("its receipt is another command's"));
        }
        let revoked = known.revoked;
        let end = line.first_leaf.saturating_add(line.leaf_count);
        if line.leaf_count == 0 {
            return Err(Fault::NoSuchLeaf);
        }
        if end > self.tiles.size() {
            return Err(Fault::Newer);
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
