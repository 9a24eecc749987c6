//! Lists of links.

use std::io::{self, Read};

use meldeverbund_node::import::{Encoding, Format, Import, Options, Source, Unit, open};

use crate::{error, import, import_with, link, of_format, outcomes};

#[test]
fn one_link_a_line() {
    let list = "# gefunden am 21.11.2026\n\
                https://h.example/1\r\n\
                \n\
                \x20 hxxps://h[.]example/2\t\n\
                #https://h.example/3\n\
                kein-link\n\
                <https://h.example/4>\n\
                ftp://gast@ftp.archiv-1.test/pub/a.zip\n\
                https://h.example/5 # von gestern";
    let no_scheme = "link: the link does not begin with a scheme such as https://";
    assert_eq!(
        outcomes(list),
        [
            (2, link("https://h.example/1")),
            (4, link("https://h.example/2")),
            (6, error(no_scheme)),
            (7, link("https://h.example/4")),
            (8, link("ftp://gast@ftp.archiv-1.test/pub/a.zip")),
            (9, error("link: has white space inside; one link belongs in each row")),
        ]
    );
}

#[test]
fn lines_that_are_no_text_are_errors() {
    let list = b"https://h.example/\xc3\xbc\nhttps://h.example/\xff\nhttps://h.example/1\n";
    let text =
        "the line is not valid UTF-8, as the lines before it are; state --encoding if all are something else";
    assert_eq!(
        outcomes(list),
        [(1, link("https://h.example/ü")), (2, error(text)), (3, link("https://h.example/1"))]
    );
    let stated = Options { encoding: Some(Encoding::Utf8), ..Options::default() };
    let rows: Vec<_> =
        import_with(*b"https://h.example/\xfc\n", &stated).unwrap().map(Result::unwrap).collect();
    assert!(rows[0].outcome.is_err());
}

#[test]
fn what_looks_like_a_table_is_read_as_a_list_when_that_is_stated() {
    let list = "https://h.example/a,1.html\nhttps://h.example/b,2.html\n";
    assert!(import(list).is_err());
    let rows: Vec<_> = import_with(list, &of_format(Format::Text)).unwrap().map(Result::unwrap).collect();
    assert!(rows.iter().all(|row| row.outcome.is_ok()) && rows.len() == 2);
    // Where only some lines have it, it belongs to the link.
    assert_eq!(outcomes("https://h.example/a,1.html\nhttps://h.example/b\n").len(), 2);
}

#[test]
fn the_import_says_what_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    std::fs::write(&path, "https://h.example/1\nhttps://h.example/2\n").unwrap();
    let mut import: Import = open(Source::File(path), &Options::default()).unwrap();
    assert_eq!((import.format(), import.unit(), import.total_bytes()), (Format::Text, Unit::Line, Some(40)));
    assert_eq!(import.by_ref().count(), 2);
    assert_eq!(import.read_bytes(), 40);
    let missing =
        open(Source::File(folder.path().join("geheim.txt")), &Options::default()).map(|_| ()).unwrap_err();
    assert_eq!(missing.to_string(), "cannot read the input");
    assert!(std::error::Error::source(&missing).is_some());
}

/// A stream that fails after its text.
struct Failing(&'static [u8]);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::TimedOut.into()) } else { self.0.read(buffer) }
    }
}

#[test]
fn an_input_that_fails_in_the_middle_does_not_look_like_its_end() {
    let line = b"https://h.example/1\n";
    let text: &'static [u8] = Vec::leak(line.repeat(5_000));
    let mut import = open(Source::reader(Failing(text)), &Options::default()).unwrap();
    let failed = import.by_ref().find_map(Result::err).unwrap();
    assert_eq!(failed.to_string(), "cannot read the input");
    assert!(import.next().is_none(), "after an error there is nothing more");
}
