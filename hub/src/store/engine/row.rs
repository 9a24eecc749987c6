//! What a statement answers with. Numbers are numbers on both engines; what is true is 1 on one and `TRUE` on the other.

use sqlx::{ColumnIndex, Row as _, sqlite::SqliteRow};
#[cfg(feature = "postgres")]
use sqlx::{TypeInfo as _, ValueRef as _, postgres::PgRow};

/// A row.
#[derive(Debug)]
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(PgRow),
}

/// A column's name or number.
#[cfg(feature = "postgres")]
pub trait Place: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + Copy {}

#[cfg(feature = "postgres")]
impl<T: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + Copy> Place for T {}

/// A column's name or number.
#[cfg(not(feature = "postgres"))]
pub trait Place: ColumnIndex<SqliteRow> + Copy {}

#[cfg(not(feature = "postgres"))]
impl<T: ColumnIndex<SqliteRow> + Copy> Place for T {}

impl Row {
    /// The value of a column.
    ///
    /// # Errors
    /// If there is no such column, or it has another type.
    pub fn try_get<'r, T: FromColumn<'r>>(&'r self, place: impl Place) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => T::from_sqlite(row, place),
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => T::from_postgres(row, place),
        }
    }
}

/// What a column's value can be read as.
pub trait FromColumn<'r>: Sized {
    /// Reads it on SQLite.
    ///
    /// # Errors
    /// If there is no such column, or it has another type.
    fn from_sqlite(row: &'r SqliteRow, place: impl Place) -> Result<Self, sqlx::Error>;

    /// Reads it on PostgreSQL.
    ///
    /// # Errors
    /// If there is no such column, or it has another type.
    #[cfg(feature = "postgres")]
    fn from_postgres(row: &'r PgRow, place: impl Place) -> Result<Self, sqlx::Error>;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl<'r> FromColumn<'r> for $type {
            fn from_sqlite(row: &'r SqliteRow, place: impl Place) -> Result<Self, sqlx::Error> {
                row.try_get(place)
            }

            #[cfg(feature = "postgres")]
            fn from_postgres(row: &'r PgRow, place: impl Place) -> Result<Self, sqlx::Error> {
                row.try_get(place)
            }
        }
    )*};
}

plain!(
    i64,
    Option<i64>,
    String,
    Option<String>,
    &'r str,
    Option<&'r str>,
    Vec<u8>,
    Option<Vec<u8>>,
    &'r [u8],
    Option<&'r [u8]>
);

impl<'r> FromColumn<'r> for i32 {
    fn from_sqlite(row: &'r SqliteRow, place: impl Place) -> Result<Self, sqlx::Error> {
        small(row.try_get(place)?)
    }

    #[cfg(feature = "postgres")]
    fn from_postgres(row: &'r PgRow, place: impl Place) -> Result<Self, sqlx::Error> {
        small(row.try_get(place)?)
    }
}

fn small(value: i64) -> Result<i32, sqlx::Error> {
    value.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

impl<'r> FromColumn<'r> for bool {
    fn from_sqlite(row: &'r SqliteRow, place: impl Place) -> Result<Self, sqlx::Error> {
        row.try_get(place)
    }

    #[cfg(feature = "postgres")]
    fn from_postgres(row: &'r PgRow, place: impl Place) -> Result<Self, sqlx::Error> {
        // An expression is true or false; a column is 0 or 1.
        if row.try_get_raw(place)?.type_info().name() == "BOOL" {
            return row.try_get(place);
        }
        Ok(row.try_get::<i64, _>(place)? != 0)
    }
}

/// What a whole row can be read as.
pub trait FromRow: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// If a column is missing or has another type.
    fn from_row(row: &Row) -> Result<Self, sqlx::Error>;
}

macro_rules! tuple {
    ($($type:ident $at:tt),*) => {
        impl<$($type: for<'r> FromColumn<'r>),*> FromRow for ($($type,)*) {
            fn from_row(row: &Row) -> Result<Self, sqlx::Error> {
                Ok(($(row.try_get::<$type>($at)?,)*))
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
