//! What was published: roots of this tree, signed by the key in office, cosigned by registered witnesses.

use std::collections::VecDeque;

use meldeverbund_proto::note::Note;

use super::{
    fault::{Report, What},
    registry::Registry,
    tree::Tree,
};
use crate::{
    ledger::{LedgerError, Signed},
    store::{CheckpointRow, Connection, WitnessKeyRow},
};

/// Checkpoints of one look-up.
const PAGE: u32 = 256;

/// Published checkpoints, in their order.
pub(super) struct Checkpoints {
    trust_domain: String,
    page: VecDeque<CheckpointRow>,
    /// Epoch and size of the last one that was read; none are left behind it.
    read: Option<(u32, u64)>,
    ended: bool,
    witnesses: Option<Vec<WitnessKeyRow>>,
    counted: u64,
    cosignatures: u64,
}

impl Checkpoints {
    pub(super) fn new(trust_domain: String) -> Self {
        let (page, read, ended, witnesses) = (VecDeque::new(), None, false, None);
        Self { trust_domain, page, read, ended, witnesses, counted: 0, cosignatures: 0 }
    }

    pub(super) fn counted(&self) -> u64 {
        self.counted
    }

    pub(super) fn cosignatures(&self) -> u64 {
        self.cosignatures
    }

    /// Looks at those of this size.
    pub(super) async fn look(
        &mut self,
        connection: &mut Connection,
        size: u64,
        tree: &Tree,
        registry: &Registry,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        while let Some(row) = self.next(connection, size).await? {
            self.counted += 1;
            let signed = Signed::read(&row.note, &self.trust_domain, registry.keys());
            match signed {
                None => report.tell(What::Checkpoint, row.size, "is not signed by the ledger's key"),
                Some(signed) if (signed.place(), signed.root) != ((row.epoch, row.size), row.root) => {
                    report.tell(What::Checkpoint, row.size, "its note says something else");
                }
                Some(_) if row.size != size => {
                    report.tell(What::Checkpoint, row.size, "does not stand in the order of sizes");
                }
                Some(_) if tree.root().is_some_and(|root| root != row.root) => {
                    report.tell(What::Checkpoint, row.size, "its root is not that of the leaves");
                }
                Some(_) if row.epoch != registry.epoch() => {
                    report.tell(What::Checkpoint, row.size, "is of another epoch than its last leaf");
                }
                Some(_) => {}
            }
            self.vouched(connection, &row, report).await?;
        }
        Ok(())
    }

    /// None is left behind the last leaf.
    pub(super) async fn end(
        &mut self,
        connection: &mut Connection,
        size: u64,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        while let Some(row) = self.next(connection, u64::MAX).await? {
            let said = format!("covers more leaves than the {size} that are there");
            report.tell(What::Checkpoint, row.size, said);
        }
        Ok(())
    }

    /// The next one, if it is not larger.
    async fn next(
        &mut self,
        connection: &mut Connection,
        size: u64,
    ) -> Result<Option<CheckpointRow>, LedgerError> {
        if self.page.is_empty() && !self.ended {
            let rows = CheckpointRow::after(connection, self.read.unwrap_or((0, 0)), PAGE).await?;
            self.ended = rows.is_empty();
            self.read = rows.last().map(|row| (row.epoch, row.size)).or(self.read);
            self.page = rows.into();
        }
        Ok(if self.page.front().is_some_and(|row| row.size <= size) { self.page.pop_front() } else { None })
    }

    async fn vouched(
        &mut self,
        connection: &mut Connection,
        row: &CheckpointRow,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        let lines = row.cosignatures(connection).await?;
        if lines.is_empty() {
            return Ok(());
        }
        if self.witnesses.is_none() {
            self.witnesses = Some(WitnessKeyRow::all(connection).await?);
        }
        let known = self.witnesses.as_deref().unwrap_or_default();
        let Ok(note) = row.note.parse::<Note>() else { return Ok(()) };
        for (agency, line) in lines {
            self.cosignatures += 1;
            let parsed: Option<meldeverbund_proto::note::SignatureLine> = line.parse().ok();
            let valid = parsed.is_some_and(|line| {
                let keys = known.iter().filter(|key| key.agency_no == agency && line.is_by(&key.vkey));
                keys.into_iter().any(|key| line.verify_cosignature(&note, &key.vkey).is_ok())
            });
            if !valid {
                let said =
                    format!("the word of agency number {} is not its own for this checkpoint", agency.0);
                report.tell(What::Cosignature, row.size, said);
            }
        }
        Ok(())
    }
}
