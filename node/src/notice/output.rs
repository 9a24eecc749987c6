//! A file that is written once, from front to back, and whose digest is known at the end.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::limits::BUFFER_BYTES;

/// A file as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its name in the folder.
    pub name: &'static str,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
}

/// Counts and digests what goes through.
pub(super) struct Output<W> {
    inner: W,
    bytes: u64,
    digest: Sha256,
}

/// Makes a file in a folder, readable by this account alone, and fills it.
pub(super) fn file(
    folder: &Path,
    name: &'static str,
    fill: impl FnOnce(&mut BufWriter<Output<File>>) -> io::Result<()>,
) -> io::Result<WrittenFile> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(name))?;
    let output = Output { inner: file, bytes: 0, digest: Sha256::new() };
    let mut buffer = BufWriter::with_capacity(BUFFER_BYTES, output);
    fill(&mut buffer)?;
    let output = buffer.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(WrittenFile { name, bytes: output.bytes, sha256: output.digest.finalize().into() })
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
