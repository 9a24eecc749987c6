//! `link`: the canonical form of each line of standard input, as the hub makes it.

use std::io::{self, BufRead, BufWriter, Write};

use meldeverbund_proto::{CanonicalLink, LinkError};
use serde::Serialize;

use super::{Exit, error::CliError};

/// Bytes of one line that are looked at; far more than any link has.
const LINE_BYTES: u64 = 64 * 1024;

/// Buffer of each direction: few system calls for a list of any length.
const BUFFER_BYTES: usize = 256 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Link {}

impl Link {
    pub(super) fn run(self) -> Result<Exit, CliError> {
        let input = io::BufReader::with_capacity(BUFFER_BYTES, io::stdin());
        let output = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
        answer(input, output)?;
        Ok(Exit::Done)
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer<'a> {
    Link { input: &'a str, canonical: &'a str, id: String, registrable_domain: Option<&'a str> },
    Error { input: &'a str, error: String },
}

/// Answers each line, in order; blank lines and lines that are no UTF-8, too.
fn answer(mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    while let Some(cut) = next_line(&mut input, &mut line)? {
        match std::str::from_utf8(&line) {
            Ok(text) if !cut => match CanonicalLink::parse(text) {
                Ok(link) => write(
                    &mut output,
                    &Answer::Link {
                        input: text,
                        canonical: link.as_str(),
                        id: link.id().to_string(),
                        registrable_domain: link.registrable_domain(),
                    },
                )?,
                Err(error) => write(&mut output, &Answer::Error { input: text, error: error.to_string() })?,
            },
            _ => {
                let error =
                    if cut { LinkError::TooLong.to_string() } else { "the line is not UTF-8".to_owned() };
                write(&mut output, &Answer::Error { input: &String::from_utf8_lossy(&line), error })?;
            }
        }
    }
    output.flush()
}

fn write(output: &mut impl Write, answer: &Answer<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *output, answer)?;
    output.write_all(b"\n")
}

/// Reads a line without its end; `Some(true)` if it was cut, none at the end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    if io::Read::take(&mut *input, LINE_BYTES).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    let mut cut = false;
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    } else if line.len() as u64 == LINE_BYTES {
        cut = input.skip_until(b'\n')? > 1;
    }
    Ok(Some(cut))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn answers(input: &[u8]) -> Vec<Value> {
        let mut output = Vec::new();
        answer(input, &mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn each_line_is_answered() {
        let found =
            answers(b"HTTP://www.Files.example:80/%61\r\n\n \xff\nhttps://192.0.2.1/x\nhttps://h.example");
        assert_eq!(found.len(), 5);
        let link = CanonicalLink::parse("https://www.files.example/a").unwrap();
        assert_eq!(
            found[0],
            json!({
                "input": "HTTP://www.Files.example:80/%61",
                "canonical": "https://www.files.example/a",
                "id": link.id().to_string(),
                "registrable_domain": "files.example",
            })
        );
        assert_eq!(found[1], json!({ "input": "", "error": LinkError::Empty.to_string() }));
        assert_eq!(found[2], json!({ "input": " \u{fffd}", "error": "the line is not UTF-8" }));
        assert_eq!(found[3]["registrable_domain"], Value::Null);
        assert!(found[3].as_object().unwrap().contains_key("registrable_domain"));
        assert_eq!(found[4]["canonical"], "https://h.example/");
    }

    #[test]
    fn an_endless_line_is_cut_and_the_next_one_answered() {
        let mut input = vec![b'a'; usize::try_from(LINE_BYTES).unwrap() + 10];
        input.extend_from_slice(b"\nhttps://h.example/\n\0\n");
        let found = answers(&input);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0]["error"], LinkError::TooLong.to_string());
        assert_eq!(found[1]["canonical"], "https://h.example/");
        assert!(found[2]["error"].is_string());
        assert!(answers(b"").is_empty());
    }
}
