//! A log epoch begins: the cure of a database that is behind what was signed.

use meldeverbund_proto::{
    leaf::{Kind, Salt},
    limits::{REASON_CHARS, REFERENCE_CHARS},
    statement::EpochStatement,
    text,
    v1::{Refusal, RefusalCode},
};

use crate::{
    flow::{Command, Failure, Lane, decide::HUB, once::append_one},
    ledger::{Ledger, Signed},
    store::{CheckpointRow, LedgerKeyRow, Tx},
};

/// Begins the next epoch. Its first leaf names the newest checkpoint that anybody knows of the one before.
#[derive(Debug)]
pub struct NewEpoch {
    ledger: Ledger,
    reason: String,
    officer: String,
    witnessed: Option<String>,
    salt: Salt,
}

impl NewEpoch {
    /// Reads the request; `witnessed` is a checkpoint that somebody else has kept, as a signed note.
    ///
    /// # Errors
    /// If the reason or the officer's name breaks its rule.
    pub fn parse(
        ledger: Ledger,
        reason: String,
        officer: String,
        witnessed: Option<String>,
        salt: Salt,
    ) -> Result<Self, Refusal> {
        for (field, text, chars) in
            [("reason", &reason, REASON_CHARS), ("officer", &officer, REFERENCE_CHARS)]
        {
            if text.trim().is_empty() {
                return Err(Refusal::missing(field));
            }
            text::check(text, chars).map_err(|error| error.at(field))?;
        }
        Ok(Self { ledger, reason, officer, witnessed, salt })
    }

    /// The newest checkpoint of the mark, of the witness, of those that nodes have shown, and of those published here.
    async fn last(&self, tx: &mut Tx<'_>) -> Result<Option<Signed>, Failure> {
        let mut known: Vec<Signed> = self.ledger.mark(tx.reading()).await?.into_iter().collect();
        if let Some(note) = &self.witnessed {
            let keys = LedgerKeyRow::all(tx.reading()).await?;
            let keys = keys.iter().filter_map(|row| row.vkey.parse().ok()).chain(self.ledger.vkeys());
            let read = Signed::read(note, self.ledger.trust_domain(), &keys.collect::<Vec<_>>());
            let reason = "is no checkpoint that this ledger's key has signed";
            known.push(read.ok_or_else(|| Refusal::invalid("witnessed", reason))?);
        }
        let published = CheckpointRow::newest(tx.reading()).await?;
        let lost = CheckpointRow::newest_lost(tx.reading(), 0).await?;
        for CheckpointRow { epoch, size, root, note } in published.into_iter().chain(lost) {
            known.push(Signed { epoch, size, root, note });
        }
        Ok(known.into_iter().max_by_key(Signed::place))
    }
}

impl Command for NewEpoch {
    /// The epoch that began, and the leaf that began it.
    type Verdict = (u32, u64);

    const CURES: bool = true;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(u32, u64), Failure> {
        let last = self.last(tx).await?;
        let before = last.as_ref().map_or(0, |last| last.epoch).max(tx.epoch());
        let epoch = before
            .checked_add(1)
            .ok_or_else(|| Refusal::of(RefusalCode::NotPermitted, "there is no epoch after the last one"))?;
        let kept_leaves = tx.tree().size();
        let lost_leaves = last.as_ref().map_or(0, |last| last.size.saturating_sub(kept_leaves));
        // What was signed with a key that took office behind the restored leaves could be verified by nobody else.
        let last_checkpoint = last.map(|last| self.ledger.signed_again(&last)).unwrap_or_default();
        let mut statement = Vec::new();
        EpochStatement {
            epoch,
            reason: self.reason.clone(),
            officer: self.officer.clone(),
            last_checkpoint,
            kept_leaves,
        }
        .encode(&mut statement);
        tx.begin_epoch(epoch, lost_leaves);
        tx.keep_feeds(epoch).await?;
        tx.await_all(epoch).await?;
        // The copy may hold sessions that were ended after it was made.
        tx.end_all_sessions().await?;
        append_one(tx, Kind::Epoch, HUB, self.salt, &statement).await?;
        Ok((epoch, kept_leaves))
    }
}
