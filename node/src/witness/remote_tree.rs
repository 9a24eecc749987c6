//! The tree that a checkpoint signs, read tile by tile from the hub: enough to prove single leaves.

use std::collections::HashMap;

use meldeverbund_proto::{
    leaf::{Digest, LEAF_BYTES, Leaf},
    merkle::{Range, Span, Subtree, fold, inclusion},
    note::Checkpoint,
    tile::{FULL_WIDTH, Tile, TileKind, decode_entries},
};

use super::files::{FileError, Files};
use crate::ledger::perfect;

/// A tree at the hub. Nothing of it is believed before [`RemoteTree::has`] has led to the checkpoint's root.
#[derive(Debug)]
pub struct RemoteTree<'a> {
    files: &'a Files,
    size: u64,
    root: Digest,
    tiles: HashMap<Tile, Vec<u8>>,
}

impl<'a> RemoteTree<'a> {
    /// The tree of a checkpoint.
    pub fn new(files: &'a Files, checkpoint: &Checkpoint) -> Self {
        Self { files, size: checkpoint.size, root: checkpoint.root, tiles: HashMap::new() }
    }

    /// Whether these leaves stand side by side from `first` on.
    ///
    /// # Errors
    /// If a tile cannot be had.
    pub async fn has(&mut self, first: u64, leaves: &[Digest]) -> Result<bool, FileError> {
        let end = first + leaves.len() as u64;
        if end > self.size {
            return Ok(false);
        }
        let mut tree = self.range(0, first).await?;
        leaves.iter().for_each(|hash| tree.push(*hash));
        let after = self.range(end, self.size).await?;
        Ok(tree.append(&after).is_ok() && tree.root() == Some(self.root))
    }

    /// The entry bundle with a leaf: the first leaf's index, and the leaves.
    ///
    /// # Errors
    /// If the bundle cannot be had or is none.
    pub async fn bundle(&self, index: u64) -> Result<(u64, Vec<[u8; LEAF_BYTES]>), FileError> {
        let place = index / u64::from(FULL_WIDTH);
        let first = place * u64::from(FULL_WIDTH);
        let width = u16::try_from(self.size - first).unwrap_or(FULL_WIDTH).min(FULL_WIDTH);
        let tile = Tile { kind: TileKind::Entries, index: place, width };
        let bytes = self.files.tile(tile).await?;
        let why = || FileError::Form { path: format!("/ledger/{tile}"), why: "not an entry bundle".into() };
        let entries = decode_entries(&bytes).map_err(|_| why())?;
        let leaves: Option<Vec<_>> = entries.into_iter().map(|entry| entry.try_into().ok()).collect();
        leaves
            .filter(|leaves| leaves.len() == usize::from(width))
            .map(|leaves| (first, leaves))
            .ok_or_else(why)
    }

    /// The leaf at an index, proven to be there; none if the tiles do not lead to the root.
    ///
    /// # Errors
    /// If a tile cannot be had, or the leaf is none that this version knows.
    pub async fn leaf(&mut self, index: u64) -> Result<Option<Leaf>, FileError> {
        let (first, leaves) = self.bundle(index).await?;
        let bytes = &leaves[(index - first) as usize];
        let leaf = Leaf::from_bytes(bytes)
            .map_err(|error| FileError::Form { path: format!("leaf {index}"), why: error.to_string() })?;
        Ok(if self.has(index, &[leaf.hash()]).await? { Some(leaf) } else { None })
    }

    /// The audit path of a leaf with this hash (RFC 6962, 2.1.1); none if the tiles do not lead from it to the root.
    ///
    /// # Errors
    /// If a tile cannot be had.
    pub async fn path(&mut self, index: u64, leaf: &Digest) -> Result<Option<Vec<Digest>>, FileError> {
        let Ok(plan) = inclusion::plan(index, self.size) else { return Ok(None) };
        let mut path = Vec::with_capacity(plan.len());
        for span in plan {
            let mut hashes = Vec::new();
            for subtree in span.subtrees() {
                hashes.push(self.hash(subtree).await?);
            }
            path.push(fold(&hashes).expect("no span of a plan is empty"));
        }
        let proven = inclusion::verify(index, self.size, leaf, &path, &self.root);
        Ok(proven.is_ok().then_some(path))
    }

    async fn range(&mut self, begin: u64, end: u64) -> Result<Range, FileError> {
        let mut hashes = Vec::new();
        for subtree in (Span { begin, end }).subtrees() {
            hashes.push(self.hash(subtree).await?);
        }
        Ok(Range::from_parts(begin, end, hashes).expect("one hash per subtree of the span"))
    }

    async fn hash(&mut self, subtree: Subtree) -> Result<Digest, FileError> {
        let (tile, places) =
            Tile::with(subtree, self.size).expect("subtrees of a span within the tree are whole");
        if !self.tiles.contains_key(&tile) {
            let bytes = self.files.tile(tile).await?;
            self.tiles.insert(tile, bytes);
        }
        let (hashes, _) = self.tiles[&tile].as_chunks::<32>();
        Ok(perfect(&hashes[places]))
    }
}
