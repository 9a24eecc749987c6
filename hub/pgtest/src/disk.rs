//! A cluster's disk as a test wants it: full, or slow. A library in front of the C library's own calls (`disk.c`) needs no
//! rights to mount anything, and no time to fill something.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The disk of one cluster.
#[derive(Debug)]
pub(crate) struct Disk {
    library: PathBuf,
    numbers: PathBuf,
}

impl Disk {
    /// Makes one that has room and takes no time, with its files in this folder.
    ///
    /// # Panics
    /// If there is no C compiler.
    pub(crate) fn make(folder: &Path) -> Self {
        let disk = Self { library: folder.join("disk.so"), numbers: folder.join("disk") };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/disk.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&disk.library).arg(source);
        let made = cc.status().expect("a disk that fails needs a C compiler: apt-get install gcc libc6-dev");
        assert!(made.success(), "{cc:?}: {made}");
        fs::write(&disk.numbers, [0; 16]).expect("a file in a temporary folder");
        disk
    }

    /// Lets a program work on it.
    pub(crate) fn under(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("MELDEVERBUND_TEST_DISK", &self.numbers);
    }

    /// From now on it is like this.
    pub(crate) fn set(&self, is_full: bool, write: Duration) {
        let write_us = i64::try_from(write.as_micros()).expect("no write takes so long");
        let numbers = [i64::from(is_full), write_us].map(i64::to_ne_bytes);
        // In place: the file is mapped.
        let file = fs::OpenOptions::new().write(true).open(&self.numbers).expect("it was made");
        file.write_all_at(numbers.as_flattened(), 0).expect("it can be written");
    }
}
