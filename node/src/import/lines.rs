//! Lines of a text, one at a time and none longer than the limit.

use std::io::{self, BufRead};

use super::{
    encoding::{Encoding, LineDecoder},
    limits::LINE_BYTES,
    reason::Reason,
};

/// Reads lines that end in LF, CR LF or CR. Memory does not grow with the length of the text or of its lines.
pub(super) struct Lines<R> {
    reader: R,
    decoder: LineDecoder,
    bytes: Vec<u8>,
    number: u64,
    after_cr: bool,
    most_bytes: usize,
    too_long: Reason,
}

/// One line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Number in the file, from 1.
    pub(super) number: u64,
    /// The text, or why it cannot be read.
    pub(super) text: Result<String, Reason>,
}

impl<R: BufRead> Lines<R> {
    /// Lines behind the byte order mark.
    pub(super) fn new(reader: R, encoding: Option<Encoding>) -> Self {
        Self::with_limit(reader, encoding, LINE_BYTES, Reason::LineTooLong)
    }

    /// Lines with a limit of their own, and the reason that a longer line gets.
    pub(super) fn with_limit(
        reader: R,
        encoding: Option<Encoding>,
        most_bytes: usize,
        too_long: Reason,
    ) -> Self {
        let decoder = LineDecoder::new(encoding);
        Self { reader, decoder, bytes: Vec::new(), number: 0, after_cr: false, most_bytes, too_long }
    }

    /// The next line; none at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        self.bytes.clear();
        let mut too_long = false;
        let mut started = false;
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            if std::mem::take(&mut self.after_cr) && chunk[0] == b'\n' {
                self.reader.consume(1);
                continue;
            }
            started = true;
            let end = chunk.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let part = &chunk[..end.unwrap_or(chunk.len())];
            too_long |= self.bytes.len() + part.len() > self.most_bytes;
            if !too_long {
                self.bytes.extend_from_slice(part);
            }
            self.after_cr = end.is_some_and(|end| chunk[end] == b'\r');
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !started {
            return Ok(None);
        }
        self.number += 1;
        let text = if too_long {
            Err(self.too_long)
        } else {
            self.decoder.decode(&self.bytes).map(std::borrow::Cow::into_owned)
        };
        Ok(Some(Line { number: self.number, text }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn lines(text: &[u8], buffer_bytes: usize) -> Vec<Result<String, Reason>> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer_bytes, text), None);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(line.text);
            assert_eq!(line.number, all.len() as u64);
        }
        all
    }

    #[test]
    fn all_three_line_ends() {
        for buffer_bytes in 1..8 {
            let wanted = ["a", "b", "", "c", "", "d"].map(|text| Ok(text.to_owned()));
            assert_eq!(lines(b"a\r\nb\n\nc\r\rd", buffer_bytes), wanted);
            assert_eq!(lines(b"a\r\n", buffer_bytes), [Ok("a".to_owned())]);
            assert_eq!(lines(b"", buffer_bytes), []);
            assert_eq!(lines(b"\n", buffer_bytes), [Ok(String::new())]);
        }
    }

    #[test]
    fn a_long_line_is_one_error_and_the_next_line_is_read() {
        let mut text = vec![b'x'; LINE_BYTES];
        text.extend_from_slice(b"\n");
        text.extend(vec![b'y'; LINE_BYTES + 1]);
        text.extend_from_slice(b"\nz");
        let lines = lines(&text, 4096);
        assert_eq!(lines[0].as_ref().unwrap().len(), LINE_BYTES);
        assert_eq!(lines[1..], [Err(Reason::LineTooLong), Ok("z".to_owned())]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_buffer(text in "[ab\r\nü]{0,40}", buffer_bytes in 1usize..9) {
            prop_assert_eq!(lines(text.as_bytes(), buffer_bytes), lines(text.as_bytes(), 1024));
        }
    }
}
