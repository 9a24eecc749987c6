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

    /// A line of text.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> Result<(), CliError> {
        writeln!(self.0, "{}", text.as_ref())?;
        Ok(())
    }

    /// A JSON value on a line of its own.
    pub(super) fn json(&mut self, value: &Value) -> Result<(), CliError> {
        self.line(value.to_string())
    }

    /// Everything so far is seen.
    pub(super) fn flush(&mut self) -> Result<(), CliError> {
        self.0.flush()?;
        Ok(())
    }
}

/// Whether a person sees standard error.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}
