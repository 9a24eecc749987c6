//! Character sets of text files: UTF-8, Windows-1252 as German Excel writes it, UTF-16.

use std::{
    borrow::Cow,
    fmt,
    io::{self, BufRead, Read},
    str::FromStr,
};

use encoding_rs::{Decoder, DecoderResult, WINDOWS_1252};

use super::reason::Reason;

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// Windows-1252, what German Excel calls "CSV".
    Windows1252,
    /// UTF-16, least significant byte first, what Excel calls "Unicode text".
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
}

/// A text is no name of a character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no character set; there are utf-8, windows-1252, utf-16le, utf-16be")]
pub struct UnknownEncoding;

impl Encoding {
    /// The encoding that the first bytes show, and how many of them are a byte order mark.
    ///
    /// Without a mark, one zero byte in the first pair is UTF-16: all our formats begin with an ASCII letter.
    pub(super) fn of_start(start: &[u8]) -> Option<(Self, usize)> {
        match start {
            [0xEF, 0xBB, 0xBF, ..] => Some((Self::Utf8, 3)),
            [0xFF, 0xFE, ..] => Some((Self::Utf16Le, 2)),
            [0xFE, 0xFF, ..] => Some((Self::Utf16Be, 2)),
            [first, 0, ..] if *first != 0 => Some((Self::Utf16Le, 0)),
            [0, second, ..] if *second != 0 => Some((Self::Utf16Be, 0)),
            _ => None,
        }
    }

    pub(super) fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Windows1252 => "Windows-1252",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        })
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "windows-1252" | "cp1252" | "ansi" => Ok(Self::Windows1252),
            "utf-16le" | "utf-16" => Ok(Self::Utf16Le),
            "utf-16be" => Ok(Self::Utf16Be),
            _ => Err(UnknownEncoding),
        }
    }
}

/// Decodes lines that are UTF-8 or Windows-1252, without having seen the whole file.
///
/// If nothing states the character set, the first line beyond ASCII decides: valid UTF-8 is UTF-8, because text in
/// Windows-1252 practically never is. From then on a line of the other kind is an error and not a guess: a link with a
/// wrong letter would be another link.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineDecoder {
    set: Option<Encoding>,
    stated: bool,
}

impl LineDecoder {
    /// A decoder for a character set that is stated, or still to be found.
    pub(super) fn new(stated: Option<Encoding>) -> Self {
        // What was UTF-16 is UTF-8 once it comes out of [`Utf16Reader`].
        let set = stated.map(|set| if set.is_utf16() { Encoding::Utf8 } else { set });
        Self { set, stated: stated.is_some() }
    }

    pub(super) fn decode<'a>(&mut self, line: &'a [u8]) -> Result<Cow<'a, str>, Reason> {
        let utf8 = std::str::from_utf8(line);
        if let Ok(text) = utf8
            && line.is_ascii()
        {
            return Ok(text.into());
        }
        let set = *self.set.get_or_insert(if utf8.is_ok() { Encoding::Utf8 } else { Encoding::Windows1252 });
        match (set, utf8) {
            (Encoding::Windows1252, Ok(_)) if !self.stated => Err(Reason::Encoding(set)),
            (Encoding::Windows1252, _) => Ok(WINDOWS_1252.decode_without_bom_handling(line).0),
            (_, Ok(text)) => Ok(text.into()),
            (_, Err(_)) => Err(Reason::Encoding(set)),
        }
    }
}

/// Reads UTF-16 as UTF-8. A broken pair comes out as a byte that UTF-8 does not have, so that its line is refused.
pub(super) struct Utf16Reader<R> {
    inner: R,
    decoder: Decoder,
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

/// A byte that is nowhere in UTF-8.
const NEVER_UTF8: u8 = 0xFF;

/// Bytes that one step decodes.
const STEP_BYTES: usize = 8 * 1024;

impl<R: BufRead> Utf16Reader<R> {
    /// A reader for a stream behind its byte order mark.
    pub(super) fn new(inner: R, encoding: Encoding) -> Self {
        let from = if encoding == Encoding::Utf16Be { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
        let decoder = from.new_decoder_without_bom_handling();
        Self { inner, decoder, out: Vec::with_capacity(STEP_BYTES), given: 0, ended: false }
    }

    fn step(&mut self) -> io::Result<()> {
        self.out.clear();
        self.given = 0;
        let chunk = self.inner.fill_buf()?;
        let last = chunk.is_empty();
        self.out.resize(STEP_BYTES, 0);
        // Room for one bad byte behind what the decoder writes.
        let room = STEP_BYTES - 1;
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(chunk, &mut self.out[..room], last);
        self.out.truncate(written);
        if let DecoderResult::Malformed(..) = result {
            self.out.push(NEVER_UTF8);
        }
        self.ended = last && result == DecoderResult::InputEmpty;
        self.inner.consume(read);
        Ok(())
    }
}

impl<R: BufRead> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.ended {
            self.step()?;
        }
        let rest = &self.out[self.given..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn read(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
        let mut out = Vec::new();
        // A tiny buffer, so that every split inside a character happens.
        Utf16Reader::new(io::BufReader::with_capacity(1, bytes), encoding).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn the_first_line_beyond_ascii_decides() {
        let mut decoder = LineDecoder::new(None);
        assert_eq!(decoder.decode(b"plain").unwrap(), "plain");
        assert_eq!(decoder.decode(b"M\xfcller \x80").unwrap(), "Müller €");
        assert_eq!(decoder.decode("Müller".as_bytes()), Err(Reason::Encoding(Encoding::Windows1252)));
        assert_eq!(decoder.decode(b"still ascii").unwrap(), "still ascii");

        let mut decoder = LineDecoder::new(None);
        assert_eq!(decoder.decode("Müller".as_bytes()).unwrap(), "Müller");
        assert_eq!(decoder.decode(b"M\xfcller"), Err(Reason::Encoding(Encoding::Utf8)));
    }

    #[test]
    fn a_stated_set_is_obeyed() {
        let mut decoder = LineDecoder::new(Some(Encoding::Windows1252));
        assert_eq!(decoder.decode("ü".as_bytes()).unwrap(), "Ã¼");
        let mut decoder = LineDecoder::new(Some(Encoding::Utf8));
        assert_eq!(decoder.decode(b"\xfc"), Err(Reason::Encoding(Encoding::Utf8)));
    }

    #[test]
    fn broken_utf16_is_marked_and_not_repaired() {
        assert_eq!(read(&[0x41, 0, 0x00, 0xD8, 0x42, 0], Encoding::Utf16Le), [b'A', NEVER_UTF8, b'B']);
        assert_eq!(read(&[0x41, 0, 0x42], Encoding::Utf16Le), [b'A', NEVER_UTF8], "half a unit at the end");
        assert_eq!(read(&[0, 0x41], Encoding::Utf16Be), [b'A']);
    }

    proptest! {
        #[test]
        fn utf16_comes_out_as_utf8(text in ".{0,200}") {
            prop_assert_eq!(read(&utf16le(&text), Encoding::Utf16Le), text.as_bytes());
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            read(&bytes, Encoding::Utf16Le);
            read(&bytes, Encoding::Utf16Be);
        }
    }
}
