//! What the leaves say of keys and epochs: the export's other files are held against it.

use std::collections::BTreeMap;

use meldeverbund_proto::{
    leaf::Kind,
    note::{Algorithm, Checkpoint, Note, VerifierKey, statement_key_name, witness_key_name},
    statement::{EpochStatement, KeyRevocation, KeyStatement, LedgerKeyStatement},
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
    /// Epoch and size of the checkpoint that it names.
    pub(super) named: Option<(u32, u64)>,
}

/// What the leaves say, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) trust_domain: String,
    pub(super) agency: String,
    /// Keys that the verifier believes from the start.
    pub(super) trusted: Vec<VerifierKey>,
    /// The hub's keys, each signed by the one before.
    chain: Vec<VerifierKey>,
    pub(super) statement_keys: Vec<StatementKey>,
    witness_keys: BTreeMap<String, u64>,
    pub(super) epochs: Vec<Epoch>,
    /// Leaves whose events must be there, and have not been read.
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
            keys.extend(self.chain.iter().filter(|key| !self.trusted.contains(key)).cloned());
        }
        keys
    }

    /// Whether one of the keys believed from the start is one of the ledger's.
    pub(super) fn is_own_chain(&self) -> bool {
        self.chain.iter().any(|key| self.trusted.contains(key))
    }

    /// The epoch of the tree with so many leaves.
    pub(super) fn epoch_of(&self, size: u64) -> u32 {
        self.epochs.iter().rev().find(|epoch| epoch.first < size).map_or(1, |epoch| epoch.number)
    }

    /// The epoch that follows one.
    pub(super) fn epoch_after(&self, number: u32) -> Option<&Epoch> {
        self.epochs.iter().find(|epoch| epoch.number > number)
    }

    /// Reads what an event says of keys and epochs. Its leaf commits to it.
    pub(super) fn read(&mut self, event: &Event, kind: Kind) -> Result<(), Fault> {
        self.needed.retain(|index| *index != event.index);
        let form = |_| Fault::Statement("not in its canonical encoding".into());
        match kind {
            Kind::LedgerKey => self.hub_key(&LedgerKeyStatement::decode(&event.statement).map_err(form)?),
            Kind::StatementKeyAdded => {
                let key = self.key(&event.statement, Algorithm::Ed25519)?;
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
                self.witness_keys.insert(key.to_string(), event.index);
                Ok(())
            }
            Kind::WitnessKeyDropped => {
                let key = self.key(&event.statement, Algorithm::CosignatureV1)?;
                let known = self.witness_keys.remove(&key.to_string());
                known
                    .map(|_| ())
                    .ok_or_else(|| Fault::Statement("drops a key that was not registered".into()))
            }
            Kind::Epoch => self.epoch(event.index, &EpochStatement::decode(&event.statement).map_err(form)?),
            _ => Ok(()),
        }
    }

    fn hub_key(&mut self, statement: &LedgerKeyStatement) -> Result<(), Fault> {
        let verified = statement.verify().map_err(|error| Fault::KeyChain(error.to_string()))?;
        let (key, before) = verified;
        match (self.chain.last(), before) {
            (None, _) => {}
            (Some(last), Some(before)) if *last == before => {}
            (Some(_), Some(_)) => {
                return Err(Fault::KeyChain("signed by another key than the one before".into()));
            }
            (Some(_), None) => return Err(Fault::KeyChain("not signed by the key before".into())),
        }
        self.chain.push(key);
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

    fn epoch(&mut self, index: u64, statement: &EpochStatement) -> Result<(), Fault> {
        let before = self.epochs.last().map_or(0, |epoch| epoch.number);
        // Epoch 1 needs no leaf.
        let follows = statement.epoch == before + 1 || (before == 0 && statement.epoch == 2);
        let named = statement.last_checkpoint.parse::<Note>().ok();
        let named =
            named.and_then(|note| Checkpoint::verified(&note, &self.hub_keys()).ok().map(|(named, _)| named));
        let named = named.and_then(|named| Some((named.ledger().ok()?.epoch, named.size)));
        self.epochs.push(Epoch { number: statement.epoch, first: index, named });
        if !follows {
            return Err(Fault::Epoch(format!("epoch {} follows epoch {before}", statement.epoch)));
        }
        if statement.kept_leaves != index {
            let kept = statement.kept_leaves;
            return Err(Fault::Epoch(format!("it kept {kept} leaves and begins at leaf {index}")));
        }
        if statement.epoch > 1 && named.is_none() {
            return Err(Fault::Epoch("it names no checkpoint that the ledger signed".into()));
        }
        Ok(())
    }
}
