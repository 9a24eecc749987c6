//! What somebody may do to an export: files and lines changed, entries moved, the tree made anew and signed again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use meldeverbund_proto::{
    leaf::Digest,
    merkle::{Range, leaf_hash},
    note::{Checkpoint, Note, SigningKey},
    tile::{FULL_WIDTH, Tile, TileKind, decode_entries, encode_entries},
};

/// An export, or a copy of one.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// A copy, to be changed.
    pub(crate) fn copy_to(&self, to: &Path) -> Self {
        for file in files(&self.0) {
            let copy = to.join(file.strip_prefix(&self.0).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(&file, &copy).unwrap();
        }
        Self(to.to_owned())
    }

    /// Changes a file's bytes.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.0.join(name);
        let mut bytes = fs::read(&path).unwrap();
        let before = bytes.clone();
        change(&mut bytes);
        assert_ne!(bytes, before, "nothing was changed in {name}");
        fs::write(&path, bytes).unwrap();
    }

    /// Adds a file with some bytes.
    pub(crate) fn add(&self, name: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [7; 32]).unwrap();
    }

    /// Changes a file's lines.
    pub(crate) fn lines(&self, name: &str, change: impl FnOnce(&mut Vec<String>)) {
        self.change(name, |bytes| {
            let mut lines: Vec<String> =
                String::from_utf8(bytes.clone()).unwrap().lines().map(String::from).collect();
            change(&mut lines);
            *bytes = lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        });
    }

    /// The first file below a folder, in the order of names.
    pub(crate) fn first(&self, below: &str) -> String {
        let file = files(&self.0.join(below)).into_iter().next().unwrap();
        file.strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned()
    }

    /// The exported checkpoint.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let note: Note = fs::read_to_string(self.0.join("checkpoint")).unwrap().parse().unwrap();
        note.text().parse().unwrap()
    }

    /// The leaves.
    pub(crate) fn leaves(&self) -> Vec<Vec<u8>> {
        let mut leaves = Vec::new();
        for tile in Tile::of(TileKind::Entries, self.checkpoint().size) {
            let bundle = fs::read(self.0.join(tile.to_string())).unwrap();
            leaves.extend(decode_entries(&bundle).unwrap().into_iter().map(<[u8]>::to_vec));
        }
        leaves
    }

    /// Writes other leaves into the entry bundles, and nothing else.
    pub(crate) fn put_entries(&self, leaves: &[Vec<u8>]) {
        for tile in Tile::of(TileKind::Entries, leaves.len() as u64) {
            let first = tile.index as usize * usize::from(FULL_WIDTH);
            let part = leaves[first..first + usize::from(tile.width)].iter().map(Vec::as_slice);
            self.put(tile, &encode_entries(part).unwrap());
        }
    }

    /// Makes the whole tree anew, and has the hub's keys sign it.
    pub(crate) fn forge(&self, leaves: &[Vec<u8>], keys: &[&SigningKey]) {
        let mut checkpoint = self.checkpoint();
        fs::remove_dir_all(self.0.join("tile")).unwrap();
        self.put_entries(leaves);
        let mut row: Vec<Digest> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        (checkpoint.size, checkpoint.root) = (leaves.len() as u64, root(&row));
        for level in 0.. {
            if row.is_empty() {
                break;
            }
            for tile in Tile::of(TileKind::Hashes(level), checkpoint.size) {
                let first = tile.index as usize * usize::from(FULL_WIDTH);
                self.put(tile, row[first..first + usize::from(tile.width)].as_flattened());
            }
            row = row.chunks_exact(usize::from(FULL_WIDTH)).map(root).collect();
        }
        let mut note = Note::sign(checkpoint.to_string(), keys[0]).unwrap();
        for key in &keys[1..] {
            let other = Note::sign(checkpoint.to_string(), key).unwrap();
            other.signatures().iter().for_each(|line| note.attach(line.clone()).unwrap());
        }
        fs::write(self.0.join("checkpoint"), note.to_string()).unwrap();
    }

    fn put(&self, tile: Tile, bytes: &[u8]) {
        let path = self.0.join(tile.to_string());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn root(hashes: &[Digest]) -> Digest {
    let mut range = Range::empty(0);
    hashes.iter().for_each(|hash| range.push(*hash));
    range.root().unwrap()
}

/// All files below a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
