//! Receipts: what the hub promised this office, each alone, and against the ledger.

use meldeverbund_proto::{
    leaf::{Digest, Kind, Leaf},
    merkle::leaf_hash,
    note::VerifierKey,
    receipt::Receipt,
};
use serde::{Deserialize, Serialize};

use super::{Fault, Verifier, files::Lines};

/// A receipt as a line of `receipts.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReceiptLine {
    pub(crate) command: String,
    pub(crate) kind: u16,
    pub(crate) recorded_at_us: u64,
    pub(crate) first_leaf: u64,
    pub(crate) statement_digests: Vec<HexDigest>,
    pub(crate) decision_digests: Vec<HexDigest>,
    pub(crate) note: String,
    pub(crate) before: Vec<HexDigest>,
    pub(crate) after: Vec<HexDigest>,
    pub(crate) state: String,
}

/// 32 bytes in hexadecimal.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct HexDigest(#[serde(with = "crate::witness::as_hex")] pub(crate) Digest);

impl ReceiptLine {
    fn leaf_hashes(&self) -> Option<Vec<Digest>> {
        let kind = Kind::from_number(self.kind)?;
        let leaf = |(statement, decision): (&HexDigest, &HexDigest)| {
            Leaf { kind, time_us: self.recorded_at_us, statement: statement.0, decision: decision.0 }.hash()
        };
        Some(self.statement_digests.iter().zip(&self.decision_digests).map(leaf).collect())
    }

    fn receipt(&self) -> Receipt {
        let digests = |list: &[HexDigest]| list.iter().map(|digest| digest.0).collect();
        Receipt {
            note: self.note.clone(),
            first_leaf: self.first_leaf,
            before: digests(&self.before),
            decisions: digests(&self.decision_digests),
            after: digests(&self.after),
        }
    }
}

impl Verifier<'_> {
    /// Verifies all receipts.
    pub(super) fn receipts(&mut self) {
        const NAME: &str = "receipts.jsonl";
        let keys = self.registry.hub_keys();
        let mut lines = match self.folder.lines(NAME) {
            Ok(lines) => lines,
            Err(error) => return self.fault(NAME, Fault::Unreadable(error.kind().to_string())),
        };
        let mut latest = 0;
        while let Some((line, receipt)) = lines.next::<ReceiptLine>() {
            let place = format!("{NAME}:{line}");
            match receipt {
                Ok(receipt) => {
                    // Two of one place can be there if one of them was given up.
                    if receipt.first_leaf < latest {
                        self.fault(place.clone(), Fault::Order);
                    }
                    latest = receipt.first_leaf;
                    match self.receipt(&place, &receipt, &keys) {
                        Ok(()) => self.summary.receipts += 1,
                        Err(fault) => self.fault(place, fault),
                    }
                }
                Err(why) => self.fault(place, Fault::Unreadable(why)),
            }
        }
    }

    fn receipt(&mut self, place: &str, line: &ReceiptLine, keys: &[VerifierKey]) -> Result<(), Fault> {
        let unfit = |why: &str| Fault::Receipt(why.to_owned());
        if line.statement_digests.len() != line.decision_digests.len() {
            return Err(unfit("another number of decisions than statements"));
        }
        let hashes =
            line.leaf_hashes().ok_or_else(|| unfit("a kind of leaf that this version does not know"))?;
        let proven = line.receipt().verify(&hashes, keys);
        proven.map_err(|error| Fault::Receipt(error.to_string()))?;
        let checkpoint = self.verified(place, &line.note)?;
        let epoch = checkpoint.ledger().map_err(|error| Fault::Receipt(error.to_string()))?.epoch;
        let end = line.first_leaf + hashes.len() as u64;
        let kept = self.registry.kept(epoch);
        match line.state.as_str() {
            "unproven" => return Err(Fault::KnownUnproven),
            // Given up is what a later epoch did not keep; nothing else may be said to be.
            "given_up" if kept.is_none_or(|kept| end <= kept) => {
                return Err(unfit("said to be given up, and no epoch began without its leaves"));
            }
            "proven" | "unchecked" | "given_up" => {}
            _ => return Err(Fault::Unreadable("a state of receipts that is none".into())),
        }
        if kept.is_some_and(|kept| end > kept) {
            return if self.continues(epoch, &checkpoint)? {
                Err(Fault::KnownGivenUp)
            } else {
                Err(Fault::ReceiptTree)
            };
        }
        if kept.is_none() && end > self.tiles.size() {
            return Err(Fault::Newer);
        }
        for (index, hash) in (line.first_leaf..).zip(&hashes) {
            // A bundle that cannot be read was told with the tree.
            if self.tiles.leaf(index).is_ok_and(|leaf| leaf_hash(&leaf) != *hash) {
                return Err(Fault::Promised);
            }
        }
        // Beyond the exported tree, or beyond what an epoch kept, the leaves alone are held against it.
        let whole = checkpoint.size <= kept.unwrap_or(self.tiles.size());
        if whole && !self.continues(epoch, &checkpoint)? { Err(Fault::ReceiptTree) } else { Ok(()) }
    }
}

/// Walks beside the envelopes and knows which commands were promised leaves from a place on.
pub(super) struct Commands {
    lines: Lines,
    next: Option<ReceiptLine>,
    at: (u64, Vec<(String, u64)>),
}

impl Commands {
    pub(super) fn new(mut lines: Lines) -> Self {
        let next = first(&mut lines);
        Self { lines, next, at: (0, Vec::new()) }
    }

    /// The commands with receipts from this leaf on, and how many leaves each; asked with ascending leaves.
    pub(super) fn at(&mut self, leaf: u64) -> &[(String, u64)] {
        if self.at.0 != leaf {
            self.at = (leaf, Vec::new());
        }
        while let Some(line) = self.next.take_if(|line| line.first_leaf <= leaf) {
            if line.first_leaf == leaf {
                self.at.1.push((line.command, line.statement_digests.len() as u64));
            }
            self.next = first(&mut self.lines);
        }
        &self.at.1
    }
}

/// The next line that can be read; the others were told.
fn first(lines: &mut Lines) -> Option<ReceiptLine> {
    std::iter::from_fn(|| lines.next()).find_map(|(_, line)| line.ok())
}
