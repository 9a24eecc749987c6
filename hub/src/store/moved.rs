//! Marks of a database that no hub may serve: it was moved elsewhere, is being moved, or is a copy that was given up.

use std::fmt;

use super::{
    StoreError,
    engine::{Connection, query_as},
};

/// Why no hub may serve this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It is being moved to this address; whether it has come there is not known.
    Moving(String),
    /// It was moved to this address.
    Gone(String),
    /// It is a copy of a database that went on elsewhere.
    GivenUp,
}

/// The names of the marks among the database's facts.
pub(super) const MOVING: &str = "moving_to";
const MOVED: &str = "moved_to";
#[cfg(feature = "postgres")]
const GIVEN_UP: &str = "given_up";

impl Moved {
    /// The mark, if there is one.
    pub(super) async fn read(connection: &mut Connection) -> Result<Option<Self>, StoreError> {
        const SQL: &str = "/* moved::read */ SELECT name, value FROM meta \
                           WHERE name IN ('moving_to', 'moved_to', 'given_up') ORDER BY name";
        let marks: Vec<(String, Vec<u8>)> = query_as(SQL).fetch_all(connection).await?;
        let Some((name, value)) = marks.into_iter().next() else { return Ok(None) };
        let to = String::from_utf8(value).map_err(|_| StoreError::Value { column: "meta.value" })?;
        Ok(Some(match name.as_str() {
            MOVING => Self::Moving(to),
            MOVED => Self::Gone(to),
            _ => Self::GivenUp,
        }))
    }

    /// Puts this mark in the place of any other; none: takes it away.
    #[cfg(feature = "postgres")]
    pub(crate) async fn put(mark: Option<&Self>, connection: &mut Connection) -> Result<(), StoreError> {
        use super::engine::query;

        const NONE: &str =
            "/* moved::none */ DELETE FROM meta WHERE name IN ('moving_to', 'moved_to', 'given_up')";
        const PUT: &str = "/* moved::put */ INSERT INTO meta (name, value) VALUES ($1, $2)";
        query("/* moved::begin */ {begin}").execute(&mut *connection).await?;
        query(NONE).execute(&mut *connection).await?;
        let mark = mark.map(|mark| match mark {
            Self::Moving(to) => (MOVING, to.as_str()),
            Self::Gone(to) => (MOVED, to.as_str()),
            Self::GivenUp => (GIVEN_UP, ""),
        });
        if let Some((name, to)) = mark {
            query(PUT).bind(name).bind(to.as_bytes()).execute(&mut *connection).await?;
        }
        query("/* moved::commit */ COMMIT").execute(connection).await?;
        Ok(())
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moving(to) => write!(
                f,
                "is being moved to {to}, and that was not finished: run `copy-to` again, or `copy-to --undo`"
            ),
            Self::Gone(to) => write!(
                f,
                "was moved to {to}, where it goes on; as long as nothing was written there, `copy-to --undo` takes it back"
            ),
            Self::GivenUp => f.write_str("is a copy that was given up; the database went on where it was"),
        }
    }
}
