//! The tree as files: tiles and entry bundles (C2SP tlog-tiles, tiles of height 8).

mod bundle;
mod path;

pub use bundle::{BundleError, decode_entries, encode_entries};
pub use path::TilePathError;

use crate::merkle::Subtree;

/// Height of a tile: one of its hashes stands for 2^8 hashes of the level below.
pub const HEIGHT: u8 = 8;

/// Hashes or entries in a full tile.
pub const FULL_WIDTH: u16 = 1 << HEIGHT;

/// The highest level of tiles: 2^56 leaves below each hash, and a tree has fewer than 2^64.
pub const HIGHEST_LEVEL: u8 = 7;

/// What a tile has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of perfect subtrees with 256^level leaves; at level 0 leaf hashes.
    Hashes(u8),
    /// The leaves themselves: an entry bundle.
    Entries,
}

/// One immutable piece of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// What it has.
    pub kind: TileKind,
    /// Its place among those of its kind, from the left.
    pub index: u64,
    /// How many hashes or entries, 1 to 256; below 256 it is partial.
    pub width: u16,
}

impl Tile {
    /// Every tile of a tree with this many leaves: the hashes level by level, then the entries; full ones first.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let kinds = (0..=HIGHEST_LEVEL).map(TileKind::Hashes).chain([TileKind::Entries]);
        kinds.flat_map(move |kind| Self::of(kind, size))
    }

    /// The tiles of one kind of a tree with this many leaves.
    pub fn of(kind: TileKind, size: u64) -> impl Iterator<Item = Self> {
        let count = size >> kind.subtree_level();
        let (full, rest) = (count >> HEIGHT, (count % u64::from(FULL_WIDTH)) as u16);
        let partial = (rest > 0).then_some(Self { kind, index: full, width: rest });
        (0..full).map(move |index| Self { kind, index, width: FULL_WIDTH }).chain(partial)
    }

    /// The subtree whose hash stands at this place of the tile, from 0; for entries the leaf.
    pub fn subtree(self, place: u16) -> Subtree {
        let index = (self.index << HEIGHT) + u64::from(place);
        Subtree { level: self.kind.subtree_level(), index }
    }

    /// Where to find a subtree of a tree with this many leaves: the tile, and the places in it whose hashes, hashed
    /// pairwise, are the subtree's. None if the tree does not have the subtree whole.
    pub fn with(subtree: Subtree, size: u64) -> Option<(Self, std::ops::Range<usize>)> {
        if subtree.level > 63 || subtree.index >= size >> subtree.level {
            return None;
        }
        let (level, above) = (subtree.level / HEIGHT, subtree.level % HEIGHT);
        let first = subtree.index << above;
        let count = (size >> (level * HEIGHT)) - (first >> HEIGHT << HEIGHT);
        let width = u16::try_from(count).unwrap_or(FULL_WIDTH).min(FULL_WIDTH);
        let place = (first % u64::from(FULL_WIDTH)) as usize;
        let tile = Self { kind: TileKind::Hashes(level), index: first >> HEIGHT, width };
        Some((tile, place..place + (1 << above)))
    }
}

impl TileKind {
    /// Level of the subtrees that its hashes stand for.
    fn subtree_level(self) -> u8 {
        match self {
            Self::Hashes(level) => level * HEIGHT,
            Self::Entries => 0,
        }
    }
}

#[cfg(test)]
mod tests;
