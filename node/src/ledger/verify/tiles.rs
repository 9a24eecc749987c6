//! The tree as its tiles have it: any leaf, any subtree, the root of any beginning.

use std::{collections::HashMap, io, path::Path};

use meldeverbund_proto::{
    leaf::{Digest, LEAF_BYTES},
    merkle::{Range, Span, Subtree},
    tile::{FULL_WIDTH, Tile, TileKind, decode_entries},
};

use super::files::Folder;
use crate::ledger::perfect;

/// A tile cannot be used.
#[derive(Debug)]
pub(super) enum TileFault {
    /// It is not there.
    Missing,
    /// It cannot be read.
    Read(io::Error),
    /// It has another length.
    Length { found: u64, needed: u64 },
    /// It is no entry bundle.
    Form,
}

/// Tiles of a tree in a folder; the last one of each kind is kept, because what asks goes from left to right.
#[derive(Debug)]
pub(super) struct Tiles<'a> {
    folder: Folder<'a>,
    size: u64,
    last: HashMap<TileKind, (Tile, Vec<u8>)>,
}

impl<'a> Tiles<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Self { folder: Folder(folder), size: 0, last: HashMap::new() }
    }

    /// The tree has so many leaves.
    pub(super) fn set_size(&mut self, size: u64) {
        self.size = size;
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of a tile.
    pub(super) fn hashes(&mut self, tile: Tile) -> Result<&[Digest], TileFault> {
        Ok(self.load(tile)?.as_chunks().0)
    }

    /// The leaves of an entry bundle.
    pub(super) fn entries(&mut self, tile: Tile) -> Result<Vec<&[u8]>, TileFault> {
        let entries = decode_entries(self.load(tile)?).map_err(|_| TileFault::Form)?;
        if entries.len() == usize::from(tile.width) { Ok(entries) } else { Err(TileFault::Form) }
    }

    /// The bytes of a leaf.
    pub(super) fn leaf(&mut self, index: u64) -> Result<Vec<u8>, TileFault> {
        let (place, first) = (index / u64::from(FULL_WIDTH), index % u64::from(FULL_WIDTH));
        let left = self.size - place * u64::from(FULL_WIDTH);
        let width = u16::try_from(left).unwrap_or(FULL_WIDTH).min(FULL_WIDTH);
        let entries = self.entries(Tile { kind: TileKind::Entries, index: place, width })?;
        entries.get(first as usize).map(|leaf| leaf.to_vec()).ok_or(TileFault::Form)
    }

    /// Root of the tree with the first `size` leaves.
    pub(super) fn root(&mut self, size: u64) -> Result<Digest, TileFault> {
        let mut hashes = Vec::new();
        for subtree in (Span { begin: 0, end: size }).subtrees() {
            hashes.push(self.subtree(subtree)?);
        }
        let range = Range::from_parts(0, size, hashes).expect("one hash per subtree");
        Ok(range.root().expect("it begins at leaf 0"))
    }

    fn subtree(&mut self, subtree: Subtree) -> Result<Digest, TileFault> {
        let (tile, places) = Tile::with(subtree, self.size).ok_or(TileFault::Missing)?;
        Ok(perfect(&self.hashes(tile)?[places]))
    }

    fn load(&mut self, tile: Tile) -> Result<&[u8], TileFault> {
        let cached = self.last.get(&tile.kind).is_some_and(|(last, _)| *last == tile);
        if !cached {
            let unit = if tile.kind == TileKind::Entries { LEAF_BYTES + 2 } else { 32 };
            let needed = usize::from(tile.width) * unit;
            let bytes = self.folder.bytes(&tile.to_string(), needed).map_err(TileFault::Read)?;
            let bytes = bytes.ok_or(TileFault::Missing)?;
            if bytes.len() != needed {
                return Err(TileFault::Length { found: bytes.len() as u64, needed: needed as u64 });
            }
            self.last.insert(tile.kind, (tile, bytes));
        }
        Ok(&self.last[&tile.kind].1)
    }
}
