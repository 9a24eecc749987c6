//! Processes of the real binaries.

use std::{
    collections::VecDeque,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::SystemTime,
};

use rustix::process::{Pid, Signal, kill_process};

/// Lines of a log that are kept for who has to find out what went wrong.
const LAST_LINES: usize = 12;

/// A program that ended before it was ready.
#[derive(Debug)]
pub(crate) struct Gone {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it said.
    pub(crate) log: Vec<String>,
}

/// A running program; killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    errors: Arc<Mutex<Vec<String>>>,
    log: Arc<Mutex<VecDeque<String>>>,
    expected: Option<&'static str>,
}

impl Process {
    /// Starts a program and waits until its log says `ready`.
    pub(crate) fn start(command: Command, ready: &str) -> Self {
        Self::try_start(command, ready).unwrap_or_else(|gone| panic!("did not start: {gone:#?}"))
    }

    /// Starts a program and waits until its log says `ready`, or until it has ended.
    pub(crate) fn try_start(mut command: Command, ready: &str) -> Result<Self, Gone> {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = Vec::new();
        for line in lines.by_ref() {
            let found = line.contains(ready);
            seen.push(line);
            if found {
                break;
            }
        }
        if !seen.last().is_some_and(|line| line.contains(ready)) {
            return Err(Gone { status: child.wait().unwrap(), log: seen });
        }
        let (errors, log) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(VecDeque::new())));
        let (noted, last) = (Arc::clone(&errors), Arc::clone(&log));
        thread::spawn(move || {
            for line in lines {
                if line.contains(" ERROR ") || line.contains("panicked") {
                    noted.lock().unwrap().push(line.clone());
                }
                let mut last = last.lock().unwrap();
                last.truncate(LAST_LINES - 1);
                last.push_front(line);
            }
        });
        Ok(Self { child, errors, log, expected: None })
    }

    /// What it has logged last, the newest first.
    pub(crate) fn last_words(&self) -> String {
        let lines = self.log.lock().unwrap();
        lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// Its number.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.assert_no_errors();
    }

    /// SIGTERM, and waits for an orderly end.
    pub(crate) fn terminate(mut self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "ended with {status}");
        self.assert_no_errors();
    }

    /// The most memory that the process ever held, bytes (`VmHWM`, proc(5)).
    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// From now on, errors of this kind are what has to be logged.
    pub(crate) fn expect_errors(&mut self, kind: &'static str) {
        self.expected = Some(kind);
    }

    fn assert_no_errors(&self) {
        let errors = self.errors.lock().unwrap();
        let is_expected = |line: &&String| self.expected.is_some_and(|kind| line.contains(kind));
        let faults: Vec<_> = errors.iter().filter(|line| !is_expected(line)).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The node's program: cargo builds it for the tests of its own package.
pub(crate) fn node_program() -> PathBuf {
    static BESIDE: LazyLock<PathBuf> = LazyLock::new(|| built("meldeverbund-node"));
    option_env!("CARGO_BIN_EXE_meldeverbund-node").map_or_else(|| BESIDE.clone(), PathBuf::from)
}

/// The binary of another package, from where cargo puts them: one folder above the tests' own. It must be there and no older
/// than what it was built from (cargo's dependency file beside it says what that is).
pub(crate) fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(name);
    let hint = "run `cargo build --workspace --bins` first";
    let built = modified(&path).unwrap_or_else(|error| panic!("{}: {error}; {hint}", path.display()));
    let sources = fs::read_to_string(path.with_extension("d")).unwrap();
    let (_, sources) = sources.split_once(": ").unwrap();
    for source in sources.split_whitespace() {
        let newer = modified(Path::new(source)).map_or(true, |changed| changed > built);
        assert!(!newer, "{} is older than {source}; {hint}", path.display());
    }
    path
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}
