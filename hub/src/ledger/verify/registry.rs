//! What the leaves say of keys and epochs, beside the tables that say the same.

use std::collections::BTreeMap;

use meldeverbund_proto::{
    leaf::Kind,
    note::VerifierKey,
    statement::{EpochStatement, KeyRevocation, KeyStatement, LedgerKeyStatement},
};

use super::fault::{Report, What};
use crate::{
    ledger::{LedgerError, Signed},
    store::{Connection, LeafRow, LedgerKeyRow, StatementKeyRow, WitnessKeyRow},
};

/// Keys of agencies, by their text: since which leaf, and until which.
type Keys = BTreeMap<String, (u64, Option<u64>)>;

/// What the leaves have said so far.
pub(super) struct Registry {
    trust_domain: String,
    /// The hub's keys, each handed over by the one before.
    chain: Vec<(VerifierKey, u64)>,
    keys: Vec<VerifierKey>,
    epoch: u32,
    witnesses: Keys,
    statements: Keys,
}

impl Registry {
    pub(super) fn new(trust_domain: String) -> Self {
        let (chain, keys, epoch) = (Vec::new(), Vec::new(), 1);
        Self { trust_domain, chain, keys, epoch, witnesses: Keys::new(), statements: Keys::new() }
    }

    /// The epoch at this place.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The hub's keys up to this place.
    pub(super) fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    pub(super) fn look(&mut self, row: &LeafRow, report: &mut Report<'_>) {
        let Some(payload) = &row.payload else { return };
        let kind = u16::try_from(row.kind).ok().and_then(Kind::from_number);
        let known = match kind {
            Some(Kind::LedgerKey) => self.ledger_key(row.index, &payload.statement),
            Some(Kind::Epoch) => self.begin(row.index, &payload.statement),
            Some(Kind::WitnessKeyAdded) => add(&mut self.witnesses, row.index, &payload.statement),
            Some(Kind::StatementKeyAdded) => add(&mut self.statements, row.index, &payload.statement),
            Some(Kind::WitnessKeyDropped) => end(&mut self.witnesses, row.index, &payload.statement),
            Some(Kind::StatementKeyRevoked) => match KeyRevocation::decode(&payload.decision) {
                Ok(KeyRevocation { from_leaf }) => end(&mut self.statements, from_leaf, &payload.statement),
                Err(_) => Err((What::Key, "cannot be read")),
            },
            _ => Ok(()),
        };
        if let Err((what, said)) = known {
            report.tell(what, row.index, said);
        }
    }

    fn ledger_key(&mut self, index: u64, statement: &[u8]) -> Result<(), (What, &'static str)> {
        let statement = LedgerKeyStatement::decode(statement).map_err(|_| (What::Key, "cannot be read"))?;
        let (new, old) =
            statement.verify().map_err(|_| (What::Key, "the ledger's key is not signed by both keys"))?;
        let handed_over = old.as_ref() == self.chain.last().map(|(key, _)| key);
        self.keys.push(new.clone());
        self.chain.push((new, index));
        if handed_over {
            Ok(())
        } else {
            Err((What::Key, "the ledger's key was not handed over by the one before"))
        }
    }

    fn begin(&mut self, index: u64, statement: &[u8]) -> Result<(), (What, &'static str)> {
        let statement = EpochStatement::decode(statement).map_err(|_| (What::Epoch, "cannot be read"))?;
        let before = std::mem::replace(&mut self.epoch, statement.epoch);
        if statement.epoch <= before {
            return Err((What::Epoch, "does not come after the epoch before"));
        }
        if statement.kept_leaves != index {
            return Err((What::Epoch, "counts other leaves than are before it"));
        }
        let named = &statement.last_checkpoint;
        if !named.is_empty() {
            let last = Signed::read(named, &self.trust_domain, &self.keys);
            // A key that took office behind what is left of the ledger is not known here.
            if last.is_some_and(|last| last.epoch >= statement.epoch) {
                return Err((What::Epoch, "names a checkpoint that does not come before it"));
            }
        }
        Ok(())
    }

    /// The tables say the same.
    pub(super) async fn end(
        &self,
        connection: &mut Connection,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        let chain = self.chain.iter().map(|(key, since)| (key.to_string(), since.cast_signed()));
        let rows = LedgerKeyRow::all(connection).await?;
        if !rows.into_iter().map(|row| (row.vkey, row.since_leaf)).eq(chain) {
            report.tell(What::Key, None, "the table of the ledger's keys is not what the leaves say");
        }
        let unsigned = i64::cast_unsigned;
        let rows = WitnessKeyRow::all(connection).await?.into_iter();
        let rows = rows
            .map(|row| (row.vkey.to_string(), (unsigned(row.since_leaf), row.dropped_leaf.map(unsigned))));
        if rows.collect::<Keys>() != self.witnesses {
            report.tell(What::Key, None, "the table of witness keys is not what the leaves say");
        }
        let rows = StatementKeyRow::all(connection).await?.into_iter();
        let rows = rows
            .map(|row| (row.vkey.to_string(), (unsigned(row.since_leaf), row.revoked_leaf.map(unsigned))));
        if rows.collect::<Keys>() != self.statements {
            report.tell(What::Key, None, "the table of statement keys is not what the leaves say");
        }
        Ok(())
    }
}

fn add(keys: &mut Keys, index: u64, statement: &[u8]) -> Result<(), (What, &'static str)> {
    let statement = KeyStatement::decode(statement).map_err(|_| (What::Key, "cannot be read"))?;
    match keys.insert(statement.vkey, (index, None)) {
        None => Ok(()),
        Some(_) => Err((What::Key, "registers a key that was registered before")),
    }
}

fn end(keys: &mut Keys, from: u64, statement: &[u8]) -> Result<(), (What, &'static str)> {
    let statement = KeyStatement::decode(statement).map_err(|_| (What::Key, "cannot be read"))?;
    let Some((_, until)) = keys.get_mut(&statement.vkey) else {
        return Err((What::Key, "takes away a key that was not registered"));
    };
    *until = Some(from);
    Ok(())
}
