//! Which of an engine's errors may pass by themselves: the same transaction may succeed later.

use sqlx::{Error, error::DatabaseError};

/// True if the engine was busy, full or out of reach.
pub(in crate::store) fn is_passing(error: &Error) -> bool {
    match error {
        #[cfg(feature = "postgres")]
        Error::Database(error) if let Some(error) = server(&**error) => postgres(error.code()),
        Error::Database(error) => sqlite(&**error),
        Error::Io(_) | Error::PoolTimedOut | Error::Tls(_) => true,
        _ => false,
    }
}

/// True if somebody else has what was asked for, and did not give it back in time.
pub(in crate::store) fn is_locked(error: &Error) -> bool {
    match error {
        #[cfg(feature = "postgres")]
        Error::Database(error) if let Some(error) = server(&**error) => error.code() == LOCK_NOT_AVAILABLE,
        Error::Database(error) => primary(&**error) == BUSY,
        _ => false,
    }
}

/// PostgreSQL's word for a lock that was not free in time.
#[cfg(feature = "postgres")]
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// SQLite's.
const BUSY: i64 = 5;

/// Busy (5), and a disk that is read-only (8), failing (10), full (13), gone (14) or locks nothing (15), each with its
/// extended codes; the low byte is the primary code.
fn sqlite(error: &dyn DatabaseError) -> bool {
    matches!(primary(error), BUSY | 8 | 10 | 13 | 14 | 15)
}

fn primary(error: &dyn DatabaseError) -> i64 {
    error.code().and_then(|code| code.parse::<i64>().ok()).unwrap_or(0) & 0xff
}

#[cfg(feature = "postgres")]
fn server(error: &dyn DatabaseError) -> Option<&sqlx::postgres::PgDatabaseError> {
    error.try_downcast_ref()
}

/// By class (PostgreSQL, appendix A): 08 the connection, 28 who may connect (a password that is being changed), 3D a database
/// that is being restored, 40 deadlock and serialisation, 53 full or too many connections, 57 shutting down, starting, or out
/// of time, 58 the disk; and a lock that was not free in time, a session that was ended because it said nothing, and a server
/// that is read-only: a standby, until it is promoted.
#[cfg(feature = "postgres")]
fn postgres(code: &str) -> bool {
    let class = code.get(..2).unwrap_or("");
    ["08", "28", "3D", "40", "53", "57", "58"].contains(&class)
        || [LOCK_NOT_AVAILABLE, "25P03", "25006"].contains(&code)
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests {
    use super::*;

    #[test]
    fn what_passes_on_a_server() {
        for code in [
            "08006", "28P01", "40P01", "53100", "53300", "55P03", "57P01", "57P03", "57014", "58030", "25006",
        ] {
            assert!(postgres(code), "{code}");
        }
        for code in ["23505", "42P01", "42501", "22P02", "25P02", "XX000", ""] {
            assert!(!postgres(code), "{code}");
        }
        assert!(is_passing(&Error::Io(std::io::ErrorKind::ConnectionRefused.into())));
        assert!(!is_passing(&Error::RowNotFound));
    }
}
