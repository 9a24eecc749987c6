//! The tree that the leaves make, beside what is kept of it.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Range, Subtree},
    tile::HEIGHT,
};

use super::fault::{Report, What};
use crate::{
    ledger::LedgerError,
    store::{Connection, Head, LeafRow, StoreError, count_subtrees, head_time, row_of},
};

/// The tree as far as its leaves were read; none once one was missing.
pub(super) struct Tree {
    range: Option<Range>,
    kept: u64,
}

impl Default for Tree {
    fn default() -> Self {
        Self { range: Some(Range::empty(0)), kept: 0 }
    }
}

impl Tree {
    /// A leaf is missing: there is no tree beyond it.
    pub(super) fn lose(&mut self) {
        self.range = None;
    }

    /// The root, if there is a tree; a hash for each level, so not for every leaf.
    pub(super) fn root(&self) -> Option<Digest> {
        self.range.as_ref().and_then(Range::root)
    }

    pub(super) async fn push(
        &mut self,
        connection: &mut Connection,
        row: &LeafRow,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        let Some(range) = &mut self.range else { return Ok(()) };
        let Ok(hash) = Digest::try_from(&row.leaf_hash[..]) else {
            self.lose();
            return Ok(());
        };
        let mut full: Vec<(Subtree, Digest)> = Vec::new();
        range.push_with(hash, |subtree, hash| {
            if subtree.level > 0 && subtree.level.is_multiple_of(HEIGHT) {
                full.push((subtree, *hash));
            }
        });
        for (subtree, hash) in full {
            self.kept += 1;
            let stored = match row_of(connection, subtree, 1).await {
                Err(StoreError::Value { .. }) => Vec::new(),
                other => other?,
            };
            if stored != [hash] {
                let said =
                    format!("the root of its tile at level {} is not that of its leaves", subtree.level);
                report.tell(What::Subtree, subtree.span().begin, said);
            }
        }
        Ok(())
    }

    /// The head says the same.
    pub(super) async fn end(
        &self,
        connection: &mut Connection,
        size: u64,
        time_us: i64,
        report: &mut Report<'_>,
    ) -> Result<(), LedgerError> {
        if self.range.is_some() && count_subtrees(connection).await? != self.kept {
            report.tell(What::Subtree, None, "there are more roots of tiles than tiles");
        }
        let head = match Head::read(connection).await {
            Err(StoreError::Value { column }) => {
                report.tell(What::Head, None, format!("{column} has a value that no version writes"));
                return Ok(());
            }
            other => other?,
        };
        if head.next_leaf.cast_unsigned() != size || head.size() != size {
            let said = format!("the head counts {} leaves, {size} are there", head.next_leaf);
            report.tell(What::Head, size, said);
        } else if self.range.as_ref().is_some_and(|range| *range != head.range) {
            report.tell(What::Head, size, "the head's tree is not that of the leaves");
        }
        if head_time(connection).await? < time_us {
            report.tell(What::Head, size, "the head's time is before that of the newest leaf");
        }
        Ok(())
    }
}
