//! The real binary: verbs, exit codes, both languages, and kill -9.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;

use crate::harness::{CASE, Office, links};

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meldeverbund-node"));
    command.env_clear().env("LANG", "C.UTF-8").env("TZ", "UTC");
    command
}

/// Runs a verb in an office's folder.
pub(crate) fn verb(folder: &Path, arguments: &[&str]) -> Output {
    program().current_dir(folder).args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The answer of a verb that must succeed.
pub(crate) fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = verb(folder, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A daemon as a process; killed when the test ends.
pub(crate) struct Daemon(Child);

impl Daemon {
    /// Starts a daemon and waits until it says that it has.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut child = program().current_dir(folder).arg("serve").stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(
            lines.by_ref().any(|line| line.unwrap().contains("node.started")),
            "the daemon did not start"
        );
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn terminate(&mut self) -> std::process::ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.0.wait().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn each_line_of_standard_input_is_answered() {
    let mut child = program().arg("link").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"https://h.example/%7Ea\n\n\xc3\x28\nftp://h.example").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["canonical"], "https://h.example/~a");
    assert_eq!(answers[0]["registrable_domain"], "h.example");
    assert!(answers[1]["error"].is_string() && answers[2]["error"].is_string());
    assert_eq!(answers[3]["canonical"], "ftp://h.example/");
}

#[test]
fn a_list_is_safe_at_the_node_though_the_hub_is_away() {
    let office = Office::new();
    let folder = office.path();
    let mut daemon = Daemon::start(folder);
    let opened = json(folder, &["case", "open", CASE, "--unit", "K 42"]);
    assert_eq!((&opened["at_hub"], &opened["stood_already"]), (&"waiting".into(), &false.into()));
    assert_eq!(json(folder, &["case", "open", CASE])["stood_already"], true);
    fs::write(folder.join("list.txt"), "https://a.example/1\nhxxp://b[.]example/2\nno link at all\n")
        .unwrap();

    let dry = verb(folder, &["refer", "list.txt", "--case", CASE, "--dry-run", "--json"]);
    let preview: Value = serde_json::from_slice(&dry.stdout).unwrap();
    assert_eq!((dry.status.code(), &preview["valid"], &preview["rejected"]), (Some(6), &2.into(), &1.into()));
    assert_eq!(json(folder, &["status"])["rows"]["rows"], 0);

    let output = verb(folder, &["refer", "list.txt", "--case", CASE, "--no-wait", "--json"]);
    assert_eq!(output.status.code(), Some(6), "one row was rejected: {}", text(&output.stderr));
    let hand_in: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&hand_in["rows"]["waiting"], &hand_in["officer"]), (&2.into(), &"Erika Muster".into()));
    let again = verb(folder, &["refer", "list.txt", "--case", CASE, "--no-wait"]);
    assert!(text(&again.stderr).contains("handed in already"), "{}", text(&again.stderr));
    assert_eq!(json(folder, &["status"])["queue"]["referrals"], 2);

    let output = verb(folder, &["report", "1", "--report", "out.csv", "--lang", "de"]);
    assert!(output.status.success());
    let report = fs::read_to_string(folder.join("out.csv")).unwrap();
    let lines: Vec<&str> = report.lines().collect();
    assert!(lines[0].starts_with("\u{feff}Zeile;Link;Vorgang;Ergebnis"), "{report}");
    assert!(lines[2].starts_with("2;http://b.example/2;ST/0123456/2026;wartet;"), "{report}");
    assert!(lines[3].starts_with("3;no link at all;ST/0123456/2026;nicht angenommen;"), "{report}");

    let table = text(&verb(folder, &["links", "--case", CASE]).stdout);
    assert!(table.contains("hxxps://a[.]example/1") && !table.contains("https://a.example"), "{table}");
    assert_eq!(verb(folder, &["show", "https://unknown.example/"]).status.code(), Some(5));
    assert_eq!(verb(folder, &["refer", "list.txt", "--case", "unknown"]).status.code(), Some(5));
    assert_eq!(verb(folder, &["refer", "gone.txt", "--case", CASE]).status.code(), Some(1));
    assert_eq!(daemon.terminate().code(), Some(0));
    assert!(!folder.join("data/desk.sock").exists());
    assert_eq!(verb(folder, &["status"]).status.code(), Some(3));
}

#[test]
fn screens_speak_the_language_of_the_locale() {
    let office = Office::new();
    let folder = office.path();
    let _daemon = Daemon::start(folder);
    let german = program().env("LC_ALL", "de_DE.UTF-8").current_dir(folder).arg("status").output().unwrap();
    assert!(text(&german.stdout).contains("Nichts wartet auf den Hub."), "{}", text(&german.stdout));
    assert!(text(&verb(folder, &["status"]).stdout).contains("Nothing waits for the hub."));
    assert!(text(&verb(folder, &["--lang", "de", "refer", "--help"]).stdout).contains("Vorgangsnummer"));
    assert!(text(&verb(folder, &["refer", "--help"]).stdout).contains("Usage:"));
}

#[test]
fn a_second_daemon_on_the_same_folder_is_refused() {
    let office = Office::new();
    let _daemon = Daemon::start(office.path());
    let second = verb(office.path(), &["serve"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains("another daemon runs"), "{}", text(&second.stderr));
}

#[test]
fn init_makes_a_node_that_knows_who_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "init",
        "--dir",
        "n",
        "--agency",
        "de-nw-lka",
        "--hub",
        "https://127.0.0.1:9",
        "--hub-agency",
        "de-bka",
        "--trust-domain",
        "meldeverbund.test",
        "--certificate",
        "c.pem",
        "--key",
        "k.pem",
        "--trust-anchors",
        "a.pem",
        "--officer-name",
        "Erika \"Muster\"",
    ];
    let made = json(folder.path(), &arguments);
    assert_eq!(made["officer"]["uid"], rustix::process::getuid().as_raw());
    let again = verb(folder.path(), &arguments);
    assert_eq!(again.status.code(), Some(1), "it never overwrites a node");
    let node = folder.path().join("n");
    let _daemon = Daemon::start(&node);
    let status = json(&node, &["status"]);
    assert_eq!((&status["instance"], &status["officer"]), (&made["instance"], &"Erika \"Muster\"".into()));
    let mut wrong = arguments;
    wrong[2] = "m";
    wrong[4] = "DE NW";
    let output = verb(folder.path(), &wrong);
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("m/node.toml").exists(), "a wrong configuration is not left behind");
}

/// The promise of the desk: whatever is killed when, the same command goes on, and each row is there once.
#[test]
fn a_daemon_killed_again_and_again_loses_and_doubles_nothing() {
    const ROWS: usize = 20_000;
    const KILLS: usize = 8;
    let office = Office::new();
    let folder = office.path();
    fs::write(folder.join("list.txt"), links(ROWS).join("\n")).unwrap();
    let mut daemon = Daemon::start(folder);
    json(folder, &["case", "open", CASE]);
    let mut rng = StdRng::seed_from_u64(1);
    for kill in 0..KILLS {
        let mut refer = program()
            .current_dir(folder)
            .args(["refer", "list.txt", "--case", CASE, "--no-wait"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The one place where time passes on its own: the instant of the kill is what is tried.
        std::thread::sleep(Duration::from_millis(rng.random_range(10..250)));
        if kill % 3 == 2 {
            refer.kill().unwrap();
        } else {
            daemon.kill();
            daemon = Daemon::start(folder);
        }
        refer.wait().unwrap();
    }
    json(folder, &["refer", "list.txt", "--case", CASE, "--no-wait"]);
    let status = json(folder, &["status"]);
    assert_eq!((&status["rows"]["rows"], &status["queue"]["referrals"]), (&ROWS.into(), &ROWS.into()));
    let report = verb(folder, &["report", "1", "--json"]);
    let rows = text(&report.stdout);
    let mut count = 0;
    for (line, (row, link)) in (1..).zip(rows.lines().zip(links(ROWS))) {
        let row: Value = serde_json::from_str(row).unwrap();
        assert_eq!((&row["line"], &row["link"]), (&Value::from(line), &Value::from(link)));
        count += 1;
    }
    assert_eq!((count, rows.lines().count()), (ROWS, ROWS));
}
