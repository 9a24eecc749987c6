//! JSON values one behind the other, or in one array, taken apart without reading them all.

use std::io::{self, BufRead};

use crate::import::{ImportError, limits::XARF_ITEM_BYTES, reason::Reason};

/// Takes values from a text. Memory does not grow with the text or with a value.
pub(super) struct Items<R> {
    reader: R,
    line: u64,
    count: u64,
    list: List,
}

/// One value's bytes, which may be no JSON at all.
#[derive(Debug)]
pub(super) struct Item {
    /// From 1.
    pub(super) number: u64,
    pub(super) bytes: Result<Vec<u8>, Reason>,
}

/// Whether the values stand in one array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Unknown,
    None,
    Open,
    Closed,
}

/// Where a value's end is looked for.
#[derive(Debug, Default)]
struct Nesting {
    depth: usize,
    in_text: bool,
    escaped: bool,
    begun: bool,
}

impl<R: BufRead> Items<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, line: 1, count: 0, list: List::Unknown }
    }

    /// The next value; none at the end.
    ///
    /// # Errors
    /// If the text breaks off inside a value or the array, or goes on behind it.
    pub(super) fn next_item(&mut self) -> Result<Option<Item>, ImportError> {
        while let Some(byte) = self.peek()? {
            match (byte, self.list) {
                (b' ' | b'\t' | b'\r' | b'\n', _) => self.take(byte),
                (_, List::Closed) => return Err(ImportError::BrokenJson(self.line)),
                (b'[', List::Unknown) => {
                    self.list = List::Open;
                    self.take(byte);
                }
                (b',', List::Open) => self.take(byte),
                (b']', List::Open) => {
                    self.list = List::Closed;
                    self.take(byte);
                }
                (b'{', _) | (_, List::Open) => return self.item().map(Some),
                // Between objects there is nothing but blanks: what stands here belongs to a broken one.
                _ => return Err(ImportError::BrokenJson(self.line)),
            }
        }
        if self.list == List::Open { Err(ImportError::BrokenJson(self.line)) } else { Ok(None) }
    }

    fn item(&mut self) -> Result<Item, ImportError> {
        if self.list == List::Unknown {
            self.list = List::None;
        }
        let mut bytes = Vec::new();
        let mut too_long = false;
        let mut nesting = Nesting::default();
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                // A bare word at the very end belongs to an array that is not closed.
                return Err(ImportError::BrokenJson(self.line));
            }
            let end = nesting.find_end(chunk);
            let part = &chunk[..end.unwrap_or(chunk.len())];
            too_long |= bytes.len() + part.len() > XARF_ITEM_BYTES;
            if !too_long {
                bytes.extend_from_slice(part);
            }
            self.line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
            let used = part.len();
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.count += 1;
        let bytes = if too_long { Err(Reason::ItemTooLong) } else { Ok(bytes) };
        Ok(Item { number: self.count, bytes })
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    fn take(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.reader.consume(1);
    }
}

impl Nesting {
    /// How many bytes of a chunk belong to the value, if it ends there.
    fn find_end(&mut self, chunk: &[u8]) -> Option<usize> {
        for (i, byte) in chunk.iter().enumerate() {
            if self.ends_before(*byte) {
                return Some(i);
            }
            self.begun = true;
            if self.ends_with(*byte) {
                return Some(i + 1);
            }
        }
        None
    }

    /// True if the value, a bare word, ended before this byte.
    fn ends_before(&self, byte: u8) -> bool {
        self.begun
            && self.depth == 0
            && !self.in_text
            && matches!(byte, b',' | b']' | b' ' | b'\t' | b'\r' | b'\n')
    }

    /// Goes over a byte; true if the value ends with it.
    fn ends_with(&mut self, byte: u8) -> bool {
        if self.in_text {
            self.in_text = self.escaped || byte != b'"';
            self.escaped = byte == b'\\' && !self.escaped;
            return !self.in_text && self.depth == 0;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn items(text: &str) -> (Vec<String>, Option<String>) {
        let mut items = Items::new(BufReader::with_capacity(3, text.as_bytes()));
        let mut all = Vec::new();
        loop {
            match items.next_item() {
                Ok(Some(item)) => all.push(String::from_utf8(item.bytes.unwrap()).unwrap()),
                Ok(None) => return (all, None),
                Err(error) => return (all, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn arrays_and_objects_are_taken_apart() {
        let a = r#"{"a": "]}\"{", "b": [1, {}]}"#;
        for text in [format!("[{a},\n {a}]\n"), format!("{a}\n{a}"), format!(" [ {a} , {a} ] ")] {
            assert_eq!(items(&text), (vec![a.to_owned(), a.to_owned()], None), "{text}");
        }
        assert_eq!(items("[]"), (vec![], None));
        assert_eq!(items(""), (vec![], None));
        assert_eq!(items(r#"[1, "x]", [2], null]"#).0, ["1", "\"x]\"", "[2]", "null"]);
    }

    #[test]
    fn a_text_that_breaks_off_is_told() {
        for (text, line) in [("[{}\n,", 2), ("{\"a\":\n\n\"", 3), ("[{}] x", 1), ("{}\nx", 2), ("[{}, 1", 1)]
        {
            let error = ImportError::BrokenJson(line).to_string();
            assert_eq!(items(text).1, Some(error), "{text}");
        }
    }

    #[test]
    fn a_value_longer_than_any_report_is_one_error() {
        let text = format!("[{{\"a\":\"{}\"}},{{}}]", "x".repeat(2 * XARF_ITEM_BYTES));
        let mut items = Items::new(BufReader::new(text.as_bytes()));
        assert_eq!(items.next_item().unwrap().unwrap().bytes, Err(Reason::ItemTooLong));
        assert_eq!(items.next_item().unwrap().unwrap().bytes, Ok(b"{}".to_vec()));
        assert!(items.next_item().unwrap().is_none());
    }

    proptest! {
        #[test]
        fn it_comes_to_an_end(text in r#"[\[\]{}",\\a \n]{0,40}"#) {
            items(&text);
        }
    }
}
