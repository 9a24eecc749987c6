//! What a statement is given: a closed list of kinds, each bound in the engine's own way.

use std::{borrow::Cow, fmt::Write as _};

#[cfg(feature = "postgres")]
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, sqlite::SqliteArguments};

/// A value of a statement's parameter.
#[derive(Debug, Clone)]
pub enum Value<'q> {
    /// A number, or none.
    Integer(Option<i64>),
    /// A text, or none.
    Text(Option<Cow<'q, str>>),
    /// Bytes, or none.
    Bytes(Option<Cow<'q, [u8]>>),
    /// Numbers, as the source of a bulk statement (`{integers $1}`).
    Integers(Vec<i64>),
    /// Byte strings, as the source of a bulk statement (`{byte_strings $1}`).
    ByteStrings(Vec<[u8; 32]>),
}

impl Value<'_> {
    /// Binds it on SQLite; a list is JSON there.
    pub(super) fn bind_sqlite(self, arguments: &mut SqliteArguments) {
        let bound = match self {
            Self::Integer(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
            Self::Integers(values) => arguments.add(json_integers(&values)),
            Self::ByteStrings(values) => arguments.add(json_bytes(&values)),
        };
        bound.expect("integers, texts and byte strings always encode");
    }

    /// Binds it on PostgreSQL; a list is an array there.
    #[cfg(feature = "postgres")]
    pub(super) fn bind_postgres(self, arguments: &mut PgArguments) {
        let bound = match self {
            Self::Integer(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value.as_deref()),
            Self::Integers(values) => arguments.add(values),
            Self::ByteStrings(values) => arguments.add(values),
        };
        bound.expect("what the store binds is far below the gigabyte that a value may have");
    }
}

fn json_integers(values: &[i64]) -> String {
    let mut json = String::with_capacity(2 + values.len() * 8);
    json.push('[');
    for value in values {
        if json.len() > 1 {
            json.push(',');
        }
        write!(json, "{value}").expect("writing to a string does not fail");
    }
    json.push(']');
    json
}

fn json_bytes(values: &[[u8; 32]]) -> String {
    let mut json = String::with_capacity(2 + values.len() * 67);
    json.push('[');
    for value in values {
        json.push_str(if json.len() > 1 { ",\"" } else { "\"" });
        json.push_str(&hex::encode(value));
        json.push('"');
    }
    json.push(']');
    json
}

macro_rules! from {
    ($($from:ty, $value:ident => $into:expr;)*) => {$(
        impl<'q> From<$from> for Value<'q> {
            fn from($value: $from) -> Self {
                $into
            }
        }
    )*};
}

from! {
    i64, value => Self::Integer(Some(value));
    &i64, value => Self::Integer(Some(*value));
    Option<i64>, value => Self::Integer(value);
    i32, value => Self::Integer(Some(value.into()));
    u32, value => Self::Integer(Some(value.into()));
    bool, value => Self::Integer(Some(value.into()));
    &'q str, value => Self::Text(Some(Cow::Borrowed(value)));
    &'q String, value => Self::Text(Some(Cow::Borrowed(value)));
    String, value => Self::Text(Some(Cow::Owned(value)));
    Option<&'q str>, value => Self::Text(value.map(Cow::Borrowed));
    Option<String>, value => Self::Text(value.map(Cow::Owned));
    &'q [u8], value => Self::Bytes(Some(Cow::Borrowed(value)));
    &'q Vec<u8>, value => Self::Bytes(Some(Cow::Borrowed(value)));
    Vec<u8>, value => Self::Bytes(Some(Cow::Owned(value)));
    Option<&'q [u8]>, value => Self::Bytes(value.map(Cow::Borrowed));
    Option<Vec<u8>>, value => Self::Bytes(value.map(Cow::Owned));
}

impl<'q, const N: usize> From<&'q [u8; N]> for Value<'q> {
    fn from(value: &'q [u8; N]) -> Self {
        Self::Bytes(Some(Cow::Borrowed(value)))
    }
}

impl FromIterator<i64> for Value<'_> {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        Self::Integers(values.into_iter().collect())
    }
}

impl FromIterator<[u8; 32]> for Value<'_> {
    fn from_iter<I: IntoIterator<Item = [u8; 32]>>(values: I) -> Self {
        Self::ByteStrings(values.into_iter().collect())
    }
}
