//! Where the bytes come from: a file or a stream, counted, with a look at the beginning.

use std::{
    fs::File,
    io::{self, BufReader, Cursor, Read},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::limits::SNIFF_BYTES;

/// What is read.
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A stream, such as standard input.
    Reader(Box<dyn Read + Send>),
}

/// An opened source: its beginning, and everything including the beginning as a reader.
pub(super) struct Opened {
    /// The first bytes, all of them if there are no more than [`SNIFF_BYTES`].
    pub(super) start: Vec<u8>,
    /// The bytes from the first on.
    pub(super) reader: ByteReader,
    /// Bytes in all, if the source says so.
    pub(super) total_bytes: Option<u64>,
    /// Bytes read so far.
    pub(super) read_bytes: Arc<AtomicU64>,
}

/// A source's text behind its byte order mark, in UTF-8 or Windows-1252.
pub(super) type TextReader = Box<dyn io::BufRead + Send>;

/// The bytes of a source.
pub(super) type ByteReader = BufReader<io::Chain<Cursor<Vec<u8>>, Counted>>;

impl Source {
    /// A stream as a source.
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Self::Reader(Box::new(reader))
    }

    pub(super) fn open(self) -> io::Result<Opened> {
        let (inner, total_bytes): (Box<dyn Read + Send>, _) = match self {
            Self::File(path) => {
                let file = File::open(path)?;
                let metadata = file.metadata()?;
                // A pipe has a length too, and it is 0.
                (Box::new(file), metadata.is_file().then_some(metadata.len()))
            }
            Self::Reader(reader) => (reader, None),
        };
        let read_bytes = Arc::new(AtomicU64::new(0));
        let mut counted = Counted { inner, read_bytes: Arc::clone(&read_bytes) };
        let mut start = Vec::new();
        (&mut counted).take(SNIFF_BYTES as u64).read_to_end(&mut start)?;
        let reader = BufReader::with_capacity(SNIFF_BYTES, Cursor::new(start.clone()).chain(counted));
        Ok(Opened { start, reader, total_bytes, read_bytes })
    }
}

/// A reader that counts and goes on after a signal.
pub(super) struct Counted {
    inner: Box<dyn Read + Send>,
    read_bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(n) => {
                    self.read_bytes.fetch_add(n as u64, Ordering::Relaxed);
                    return Ok(n);
                }
            }
        }
    }
}
