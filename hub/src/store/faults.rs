//! Writes of the commit path that can be made to fail in a test: with nothing written, or after all was.

#[cfg(test)]
use std::cell::Cell;
use std::io;

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

#[cfg(test)]
thread_local! {
    static NEXT: Cell<Option<(Point, How)>> = const { Cell::new(None) };
}

/// Lets the next write at this point fail, on this thread.
#[cfg(test)]
pub(crate) fn arm(point: Point, how: How) {
    NEXT.set(Some((point, how)));
}

/// Whether what was armed has not happened.
#[cfg(test)]
pub(crate) fn is_armed() -> bool {
    NEXT.get().is_some()
}

#[cfg(test)]
fn due(point: Point) -> Option<How> {
    let (_, how) = NEXT.get().filter(|(armed, _)| *armed == point)?;
    NEXT.set(None);
    Some(how)
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
