//! Whether the database may be written: it holds everything that was ever signed.

use std::fmt;

use super::{LedgerError, Signed, proofs};
use crate::store::{CheckpointRow, Connection, Head, StoreError};

/// How the database stands to the high-water mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds what was signed.
    Sound,
    /// It does not: it was restored, or another one.
    Behind(Behind),
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// The mark is of a later epoch.
    Epoch {
        /// The mark's.
        mark: u32,
        /// The database's.
        database: u32,
    },
    /// The mark covers more leaves.
    Size {
        /// The mark's.
        mark: u64,
        /// The database's.
        database: u64,
    },
    /// The same leaves have another root.
    Root {
        /// How many leaves.
        size: u64,
    },
    /// A node has shown a checkpoint that was signed and that the database does not continue.
    Shown {
        /// Its epoch.
        epoch: u32,
        /// How many leaves it covers.
        size: u64,
    },
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Shown { epoch, size } = self {
            return write!(
                f,
                "the ledger is behind what it has signed: a node has shown a checkpoint of epoch {epoch} with {size} leaves, \
                 which the database does not continue"
            );
        }
        f.write_str("the ledger is behind its high-water mark: ")?;
        match self {
            Self::Shown { .. } => Ok(()),
            Self::Epoch { mark, database } => {
                write!(f, "epoch {mark} was signed, the database is of epoch {database}")
            }
            Self::Size { mark, database } => {
                write!(f, "{mark} leaves were signed, the database has {database}")
            }
            Self::Root { size } => {
                write!(f, "the database has other leaves than the {size} that were signed")
            }
        }
    }
}

/// Compares a head with what was signed last.
pub(super) fn compare(mark: &Signed, epoch: u32, size: u64) -> Standing {
    if mark.epoch > epoch {
        return Standing::Behind(Behind::Epoch { mark: mark.epoch, database: epoch });
    }
    // What an epoch begins with is what was left of the one before: fewer leaves are no surprise there.
    if mark.epoch == epoch && mark.size > size {
        return Standing::Behind(Behind::Size { mark: mark.size, database: size });
    }
    Standing::Sound
}

/// What a node has shown that this epoch does not continue, if one has.
pub(super) async fn shown(connection: &mut Connection, epoch: u32) -> Result<Option<Behind>, StoreError> {
    let lost = CheckpointRow::newest_lost(connection, epoch).await?;
    Ok(lost.map(|CheckpointRow { epoch, size, .. }| Behind::Shown { epoch, size }))
}

/// Compares the database with the mark, its root at the mark's size included.
pub(super) async fn look(
    connection: &mut Connection,
    mark: Option<&Signed>,
) -> Result<Standing, LedgerError> {
    let head = Head::read(connection).await?;
    if let Some(shown) = shown(connection, head.epoch).await? {
        return Ok(Standing::Behind(shown));
    }
    let Some(mark) = mark else { return Ok(Standing::Sound) };
    let standing = compare(mark, head.epoch, head.size());
    if standing == Standing::Sound
        && mark.epoch == head.epoch
        && proofs::root_at(connection, mark.size).await? != mark.root
    {
        return Ok(Standing::Behind(Behind::Root { size: mark.size }));
    }
    Ok(standing)
}
