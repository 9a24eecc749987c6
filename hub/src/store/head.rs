//! The head as readers see it, and the tree caught up where an earlier schema did not keep one.

use meldeverbund_proto::{leaf::Digest, merkle::Range, merkle::Subtree};

use super::{
    StoreError, Tx,
    engine::{Connection, query_as},
    subtrees::row_of,
};

/// Leaves of one slice of catching up: well under a second, so that nobody waits long for the head.
const SLICE: u64 = 1 << 16;

/// The ledger's head: where its one order ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The log's epoch, from 1.
    pub epoch: u32,
    /// The index that the next leaf gets.
    pub next_leaf: i64,
    /// The tree over the leaves; as large as the ledger once it is caught up.
    pub range: Range,
}

impl Head {
    /// The head as it was last committed.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn read(connection: &mut Connection) -> Result<Self, StoreError> {
        const SQL: &str =
            "/* head::read */ SELECT epoch, next_leaf, tree_size, frontier FROM head WHERE id = 1";
        let (epoch, next_leaf, size, frontier): (i64, i64, i64, Vec<u8>) =
            query_as(SQL).fetch_one(connection).await?;
        Ok(Self { epoch: epoch_from(epoch)?, next_leaf, range: range_from(size, &frontier)? })
    }

    /// The tree's size.
    pub fn size(&self) -> u64 {
        self.range.end()
    }

    /// The tree's root.
    pub fn root(&self) -> Digest {
        self.range.root().expect("the ledger's range begins at leaf 0")
    }
}

/// Extends the tree by leaves that an earlier schema wrote, until it has all of them. The same function as every other
/// transaction's commit writes it.
pub(super) async fn catch_up(connection: &mut Connection) -> Result<(), StoreError> {
    // Whoever opens a database that is in use does not wait for its writer.
    let head = Head::read(connection).await?;
    let mut behind = head.size() != head.next_leaf.cast_unsigned();
    while behind {
        // The time stays what it was: nothing is recorded.
        let mut tx = Tx::begin_behind(connection).await?;
        let first = Subtree { level: 0, index: tx.tree().size() };
        let left = tx.next_leaf().cast_unsigned() - first.index;
        let hashes = row_of(tx.reading(), first, left.min(SLICE)).await?;
        if hashes.is_empty() && left > 0 {
            tx.roll_back().await?;
            return Err(StoreError::Value { column: "head.next_leaf" });
        }
        tx.add_hashes(&hashes);
        behind = tx.tree().size() != tx.next_leaf().cast_unsigned();
        tx.commit().await?;
    }
    Ok(())
}

/// An epoch as it is stored.
pub(super) fn epoch_from(stored: i64) -> Result<u32, StoreError> {
    let epoch = u32::try_from(stored).ok().filter(|epoch| *epoch > 0);
    epoch.ok_or(StoreError::Value { column: "head.epoch" })
}

/// A range as it is stored.
pub(super) fn range_from(size: i64, frontier: &[u8]) -> Result<Range, StoreError> {
    const FRONTIER: StoreError = StoreError::Value { column: "head.frontier" };
    let (hashes, rest) = frontier.as_chunks();
    let size = u64::try_from(size).ok().filter(|_| rest.is_empty()).ok_or(FRONTIER)?;
    Range::from_parts(0, size, hashes.to_vec()).map_err(|_| FRONTIER)
}
