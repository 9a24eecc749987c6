//! The officer's token: from a file or the environment, never an argument that other accounts on the machine could read.

use std::{env, fs, io::Read as _, os::unix::fs::PermissionsExt as _, path::PathBuf};

use super::error::CliError;
use crate::{
    liaison::{Token, TokenError},
    text::{Lang, say},
};

/// The variable of the environment that holds the token.
const VARIABLE: &str = "MELDEVERBUND_TOKEN";

/// Bytes that are read of a file: more than a token has.
const FILE_BYTES: u64 = 64 * 1024;

/// How the officer is signed in.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct SignedIn {
    /// The file with your ID token, readable by you alone [default: the variable MELDEVERBUND_TOKEN]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl SignedIn {
    /// The token, if there is one.
    pub(super) fn token(&self, lang: Lang) -> Result<Option<Token>, CliError> {
        let text = match &self.token_file {
            Some(file) => read(file, lang)?,
            None => match env::var(VARIABLE) {
                Ok(text) => text,
                Err(_) => return Ok(None),
            },
        };
        match Token::parse(&text) {
            Ok(token) => Ok(Some(token)),
            Err(TokenError::Missing) => Ok(None),
            Err(error) => Err(CliError::Value(error.to_string())),
        }
    }
}

fn read(file: &PathBuf, lang: Lang) -> Result<String, CliError> {
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
