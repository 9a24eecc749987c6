//! Commands and their leaves: each leaf of an agency's command belongs to one, and what was signed is what stands there.

use std::collections::VecDeque;

use meldeverbund_proto::{
    envelope,
    leaf::{Digest, Kind},
};

use super::fault::{Report, What};
use crate::{
    ledger::LedgerError,
    store::{CommandSpan, Connection, EnvelopeRow, LeafRow, StatementKeyRow, count_envelopes, key_id_text},
};

/// Commands of one look-up.
const PAGE: u32 = 256;

/// The commands as far as their leaves were read.
#[derive(Default)]
pub(super) struct Commands {
    page: VecDeque<CommandSpan>,
    read: Option<CommandSpan>,
    ended: bool,
    now: Option<Now>,
    keys: Option<Vec<StatementKeyRow>>,
    counted: u64,
    envelopes: u64,
}

/// The command whose leaves are being read.
struct Now {
    command: CommandSpan,
    /// What is left of the digests that were signed; none: the batch is not signed.
    signed: Option<VecDeque<Digest>>,
}

impl Commands {
    pub(super) fn counted(&self) -> u64 {
        self.counted
    }

    pub(super) fn envelopes(&self) -> u64 {
        self.envelopes
    }

    pub(super) async fn look(
        &mut self,
        connection: &mut Connection,
        row: &LeafRow,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        if self.now.as_ref().is_some_and(|now| now.command.end() <= row.index) {
            self.now = None;
        }
        while let Some(command) = self.next(connection, row.index).await? {
            self.counted += 1;
            if self.now.is_some() {
                report.tell(What::Command, command.first_leaf, "two commands say that this leaf is theirs");
            }
            if command.first_leaf != row.index {
                report.tell(
                    What::Command,
                    command.first_leaf,
                    "a command begins with a leaf that is not there",
                );
            }
            let signed = self.signed(connection, &command, report).await?;
            self.now = Some(Now { command, signed });
        }
        let of_command = is_of_command(row.kind);
        match &mut self.now {
            None if of_command => report.tell(What::Command, row.index, "belongs to no command"),
            None => {}
            Some(_) if !of_command => {
                report.tell(What::Command, row.index, "is no leaf of a command, and one says so");
            }
            Some(now) => now.look(row, report),
        }
        Ok(())
    }

    pub(super) async fn end(
        &mut self,
        connection: &mut Connection,
        size: u64,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        if self.now.as_ref().is_some_and(|now| now.command.end() > size) {
            report.tell(What::Command, size, "a command says that leaves are its own that are not there");
        }
        while let Some(command) = self.next(connection, u64::MAX).await? {
            report.tell(What::Command, command.first_leaf, "a command begins behind the last leaf");
        }
        if count_envelopes(connection).await? != self.envelopes {
            report.tell(What::Envelope, None, "there are signed batches of no command");
        }
        Ok(())
    }

    /// The next command, if it begins by this leaf.
    async fn next(
        &mut self,
        connection: &mut Connection,
        leaf: u64,
    ) -> Result<Option<CommandSpan>, LedgerError> {
        if self.page.is_empty() && !self.ended {
            let rows = CommandSpan::after(connection, self.read.as_ref(), PAGE).await?;
            self.ended = rows.is_empty();
            if let Some(last) = rows.last() {
                self.read = Some(last.clone());
            }
            self.page = rows.into();
        }
        let due = self.page.front().is_some_and(|command| command.first_leaf <= leaf);
        Ok(if due { self.page.pop_front() } else { None })
    }

    /// What the agency signed of this command, verified.
    async fn signed(
        &mut self,
        connection: &mut Connection,
        command: &CommandSpan,
        report: &mut Report<'_>,
    ) -> Result<Option<VecDeque<Digest>>, LedgerError> {
        let first_leaf = command.first_leaf.cast_signed();
        let Some(row) = EnvelopeRow::by_first_leaf(connection, first_leaf).await? else { return Ok(None) };
        self.envelopes += 1;
        if self.keys.is_none() {
            self.keys = Some(StatementKeyRow::all(connection).await?);
        }
        let keys = self.keys.as_deref().unwrap_or_default();
        let same = row.leaf_count.cast_unsigned() == command.leaf_count
            && row.batch.command.as_bytes()[..] == command.id[..];
        let key = keys
            .iter()
            .find(|key| key.agency == row.batch.agency && key_id_text(key.vkey.key_id()) == row.key_id);
        let said = match key {
            _ if !same => Some("is of another command"),
            None => Some("names a key that is not registered"),
            Some(key) if key.since_leaf >= first_leaf => Some("was signed before its key was registered"),
            // A key that was revoked from an earlier leaf on afterwards signed what it signed: that is told apart.
            Some(key) => envelope::verify(&key.vkey, &row.batch, &row.signature)
                .is_err()
                .then_some("its signature is not valid"),
        };
        if let Some(said) = said {
            report.tell(What::Envelope, command.first_leaf, said);
        }
        let bound = key.and_then(|key| key.revoked_leaf).map(i64::cast_unsigned);
        if let Some(bound) = bound.filter(|bound| *bound < command.end()) {
            let said = format!(
                "was signed with a key that is revoked from leaf {bound} on: the signature does not count"
            );
            report.tell(What::Revoked, command.first_leaf, said);
        }
        Ok(Some(row.batch.digests.into()))
    }
}

impl Now {
    fn look(&mut self, row: &LeafRow, report: &mut Report<'_>) {
        if row.agency != self.command.agency {
            report.tell(What::Command, row.index, "is another agency's than its command");
        }
        if row.recorded_at_us != self.command.recorded_at_us {
            report.tell(What::Command, row.index, "has another time than its command");
        }
        let Some([statement, _]) = row.both_digests() else { return };
        // A batch's digest covers what was refused too, so that it cannot be made from leaves alone.
        if row.kind != i64::from(Kind::Referral as u16) && statement[..] != self.command.digest[..] {
            report.tell(What::Command, row.index, "is not what its command said");
        }
        let Some(signed) = &mut self.signed else { return };
        // What was refused was signed and has no leaf.
        while let Some(digest) = signed.pop_front() {
            if digest == statement {
                return;
            }
        }
        report.tell(What::Envelope, row.index, "is not among what its agency signed, in this order");
    }
}

/// Whether a leaf of this kind comes from an agency's command.
fn is_of_command(kind: i64) -> bool {
    let of_command = [
        Kind::Referral,
        Kind::CaseOpened,
        Kind::CaseClosed,
        Kind::Decision,
        Kind::LiaisonQuery,
        Kind::Announcement,
        Kind::Disclosure,
    ];
    of_command.into_iter().any(|of_command| i64::from(of_command as u16) == kind)
}
