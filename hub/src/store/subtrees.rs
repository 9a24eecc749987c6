//! The tree's hashes: roots of full tiles beside the leaves' own, and all others folded from them.

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Subtree, node_hash},
    tile::HEIGHT,
};

use super::{
    StoreError,
    engine::{Connection, Values, query_as},
    rows::NewRow,
};

/// The root of a full tile, to be kept.
pub(super) struct SubtreeRow(pub(super) Subtree, pub(super) Digest);

impl NewRow for SubtreeRow {
    const INTO: &'static str = "subtree (level, position, hash)";
    const COLUMNS: usize = 3;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let Self(Subtree { level, index }, hash) = self;
        values.add(i64::from(*level)).add(index.cast_signed()).add(&hash[..]);
    }
}

/// Hashes of consecutive subtrees of a kept level (0, 8, 16, …), at most so many; fewer where the tree ends before.
///
/// # Errors
/// If the engine fails, or one is missing in between.
pub(crate) async fn row_of(
    connection: &mut Connection,
    first: Subtree,
    count: u64,
) -> Result<Vec<Digest>, StoreError> {
    const LEAVES: &str = "/* subtrees::leaves */ SELECT leaf_index, leaf_hash FROM event \
                          WHERE leaf_index >= $1 AND leaf_index < $1 + $2 ORDER BY leaf_index";
    const ROOTS: &str = "/* subtrees::roots */ SELECT position, hash FROM subtree \
                         WHERE level = $3 AND position >= $1 AND position < $1 + $2 ORDER BY position";
    let (Subtree { level, index }, leaves) = (first, first.level == 0);
    let query = query_as(if leaves { LEAVES } else { ROOTS });
    let query = query.bind(index.cast_signed()).bind(count.cast_signed());
    let query = if leaves { query } else { query.bind(i64::from(level)) };
    let rows: Vec<(i64, Vec<u8>)> = query.fetch_all(connection).await?;
    let wrong = || StoreError::Value { column: if leaves { "event.leaf_hash" } else { "subtree.hash" } };
    let in_place = |(expected, (position, hash)): (u64, (i64, Vec<u8>))| {
        let hash = hash.try_into().map_err(|_| wrong())?;
        if position.cast_unsigned() == expected { Ok(hash) } else { Err(wrong()) }
    };
    (index..).zip(rows).map(in_place).collect()
}

/// The hash of each of these subtrees; all of them must be whole.
///
/// # Errors
/// If the engine fails, or the tree does not have one of them.
pub(crate) async fn hashes(
    connection: &mut Connection,
    subtrees: impl IntoIterator<Item = Subtree>,
) -> Result<Vec<Digest>, StoreError> {
    let mut hashes = Vec::new();
    for Subtree { level, index } in subtrees {
        let above = level % HEIGHT;
        let base = Subtree { level: level - above, index: index << above };
        let row = row_of(connection, base, 1 << above).await?;
        if row.len() != 1 << above {
            return Err(StoreError::Value { column: "subtree.hash" });
        }
        hashes.push(perfect(row));
    }
    Ok(hashes)
}

/// The root over a power of two of hashes.
fn perfect(mut row: Vec<Digest>) -> Digest {
    while row.len() > 1 {
        row = row.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row[0]
}
