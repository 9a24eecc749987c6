//! A cluster in a temporary folder, reached through a socket in it.

use std::{
    io::Write as _,
    iter,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};
use tempfile::TempDir;

use crate::{USER, disk::Disk, programs::Programs};

/// The port is the socket's name and nothing else: nobody listens on the network.
const PORT: u16 = 5432;

/// What makes a short life quick: nothing of it has to outlive the machine. What COMMIT promises stays as it is.
const SETTINGS: &str = "\
listen_addresses = ''
fsync = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 200
max_wal_size = 256MB
autovacuum_naptime = 10s
log_min_messages = warning
";

/// A standby finds its server again soon.
const STANDBY: &str = "wal_retrieve_retry_interval = 200ms\n";

/// Whichever standby there is confirms each COMMIT.
const SYNCHRONOUS: &str = "synchronous_standby_names = '*'\n";

/// A cluster of its own. It ends, and its folder goes, when it is dropped or its process is gone.
#[derive(Debug)]
pub struct Cluster {
    programs: Programs,
    folder: TempDir,
    /// None: the machine's own.
    disk: Option<Disk>,
    /// Waits for this process to end, whichever way, and then clears up.
    warden: Child,
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Panics
    /// If the server programs are missing or fail.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Makes and starts a cluster with these lines in its configuration.
    ///
    /// # Panics
    /// If the server programs are missing or fail.
    #[must_use]
    pub fn start_with(settings: &str) -> Self {
        Self::start_on(settings, |_| None)
    }

    /// Makes and starts a cluster whose disk, and that of its standbys, can be full or slow.
    ///
    /// # Panics
    /// If the server programs or a C compiler are missing or fail.
    #[must_use]
    pub fn start_with_a_disk() -> Self {
        Self::start_on("", |folder| Some(Disk::make(folder)))
    }

    fn start_on(settings: &str, disk: impl FnOnce(&Path) -> Option<Disk>) -> Self {
        let programs = Programs::find();
        let folder = tempfile::Builder::new().prefix("pg").tempdir().expect("a temporary folder");
        programs.give(folder.path());
        let data = folder.path().join("data");
        let mut initdb = programs.command(&programs.path("initdb"));
        initdb.args(["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust", "--username", USER]);
        done(initdb.arg("--pgdata").arg(&data));
        let socket = format!("unix_socket_directories = '{}'\n", folder.path().display());
        let warden = warden(&programs, folder.path());
        let disk = disk(folder.path());
        let cluster = Self { programs, folder, disk, warden };
        cluster.configure(&format!("{SETTINGS}{socket}{settings}"));
        cluster.start_again();
        cluster
    }

    /// Where a database of it is.
    pub fn url(&self, database: &str) -> String {
        self.url_of(USER, database)
    }

    /// Where a database of it is, to this user.
    pub(crate) fn url_of(&self, user: &str, database: &str) -> String {
        let folder = self.folder.path().to_str().expect("temporary folders have plain names");
        format!("postgres://{user}@{}:{PORT}/{database}", folder.replace('/', "%2F"))
    }

    /// Starts the server after it was stopped or killed; returns when it takes connections.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&self) {
        let log = self.folder.path().join("log");
        let mut start = self.pg_ctl("start");
        if let Some(disk) = &self.disk {
            disk.under(&mut start);
        }
        let start = start.args(["--wait", "--silent", "--log"]).arg(&log);
        let is_started =
            start.stdin(Stdio::null()).status().expect("the server programs can be run").success();
        assert!(is_started, "{}", std::fs::read_to_string(log).unwrap_or_default());
    }

    /// Stops the server in good order; what is connected is cut.
    ///
    /// # Panics
    /// If it does not stop.
    pub fn stop(&self) {
        done(self.pg_ctl("stop").args(["--wait", "--silent", "--mode=fast"]));
    }

    /// Kills the server as a crash does; its processes are gone when this returns.
    ///
    /// # Panics
    /// If it does not run.
    pub fn kill(&self) {
        let processes = self.stopped();
        let open = |process: &Pid| pidfd_open(*process, PidfdFlags::empty()).ok();
        let ends: Vec<_> = processes.iter().filter_map(open).collect();
        for process in processes {
            // Who has ended since needs no killing.
            let _ = kill_process(process, Signal::KILL);
        }
        // A new server does not start before the last process of the old one is gone.
        for end in &ends {
            poll(&mut [PollFd::new(end, PollFlags::IN)], None).expect("a process's end can be waited for");
        }
        // A process that has ended keeps its number until its parent asks for it. The parent is the machine's first
        // process, which takes its time or never asks; to a new server the old one would still run.
        for lock in [self.folder.path().join(format!(".s.PGSQL.{PORT}.lock")), self.lock()] {
            std::fs::remove_file(lock).expect("who is killed leaves its locks behind");
        }
    }

    /// Stops every process of the server where it stands (SIGSTOP): it is there, and says nothing.
    ///
    /// # Panics
    /// If it does not run.
    pub fn pause(&self) {
        for process in self.stopped() {
            // It may have ended since.
            let _ = kill_process(process, Signal::STOP);
        }
    }

    /// Lets a server go on that was paused.
    ///
    /// # Panics
    /// If it does not run.
    pub fn go_on(&self) {
        // The server itself comes last: until then it makes no more of them.
        for process in self.processes().into_iter().rev() {
            let _ = kill_process(process, Signal::CONT);
        }
    }

    /// From now on no file of its grows, as on a disk that is full.
    ///
    /// # Panics
    /// If it was not started with a disk.
    pub fn fill_disk(&self) {
        self.disk().set(true, Duration::ZERO);
    }

    /// From now on each write takes so long.
    ///
    /// # Panics
    /// If it was not started with a disk.
    pub fn slow_disk(&self, write: Duration) {
        self.disk().set(false, write);
    }

    /// There is room again, and writes take no time. A server that has given up for want of room is started again, as whoever
    /// looks after it would.
    ///
    /// # Panics
    /// If it was not started with a disk.
    pub fn heal_disk(&self) {
        self.disk().set(false, Duration::ZERO);
        let mut status = self.pg_ctl("status");
        let status = status.stdin(Stdio::null()).stdout(Stdio::null()).status();
        if !status.expect("the server programs can be run").success() {
            self.start_again();
        }
    }

    /// Makes and starts a standby, and from then on lets each COMMIT wait until the standby has it on its disk.
    ///
    /// # Panics
    /// If the server programs are missing or fail.
    #[must_use]
    pub fn with_standby(&self) -> Self {
        let programs = self.programs.clone();
        let folder = tempfile::Builder::new().prefix("pg").tempdir().expect("a temporary folder");
        programs.give(folder.path());
        let mut copy = programs.command(&programs.path("pg_basebackup"));
        copy.args(["--no-sync", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"]);
        copy.arg("--host").arg(self.folder.path()).args(["--port", &PORT.to_string(), "--username", USER]);
        done(copy.arg("--pgdata").arg(folder.path().join("data")));
        let warden = warden(&programs, folder.path());
        let disk = self.disk.as_ref().map(|_| Disk::make(folder.path()));
        let standby = Self { programs, folder, disk, warden };
        let socket = format!("unix_socket_directories = '{}'\n", standby.folder.path().display());
        standby.configure(&format!("{socket}{STANDBY}"));
        standby.start_again();
        self.configure(SYNCHRONOUS);
        done(self.pg_ctl("reload").arg("--silent"));
        standby
    }

    /// Makes a standby the server that takes writes. It waits for no standby of its own.
    ///
    /// # Panics
    /// If it is none, or does not become one.
    pub fn promote(&self) {
        done(self.pg_ctl("promote").args(["--wait", "--silent"]));
    }

    /// The folder with its socket.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    fn configure(&self, lines: &str) {
        let configuration = self.folder.path().join("data/postgresql.conf");
        let mut file = std::fs::OpenOptions::new().append(true).open(configuration).expect("it was made");
        file.write_all(lines.as_bytes()).expect("it can be written");
    }

    fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("it was started with a disk of its own")
    }

    /// The server's processes, itself first and stopped: it makes no more of them.
    fn stopped(&self) -> Vec<Pid> {
        let server = self.processes()[0];
        kill_process(server, Signal::STOP).expect("the server runs");
        while !is_stopped(server) {
            thread::yield_now();
        }
        self.processes()
    }

    /// The server's processes, itself first.
    fn processes(&self) -> Vec<Pid> {
        let text = std::fs::read_to_string(self.lock()).expect("the server runs");
        let server: i32 =
            text.lines().next().and_then(|line| line.parse().ok()).expect("the process's number");
        let children = |task: &Path| std::fs::read_to_string(task.join("children")).unwrap_or_default();
        let children = children(Path::new(&format!("/proc/{server}/task/{server}")));
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        iter::once(server).chain(children).filter_map(Pid::from_raw).collect()
    }

    /// Who serves the cluster's files.
    fn lock(&self) -> PathBuf {
        self.folder.path().join("data/postmaster.pid")
    }

    fn pg_ctl(&self, verb: &str) -> Command {
        let mut command = self.programs.command(&self.programs.path("pg_ctl"));
        command.arg(verb).arg("--pgdata").arg(self.folder.path().join("data"));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The warden clears up when nobody holds its input any more.
        drop(self.warden.stdin.take());
        let _ = self.warden.wait();
    }
}

/// Starts who clears up: a shell that reads until the other end is gone, then stops the server and removes the folder.
fn warden(programs: &Programs, folder: &Path) -> Child {
    const SCRIPT: &str = "cat; \"$1\" stop --pgdata \"$2/data\" --silent --mode=immediate; rm -rf \"$2\"";
    let mut shell = programs.command(Path::new("/bin/sh"));
    shell.args(["-c", SCRIPT, "warden"]).arg(programs.path("pg_ctl")).arg(folder);
    // A terminal's interrupt is not for it.
    shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().expect("there is a shell")
}

/// Whether SIGSTOP has arrived: it does so a moment after it was sent.
fn is_stopped(process: Pid) -> bool {
    let status =
        std::fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    // The name before the state may contain anything (proc(5)).
    status.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('T'))
}

fn done(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("the server programs can be run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
