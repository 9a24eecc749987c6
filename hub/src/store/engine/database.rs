//! Which database: a file, or a server's.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, de::Error as _};
#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnectOptions;

/// Where the database is. Whoever prints it is not told a password.
#[derive(Clone)]
pub enum Database {
    /// A file on this machine (SQLite).
    File(PathBuf),
    /// A server's database (PostgreSQL).
    #[cfg(feature = "postgres")]
    Server(Box<PgConnectOptions>),
}

/// The setting names no database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Another kind of address.
    #[error("must be a path, or postgres://user@host:port/name")]
    Scheme,
    /// An address that cannot be read. What is wrong with it is said, not what stands there: it may hold a password.
    #[cfg(feature = "postgres")]
    #[error("is no address of a PostgreSQL database")]
    Address(#[source] sqlx::Error),
    /// An engine that this program lacks.
    #[cfg(not(feature = "postgres"))]
    #[error(
        "is a server's, and this program was built without PostgreSQL: take one that was built with the feature `postgres`, \
         as it is by default"
    )]
    NotBuiltIn,
    /// A parameter that nobody would look at.
    #[cfg(feature = "postgres")]
    #[error("has a parameter `{0}` that means nothing here")]
    Parameter(String),
}

/// What may stand behind the `?` of an address.
#[cfg(feature = "postgres")]
const PARAMETERS: [&str; 11] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "options",
];

impl Database {
    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            #[cfg(feature = "postgres")]
            Self::Server(_) => None,
        }
    }

    /// The same; a file's path counts from this folder.
    #[must_use]
    pub fn in_folder(self, folder: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(folder.join(path)),
            #[cfg(feature = "postgres")]
            server @ Self::Server(_) => server,
        }
    }
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let Some((scheme, address)) = text.split_once("://") else { return Ok(Self::File(text.into())) };
        if !["postgres", "postgresql"].contains(&scheme) {
            return Err(DatabaseError::Scheme);
        }
        server(text, address)
    }
}

#[cfg(feature = "postgres")]
fn server(text: &str, address: &str) -> Result<Database, DatabaseError> {
    let parameters = address.split_once('?').map_or("", |(_, parameters)| parameters);
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        if !PARAMETERS.contains(&name) {
            return Err(DatabaseError::Parameter(name.to_owned()));
        }
    }
    Ok(Database::Server(Box::new(text.parse().map_err(DatabaseError::Address)?)))
}

#[cfg(not(feature = "postgres"))]
fn server(_: &str, _: &str) -> Result<Database, DatabaseError> {
    Err(DatabaseError::NotBuiltIn)
}

impl<'de> Deserialize<'de> for Database {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = |error: DatabaseError| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            D::Error::custom(format!("{error}{}", cause.unwrap_or_default()))
        };
        String::deserialize(deserializer)?.parse().map_err(wrong)
    }
}

impl From<&Path> for Database {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for Database {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Self> for Database {
    fn from(database: &Self) -> Self {
        database.clone()
    }
}

impl From<PathBuf> for Database {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "postgres")]
            Self::Server(options) => {
                let host =
                    options.get_socket().map_or(options.get_host().into(), |path| path.to_string_lossy());
                let (user, port) = (options.get_username(), options.get_port());
                write!(f, "postgres://{user}@{host}:{port}/{}", options.get_database().unwrap_or(user))
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[cfg(not(feature = "postgres"))]
mod tests_without {
    use super::*;

    #[test]
    fn a_server_needs_what_is_not_built_in() {
        let error = "postgres://hub:geheim@db.example/hub".parse::<Database>().unwrap_err();
        assert!(error.to_string().contains("without PostgreSQL"), "{error}");
        assert!(!format!("{error:?}").contains("geheim"));
        assert!("hub.sqlite".parse::<Database>().is_ok());
    }
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests {
    use super::*;

    #[test]
    fn a_path_or_a_server() {
        let database = |text: &str| text.parse::<Database>();
        assert_eq!(database("hub.sqlite").unwrap().file(), Some(Path::new("hub.sqlite")));
        let folder = Path::new("/var/lib");
        assert_eq!(database("a/b").unwrap().in_folder(folder).to_string(), "/var/lib/a/b");
        let server =
            database("postgres://hub:geheim@db.example:5433/meldeverbund?sslmode=verify-full").unwrap();
        assert_eq!(server.file(), None);
        assert_eq!(
            server.clone().in_folder(folder).to_string(),
            "postgres://hub@db.example:5433/meldeverbund"
        );
        for shown in [server.to_string(), format!("{server:?}")] {
            assert!(!shown.contains("geheim"), "{shown}");
        }
        let named = database("postgresql://hub@db.example/other").unwrap();
        assert!(named.to_string().ends_with("/other"));
    }

    #[test]
    fn what_is_wrong_is_said_without_what_stands_there() {
        for (bad, said) in [
            ("mysql://hub:geheim@db.example/hub", "must be a path"),
            ("postgres://hub:geheim@db.example:port/hub", "no address"),
            ("postgres://hub:geheim@db.example/hub?pasword=geheim", "`pasword`"),
            ("postgres://hub:geheim@db.example/hub?sslmode=ful", "no address"),
        ] {
            let error = bad.parse::<Database>().unwrap_err();
            assert!(error.to_string().contains(said), "{bad}: {error}");
            assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
        }
    }
}
