//! The real binary: its files, its command line, its signals and what it writes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use meldeverbund_certs::{
    Clock, TlsFiles,
    authority::{Authority, Curve, Host, NewAuthority, Order},
};
use meldeverbund_hub::store::{Connection, Database, Store};
use rustix::process::{Pid, Resource, Rlimit, Signal};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::harness::{CENTRAL, DOMAIN, Office, Place, connect_to, identity};

/// Where a hub lives: its folder, its authority, its configuration.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) authority: Authority,
    pub(crate) tls: TlsFiles,
    place: Place,
}

/// A running hub.
pub(crate) struct Process {
    child: Child,
    /// Keeps the shell that ignores SIGXFSZ apart from the test's own input.
    _input: Option<ChildStdin>,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
    log: Arc<Mutex<String>>,
    lines: watch::Receiver<usize>,
    reader: Option<JoinHandle<()>>,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::at(Place::chosen())
    }

    /// Its database is a file, for what is about files.
    pub(crate) fn on_a_file() -> Self {
        Self::at(Place::file())
    }

    /// Its database is on a server, for what is about several hubs.
    pub(crate) fn on_a_server() -> Self {
        Self::at(Place::server())
    }

    fn at(place: Place) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::system();
        let new = NewAuthority::new(DOMAIN.parse().unwrap());
        let authority = Authority::init(&folder.path().join("ca"), &new, clock.now()).unwrap();
        let order = Order::hub(identity(CENTRAL, "hub"), vec![Host::Address([127, 0, 0, 1].into())]);
        let tls = authority.issue_into(&folder.path().join("hub"), &order, Curve::P256, clock.now()).unwrap();
        let site = Self { folder, authority, tls, place };
        site.configure("");
        site
    }

    /// Writes the configuration: what every test needs, and these settings first.
    pub(crate) fn configure(&self, settings: &str) {
        let TlsFiles { certificate, key, trust_anchors, revocations, .. } = &self.tls;
        let revocations = revocations.as_ref().unwrap();
        let database = if settings.contains("database =") { String::new() } else { self.place.setting() };
        let text = format!(
            "{settings}\n{database}\n\
             listen = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\nagency = \"{CENTRAL}\"\n\
             trust_domain = \"{DOMAIN}\"\ntls_reload_ms = 50\n\
             [tls]\ncertificate = {certificate:?}\nkey = {key:?}\ntrust_anchors = {trust_anchors:?}\n\
             revocations = {revocations:?}\n[log]\nformat = \"json\"\nfilter = \"trace\"\n"
        );
        std::fs::write(self.config(), text).unwrap();
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("hub.toml")
    }

    /// The other hub's configuration.
    fn another(&self) -> PathBuf {
        self.folder.path().join("another.toml")
    }

    pub(crate) fn database(&self) -> Database {
        self.place.database(self.folder.path())
    }

    /// A connection to its database, beside the hub.
    pub(crate) async fn connect(&self) -> Connection {
        Store::open(self.database()).await.unwrap().writer().await.unwrap()
    }

    /// The binary with this configuration, ready for arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meldeverbund-hub"));
        command.env_clear().arg("--config").arg(self.config());
        command
    }

    /// Runs one of the operator's commands.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// Runs one of the operator's commands as the other hub's.
    pub(crate) fn run_another(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meldeverbund-hub"));
        command.env_clear().arg("--config").arg(self.another()).args(arguments).output().unwrap()
    }

    /// Runs one of the operator's commands; its JSON answer.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command().arg("--json").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn register(&self, agency: &str, kind: &str) {
        let contact = format!("duty@{agency}.example");
        let name = format!("Office {agency}");
        self.json(&["agency", "add", agency, "--name", &name, "--kind", kind, "--contact", &contact]);
    }

    /// Starts the hub; when this returns, nodes can connect.
    pub(crate) async fn serve(&self) -> Process {
        self.serve_as(&self.config()).await
    }

    /// Starts another hub on the same database and with the same keys; the high-water mark is its own.
    pub(crate) async fn serve_another(&self) -> Process {
        let settings = std::fs::read_to_string(self.config()).unwrap();
        std::fs::write(self.another(), format!("{settings}[ledger]\nmark = \"another.mark\"\n")).unwrap();
        self.serve_as(&self.another()).await
    }

    async fn serve_as(&self, config: &Path) -> Process {
        // A shell that ignores the signal of a full disk's stand-in (see `Process::fill_disk`), as the hub inherits it.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_meldeverbund-hub")]);
        command.env_clear().arg("--config").arg(config).arg("serve");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (log, (sender, mut lines)) = (Arc::new(Mutex::new(String::new())), watch::channel(0));
        let (kept, errors) = (Arc::clone(&log), BufReader::new(child.stderr.take().unwrap()));
        let reader = std::thread::spawn(move || {
            for line in errors.lines() {
                let mut log = kept.lock().unwrap();
                log.push_str(&line.unwrap());
                log.push('\n');
                sender.send_modify(|count| *count += 1);
            }
        });
        let line = wait_for(&log, &mut lines, "hub is listening").await;
        let line: Value = serde_json::from_str(&line).unwrap();
        let address = |field: &str| line[field].as_str().unwrap().parse().unwrap();
        let (address, metrics) = (address("address"), address("metrics"));
        let input = child.stdin.take();
        Process { child, _input: input, address, metrics, log, lines, reader: Some(reader) }
    }

    /// A fresh certificate of this agency.
    pub(crate) fn credentials(&self, agency: &str) -> TlsFiles {
        let order = Order::node(identity(agency, "main"));
        let folder = self.folder.path().join(agency);
        self.authority.issue_into(&folder, &order, Curve::P256, Clock::system().now()).unwrap()
    }

    /// A registered state office, connected to this hub.
    pub(crate) async fn office(&self, agency: &str, hub: &Process) -> Office {
        self.register(agency, "state-office");
        let channel = connect_to(hub.address, &self.credentials(agency), Clock::system()).await.unwrap();
        Office { agency: agency.parse().unwrap(), channel }
    }
}

impl Process {
    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// From now on no file can be written: what a full disk does, for this process alone.
    pub(crate) fn fill_disk(&self) {
        self.limit_files(Some(0));
    }

    pub(crate) fn free_disk(&self) {
        self.limit_files(None);
    }

    fn limit_files(&self, current: Option<u64>) {
        let limit = Rlimit { current, maximum: None };
        rustix::process::prlimit(Some(self.pid()), Resource::Fsize, limit).unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits until a line with this text has been logged; gives the line.
    pub(crate) async fn logged(&mut self, text: &str) -> String {
        wait_for(&self.log, &mut self.lines, text).await
    }

    /// Everything that was logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits for the process to end by itself; gives its exit status and its whole log.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let end_of_log = async { while self.lines.changed().await.is_ok() {} };
        let waited = tokio::time::timeout(Duration::from_secs(40), end_of_log).await;
        assert!(waited.is_ok(), "the hub does not end\n{}", self.log());
        self.reader.take().unwrap().join().unwrap();
        (self.child.wait().unwrap(), self.log())
    }

    /// Asks the port of metrics and probes; status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(self.metrics).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: hub.test\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn wait_for(log: &Mutex<String>, lines: &mut watch::Receiver<usize>, text: &str) -> String {
    let found = || log.lock().unwrap().lines().find(|line| line.contains(text)).map(str::to_owned);
    let waiting = async {
        loop {
            lines.borrow_and_update();
            if let Some(line) = found() {
                return line;
            }
            if lines.changed().await.is_err() {
                return found().unwrap_or_else(|| panic!("the hub ended:\n{}", log.lock().unwrap()));
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(40), waiting).await;
    waited.unwrap_or_else(|_| panic!("{text:?} is not logged\n{}", log.lock().unwrap()))
}
