//! The tree: every entry against its hash, every tile against the one below, the root against the checkpoint.

use meldeverbund_proto::{
    leaf::{Leaf, LeafError},
    merkle::leaf_hash,
    note::Checkpoint,
    tile::{FULL_WIDTH, HIGHEST_LEVEL, Tile, TileKind},
};

use super::{Fault, Verifier, tiles::TileFault};
use crate::ledger::perfect;

impl From<TileFault> for Fault {
    fn from(fault: TileFault) -> Self {
        match fault {
            TileFault::Missing => Self::Missing,
            TileFault::Read(error) => Self::Unreadable(error.kind().to_string()),
            TileFault::Length { found, needed } => Self::Length { found, needed },
            TileFault::Form => Self::Unreadable("not an entry bundle".into()),
        }
    }
}

impl Verifier<'_> {
    /// Verifies the tree of the checkpoint.
    pub(super) fn tree(&mut self, head: &Checkpoint) {
        self.tiles.set_size(head.size);
        self.entries();
        for level in 0..HIGHEST_LEVEL {
            if head.size >> (8 * u32::from(level) + 8) == 0 {
                break;
            }
            self.level(level);
        }
        self.surplus();
        match self.tiles.root(head.size) {
            Ok(root) if root == head.root => {}
            Ok(_) => self.fault("checkpoint", Fault::Root),
            Err(fault) => self.fault("tile", fault.into()),
        }
    }

    /// Entries are leaves, in the order of their times, with the hashes of the lowest tiles.
    fn entries(&mut self) {
        let mut latest_us = 0;
        for tile in Tile::of(TileKind::Entries, self.tiles.size()) {
            let entries: Vec<Vec<u8>> = match self.tiles.entries(tile) {
                Ok(entries) => entries.into_iter().map(<[u8]>::to_vec).collect(),
                Err(fault) => {
                    self.fault(tile.to_string(), fault.into());
                    continue;
                }
            };
            let hashes = match self.tiles.hashes(Tile { kind: TileKind::Hashes(0), ..tile }) {
                Ok(hashes) => Some(hashes.to_vec()),
                Err(fault) => {
                    self.fault(Tile { kind: TileKind::Hashes(0), ..tile }.to_string(), fault.into());
                    None
                }
            };
            let first = tile.index * u64::from(FULL_WIDTH);
            for (place, entry) in entries.iter().enumerate() {
                let index = first + place as u64;
                let named = || format!("leaf {index} ({tile})");
                if hashes.as_ref().is_some_and(|hashes| hashes[place] != leaf_hash(entry)) {
                    self.fault(named(), Fault::EntryHash);
                }
                match Leaf::from_bytes(entry) {
                    Ok(leaf) => {
                        if leaf.time_us < latest_us {
                            self.fault(named(), Fault::Backwards);
                        }
                        latest_us = latest_us.max(leaf.time_us);
                        if leaf.kind.is_public() {
                            self.registry.needs(index);
                        }
                    }
                    Err(LeafError::Kind(_) | LeafError::Version(_)) => {
                        self.fault(named(), Fault::LaterLeaf);
                    }
                    Err(LeafError::Length) => self.fault(named(), Fault::NoLeaf),
                }
            }
        }
    }

    /// Nothing but tiles of this tree.
    fn surplus(&mut self) {
        let size = self.tiles.size();
        let is_ours = |path: &str| {
            let tile: Option<Tile> = path.parse().ok();
            tile.is_some_and(|tile| is_of(tile, size))
        };
        match self.folder.tile_files() {
            Ok(paths) => {
                for path in paths.filter(|path| !is_ours(path)) {
                    self.fault(path, Fault::Surplus);
                }
            }
            Err(error) => self.fault("tile", Fault::Unreadable(error.kind().to_string())),
        }
    }

    /// Each full tile of a level is one hash of the level above.
    fn level(&mut self, level: u8) {
        let full =
            Tile::of(TileKind::Hashes(level), self.tiles.size()).filter(|tile| tile.width == FULL_WIDTH);
        let above: Vec<Tile> = Tile::of(TileKind::Hashes(level + 1), self.tiles.size()).collect();
        let (mut told, mut upper_told) = (false, None);
        for tile in full {
            let upper = above[(tile.index / u64::from(FULL_WIDTH)) as usize];
            let root = match self.tiles.hashes(tile) {
                Ok(hashes) => perfect(hashes),
                Err(fault) => {
                    // The lowest level's were told with their entries.
                    if level > 0 && !told {
                        self.fault(tile.to_string(), fault.into());
                    }
                    told = true;
                    continue;
                }
            };
            let place = (tile.index % u64::from(FULL_WIDTH)) as usize;
            match self.tiles.hashes(upper) {
                Ok(hashes) if hashes[place] == root => {}
                Ok(_) => self.fault(format!("{upper}, hash {place}"), Fault::TileHash),
                Err(fault) if upper_told != Some(upper) => {
                    upper_told = Some(upper);
                    self.fault(upper.to_string(), fault.into());
                }
                Err(_) => {}
            }
        }
    }
}

/// Whether a tree of this size has the tile.
fn is_of(tile: Tile, size: u64) -> bool {
    let level = match tile.kind {
        TileKind::Hashes(level) => 8 * u32::from(level),
        TileKind::Entries => 0,
    };
    let count = size >> level;
    let first = tile.index.saturating_mul(u64::from(FULL_WIDTH));
    first < count && u64::from(tile.width) == (count - first).min(u64::from(FULL_WIDTH))
}
