//! What is asked about: arguments, a file, or standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use meldeverbund_proto::v1::Purpose;
use sha2::{Digest as _, Sha256};

use crate::{
    cli::error::CliError,
    text::{Lang, say},
};

/// Domain of the digest that names a question.
const DOMAIN: &[u8] = b"meldeverbund question v1\0";

/// Largest list: a million links of ordinary length.
const LIST_BYTES: u64 = 128 * 1024 * 1024;

/// Name of what came from standard input.
const STANDARD_INPUT: &str = "-";

/// Lines that are asked about.
pub(super) struct Input {
    /// The list's name for people; empty for arguments.
    pub(super) name: String,
    /// Each with its number in the input.
    pub(super) lines: Vec<(u64, String)>,
}

impl Input {
    /// Reads what is asked about; blank lines and those that begin with `#` do not count.
    pub(super) fn read(selectors: Vec<String>, list: Option<&Path>, lang: Lang) -> Result<Self, CliError> {
        let (name, lines) = match list {
            None if selectors.is_empty() => {
                return Err(CliError::Value(say(
                    lang,
                    "Wonach wird gefragt? Links oder Prüfsummen angeben, oder --file LISTE".into(),
                    "What is asked about? Give links or content hashes, or --file LIST".into(),
                )));
            }
            None => (String::new(), selectors),
            Some(path) => {
                let text = text(path).map_err(CliError::Input)?;
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                (short(&name), text.lines().map(str::to_owned).collect())
            }
        };
        let asked = |(_, line): &(u64, String)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        };
        let lines: Vec<_> = (1_u64..).zip(lines).filter(asked).collect();
        if lines.is_empty() {
            return Err(CliError::Value(say(
                lang,
                "Die Liste ist leer.".into(),
                "The list is empty.".into(),
            )));
        }
        Ok(Self { name, lines })
    }

    /// Names the question: the same input for the same reason goes on where it broke off.
    pub(super) fn digest(&self, purpose: &Purpose, blind: bool, hits_of: u64) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(DOMAIN);
        hash.update([u8::from(blind)]);
        hash.update(hits_of.to_be_bytes());
        let Purpose { code, case_number, reason } = purpose;
        let lines = self.lines.iter().map(|(_, line)| line);
        for part in [code, case_number, reason].into_iter().chain(lines) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

fn text(path: &Path) -> io::Result<String> {
    let reader: Box<dyn Read> = if path == Path::new(STANDARD_INPUT) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path)?)
    };
    let mut bytes = Vec::new();
    reader.take(LIST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the list is larger than 128 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("the list is not UTF-8 text"))?;
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

/// At most 255 bytes of a name, on one line.
fn short(name: &str) -> String {
    let mut name = name.replace(char::is_control, "?");
    name.truncate(name.floor_char_boundary(255));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers_and_name_the_question() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.txt");
        std::fs::write(&list, "\u{feff}# a list\n\nhttps://a.example/\r\nmd5:00\n").unwrap();
        let input = Input::read(Vec::new(), Some(&list), Lang::En).unwrap();
        assert_eq!(input.lines, [(3, "https://a.example/".to_owned()), (4, "md5:00".to_owned())]);
        let purpose = Purpose { code: "c".into(), case_number: "1".into(), reason: String::new() };
        let one = input.digest(&purpose, false, 0);
        assert_eq!(one, input.digest(&purpose, false, 0));
        assert_ne!(one, input.digest(&purpose, true, 0));
        assert_ne!(one, input.digest(&Purpose { reason: "r".into(), ..purpose.clone() }, false, 0));
        let other = Input { lines: vec![(3, "https://a.example/md5:00".into())], name: String::new() };
        assert_ne!(one, other.digest(&purpose, false, 0));
    }

    #[test]
    fn nothing_is_no_question() {
        assert!(Input::read(Vec::new(), None, Lang::En).is_err());
        assert!(Input::read(vec![" ".into()], None, Lang::En).is_err());
    }
}
