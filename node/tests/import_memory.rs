//! Memory stays flat, however long the input is: a process of its own, so that nothing else counts.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use meldeverbund_node::import::{Format, Options, Source, open};

/// The most memory that this process ever had.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A stream that makes its text as it is read: a header, one chunk again and again, an end.
struct Endless {
    head: &'static [u8],
    chunk: Vec<u8>,
    at: usize,
    chunks_left: u64,
    given: Arc<AtomicU64>,
}

impl Endless {
    fn new(head: &'static str, chunk: &str, chunks: u64) -> (Self, Arc<AtomicU64>) {
        let given = Arc::new(AtomicU64::new(0));
        let stream = Self {
            head: head.as_bytes(),
            chunk: chunk.into(),
            at: 0,
            chunks_left: chunks,
            given: Arc::clone(&given),
        };
        (stream, given)
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.head.is_empty() {
            return self.head.read(buffer);
        }
        if self.at == self.chunk.len() {
            self.at = 0;
            self.chunks_left -= 1;
        }
        if self.chunks_left == 0 {
            return Ok(0);
        }
        let n = (&self.chunk[self.at..]).read(buffer)?;
        self.at += n;
        self.given.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[test]
fn memory_does_not_grow_with_the_input() {
    rows_come_before_the_input_is_read();
    let before = peak_kib();

    // 60 MB in rows of 20 KB, most of it in a column that is not read.
    let row = format!("https://h.example/a;{}\n", "x".repeat(20_000));
    count(Endless::new("Link;Anlage\n", &row, 3_000), Format::Csv, 3_000);
    // 60 MB without a single line end: one error.
    let piece = "y".repeat(100_000);
    count(Endless::new("", &piece, 600), Format::Text, 1);
    count(Endless::new("Link\n", &piece, 300), Format::Csv, 1);
    // A quotation mark that nobody closes, in front of 25 MB.
    let line = format!("{}\n", "z".repeat(50_000));
    count(Endless::new("Link\n\"", &line, 500), Format::Csv, 500);
    // A report of 30 MB, which is one error, and an array of them.
    count(Endless::new("{\"a\":\"", &piece, 300), Format::Xarf, 1);
    let report = format!("{{\"a\":\"{}\"}},", "w".repeat(3_000_000));
    count(Endless::new("[", &report, 10), Format::Xarf, 10);
    // Many short lines.
    let lines = "https://filehost-03.example/d/abc\n# Notiz\n".repeat(100);
    count(Endless::new("", &lines, 500), Format::Text, 50_000);

    let grown = peak_kib() - before;
    assert!(grown < 16 * 1024, "200 MB of input took {grown} KiB");
}

fn count((stream, _): (Endless, Arc<AtomicU64>), format: Format, rows: usize) {
    let mut options = Options { format: Some(format), ..Options::default() };
    if format == Format::Csv {
        options.mappings.extend("Anlage=ignore".parse().ok().filter(|_| stream.head.contains(&b';')));
    }
    let import = open(Source::reader(stream), &options).unwrap();
    // An array that the stream does not close ends with an error of its own.
    assert_eq!(import.filter(Result::is_ok).count(), rows);
}

/// The first rows come while the stream is nearly all unread: it has no end.
fn rows_come_before_the_input_is_read() {
    let (stream, given) = Endless::new("", "https://h.example/a\n", u64::MAX);
    let import = open(Source::reader(stream), &Options::default()).unwrap();
    assert_eq!(import.take(50_000).filter(|row| row.as_ref().unwrap().outcome.is_ok()).count(), 50_000);
    let given = given.load(Ordering::Relaxed);
    assert!(given < 50_000 * 20 + 256 * 1024, "{given} bytes were read for 1 MB of rows");
}
