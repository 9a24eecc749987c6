//! The list: a file, or standard input kept aside so that it can be read twice.

use std::{
    fs::{self, File},
    io::{self, Read, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};

use crate::{
    cli::error::CliError,
    import::{Encoding, Format, Mapping, Options, Separator, Source},
};

/// Domain of the digest that names a hand-in.
const DOMAIN: &[u8] = b"meldeverbund hand-in v1\0";

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// Name of what came from standard input.
const STANDARD_INPUT: &str = "-";

/// How the list is to be read.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Reading {
    /// What a column means: `column=field` (the column's name or number); may be given several times
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    mappings: Vec<String>,
    /// csv, xlsx, text or xarf [default: by its content]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// The character set of a text, such as utf-8 or windows-1252 [default: by its content]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What stands between a CSV table's fields: `;`, `,` or `tab` [default: by its content]
    #[arg(long, value_name = "CHARACTER")]
    separator: Option<String>,
    /// The sheet of an XLSX file [default: the first visible one]
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
}

/// A list that is ready to be read.
pub(super) struct Input {
    /// Its name for people.
    pub(super) name: String,
    /// Names the hand-in: case, way of reading and bytes.
    pub(super) digest: [u8; 32],
    /// Its length.
    pub(super) bytes: u64,
    options: Options,
    file: File,
    version: Version,
}

/// Tells whether a file has been written to.
type Version = (u64, Option<SystemTime>);

impl Input {
    /// Opens the list and reads it once, for its digest.
    pub(super) async fn open(path: &Path, reading: &Reading, case: &str) -> Result<Self, CliError> {
        let (path, reading, case) = (path.to_owned(), reading.clone(), case.to_owned());
        tokio::task::spawn_blocking(move || Self::open_blocking(&path, &reading, &case))
            .await
            .map_err(|error| CliError::Input(io::Error::other(error)))?
    }

    fn open_blocking(path: &Path, reading: &Reading, case: &str) -> Result<Self, CliError> {
        let options = reading.options()?;
        let (mut file, name) = if path == Path::new(STANDARD_INPUT) {
            (spool(io::stdin().lock()).map_err(CliError::Input)?, STANDARD_INPUT.to_owned())
        } else {
            let file = File::open(path).map_err(CliError::Input)?;
            let regular = file.metadata().map_err(CliError::Input)?.is_file();
            let file = if regular { file } else { spool(file).map_err(CliError::Input)? };
            (file, path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        };
        let version = version(&file).map_err(CliError::Input)?;
        let digest = digest(&mut file, reading, case).map_err(CliError::Input)?;
        Ok(Self { name: short(&name), digest, bytes: version.0, options, file, version })
    }

    /// The list from its beginning, and how to read it.
    pub(super) fn source(&self) -> Result<(Source, Options), CliError> {
        let mut file = self.file.try_clone().map_err(CliError::Input)?;
        file.seek(SeekFrom::Start(0)).map_err(CliError::Input)?;
        Ok((Source::reader(file), self.options.clone()))
    }

    /// Whether the list is still the one that was read for the digest.
    pub(super) fn check_unchanged(&self) -> Result<(), CliError> {
        let now = version(&self.file).map_err(CliError::Input)?;
        if now == self.version { Ok(()) } else { Err(CliError::InputChanged) }
    }
}

impl Reading {
    fn options(&self) -> Result<Options, CliError> {
        let value = |option: &str, error: String| CliError::Value(format!("{option}: {error}"));
        let mut mappings = Vec::with_capacity(self.mappings.len());
        for mapping in &self.mappings {
            mappings.push(mapping.parse::<Mapping>().map_err(|error| value("--map", error.to_string()))?);
        }
        let format = self.format.as_deref().map(str::parse::<Format>).transpose();
        let encoding = self.encoding.as_deref().map(str::parse::<Encoding>).transpose();
        Ok(Options {
            format: format.map_err(|error| value("--format", error.to_string()))?,
            encoding: encoding.map_err(|error| value("--encoding", error.to_string()))?,
            separator: self.separator.as_deref().map(separator).transpose()?,
            mappings,
            sheet: self.sheet.clone(),
        })
    }

    /// The options as they were given: read in another way it is another hand-in.
    fn digest(&self, hash: &mut Sha256) {
        let Self { mappings, format, encoding, separator, sheet } = self;
        let one = |option: &Option<String>| option.clone().unwrap_or_default();
        for text in [one(format), one(encoding), one(separator), one(sheet)].iter().chain(mappings) {
            part(hash, text.as_bytes());
        }
    }
}

fn separator(text: &str) -> Result<Separator, CliError> {
    match text {
        ";" => Ok(Separator::Semicolon),
        "," => Ok(Separator::Comma),
        "tab" | "\t" => Ok(Separator::Tab),
        _ => Err(CliError::Value("--separator: must be `;`, `,` or `tab`".into())),
    }
}

fn digest(file: &mut File, reading: &Reading, case: &str) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new_with_prefix(DOMAIN);
    part(&mut hash, case.as_bytes());
    reading.digest(&mut hash);
    // Ends the list of options, however many there are.
    hash.update(u64::MAX.to_be_bytes());
    file.seek(SeekFrom::Start(0))?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// A text with its length, so that two texts never look like two others.
fn part(hash: &mut Sha256, text: &[u8]) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

/// Copies a stream into a file that has no name, so that nobody else finds the links.
fn spool(mut stream: impl Read) -> io::Result<File> {
    let mut file = nameless_file(&std::env::temp_dir())?;
    io::copy(&mut stream, &mut file)?;
    Ok(file)
}

fn nameless_file(folder: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let mode = Mode::RUSR | Mode::WUSR;
    if let Ok(file) = open(folder, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, mode) {
        return Ok(file.into());
    }
    // Some file systems know no nameless files: one that loses its name at once does as well.
    let path: PathBuf = folder.join(format!(
        "meldeverbund-{}-{}",
        std::process::id(),
        hex::encode(rand::random::<[u8; 16]>())
    ));
    let file = fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

fn version(file: &File) -> io::Result<Version> {
    let meta = file.metadata()?;
    Ok((meta.len(), meta.modified().ok()))
}

/// At most 255 bytes of a name, on one line.
fn short(name: &str) -> String {
    let mut name = name.replace(char::is_control, "?");
    name.truncate(name.floor_char_boundary(255));
    name
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn reading(format: Option<&str>, mappings: &[&str]) -> Reading {
        Reading {
            mappings: mappings.iter().map(|text| (*text).to_owned()).collect(),
            format: format.map(str::to_owned),
            encoding: None,
            separator: None,
            sheet: None,
        }
    }

    #[test]
    fn the_digest_names_case_way_of_reading_and_bytes() {
        let mut file = nameless_file(&std::env::temp_dir()).unwrap();
        file.write_all(b"https://h.example/\n").unwrap();
        let plain = reading(None, &[]);
        let one = digest(&mut file, &plain, "ST/1").unwrap();
        assert_eq!(digest(&mut file, &plain, "ST/1").unwrap(), one);
        assert_ne!(digest(&mut file, &plain, "ST/2").unwrap(), one);
        assert_ne!(digest(&mut file, &reading(Some("text"), &[]), "ST/1").unwrap(), one);
        assert_ne!(digest(&mut file, &reading(None, &["a=link"]), "ST/1").unwrap(), one);
        assert_ne!(
            digest(&mut file, &reading(None, &["a=link", "b=note"]), "ST/1").unwrap(),
            digest(&mut file, &reading(None, &["a=linkb=note"]), "ST/1").unwrap()
        );
        file.write_all(b" ").unwrap();
        assert_ne!(digest(&mut file, &plain, "ST/1").unwrap(), one);
    }

    #[test]
    fn standard_input_can_be_read_twice() {
        let mut file = spool(&b"some rows"[..]).unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            file.seek(SeekFrom::Start(0)).unwrap();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "some rows");
        }
    }
}
