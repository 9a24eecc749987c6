//! The sets that were fetched, as files: the filter once, increments behind each other.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use meldeverbund_proto::v1::BlindEpoch;

use super::{BlindSet, SetError};

/// The folder in the data folder.
const FOLDER: &str = "blind";

/// Bytes before an increment's tags: its number, and how many bytes follow.
const HEAD_BYTES: usize = 8;

/// The files of one epoch's set.
#[derive(Debug, Clone)]
pub struct SetFiles {
    folder: PathBuf,
    epoch: u32,
}

/// Whether the set of an epoch is at hand as of its newest increment.
pub fn is_at_hand(data_dir: &Path, epoch: &BlindEpoch) -> bool {
    let set = SetFiles::of(data_dir, epoch.epoch).load(epoch);
    set.is_ok_and(|set| set.is_some_and(|set| set.newest_increment() >= epoch.newest_increment))
}

impl SetFiles {
    /// The files of an epoch in a data folder.
    pub fn of(data_dir: &Path, epoch: u32) -> Self {
        Self { folder: data_dir.join(FOLDER), epoch }
    }

    /// The set as far as it is at hand; none: its filter is not, or not the one that the epoch names. Increments that were
    /// half written when the machine stopped do not count.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn load(&self, epoch: &BlindEpoch) -> io::Result<Option<BlindSet>> {
        let Some(filter) = read(&self.filter())? else { return Ok(None) };
        let Ok(mut set) = BlindSet::of_filter(epoch, filter) else { return Ok(None) };
        let increments = read(&self.increments())?.unwrap_or_default();
        let mut rest = &increments[..];
        while let Some((number, tags, behind)) = next(rest) {
            if set.add(number, tags).is_err() {
                break;
            }
            rest = behind;
        }
        let sound = increments.len() - rest.len();
        if !rest.is_empty() {
            open(&self.increments())?.set_len(sound as u64)?;
        }
        Ok(Some(set))
    }

    /// Keeps a filter that was fetched as a whole, and forgets the increments of another one.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_filter(&self, filter: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).create(&self.folder)?;
        match fs::remove_file(self.increments()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let part = self.folder.join(format!("epoch-{}.part", self.epoch));
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(filter)?;
        file.sync_all()?;
        fs::rename(part, self.filter())
    }

    /// Keeps the next increment.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_increment(&self, number: u32, tags: &[u8]) -> io::Result<()> {
        let bytes = u32::try_from(tags.len()).map_err(io::Error::other)?;
        let record = [&number.to_be_bytes()[..], &bytes.to_be_bytes(), tags].concat();
        let mut file = open(&self.increments())?;
        file.write_all(&record)?;
        file.sync_data()
    }

    /// Forgets the sets of epochs that are over.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn forget_others(data_dir: &Path, epochs: &[BlindEpoch]) -> io::Result<()> {
        let Ok(entries) = fs::read_dir(data_dir.join(FOLDER)) else { return Ok(()) };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let epoch = name.strip_prefix("epoch-").and_then(|number| number.parse().ok());
            if epoch.is_some_and(|number: u32| epochs.iter().all(|epoch| epoch.epoch != number)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn filter(&self) -> PathBuf {
        self.folder.join(format!("epoch-{}.filter", self.epoch))
    }

    fn increments(&self) -> PathBuf {
        self.folder.join(format!("epoch-{}.increments", self.epoch))
    }
}

impl From<SetError> for io::Error {
    fn from(error: SetError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn open(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// The next increment, and what stands behind it; none: there is no whole one.
fn next(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let (number, length) = head.split_at(4);
    let (number, length) = (number.try_into().ok()?, length.try_into().ok()?);
    let (tags, behind) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(length)).ok()?)?;
    Some((u32::from_be_bytes(number), tags, behind))
}

#[cfg(test)]
mod tests {
    use meldeverbund_blind::{FilterBuilder, Tag, tags_to_bytes};
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn a_set_is_at_hand_again_after_a_start_as_far_as_it_was_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = FilterBuilder::default();
        builder.add(&Tag([1; 16]));
        let (filter, _) = builder.finish();
        let filter_digest = Sha256::digest(&filter).to_vec();
        let mut epoch = BlindEpoch { epoch: 7, filter_digest, newest_increment: 1, ..BlindEpoch::default() };
        let files = SetFiles::of(folder.path(), 7);
        assert!(files.load(&epoch).unwrap().is_none());
        files.keep_filter(&filter).unwrap();
        files.keep_increment(1, &tags_to_bytes(vec![Tag([2; 16])])).unwrap();
        assert!(is_at_hand(folder.path(), &epoch));
        // The machine stopped in the middle of the second increment.
        let mut torn = open(&files.increments()).unwrap();
        torn.write_all(&[0, 0, 0, 2, 0, 0, 0, 16, 9, 9]).unwrap();
        let set = files.load(&epoch).unwrap().unwrap();
        assert!(set.contains(&Tag([2; 16])) && set.newest_increment() == 1);
        files.keep_increment(2, &tags_to_bytes(vec![Tag([3; 16])])).unwrap();
        assert!(files.load(&epoch).unwrap().unwrap().contains(&Tag([3; 16])));
        epoch.filter_digest[0] ^= 1;
        assert!(files.load(&epoch).unwrap().is_none(), "another filter");
        SetFiles::forget_others(folder.path(), &[epoch]).unwrap();
        assert!(files.filter().exists());
        SetFiles::forget_others(folder.path(), &[]).unwrap();
        assert!(!files.filter().exists() && !files.increments().exists());
    }
}
