//! The hub's process, and what can be done to it: kill, pause, a file system that fails, a clock that jumps.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::{
    PATIENCE, patiently,
    processes::{
        houses::{Houses, succeed},
        process::{Gone, Process},
    },
};

/// What the hub's log says once nodes can connect.
const READY: &str = "hub is listening";

/// The setting that says where the database is.
const DATABASE: &str = "MELDEVERBUND_HUB_DATABASE";

/// How SQLite tells of what cannot be read at all (`SQLITE_IOERR_CORRUPTFS`): to it the same as what is damaged.
const UNREADABLE: &str = "(code: 11)";

/// A system call that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Injection {
    pub(crate) call: &'static str,
    pub(crate) error: &'static str,
    /// Which calls of each thread, as strace(1) counts: `7`, `7+`, `7+20`.
    pub(crate) when: String,
    /// On the files of the database alone, or on whatever it is made.
    pub(crate) on_database: bool,
}

/// The hub's process and its folder.
pub(crate) struct HubHouse {
    folder: PathBuf,
    /// Where its database is, if it is not where the first hub's is.
    database: Option<String>,
    preload: Option<PathBuf>,
    process: Option<Process>,
}

impl HubHouse {
    /// The hub of this folder, not up yet. With a clock that can be moved it needs the C compiler.
    pub(crate) fn new(root: &Path, folder: &str, movable_clock: bool) -> Self {
        let preload = movable_clock.then(|| {
            let library = root.join("clock.so");
            let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/failure/clock.c");
            succeed(Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source));
            fs::write(root.join("offset"), 0_i64.to_ne_bytes()).unwrap();
            library
        });
        Self { folder: root.join(folder), database: None, preload, process: None }
    }

    /// With a way of its own to the database.
    pub(crate) fn with_database(self, url: String) -> Self {
        Self { database: Some(url), ..self }
    }

    /// Starts it, with calls that fail or without.
    pub(crate) fn start(&mut self, houses: &Houses, injection: Option<&Injection>) -> Result<(), Gone> {
        let mut command = houses.at_hub(&self.folder, Path::new("/bin/sh"));
        // A process that ignores the signal is told of a file size limit by an error, as of a full disk.
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
        if let Some(injection) = injection {
            command.args(self.strace(injection));
        }
        if let Some(library) = &self.preload {
            let offset = self.folder.with_file_name("offset");
            command.args(["env", &set("LD_PRELOAD", library), &set("MELDEVERBUND_TEST_CLOCK", &offset)]);
        }
        command.env("PATH", "/usr/bin:/bin:/usr/local/bin").arg(houses.hub_program()).arg("serve");
        command.envs(self.database.iter().map(|url| (DATABASE, url)));
        let mut process = Process::try_start(command, READY)?;
        if injection.is_some_and(|injection| injection.call == "pread64") {
            process.expect_errors(UNREADABLE);
        }
        self.process = Some(process);
        Ok(())
    }

    /// The tracer is a grandchild, so that the hub stays ours to kill, and lets go when it is asked to. A filter in
    /// the kernel (`--seccomp-bpf`) would be quicker, and would go on failing calls without it.
    fn strace(&self, injection: &Injection) -> Vec<String> {
        let Injection { call, error, when, on_database } = injection;
        let mut words = ["strace", "-D", "-f", "-I2", "-qq", "-o"].map(str::to_owned).to_vec();
        words.push(self.trace().to_string_lossy().into_owned());
        words.extend(["-e".to_owned(), format!("trace={call}")]);
        words.extend(["-e".to_owned(), format!("inject={call}:error={error}:when={when}")]);
        for file in ["hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm"].iter().filter(|_| *on_database) {
            words.extend(["-P".to_owned(), self.folder.join(file).to_string_lossy().into_owned()]);
        }
        words
    }

    fn trace(&self) -> PathBuf {
        self.folder.join("strace.out")
    }

    /// How many calls have failed since the last start under a tracer.
    pub(crate) fn injected(&self) -> usize {
        fs::read_to_string(self.trace()).map_or(0, |trace| trace.matches("(INJECTED)").count())
    }

    /// Lets all calls succeed again, while the hub runs on.
    pub(crate) fn stop_injecting(&self) {
        let tracer = || {
            let status = fs::read_to_string(format!("/proc/{}/status", self.pid().as_raw_nonzero())).ok()?;
            let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"))?;
            Pid::from_raw(tracer.trim().parse().unwrap())
        };
        if let Some(tracer) = tracer() {
            // It may have ended by itself, with the hub.
            let _ = kill_process(tracer, Signal::TERM);
        }
        patiently("the tracer lets go", PATIENCE, || tracer().is_none());
    }

    /// What it has logged last.
    pub(crate) fn last_words(&self) -> String {
        self.process.as_ref().map_or_else(String::new, Process::last_words)
    }

    pub(crate) fn is_up(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| !process.has_ended())
    }

    /// `kill -9`; whatever it has logged as an error is a fault of its own.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// SIGTERM, and waits for an orderly end.
    pub(crate) fn terminate(&mut self) {
        self.process.take().expect("it is up").terminate();
    }

    /// Nothing moves any more, and nobody is told.
    pub(crate) fn pause(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
    }

    pub(crate) fn go_on(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    /// No file grows beyond so many bytes; none: as far as it likes.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.pid()), Resource::Fsize, limit).unwrap();
    }

    /// Moves its clock: so many seconds from the machine's.
    pub(crate) fn set_clock(&self, offset_s: i64) {
        use std::os::unix::fs::FileExt as _;
        let file = fs::OpenOptions::new().write(true).open(self.folder.with_file_name("offset")).unwrap();
        // In place: the file is mapped.
        file.write_all_at(&offset_s.to_ne_bytes(), 0).unwrap();
    }

    fn pid(&self) -> Pid {
        self.process.as_ref().expect("it is up").pid()
    }
}

fn set(name: &str, value: &Path) -> String {
    format!("{name}={}", value.display())
}
