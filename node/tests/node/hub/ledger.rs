//! A small honest ledger, and the ways in which a test makes it lie.

use std::{collections::HashMap, path::PathBuf};

use meldeverbund_proto::{
    leaf::{Digest, Kind, Leaf, Salt, decision_digest, statement_digest},
    merkle::{Range, Span, consistency, prove},
    note::{Checkpoint, Note, Origin, SignatureLine, SigningKey, ledger_key_name},
    statement::{EpochStatement, LedgerKeyStatement},
    tile::{Tile, TileKind, encode_entries},
    v1,
};
use serde_json::{Value, json};

/// The federation of all tests here.
const DOMAIN: &str = "meldeverbund.example";

/// Time of the first leaf.
const START_US: u64 = 1_800_000_000_000_000;

/// What the hub's ledger is.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) epoch: u32,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) events: HashMap<u64, Value>,
    /// Keys that sign, the newest last.
    pub(crate) keys: Vec<(u64, SigningKey)>,
    /// How many of the keys sign, from the newest on.
    pub(crate) signing: usize,
    /// Size of the published checkpoint.
    pub(crate) published: u64,
    /// Cosignatures, by epoch and size.
    pub(crate) cosignatures: HashMap<(u64, u64), Vec<SignatureLine>>,
    /// Every cosignature that came: epoch, size, line.
    pub(crate) vouched: Vec<(u64, u64, String)>,
    /// What each witness stream began with.
    pub(crate) begun: Vec<(u64, u64)>,
    /// Sent instead of the published checkpoint, once each.
    pub(crate) instead: Vec<v1::WitnessResponse>,
    /// Changes a receipt before it is handed over.
    pub(crate) bend: Option<fn(&mut v1::Receipt)>,
    /// Hands over no receipts.
    pub(crate) silent: bool,
    /// Cosignatures are lost on the way.
    pub(crate) deaf: bool,
    /// Leaves of others that come between a batch and its receipt.
    pub(crate) ahead: u8,
    /// Witnesses are shown nothing.
    pub(crate) veiled: bool,
    /// A leaf that stands in the entries and not in the tree.
    pub(crate) pretended: Option<(usize, Leaf)>,
    /// The node's own store: looked at when a cosignature comes.
    pub(crate) store: Option<PathBuf>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        let key = ledger_key(1);
        let mut statement = Vec::new();
        LedgerKeyStatement::sign(&key, None).encode(&mut statement);
        let mut ledger = Self {
            epoch: 1,
            leaves: Vec::new(),
            events: HashMap::new(),
            keys: vec![(0, key)],
            signing: 1,
            published: 0,
            cosignatures: HashMap::new(),
            vouched: Vec::new(),
            begun: Vec::new(),
            instead: Vec::new(),
            bend: None,
            silent: false,
            deaf: false,
            ahead: 0,
            veiled: false,
            pretended: None,
            store: None,
        };
        ledger.append(Kind::LedgerKey, "de-bka", &[1; 32], &statement, b"");
        ledger.published = 1;
        ledger
    }

    pub(crate) fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// The time of the next leaf.
    pub(crate) fn next_us(&self) -> u64 {
        START_US + self.size()
    }

    /// Appends a leaf at the given time; answers its decision's digest.
    pub(crate) fn append_at(
        &mut self,
        time_us: u64,
        (kind, agency): (Kind, &str),
        salt: &[u8],
        statement: &[u8],
        decision: &[u8],
    ) -> Digest {
        let blind = Salt::from_slice(salt).unwrap();
        let leaf = Leaf {
            kind,
            time_us,
            statement: statement_digest(&blind, statement),
            decision: decision_digest(&blind, decision),
        };
        let event = json!({
            "index": self.size(),
            "kind": kind as u16,
            "recorded_at_us": time_us,
            "agency": agency,
            "salt": hex::encode(salt),
            "statement": hex::encode(statement),
            "decision": hex::encode(decision),
        });
        self.events.insert(self.size(), event);
        self.leaves.push(leaf);
        leaf.decision
    }

    /// Appends a leaf; answers its decision's digest.
    pub(crate) fn append(
        &mut self,
        kind: Kind,
        agency: &str,
        salt: &[u8],
        statement: &[u8],
        decision: &[u8],
    ) -> Digest {
        self.append_at(self.next_us(), (kind, agency), salt, statement, decision)
    }

    /// Leaves of others.
    pub(crate) fn grow(&mut self, count: u8) {
        for n in 0..count {
            self.append(Kind::Deadline, "de-bka", &[n + 1; 32], &[n], b"");
        }
    }

    /// Publishes all that there is.
    pub(crate) fn publish(&mut self) {
        self.published = self.size();
    }

    /// A new key takes office; the one before still signs, too.
    pub(crate) fn rotate(&mut self, seed: u8) {
        self.rotate_as(seed, |_| ());
    }

    /// A new key takes office with a statement that a test has bent.
    pub(crate) fn rotate_as(&mut self, seed: u8, bend: impl FnOnce(&mut LedgerKeyStatement)) {
        let new = ledger_key(seed);
        let mut signed = LedgerKeyStatement::sign(&new, self.keys.last().map(|(_, key)| key));
        bend(&mut signed);
        let mut statement = Vec::new();
        signed.encode(&mut statement);
        let since = self.size();
        self.append(Kind::LedgerKey, "de-bka", &[seed; 32], &statement, b"");
        self.keys.push((since, new));
        self.signing = 2;
    }

    /// The ledger is restored to so many leaves, and begins an epoch that names this checkpoint.
    pub(crate) fn restore(&mut self, kept: u64, last_checkpoint: String) {
        self.restore_as(kept, last_checkpoint, |_| ());
    }

    /// The same, with a statement that a test has bent.
    pub(crate) fn restore_as(
        &mut self,
        kept: u64,
        last_checkpoint: String,
        bend: impl FnOnce(&mut EpochStatement),
    ) {
        self.leaves.truncate(usize::try_from(kept).unwrap());
        self.events.retain(|index, _| *index < kept);
        self.epoch += 1;
        let mut statement = EpochStatement {
            epoch: self.epoch,
            reason: "restored".into(),
            officer: "Muster".into(),
            last_checkpoint,
            kept_leaves: kept,
        };
        bend(&mut statement);
        let mut bytes = Vec::new();
        statement.encode(&mut bytes);
        self.append(Kind::Epoch, "de-bka", &[77; 32], &bytes, b"");
        self.publish();
    }

    pub(crate) fn root(&self, size: u64) -> Digest {
        self.range(Span { begin: 0, end: size }).root().unwrap()
    }

    /// The signed checkpoint of a size.
    pub(crate) fn note(&self, size: u64) -> Note {
        let origin = Origin { trust_domain: DOMAIN.into(), epoch: self.epoch };
        self.sign(&Checkpoint::new(&origin, size, self.root(size)).to_string())
    }

    pub(crate) fn sign(&self, text: &str) -> Note {
        let keys = &self.keys[self.keys.len() - self.signing..];
        let mut note = Note::sign(text.to_owned(), &keys[0].1).unwrap();
        for (_, key) in &keys[1..] {
            let line = Note::sign(text.to_owned(), key).unwrap().signatures()[0].clone();
            note.attach(line).unwrap();
        }
        note
    }

    /// The published checkpoint with its cosignatures, and the proof from an older size.
    pub(crate) fn shown(&self, from: u64) -> v1::WitnessResponse {
        let mut note = self.note(self.published);
        for line in self.cosignatures.get(&(self.epoch.into(), self.published)).into_iter().flatten() {
            note.attach(line.clone()).unwrap();
        }
        let consistency =
            if (1..self.published).contains(&from) { self.proof(from, self.published) } else { Vec::new() };
        v1::WitnessResponse { checkpoint: note.to_string(), consistency }
    }

    pub(crate) fn proof(&self, from: u64, to: u64) -> Vec<Vec<u8>> {
        let plan = consistency::plan(from, to).unwrap();
        let proof = prove::<()>(&plan, |subtree| Ok(self.hash(subtree.span()))).unwrap();
        proof.into_iter().map(|hash| hash.to_vec()).collect()
    }

    /// The receipt of a batch, covered by the tree as it is.
    pub(crate) fn receipt(&self, first: u64, decisions: Vec<Digest>) -> Option<v1::Receipt> {
        if self.silent {
            return None;
        }
        let end = first + decisions.len() as u64;
        let hashes = |span: Span| span.subtrees().map(|s| self.hash(s.span()).to_vec()).collect();
        let mut receipt = v1::Receipt {
            checkpoint: self.note(self.size()).to_string(),
            first_leaf_index: first,
            before: hashes(Span { begin: 0, end: first }),
            decision_digests: decisions.into_iter().map(|digest| digest.to_vec()).collect(),
            after: hashes(Span { begin: end, end: self.size() }),
        };
        if let Some(bend) = self.bend {
            bend(&mut receipt);
        }
        Some(receipt)
    }

    /// A file under `/ledger/`.
    pub(super) fn file(&self, path: &str) -> Option<Vec<u8>> {
        if path == "checkpoint" {
            return Some(self.shown(0).checkpoint.into_bytes());
        }
        if path == "keys" {
            let hub = self
                .keys
                .iter()
                .map(|(since, key)| json!({ "vkey": key.vkey().to_string(), "since_leaf": since }));
            let keys = json!({ "hub": hub.collect::<Vec<_>>(), "statement": [], "witness": [] });
            return Some(keys.to_string().into_bytes());
        }
        if let Some(index) = path.strip_prefix("event/") {
            return self.events.get(&index.parse().ok()?).map(|event| event.to_string().into_bytes());
        }
        let tile: Tile = path.parse().ok()?;
        match tile.kind {
            TileKind::Hashes(_) => {
                let hash = |place| self.hash(tile.subtree(place).span());
                Some((0..tile.width).flat_map(hash).collect())
            }
            TileKind::Entries => {
                let first = usize::try_from(tile.subtree(0).span().begin).unwrap();
                let leaves = self.leaves.get(first..first + usize::from(tile.width))?;
                let mut leaves = leaves.to_vec();
                if let Some((index, leaf)) = self.pretended
                    && let Some(place) = index.checked_sub(first)
                    && let Some(entry) = leaves.get_mut(place)
                {
                    *entry = leaf;
                }
                let entries: Vec<_> = leaves.iter().map(Leaf::to_bytes).collect();
                Some(encode_entries(entries.iter().map(|entry| &entry[..])).unwrap())
            }
        }
    }

    fn hash(&self, span: Span) -> Digest {
        // A perfect subtree's hash is the root of a tree of its own.
        let mut range = Range::empty(0);
        let (begin, end) = (usize::try_from(span.begin).unwrap(), usize::try_from(span.end).unwrap());
        self.leaves[begin..end].iter().for_each(|leaf| range.push(leaf.hash()));
        range.root().unwrap()
    }

    fn range(&self, span: Span) -> Range {
        let mut range = Range::empty(span.begin);
        let (begin, end) = (usize::try_from(span.begin).unwrap(), usize::try_from(span.end).unwrap());
        self.leaves[begin..end].iter().for_each(|leaf| range.push(leaf.hash()));
        range
    }
}

/// A key of the hub.
pub(crate) fn ledger_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&ledger_key_name(DOMAIN), &[seed; 32]).unwrap()
}
