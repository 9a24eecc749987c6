//! The offices' lists: overlapping shares of one.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use meldeverbund_node::{
    import::{self, Format, Options, Source},
    sample::SampleList,
};
use meldeverbund_proto::check::check_referral;

use crate::stage::AGENCIES;

/// Lines of the made-up list.
const LINES: u64 = 6_000;

/// The list's seed: the same list on every machine.
const SEED: u64 = 2026;

/// Of a hundred lines, so many are on everybody's list.
const COMMON_PERCENT: u64 = 35;

/// Links on everybody's list that are kept for the story of a few of them: those of the first hundred lines an office.
const COMMON: usize = 105;

/// One file an office, and what is in all of them together.
pub(crate) struct Lists {
    /// The files, in the order of the offices.
    pub(crate) files: Vec<PathBuf>,
    /// How many different links there are, counted apart from hub and nodes.
    pub(crate) different: usize,
    /// Some links that are on every list.
    pub(crate) common: Vec<String>,
}

impl Lists {
    /// Writes the lists into the folder: shares of the input, or of a made-up list.
    pub(crate) fn write(folder: &Path, input: Option<&Path>) -> anyhow::Result<Self> {
        let whole = match input {
            Some(path) => path.to_owned(),
            None => made_up(folder)?,
        };
        let import = import::open(Source::File(whole.clone()), &Options::default())?;
        let mut lines = Vec::new();
        if import.format() == Format::Text {
            // Line for line as it is, so that bad lines take part.
            for line in BufReader::new(File::open(&whole)?).split(b'\n') {
                lines.push(line?);
            }
        }
        let raw = import.format() == Format::Text;
        let (mut different, mut common) = (HashSet::new(), Vec::new());
        for row in import {
            let row = row?;
            let Ok(draft) = row.outcome else { continue };
            let number = if raw { usize::try_from(row.line)? - 1 } else { lines.len() };
            if is_common(number) && common.len() < COMMON {
                common.push(draft.referral().link.clone());
            }
            different.extend(check_referral(draft.referral()).ok().map(|link| link.id()));
            if !raw {
                lines.push(draft.referral().link.clone().into_bytes());
            }
        }
        Ok(Self { files: share(folder, &lines)?, different: different.len(), common })
    }
}

fn made_up(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("list.txt");
    SampleList::new(SEED, LINES).write_text(BufWriter::new(File::create(&path)?))?;
    Ok(path)
}

fn share(folder: &Path, lines: &[Vec<u8>]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (office, agency) in AGENCIES.iter().enumerate() {
        fs::create_dir_all(folder.join(agency))?;
        let path = folder.join(agency).join("list.txt");
        let mut file = BufWriter::new(File::create(&path)?);
        for (_, line) in lines.iter().enumerate().filter(|(number, _)| has(*number, office)) {
            file.write_all(line)?;
            file.write_all(b"\n")?;
        }
        file.flush()?;
        files.push(path);
    }
    Ok(files)
}

/// Whether the office has the line: each line has a first office, and some are everybody's.
fn has(number: usize, office: usize) -> bool {
    number % AGENCIES.len() == office || is_common(number)
}

/// Whether the line is on every list.
fn is_common(number: usize) -> bool {
    (number / AGENCIES.len()) as u64 % 100 < COMMON_PERCENT
}
