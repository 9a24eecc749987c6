//! Standard output: buffered, and quiet when the reader has gone.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};

use serde_json::Value;

use super::error::CliError;

/// Standard output.
pub(super) struct Screen(BufWriter<Stdout>);

impl Screen {
    pub(super) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    /// A line of text. Files and agencies name things as they like; none of it may steer the terminal.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> Result<(), CliError> {
        let text = text.as_ref();
        if text.contains(steers) {
            writeln!(self.0, "{}", text.replace(steers, "\u{fffd}"))?;
        } else {
            writeln!(self.0, "{text}")?;
        }
        Ok(())
    }

    /// A JSON value on a line of its own.
    pub(super) fn json(&mut self, value: &Value) -> Result<(), CliError> {
        writeln!(self.0, "{value}")?;
        Ok(())
    }

    /// Everything so far is seen.
    pub(super) fn flush(&mut self) -> Result<(), CliError> {
        self.0.flush()?;
        Ok(())
    }
}

fn steers(letter: char) -> bool {
    letter.is_control() && letter != '\n'
}

/// Whether a person sees standard error.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
