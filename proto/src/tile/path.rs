//! A tile's path: `tile/0/x001/x234/067`, with `.p/12` behind it if only 12 wide.

use std::{fmt, str::FromStr};

use super::{FULL_WIDTH, HEIGHT, HIGHEST_LEVEL, Tile, TileKind};

/// A text is not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile, such as tile/0/x001/x234/067 or tile/entries/000.p/12")]
pub struct TilePathError;

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut above = self.index / 1000;
        while above > 0 {
            groups.push(above % 1000);
            above /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.width < FULL_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for Tile {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, TilePathError> {
        let parsed = parse(text).ok_or(TilePathError)?;
        // A tile has one path: what reads as a tile but is written otherwise is none.
        if parsed.to_string() == text { Ok(parsed) } else { Err(TilePathError) }
    }
}

fn parse(text: &str) -> Option<Tile> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(level.parse().ok().filter(|level| *level <= HIGHEST_LEVEL)?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok().filter(|w| (1..FULL_WIDTH).contains(w))?),
        None => (rest, FULL_WIDTH),
    };
    let index = index.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let number = (digits.len() == 3).then(|| digits.parse::<u64>().ok())??;
        index.checked_mul(1000)?.checked_add(number)
    })?;
    // The last hash must lie within the leaves that a tree can have.
    let highest = (u64::MAX >> kind.subtree_level()) >> HEIGHT;
    (index <= highest).then_some(Tile { kind, index, width })
}
