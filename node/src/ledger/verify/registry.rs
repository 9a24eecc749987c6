//! What the leaves say of keys and epochs: the export's other files are held against it.

use std::collections::BTreeMap;

use meldeverbund_proto::{
    leaf::{Digest, Kind},
    note::{Algorithm, Checkpoint, Note, VerifierKey, ledger_key_name, statement_key_name, witness_key_name},
    statement::{EpochStatement, KeyRevocation, KeyStatement, LedgerKeyStatement, RedactionStatement},
};

use super::Fault;
use crate::witness::files::Event;

/// A registered statement key.
#[derive(Debug, Clone)]
pub(super) struct StatementKey {
    pub(super) key: VerifierKey,
    pub(super) since: u64,
    /// The first leaf that it does not sign any more.
    pub(super) revoked: Option<u64>,
}

/// An epoch's first leaf.
#[derive(Debug, Clone)]
pub(super) struct Epoch {
    pub(super) number: u32,
    pub(super) first: u64,
    note: String,
    /// The checkpoint that it names, once all keys are known: epoch, size, root.
    pub(super) named: Option<(u32, u64, Digest)>,
}

/// What the leaves say, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) trust_domain: String,
    pub(super) agency: String,
    /// Keys that the verifier believes from the start.
    pub(super) trusted: Vec<VerifierKey>,
    /// The hub's keys, each signed by the one before.
    chain: Vec<(u64, VerifierKey)>,
    pub(super) statement_keys: Vec<StatementKey>,
    /// Every witness key that was ever registered; false: it was dropped since.
    witness_keys: BTreeMap<String, (VerifierKey, bool)>,
    pub(super) epochs: Vec<Epoch>,
    /// Leaves whose events must be there, and have not been read; ascending.
    needed: Vec<u64>,
}

impl Registry {
    /// A leaf on which keys or epochs depend; ascending.
    pub(super) fn needs(&mut self, index: u64) {
        self.needed.push(index);
    }

    /// Leaves whose events are missing.
    pub(super) fn missing(&self) -> &[u64] {
        &self.needed
    }

    /// The keys of the hub that count: those believed from the start and, if one of them is the ledger's, the ledger's.
    pub(super) fn hub_keys(&self) -> Vec<VerifierKey> {
        let mut keys = self.trusted.clone();
        if self.is_own_chain() {
            let later = self.chain.iter().map(|(_, key)| key).filter(|key| !self.trusted.contains(key));
            keys.extend(later.cloned());
        }
        keys
    }

    /// Witness keys that the ledger registered, also those that it dropped since: their lines must hold.
    pub(super) fn registered_witnesses(&self) -> impl Iterator<Item = &VerifierKey> {
        self.witness_keys.values().map(|(key, _)| key)
    }

    /// Whether one of the keys believed from the start is one of the ledger's.
    pub(super) fn is_own_chain(&self) -> bool {
        self.chain.iter().any(|(_, key)| self.trusted.contains(key))
    }

    /// The key that was in office when the tree had so many leaves.
    pub(super) fn key_in_office(&self, size: u64) -> Option<VerifierKey> {
        self.chain.iter().rev().find(|(since, _)| *since < size).map(|(_, key)| key.clone())
    }

    /// The epoch of the tree with so many leaves.
    pub(super) fn epoch_of(&self, size: u64) -> u32 {
        self.epochs.iter().rev().find(|epoch| epoch.first < size).map_or(1, |epoch| epoch.number)
    }

    /// How many leaves every later epoch kept of one; none: it is the newest.
    pub(super) fn kept(&self, number: u32) -> Option<u64> {
        self.epochs.iter().filter(|epoch| epoch.number > number).map(|epoch| epoch.first).min()
    }

    /// The epoch that follows one.
    pub(super) fn epoch_after(&self, number: u32) -> Option<&Epoch> {
        self.epochs.iter().find(|epoch| epoch.number > number)
    }

    /// Reads what an event says of keys and epochs. Its leaf commits to it.
    pub(super) fn read(&mut self, event: &Event, kind: Kind) -> Result<(), Fault> {
        if let Ok(at) = self.needed.binary_search(&event.index) {
            self.needed.remove(at);
        }
        let form = |_| Fault::Statement("not in its canonical encoding".into());
        match kind {
            Kind::LedgerKey => {
                self.hub_key(event.index, &LedgerKeyStatement::decode(&event.statement).map_err(form)?)
            }
            Kind::StatementKeyAdded => {
                let key = self.key(&event.statement, Algorithm::Ed25519)?;
                if self.statement_keys.iter().any(|known| known.key == key) {
                    return Err(Fault::Statement("its key was registered before".into()));
                }
                self.statement_keys.push(StatementKey { key, since: event.index, revoked: None });
                Ok(())
            }
            Kind::StatementKeyRevoked => {
                let key = self.key(&event.statement, Algorithm::Ed25519)?;
                let from = KeyRevocation::decode(&event.decision).map_err(form)?.from_leaf;
                let known = self.statement_keys.iter_mut().find(|known| known.key == key);
                let known =
                    known.ok_or_else(|| Fault::Statement("revokes a key that was not registered".into()))?;
                known.revoked = Some(known.revoked.map_or(from, |revoked| revoked.min(from)));
                Ok(())
            }
            Kind::WitnessKeyAdded => {
                let key = self.key(&event.statement, Algorithm::CosignatureV1)?;
                match self.witness_keys.insert(key.to_string(), (key, true)) {
                    None => Ok(()),
                    Some(_) => Err(Fault::Statement("its key was registered before".into())),
                }
            }
            Kind::WitnessKeyDropped => {
                let key = self.key(&event.statement, Algorithm::CosignatureV1)?;
                match self.witness_keys.get_mut(&key.to_string()) {
                    Some((_, registered @ true)) => *registered = false,
                    _ => return Err(Fault::Statement("drops a key that was not registered".into())),
                }
                Ok(())
            }
            Kind::Redaction => {
                self.redaction(event.index, RedactionStatement::decode(&event.statement).map_err(form)?)
            }
            Kind::Epoch => self.epoch(event.index, &EpochStatement::decode(&event.statement).map_err(form)?),
            _ => Ok(()),
        }
    }

    fn hub_key(&mut self, index: u64, statement: &LedgerKeyStatement) -> Result<(), Fault> {
        let verified = statement.verify().map_err(|error| Fault::KeyChain(error.to_string()))?;
        let (key, before) = verified;
        if key.name() != ledger_key_name(&self.trust_domain) {
            return Err(Fault::KeyChain("it is not named after this ledger".into()));
        }
        match (self.chain.last(), before) {
            (None, None) => {}
            (None, Some(_)) => return Err(Fault::KeyChain("there is no key before it".into())),
            (Some((_, last)), Some(before)) if *last == before => {}
            (Some(_), Some(_)) => {
                return Err(Fault::KeyChain("signed by another key than the one before".into()));
            }
            (Some(_), None) => return Err(Fault::KeyChain("not signed by the key before".into())),
        }
        self.chain.push((index, key));
        Ok(())
    }

    /// A key under its agency's name.
    fn key(&self, statement: &[u8], algorithm: Algorithm) -> Result<VerifierKey, Fault> {
        let unfit = |why: &str| Fault::Statement(why.to_owned());
        let statement =
            KeyStatement::decode(statement).map_err(|_| unfit("not in its canonical encoding"))?;
        let key: VerifierKey = statement.vkey.parse().map_err(|_| unfit("its key is none"))?;
        let agency = statement.agency_id.parse().map_err(|_| unfit("its agency is none"))?;
        let name = match algorithm {
            Algorithm::Ed25519 => statement_key_name(&self.trust_domain, &agency),
            Algorithm::CosignatureV1 => witness_key_name(&self.trust_domain, &agency),
        };
        if key.name() == name && key.algorithm() == algorithm {
            Ok(key)
        } else {
            Err(unfit("its key has another name or type"))
        }
    }

    /// Its leaves are before it; their events need not be there any more.
    fn redaction(&mut self, index: u64, statement: RedactionStatement) -> Result<(), Fault> {
        for (first, count) in statement.ranges {
            let end = first.saturating_add(count);
            if end > index {
                return Err(Fault::Statement("redacts leaves that were not there yet".into()));
            }
            self.needed.retain(|needed| !(first..end).contains(needed));
        }
        Ok(())
    }

    fn epoch(&mut self, index: u64, statement: &EpochStatement) -> Result<(), Fault> {
        let before = self.epochs.last().map_or(0, |epoch| epoch.number);
        // Epoch 1 needs no leaf; that of an epoch which a restore undid is gone.
        let follows = statement.epoch > before;
        let note = statement.last_checkpoint.clone();
        self.epochs.push(Epoch { number: statement.epoch, first: index, note, named: None });
        if !follows {
            return Err(Fault::Epoch(format!("epoch {} follows epoch {before}", statement.epoch)));
        }
        if statement.kept_leaves != index {
            let kept = statement.kept_leaves;
            return Err(Fault::Epoch(format!("it kept {kept} leaves and begins at leaf {index}")));
        }
        Ok(())
    }

    /// Reads the checkpoints that epochs name, with all keys of the ledger; what is wrong, by the epoch's first leaf.
    pub(super) fn name_checkpoints(&mut self) -> Vec<(u64, Fault)> {
        let keys = self.hub_keys();
        let mut faults = Vec::new();
        for epoch in &mut self.epochs {
            epoch.named = named(&epoch.note, &keys);
            if epoch.number > 1 && epoch.named.is_none() {
                let why = "it names no checkpoint that the ledger signed";
                faults.push((epoch.first, Fault::Epoch(why.into())));
            }
        }
        faults
    }
}

/// Epoch, size and root of a checkpoint that one of the keys signed.
fn named(note: &str, keys: &[VerifierKey]) -> Option<(u32, u64, Digest)> {
    let note: Note = note.parse().ok()?;
    let (named, _) = Checkpoint::verified(&note, keys).ok()?;
    Some((named.ledger().ok()?.epoch, named.size, named.root))
}
