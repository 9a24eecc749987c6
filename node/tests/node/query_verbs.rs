//! `query` as an officer types it: whatever way the selectors come in and the answers go out, and what a terminal shows meanwhile.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    binary::program,
    harness::links,
    hub::TOKEN,
    liaison::{body, is_hit, run, run_with},
};

const WHY: [&str; 4] = ["--purpose", "investigation", "--case", "EP/7/26"];

/// More than one batch, so that something is answered before all is.
const LONG: usize = 1_200;

/// What is in a progress bar and in nothing else that a question shows.
const BAR: [&str; 3] = ["\u{1b}[", "hits: 1", "left"];

#[tokio::test(flavor = "multi_thread")]
async fn arguments_file_and_standard_input_are_one_question_in_every_form() {
    let (office, hub, node) = body().await;
    is_hit(&hub, "https://files.example/1");
    let selectors = ["https://files.example/0", "hxxps://files[.]example/1", &"ab".repeat(16)];
    let list = selectors.join("\r\n");
    fs::write(office.path().join("list.txt"), &list).unwrap();
    let ways: [&[&str]; 3] = [&selectors, &["--file", "list.txt"], &["--file", "-"]];
    for way in ways {
        let ask = async |form: &[&str]| {
            let arguments = [&["query"], way, &WHY, form].concat();
            let (code, out, err) = run_with(office.path(), &arguments, Some(TOKEN), list.clone()).await;
            assert_eq!((code, &*err), (Some(0), ""), "{arguments:?}");
            out
        };
        let table = ask(&[]).await;
        assert!(table.contains("3 rows: 1 hits, 2 no reportable hit, not a clearance"), "{table}");
        for cell in ["hxxps://files[.]example/1", "Office de-by-lka", "referred", "md5:abab"] {
            assert!(table.contains(cell), "{way:?}: {cell}: {table}");
        }
        let csv = ask(&["--csv"]).await;
        let rows: Vec<&str> = csv.lines().map(|line| line.split(',').nth(2).unwrap()).collect();
        let no_hit = "no reportable hit";
        assert_eq!(rows.len(), 4, "{csv}");
        assert!(rows[1].contains(no_hit) && rows[2] == "hit" && rows[3].contains(no_hit), "{csv}");
        let german = ask(&["--csv", "--lang", "de"]).await;
        assert!(german.starts_with("\u{feff}Zeile;Link oder Prüfsumme;Ergebnis;"), "{german}");
        let objects = ask(&["--json"]).await;
        let objects: Vec<serde_json::Value> =
            objects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<_> = objects.iter().map(|row| (row["line"].as_u64(), row["answer"].as_str())).collect();
        let [none, hit] = [Some("no_hit"), Some("hit")];
        assert_eq!(told, [(Some(1), none), (Some(2), hit), (Some(3), none)]);
        assert_eq!(objects[1]["hit"]["contact"], "+49 30 0");
    }
    assert_eq!(hub.state.lock().unwrap().liaison.queries.len(), 12, "each was asked");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_says_why_and_asks_nothing() {
    let (office, hub, node) = body().await;
    fs::write(office.path().join("empty.txt"), "# nothing\n\n").unwrap();
    fs::write(office.path().join("bytes.txt"), b"https://files.example/\xff\n").unwrap();
    let link = "https://files.example/1";
    let cases: [(&[&str], i32, &str); 7] = [
        (&["query", link, "--case", "EP/7/26"], 2, "--purpose"),
        (&["query", link, "--purpose", "investigation"], 2, "--case"),
        (&["query", link, "--file", "list.txt"], 2, "--file"),
        (&["query"], 1, "Give links or content hashes"),
        (&["query", "--file", "gone.txt"], 1, "The list cannot be read"),
        (&["query", "--file", "bytes.txt"], 1, "not UTF-8"),
        (&["query", "--file", "empty.txt"], 1, "The list is empty."),
    ];
    for (arguments, expected, words) in cases {
        let named = arguments.iter().any(|argument| WHY.contains(argument));
        let arguments = if named { arguments.to_vec() } else { [arguments, &WHY].concat() };
        let (code, out, err) = run(office.path(), &arguments, Some(TOKEN)).await;
        assert_eq!((code, &*out), (Some(expected), ""), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
    let both = [&["query", link, "--csv", "--json"], &WHY[..]].concat();
    assert_eq!(run(office.path(), &both, Some(TOKEN)).await.0, Some(2));
    let (code, _, err) =
        run(office.path(), &["query", link, "--purpose", " ", "--case", "EP"], Some(TOKEN)).await;
    assert_eq!((code, err.contains("(purpose.code)")), (Some(1), true), "{err}");
    assert!(hub.state.lock().unwrap().liaison.queries.is_empty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_for_a_terminal_alone() {
    let (office, hub, node) = body().await;
    is_hit(&hub, "https://files.example/1");
    fs::write(office.path().join("list.txt"), links(LONG).join("\n")).unwrap();
    let ask = |form: &'static [&str]| [&["query", "--file", "list.txt"], &WHY[..], form].concat();

    // A person watches standard error while the answers go to a file.
    let shown = terminal(office.path(), &ask(&["--csv"])).await;
    for part in BAR {
        assert!(shown.contains(part), "{part:?} is not in {shown:?}");
    }
    assert!(shown.contains("/1,200"), "how many there are: {shown:?}");
    let written = fs::read_to_string(office.path().join("out")).unwrap();
    assert_eq!(written.lines().count(), LONG + 1);
    assert!(!BAR.iter().any(|part| written.contains(part)), "the answers have no part of it");

    // A program is shown none, though it runs in a terminal.
    let shown = terminal(office.path(), &ask(&["--json"])).await;
    assert_eq!(shown, "");
    assert_eq!(fs::read_to_string(office.path().join("out")).unwrap().lines().count(), LONG);

    // Nobody watches a pipe.
    for form in [&["--csv"], &["--json"]] {
        let (code, out, err) = run(office.path(), &ask(form), Some(TOKEN)).await;
        assert_eq!((code, &*err), (Some(0), ""));
        assert!(!BAR.iter().any(|part| out.contains(part)));
    }
    let (code, out, err) = run(office.path(), &ask(&[]), Some(TOKEN)).await;
    assert_eq!((code, &*err), (Some(0), "All rows: meldeverbund-node query show 5 --csv\n"));
    assert_eq!(out.matches("files[.]example").count(), 1, "a long table shows hits alone: {out}");
    node.stop().await;
}

/// What a terminal shows of a verb whose answers go into the file `out`.
async fn terminal(folder: &Path, arguments: &[&str]) -> String {
    let verb = program().get_program().to_str().unwrap().to_owned();
    let line = [&[verb.as_str()], arguments, &["> out"]].concat().join(" ");
    // Of util-linux, and on every Debian (bsdutils is essential): a terminal for whatever runs in it.
    let mut command = Command::new("/usr/bin/script");
    command.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]).current_dir(folder);
    command.env_clear().envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("TERM", "xterm"), ("SHELL", "/bin/sh")]);
    command.env("MELDEVERBUND_TOKEN", TOKEN).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{shown}");
    shown
}
