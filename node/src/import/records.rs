//! CSV records: RFC 4180 with any of the three separators, quoted fields over several lines, and a limit.
//!
//! The crate `csv` has no bound on a record, so one stray quotation mark would read a whole seizure into one field.
//! Here a record that is not well formed is one error, and reading goes on with the line after its first.

use std::{collections::VecDeque, io, str::FromStr};

use super::{
    limits::LINE_BYTES,
    lines::{Line, Lines},
    reason::Reason,
};

/// What stands between two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// As German Excel writes it.
    Semicolon,
    /// As the name says.
    Comma,
    /// As "Unicode text" of Excel has it.
    Tab,
}

/// A CSV record's fields, one behind the other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Record {
    text: String,
    ends: Vec<usize>,
}

/// Splits lines into records.
pub(super) struct Records<R> {
    lines: Lines<R>,
    separator: char,
    /// Lines that were read for a record which turned out to be broken.
    again: VecDeque<Line>,
}

/// Where the reading of a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a quotation mark inside a quoted field: its end, or half of a doubled one.
    AfterQuote,
}

impl Separator {
    pub(super) const ALL: [Self; 3] = [Self::Semicolon, Self::Tab, Self::Comma];

    pub(super) fn char(self) -> char {
        match self {
            Self::Semicolon => ';',
            Self::Comma => ',',
            Self::Tab => '\t',
        }
    }
}

/// A text is no separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no separator; there are ';', ',' and tab")]
pub struct UnknownSeparator;

impl FromStr for Separator {
    type Err = UnknownSeparator;

    fn from_str(text: &str) -> Result<Self, UnknownSeparator> {
        match text {
            ";" | "semicolon" => Ok(Self::Semicolon),
            "," | "comma" => Ok(Self::Comma),
            "\t" | "\\t" | "tab" => Ok(Self::Tab),
            _ => Err(UnknownSeparator),
        }
    }
}

impl Record {
    /// The fields of a record as far as its first line goes; none if it is not well formed.
    pub(super) fn of_beginning(line: &str, separator: Separator) -> Option<Self> {
        let mut record = Self::default();
        record.add(line, separator.char(), Place::FieldStart).ok()?;
        record.end_field();
        Some(record)
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> + Clone {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end])
    }

    fn end_field(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Adds a line from a place on; gives the place at its end.
    fn add(&mut self, line: &str, separator: char, mut place: Place) -> Result<Place, Reason> {
        for letter in line.chars() {
            place = match (place, letter) {
                (Place::FieldStart, '"') => Place::Quoted,
                (Place::Quoted, '"') => Place::AfterQuote,
                (Place::Quoted, other) => {
                    self.text.push(other);
                    Place::Quoted
                }
                (Place::AfterQuote, '"') => {
                    self.text.push('"');
                    Place::Quoted
                }
                (_, other) if other == separator => {
                    self.end_field();
                    Place::FieldStart
                }
                // Blanks behind the closing mark are common and say nothing.
                (Place::AfterQuote, ' ') => Place::AfterQuote,
                (Place::AfterQuote, _) => return Err(Reason::AfterQuote),
                (_, other) => {
                    self.text.push(other);
                    Place::Plain
                }
            };
        }
        Ok(place)
    }
}

impl<R: io::BufRead> Records<R> {
    pub(super) fn new(lines: Lines<R>, separator: Separator) -> Self {
        Self { lines, separator: separator.char(), again: VecDeque::new() }
    }

    /// The next record and the number of its first line; none at the end.
    pub(super) fn next_record(&mut self) -> io::Result<Option<(u64, Result<Record, Reason>)>> {
        let Some(first) = self.next_line()? else { return Ok(None) };
        let mut record = Record::default();
        let mut rest = VecDeque::new();
        let outcome = self.read(&first, &mut rest, &mut record)?;
        if outcome.is_err() {
            rest.append(&mut self.again);
            self.again = rest;
        }
        Ok(Some((first.number, outcome.map(|()| record))))
    }

    /// Reads a record from its first line on; the lines that it took beside the first are in `rest`.
    fn read(
        &mut self,
        first: &Line,
        rest: &mut VecDeque<Line>,
        record: &mut Record,
    ) -> io::Result<Result<(), Reason>> {
        let mut place = Place::FieldStart;
        let mut bytes = 0;
        loop {
            let line = rest.back().unwrap_or(first);
            let text = match &line.text {
                Ok(text) => text,
                Err(reason) => return Ok(Err(*reason)),
            };
            bytes += text.len() + 1;
            place = match record.add(text, self.separator, place) {
                Ok(place) => place,
                Err(reason) => return Ok(Err(reason)),
            };
            if place != Place::Quoted {
                record.end_field();
                return Ok(Ok(()));
            }
            record.text.push('\n');
            match self.next_line()? {
                Some(line) if bytes <= LINE_BYTES => rest.push_back(line),
                Some(line) => {
                    rest.push_back(line);
                    return Ok(Err(Reason::OpenQuote));
                }
                None => return Ok(Err(Reason::OpenQuote)),
            }
        }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        match self.again.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next_line(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    type Read = Vec<(u64, Result<Vec<String>, Reason>)>;

    fn records(text: &str, separator: Separator) -> Read {
        let mut records = Records::new(Lines::new(BufReader::new(text.as_bytes()), None), separator);
        let mut all = Vec::new();
        while let Some((line, record)) = records.next_record().unwrap() {
            all.push((line, record.map(|record| record.fields().map(str::to_owned).collect())));
        }
        all
    }

    fn fields(fields: &[&str]) -> Result<Vec<String>, Reason> {
        Ok(fields.iter().map(|&field| field.to_owned()).collect())
    }

    #[test]
    fn quotes_separators_and_lines_inside_a_field() {
        let text = "a;\"b;c\";\"say \"\"no\"\"\"\n\"two\r\nlines\" ;x\nin\"side;;\n\"\"\n";
        assert_eq!(
            records(text, Separator::Semicolon),
            [
                (1, fields(&["a", "b;c", "say \"no\""])),
                (2, fields(&["two\nlines", "x"])),
                (4, fields(&["in\"side", "", ""])),
                (5, fields(&[""])),
            ]
        );
    }

    #[test]
    fn a_stray_quotation_mark_costs_one_line() {
        assert_eq!(
            records("a,b\n\"c,d\ne,f\n\"g\",h\ni,\"j\nk", Separator::Comma),
            [
                (1, fields(&["a", "b"])),
                (2, Err(Reason::AfterQuote)),
                (3, fields(&["e", "f"])),
                (4, fields(&["g", "h"])),
                (5, Err(Reason::OpenQuote)),
                (6, fields(&["k"])),
            ]
        );
    }

    #[test]
    fn an_open_quotation_mark_is_given_up_at_the_limit() {
        let line = format!("{}\n", "x".repeat(1023));
        // It is closed at last, but too late for one record.
        let text = format!("\"open\n{}late\"\n", line.repeat(100));
        let all = records(&text, Separator::Comma);
        assert_eq!(all[0], (1, Err(Reason::OpenQuote)));
        assert_eq!(all.len(), 102, "every other line is a record of its own");
        assert!(all[1..].iter().all(|(_, record)| record.is_ok()));
    }

    #[test]
    fn the_time_to_read_does_not_explode_with_stray_marks() {
        for line in ["\"a", ",\"", "\"\"\"", "a,\"b\"\"", "\"\"x"] {
            let text = format!("{line}\n").repeat(20_000);
            assert!(records(&text, Separator::Comma).len() >= 5_000, "{line}");
        }
    }

    proptest! {
        /// What another program writes is what is read here.
        #[test]
        fn tables_come_back_as_they_were_written(
            rows in prop::collection::vec(prop::collection::vec("[a;,\"\n\tü ]{0,6}", 3), 1..6),
            separator in prop::sample::select(Separator::ALL.to_vec()),
        ) {
            let delimiter = separator.char() as u8;
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<Vec<String>> = records(&text, separator).into_iter().map(|(_, row)| row.unwrap()).collect();
            prop_assert_eq!(read, rows);
        }

        /// Whatever stands there: no line is lost, and each begins at most one record.
        #[test]
        fn no_line_is_lost(text in "[ab;\"\n]{0,60}") {
            let all = records(&text, Separator::Semicolon);
            let lines = text.lines().count() as u64;
            prop_assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0));
            let mut next = 1;
            for (line, record) in &all {
                prop_assert_eq!(*line, next);
                // A line end inside a field is a line that the record took.
                let more = record.as_ref().map_or(0, |fields| fields.concat().matches('\n').count());
                next = line + 1 + more as u64;
            }
            prop_assert_eq!(next, lines + 1);
        }
    }
}
