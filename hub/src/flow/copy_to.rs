//! A hub's database moved from a file to a server: copied in one transaction, looked at whole before that commits, and left behind
//! marked, so that no two hubs ever go on with one history.
//!
//! ```text
//! file alone → ledger whole → file marked *moving* → rows copied, compared, ledger verified → COMMIT → file marked *moved*
//! ```
//!
//! COMMIT is the commit point: before it the server has nothing, and the mark is taken back. Where its answer does not come, the
//! mark stays, and the same command finds out.

use crate::{
    ledger::{
        LedgerError, LedgerFiles,
        verify::{Fault, Verified, verify_still},
    },
    store::{
        Connection, Database, Moved, OpenError, StoreError, backup,
        copying::{self, Held, Progress},
    },
};

/// The database was not moved.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Away from a server.
    #[error(
        "the configured database is a PostgreSQL server's: this verb copies from a file to a server, and there is no way back"
    )]
    FromServer,
    /// To a file.
    #[error("--database must be a server's (postgres://…): a file is copied with `backup`")]
    ToFile,
    /// A hub, or a verb, is at work.
    #[error("somebody has the database open: stop the hub, and whoever else is at work on it")]
    InUse,
    /// The file was moved before.
    #[error("the database {0}")]
    Elsewhere(Moved),
    /// The file was not moved.
    #[error("the database was not moved: there is nothing to take back")]
    NotMoved,
    /// An earlier or a later version's file.
    #[error("the database has another version's schema: start this version's hub on it once, then copy")]
    Version,
    /// The file is broken.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The ledger is.
    #[error("the ledger in {place} is not whole, {faults} faults, the first: {first}")]
    NotWhole {
        /// Which of the two.
        place: &'static str,
        /// The first fault.
        first: Fault,
        /// How many.
        faults: usize,
    },
    /// The server's database is somebody's.
    #[error("the server's database holds something already ({0}): take an empty one")]
    NotEmpty(&'static str),
    /// The server's database is no hub's of this version.
    #[error("the server's database has other tables than this version's: take an empty one")]
    OtherTables,
    /// The place that a move is to be taken back from is no hub's of this version.
    #[error(
        "at the new place there are other tables than this version's: a hub of another version was there, or somebody else; nothing \
         was changed. Take the move back with the version that was there last; only if no hub of any version will ever be started \
         there, `copy-to --undo --copy-is-gone`"
    )]
    OtherTablesThere,
    /// The place that a move is to be taken back from is empty.
    #[error(
        "at the new place there is no copy, although the file was moved there: it was taken away, or the address leads elsewhere now; \
         nothing was changed. Only if no hub will ever be started on it, `copy-to --undo --copy-is-gone`"
    )]
    NoCopyThere,
    /// What arrived is not what was sent.
    #[error("the copy is not like the database: {0}")]
    Differs(&'static str),
    /// Nobody knows whether the copy is there.
    #[error(
        "the server did not say whether the copy is there; until that is known no hub can serve either: run the same command again"
    )]
    Unknown(#[source] StoreError),
    /// A hub has written at the new place.
    #[error("the copy was written to since ({0}): the database goes on there, and there is no way back")]
    Written(&'static str),
    /// The file.
    #[error("the database")]
    From(#[source] StoreError),
    /// The server.
    #[error("the server's database; nothing was changed there, and the same command may be tried again")]
    To(#[source] StoreError),
    /// The server's schema.
    #[error("the server's database")]
    Schema(#[from] OpenError),
    /// The ledger.
    #[error("the ledger cannot be looked at")]
    Ledger(#[from] LedgerError),
}

/// Copies a stopped hub's file into a server's empty database, and marks the file.
///
/// # Errors
/// Why it was not moved; unless the outcome is not known, the file can be served as before.
pub async fn copy_to(
    from: &Database,
    to: &Database,
    files: &LedgerFiles,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified, CopyError> {
    let mut file = alone(from).await?;
    let address = to.to_string();
    let mark = copying::mark(&mut file).await.map_err(CopyError::From)?;
    let is_tried_again = match mark {
        None => false,
        Some(Moved::Moving(place)) if place == address => true,
        Some(mark) => return Err(CopyError::Elsewhere(mark)),
    };
    if let Some(said) = backup::damage(&mut file).await.map_err(CopyError::From)? {
        return Err(CopyError::Damaged(said));
    }
    let whole = whole(&mut file, files, "the database").await?;
    let mut server = server(to).await?;
    if copying::fits(&mut server).await.map_err(CopyError::To)?.is_none() {
        copying::make(to).await?;
    }
    if copying::fits(&mut server).await.map_err(CopyError::To)? != Some(true) {
        return Err(CopyError::OtherTables);
    }
    let held = Held::look(&mut file).await.map_err(CopyError::From)?;
    if !copying::begin(&mut server).await.map_err(CopyError::To)? {
        return Err(CopyError::NotEmpty("a copy that was given up"));
    }
    let there = Held::look(&mut server).await.map_err(CopyError::To)?;
    match there.something() {
        // An earlier try has come through after all.
        Some(_) if is_tried_again && held.differs(&there).is_none() => {
            compare(&held, &mut server, files, &whole).await?;
        }
        Some(table) => return Err(CopyError::NotEmpty(table)),
        None => {
            let moving = Moved::Moving(address.clone());
            Moved::put(Some(&moving), &mut file).await.map_err(CopyError::From)?;
            let copied = match copying::copy(&mut file, &mut server, tell).await.map_err(CopyError::To) {
                Ok(()) => compare(&held, &mut server, files, &whole).await,
                failed => failed,
            };
            if let Err(error) = copied {
                // Nothing was committed, and nothing will be: the connection goes with its transaction.
                drop(server);
                Moved::put(None, &mut file).await.map_err(CopyError::From)?;
                return Err(error);
            }
        }
    }
    copying::commit(&mut server).await.map_err(CopyError::Unknown)?;
    Moved::put(Some(&Moved::Gone(address)), &mut file).await.map_err(CopyError::From)?;
    Ok(whole)
}

/// Takes a move back: the copy can never be written to again, and the file's mark goes. `to` is none where the copy is lost for
/// good, which nobody but the operator can know.
///
/// # Errors
/// If something was written at the new place, or it cannot be looked at: two hubs would sign two histories.
pub async fn take_back(
    from: &Database,
    to: Option<&Database>,
    files: &LedgerFiles,
) -> Result<Verified, CopyError> {
    let mut file = alone(from).await?;
    let mark = copying::mark(&mut file).await.map_err(CopyError::From)?;
    let (place, arrived) = match mark {
        None => return Err(CopyError::NotMoved),
        Some(Moved::Moving(place)) => (place, Arrived::Perhaps),
        Some(Moved::Gone(place)) => (place, Arrived::Surely),
        Some(mark @ Moved::GivenUp) => return Err(CopyError::Elsewhere(mark)),
    };
    // Where a hub on this machine has signed at the new place, the mark is ahead of the file.
    let whole = whole(&mut file, files, "the database").await?;
    if let Some(to) = to {
        if to.to_string() != place {
            return Err(CopyError::Elsewhere(Moved::Gone(place)));
        }
        give_up(&mut file, to, arrived).await?;
    }
    Moved::put(None, &mut file).await.map_err(CopyError::From)?;
    Ok(whole)
}

/// Whether a copy was committed, as far as the file's mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrived {
    /// The server did not say so.
    Perhaps,
    /// It did.
    Surely,
}

impl Arrived {
    /// Nothing is there.
    fn is_nothing(self) -> Result<(), CopyError> {
        if self == Self::Perhaps { Ok(()) } else { Err(CopyError::NoCopyThere) }
    }
}

async fn give_up(file: &mut Connection, to: &Database, arrived: Arrived) -> Result<(), CopyError> {
    let mut server = server(to).await?;
    if copying::tables(&mut server).await.map_err(CopyError::To)?.is_empty() {
        return arrived.is_nothing();
    }
    // A copy comes when this version's tables are there, all of them; what else stands there is somebody else's.
    if copying::fits(&mut server).await.map_err(CopyError::To)? != Some(true) {
        return Err(CopyError::OtherTablesThere);
    }
    let held = Held::look(file).await.map_err(CopyError::From)?;
    // Whoever is in the middle of a write, a copy that hangs in its COMMIT included, is waited for.
    if !copying::begin(&mut server).await.map_err(CopyError::To)? {
        // Given up before.
        return Ok(());
    }
    let there = Held::look(&mut server).await.map_err(CopyError::To)?;
    let is_copy = match there.something() {
        Some(_) => true,
        // A copy of nothing is a copy.
        None => arrived == Arrived::Surely && held.something().is_none(),
    };
    if !is_copy {
        return arrived.is_nothing();
    }
    if let Some(table) = held.was_written(&there) {
        return Err(CopyError::Written(table));
    }
    copying::give_up(&mut server).await.map_err(CopyError::Unknown)
}

async fn alone(from: &Database) -> Result<Connection, CopyError> {
    let path = from.file().ok_or(CopyError::FromServer)?;
    let mut file = copying::alone(path).await.map_err(CopyError::From)?.ok_or(CopyError::InUse)?;
    if copying::fits(&mut file).await.map_err(CopyError::From)? != Some(true) {
        return Err(CopyError::Version);
    }
    Ok(file)
}

async fn server(to: &Database) -> Result<Connection, CopyError> {
    copying::server(to).await.map_err(CopyError::To)?.ok_or(CopyError::ToFile)
}

/// Looks at everything that arrived, before it is committed.
async fn compare(
    held: &Held,
    server: &mut Connection,
    files: &LedgerFiles,
    sent: &Verified,
) -> Result<(), CopyError> {
    copying::analyze(server).await.map_err(CopyError::To)?;
    let there = Held::look(server).await.map_err(CopyError::To)?;
    if let Some(table) = held.differs(&there) {
        return Err(CopyError::Differs(table));
    }
    let arrived = whole(server, files, "the copy").await?;
    if arrived == *sent { Ok(()) } else { Err(CopyError::Differs("the ledger")) }
}

async fn whole(
    connection: &mut Connection,
    files: &LedgerFiles,
    place: &'static str,
) -> Result<Verified, CopyError> {
    let mut faults = Vec::new();
    let mut tell = |fault: Fault| {
        if !fault.is_notice() {
            faults.push(fault);
        }
    };
    let verified = verify_still(connection, files, &mut tell).await?;
    match faults.first() {
        Some(first) => Err(CopyError::NotWhole { place, first: first.clone(), faults: faults.len() }),
        None => Ok(verified),
    }
}
