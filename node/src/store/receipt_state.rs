//! What becomes of receipts: checked, joined to a published checkpoint, given up by a later epoch.

use meldeverbund_proto::leaf::Digest;

use super::{ReceiptState, StoreError, Tx, signed, unsigned};

/// How many receipts stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiptCounts {
    /// No key of the hub was known.
    pub unchecked: u64,
    /// Proven, joined to no published checkpoint yet.
    pub proven: u64,
    /// Joined to a published checkpoint that is not final yet.
    pub joined: u64,
    /// Joined, and more than half of the pinned witnesses vouch.
    pub finished: u64,
    /// They prove nothing, or the ledger does not stand by them.
    pub unproven: u64,
    /// A later epoch did not keep them.
    pub given_up: u64,
}

impl Tx {
    /// Notes what was found of a receipt.
    pub async fn set_receipt_state(
        &mut self,
        id: i64,
        state: ReceiptState,
        tree: Option<(u32, u64, Digest)>,
    ) -> Result<(), StoreError> {
        let (epoch, size, root) = tree.map_or((0, 0, None), |(epoch, size, root)| (epoch, size, Some(root)));
        sqlx::query("/* set_receipt_state */ UPDATE receipt SET state = ?, epoch = ?, size = ?, root = ? WHERE id = ?")
            .bind(state as i64)
            .bind(epoch)
            .bind(signed(size))
            .bind(root.map(|root| root.to_vec()))
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// Trees of receipts that are joined to no published checkpoint, up to a size, smallest first: size, root, note.
    pub async fn trees_to_join(
        &mut self,
        epoch: u32,
        up_to: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Digest, String)>, StoreError> {
        let rows: Vec<(i64, Vec<u8>, String)> = sqlx::query_as(
            "/* trees_to_join */ SELECT size, root, min(note) FROM receipt
             WHERE state = 1 AND linked_size IS NULL AND size <= ? AND epoch <= ? GROUP BY size, root ORDER BY size LIMIT ?",
        )
        .bind(signed(up_to))
        .bind(epoch)
        .bind(limit)
        .fetch_all(self.conn())
        .await?;
        let read = |(size, root, note): (i64, Vec<u8>, String)| {
            let root = root.try_into().map_err(|_| StoreError::Damaged("receipt.root"))?;
            Ok((unsigned(size), root, note))
        };
        rows.into_iter().map(read).collect()
    }

    /// The published checkpoint was shown to continue the tree of this size and root.
    pub async fn join_receipts(
        &mut self,
        (size, root): (u64, &Digest),
        (epoch, published): (u32, u64),
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "/* join_receipts */ UPDATE receipt SET linked_epoch = ?, linked_size = ?
             WHERE state = 1 AND linked_size IS NULL AND size = ? AND root = ?",
        )
        .bind(epoch)
        .bind(signed(published))
        .bind(signed(size))
        .bind(&root[..])
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }

    /// The leaves of one receipt were shown to be in the published tree.
    pub async fn join_receipt(&mut self, id: i64, (epoch, published): (u32, u64)) -> Result<(), StoreError> {
        sqlx::query("/* join_receipt */ UPDATE receipt SET linked_epoch = ?, linked_size = ? WHERE id = ? AND state = 1")
            .bind(epoch)
            .bind(signed(published))
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(())
    }

    /// The ledger does not stand by the tree of this size and root.
    pub async fn disown_receipts(&mut self, size: u64, root: &Digest) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "/* disown_receipts */ UPDATE receipt SET state = 2
             WHERE state = 1 AND linked_size IS NULL AND size = ? AND root = ?",
        )
        .bind(signed(size))
        .bind(&root[..])
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }

    /// A new epoch kept so many leaves: receipts of earlier ones behind them are given up, the others are joined anew. Those
    /// of the new one may be here already, because answers come before the epoch is published. Answers how many were
    /// given up.
    pub async fn give_up_receipts(&mut self, epoch: u32, kept: u64) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "/* give_up_receipts */ UPDATE receipt SET state = 3
             WHERE state = 1 AND epoch < ? AND first_leaf + leaf_count > ?",
        )
        .bind(epoch)
        .bind(signed(kept))
        .execute(self.conn())
        .await?;
        sqlx::query(
            "/* give_up_receipts */ UPDATE receipt SET linked_epoch = NULL, linked_size = NULL WHERE state = 1",
        )
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected())
    }

    /// How many receipts stand where.
    pub async fn receipt_counts(&mut self) -> Result<ReceiptCounts, StoreError> {
        let rows: Vec<(i64, bool, bool, i64)> = sqlx::query_as(
            "/* receipt_counts */ SELECT r.state, r.linked_size IS NOT NULL AS joined,
               coalesce(r.size <= f.size, 0) AS finished, count(*)
             FROM receipt r LEFT JOIN
               (SELECT epoch, max(size) AS size FROM checkpoint WHERE final GROUP BY epoch) f ON f.epoch = r.linked_epoch
             GROUP BY 1, 2, 3",
        )
        .fetch_all(self.conn())
        .await?;
        let mut counts = ReceiptCounts::default();
        for (state, joined, finished, count) in rows {
            let place = match (state, joined, finished) {
                (0, ..) => &mut counts.unchecked,
                (1, true, true) => &mut counts.finished,
                (1, true, false) => &mut counts.joined,
                (1, false, _) => &mut counts.proven,
                (2, ..) => &mut counts.unproven,
                _ => &mut counts.given_up,
            };
            *place += unsigned(count);
        }
        Ok(counts)
    }
}
