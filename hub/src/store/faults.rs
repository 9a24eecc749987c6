//! Writes of the commit path that can be made to fail in a test: with nothing written, or after all was.

use std::io;
#[cfg(test)]
use std::{
    cell::RefCell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::StoreError;

/// A write of the commit path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// The roots of full tiles.
    Subtrees,
    /// The head.
    Head,
    /// COMMIT.
    Commit,
    /// The high-water mark.
    Mark,
    /// A published checkpoint.
    Publish,
}

/// How it fails.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Nothing is written.
    NotPersisted,
    /// It is written, and fails all the same.
    Persisted,
}

/// What is to fail next on a thread, and on those that it has started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Armed(#[cfg(test)] Arc<Mutex<Option<(Point, How)>>>);

#[cfg(test)]
thread_local! {
    static NEXT: RefCell<Armed> = RefCell::default();
}

impl Armed {
    /// This thread's.
    pub(crate) fn here() -> Self {
        #[cfg(test)]
        return NEXT.with_borrow(Clone::clone);
        #[cfg(not(test))]
        Self()
    }

    /// From now on it is this thread's, too.
    pub(crate) fn share(self) {
        #[cfg(test)]
        NEXT.set(self);
    }
}

/// Lets the next write at this point fail, on this thread or one that it has started.
#[cfg(test)]
pub(crate) fn arm(point: Point, how: How) {
    *next(&Armed::here()) = Some((point, how));
}

/// Whether what was armed has not happened.
#[cfg(test)]
pub(crate) fn is_armed() -> bool {
    next(&Armed::here()).is_some()
}

#[cfg(test)]
fn due(point: Point) -> Option<How> {
    next(&Armed::here()).take_if(|(armed, _)| *armed == point).map(|(_, how)| how)
}

#[cfg(test)]
fn next(armed: &Armed) -> MutexGuard<'_, Option<(Point, How)>> {
    armed.0.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
fn failed() -> io::Error {
    io::Error::other("on purpose")
}

/// Makes a write to the database.
pub(crate) async fn around<T>(
    point: Point,
    write: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    #[cfg(test)]
    if let Some(how) = due(point) {
        if how == How::Persisted {
            write.await?;
        }
        return Err(StoreError::Engine(sqlx::Error::Io(failed())));
    }
    let _ = point;
    write.await
}

/// Makes a write to a file.
pub(crate) fn around_file(point: Point, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    #[cfg(test)]
    if let Some(how) = due(point) {
        if how == How::Persisted {
            write()?;
        }
        return Err(failed());
    }
    let _ = point;
    write()
}
