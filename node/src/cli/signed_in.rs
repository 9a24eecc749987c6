//! The officer's token: from a file or the environment, never an argument that other accounts on the machine could read.
//!
//! `sign-in` keeps it in the session's own folder, which the machine empties when the person logs out; past its end it is removed by
//! whoever looks at it.

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::error::CliError;
use crate::{
    clock::Clock,
    liaison::{Token, TokenError, ends_us},
    text::{Lang, say},
};

/// The variable of the environment that holds the token.
const VARIABLE: &str = "MELDEVERBUND_TOKEN";

/// The folder of a session that is in memory, for one account, and gone when it ends (XDG Base Directory Specification).
const SESSION: &str = "XDG_RUNTIME_DIR";

/// The token's place in it.
const PLACE: &str = "meldeverbund/token";

/// Bytes that are read of a file: more than a token has.
const FILE_BYTES: u64 = 64 * 1024;

/// How the officer is signed in.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SignedIn {
    /// The file with your ID token, readable by you alone [default: the variable MELDEVERBUND_TOKEN, else what sign-in
    /// keeps]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl SignedIn {
    /// The token, if there is one.
    pub(super) fn token(&self, lang: Lang) -> Result<Option<Token>, CliError> {
        let text = match &self.token_file {
            Some(file) => read(file, lang)?,
            None => match (in_environment(), in_session()) {
                (Some(text), _) => text,
                (None, Some(file)) if file.exists() => {
                    let text = read(&file, lang)?;
                    if ends_us(&text).is_none_or(|end_us| end_us <= Clock::system().now_us()) {
                        forget(&file, lang)?;
                        return Ok(None);
                    }
                    text
                }
                (None, _) => return Ok(None),
            },
        };
        match Token::parse(&text) {
            Ok(token) => Ok(Some(token)),
            Err(TokenError::Missing) => Ok(None),
            Err(error) => Err(CliError::Value(error.to_string())),
        }
    }
}

/// Where the token is kept.
pub(super) fn place(named: Option<PathBuf>, lang: Lang) -> Result<PathBuf, CliError> {
    named.or_else(in_session).ok_or_else(|| {
        CliError::Value(say(
            lang,
            format!("{SESSION} ist nicht gesetzt; nennen Sie mit --token-file, wo das Token liegen soll"),
            format!("{SESSION} is not set; say with --token-file where the token is to be kept"),
        ))
    })
}

/// Keeps a token for its owner alone; whole, or not at all.
pub(super) fn keep(file: &Path, token: &str, lang: Lang) -> Result<(), CliError> {
    let write = || {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut half = file.as_os_str().to_owned();
        half.push(".new");
        let half = PathBuf::from(half);
        remove(&half)?;
        let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
        out.write_all(token.as_bytes())?;
        fs::rename(&half, file)
    };
    write().map_err(|error| failed(file, &error, lang))
}

/// Removes a token; false: there was none.
pub(super) fn forget(file: &Path, lang: Lang) -> Result<bool, CliError> {
    remove(file).map_err(|error| failed(file, &error, lang))
}

fn remove(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn failed(file: &Path, error: &io::Error, lang: Lang) -> CliError {
    let file = file.display();
    CliError::Value(say(
        lang,
        format!("{file}: lässt sich nicht schreiben: {error}"),
        format!("{file}: cannot be written: {error}"),
    ))
}

/// Set and empty is as not set: a program that passes a variable on passes nothing on.
fn in_environment() -> Option<String> {
    env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty())
}

fn in_session() -> Option<PathBuf> {
    env::var_os(SESSION).map(|folder| PathBuf::from(folder).join(PLACE)).filter(|place| place.is_absolute())
}

fn read(file: &Path, lang: Lang) -> Result<String, CliError> {
    let input = |error: std::io::Error| {
        let file = file.display();
        CliError::Value(say(
            lang,
            format!("{file}: lässt sich nicht lesen: {error}"),
            format!("{file}: cannot be read: {error}"),
        ))
    };
    let opened = fs::File::open(file).map_err(input)?;
    let meta = opened.metadata().map_err(input)?;
    if meta.is_file() && meta.permissions().mode() & 0o077 != 0 {
        let file = file.display();
        return Err(CliError::Value(say(
            lang,
            format!("{file}: auch andere Konten können das Token lesen; chmod 600 {file}"),
            format!("{file}: other accounts can read the token, too; chmod 600 {file}"),
        )));
    }
    let mut text = String::new();
    opened.take(FILE_BYTES).read_to_string(&mut text).map_err(input)?;
    Ok(text)
}
