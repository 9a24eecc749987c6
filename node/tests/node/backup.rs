//! A node's machine is backed up, put back, and moved: as the real binary, and with the real hub.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use meldeverbund_node::{
    backup,
    clock::{Clock, Random},
    config::Config,
};
use meldeverbund_proto::{node::v1::ListLinksRequest, v1::Verdict};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};

use crate::{
    binary::{Daemon, json, program, text, verb},
    harness::{CASE, Office, Running, links},
    real::{self, Federation},
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn refer(folder: &Path, name: &str, count: usize) {
    let list: Vec<String> = (0..count).map(|n| format!("https://{name}.example/{n}")).collect();
    fs::write(folder.join("list.txt"), list.join("\n")).unwrap();
    json(folder, &["refer", "list.txt", "--case", CASE, "--no-wait"]);
}

/// An office whose daemon holds so many referrals that no hub has answered.
fn office(count: usize) -> (Office, Daemon) {
    let office = Office::new();
    let daemon = Daemon::start(office.path());
    json(office.path(), &["case", "open", CASE]);
    refer(office.path(), "first", count);
    (office, daemon)
}

fn refused(output: &Output, why: &str) {
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains(why), "{:?} {said}", output.status);
}

#[test]
fn what_is_backed_up_beside_a_daemon_is_put_back_as_a_node_of_its_own() {
    let (office, _daemon) = office(30);
    let folder = office.path();
    fs::write(folder.join("node.pem"), "certificate").unwrap();
    fs::write(folder.join("node.key"), "key").unwrap();
    fs::write(folder.join("ca.pem"), "anchors").unwrap();
    let made = json(folder, &["backup", "b"]);
    assert_eq!((&made["unanswered_referrals"], &made["agency"]), (&30.into(), &"de-nw-lka".into()));
    assert_eq!(made["files"], json!(["node.sqlite", "node.toml"]), "no keys unless they are asked for");
    assert_eq!(mode(&folder.join("b")), 0o700);
    for file in ["manifest.json", "node.sqlite", "node.toml"] {
        assert_eq!(mode(&folder.join("b").join(file)), 0o600, "{file}");
    }
    assert_eq!(fs::read_dir(folder.join("b")).unwrap().count(), 3, "and nothing else");
    refused(&verb(folder, &["backup", "b"]), "nothing is overwritten");
    refer(folder, "second", 10);

    assert_eq!(json(folder, &["restore", "b", "--check"])["instance"], made["instance"]);
    refused(&verb(folder, &["restore", "b"]), "a daemon runs on this folder");
    let back = json(folder, &["restore", "b", "--dir", "n"]);
    assert_eq!(back["former_instance"], made["instance"]);
    assert_ne!(back["instance"], made["instance"], "the hub must not take it for the other one");
    let node = folder.join("n");
    assert_eq!((mode(&node.join("data")), mode(&node.join("data/node.sqlite"))), (0o700, 0o600));
    refused(&verb(folder, &["restore", "b", "--dir", "n"]), "nothing is overwritten");
    let _second = Daemon::start(&node);
    let status = json(&node, &["status"]);
    assert_eq!((&status["instance"], &status["queue"]["referrals"]), (&back["instance"], &30.into()));
    assert!(status["restored"]["backup_at"].is_string(), "{status}");
    assert!(text(&verb(&node, &["status"]).stdout).contains("put back"));
    // What is handed in again goes on as ever; what was taken since the backup is taken anew.
    refer(&node, "second", 10);
    refer(&node, "first", 30);
    assert_eq!(json(&node, &["status"])["queue"]["referrals"], 40);

    let keys = json(folder, &["backup", "k", "--with-keys"]);
    let files: Vec<&str> =
        keys["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert!(files.contains(&"keys/statement.key") && files.contains(&"keys/key.pem"), "{files:?}");
    assert!(
        files.iter().all(|file| !file.contains("witness")),
        "a witness that forgot what it signed is none"
    );
    assert_eq!((mode(&folder.join("k/keys")), mode(&folder.join("k/keys/key.pem"))), (0o700, 0o600));
    json(folder, &["restore", "k", "--dir", "m"]);
    let same = |file: &str, other: &str| {
        assert_eq!(fs::read(folder.join(file)).unwrap(), fs::read(folder.join(other)).unwrap());
    };
    same("data/statement.key", "m/data/statement.key");
    same("node.key", "m/node.key");
    assert!(!folder.join("m/data/witness.key").exists());
}

#[test]
fn half_a_backup_and_a_later_one_are_not_put_back() {
    let (office, _daemon) = office(10);
    let folder = office.path();
    json(folder, &["backup", "b"]);
    let whole: Vec<(String, Vec<u8>)> = ["manifest.json", "node.sqlite", "node.toml"]
        .map(|name| (name.to_owned(), fs::read(folder.join("b").join(name)).unwrap()))
        .into();
    let check = |why: &str| {
        refused(&verb(folder, &["restore", "b", "--check"]), why);
        refused(&verb(folder, &["restore", "b", "--dir", "n"]), why);
        assert!(!folder.join("n").exists(), "nothing is written before all is verified");
    };
    for (name, bytes) in &whole {
        let path = folder.join("b").join(name);
        fs::remove_file(&path).unwrap();
        check(name);
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        check("is no whole backup");
        if name != "manifest.json" {
            let mut changed = bytes.clone();
            *changed.last_mut().unwrap() ^= 1;
            fs::write(&path, changed).unwrap();
            check("checksum");
        }
        fs::write(&path, bytes).unwrap();
    }
    let manifest: Value = serde_json::from_slice(&whole[0].1).unwrap();
    for (field, value, why) in [
        ("schema", 1_000.into(), "of a later version: its schema"),
        ("format", 2.into(), "of a later version: its format"),
        ("instance", "11111111-1111-4111-8111-111111111111".into(), "is not what the manifest says"),
        ("files", json!([{ "path": "../x", "bytes": 0, "sha256": "" }]), "the manifest does not name it"),
    ] {
        let mut changed = manifest.clone();
        changed[field] = value;
        fs::write(folder.join("b/manifest.json"), changed.to_string()).unwrap();
        check(why);
    }
    // A whole one of another agency is not put beside this one's configuration.
    fs::write(folder.join("b/manifest.json"), &whole[0].1).unwrap();
    fs::create_dir(folder.join("n")).unwrap();
    let other = String::from_utf8(whole[2].1.clone()).unwrap().replace("de-nw-lka", "de-by-lka");
    fs::write(folder.join("n/node.toml"), other).unwrap();
    refused(&verb(folder, &["restore", "b", "--dir", "n"]), "belongs to de-nw-lka");
    assert!(!folder.join("n/data/node.sqlite").exists());
}

/// A name stands for a whole backup, whenever its maker is killed.
#[test]
fn a_backup_killed_in_the_middle_leaves_nothing_that_passes_for_one() {
    const KILLS: usize = 12;
    let (office, _daemon) = office(20_000);
    let folder = office.path();
    let mut rng = StdRng::seed_from_u64(1);
    let (mut whole, mut half) = (0, 0);
    for kill in 0..KILLS {
        let name = format!("b{kill}");
        let mut child = program()
            .current_dir(folder)
            .args(["backup", &name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The instant of the kill is what is tried: the first as soon as there is something, the others at any time from then on.
        let hidden = folder.join(format!(".{name}.half-backup"));
        while !hidden.exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let later = if kill == 0 { 0 } else { rng.random_range(0..250) };
        std::thread::sleep(Duration::from_millis(later));
        child.kill().unwrap();
        child.wait().unwrap();
        if folder.join(&name).exists() {
            json(folder, &["restore", &name, "--check"]);
            whole += 1;
        } else if hidden.exists() {
            if !hidden.join("manifest.json").exists() {
                let output = verb(folder, &["restore", hidden.to_str().unwrap(), "--check"]);
                assert_eq!(output.status.code(), Some(1));
            }
            half += 1;
            // The next one clears it away.
            json(folder, &["backup", &name]);
            json(folder, &["restore", &name, "--check"]);
            assert!(!hidden.exists());
        }
    }
    println!("{whole} were whole, {half} half");
    assert!(half > 0, "no kill came in the middle");
}

#[test]
fn a_restore_killed_in_the_middle_is_done_again() {
    let (office, _daemon) = office(20_000);
    let folder = office.path();
    json(folder, &["backup", "b"]);
    // Half of a configuration is none.
    fs::create_dir(folder.join("half")).unwrap();
    fs::write(folder.join("half/node.coming"), "data_dir = ").unwrap();
    json(folder, &["restore", "b", "--dir", "half"]);
    assert!(!folder.join("half/node.coming").exists());
    let mut rng = StdRng::seed_from_u64(2);
    let mut unfinished = 0;
    for kill in 0..8 {
        let node = format!("n{kill}");
        let mut child = program()
            .current_dir(folder)
            .args(["restore", "b", "--dir", &node])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(20..400)));
        child.kill().unwrap();
        child.wait().unwrap();
        if !folder.join(&node).join("data/node.sqlite").exists() {
            unfinished += 1;
            json(folder, &["restore", "b", "--dir", &node]);
        }
        let _daemon = Daemon::start(&folder.join(&node));
        assert_eq!(json(&folder.join(&node), &["status"])["queue"]["referrals"], 20_000);
        drop(_daemon);
        fs::remove_dir_all(folder.join(&node)).unwrap();
    }
    assert!(unfinished > 0, "no kill came in the middle");
}

#[test]
fn a_machine_is_replaced_and_never_works_on() {
    let (office, daemon) = office(10);
    let folder = office.path();
    refused(&verb(folder, &["replace", "b"]), "a daemon runs on this folder");
    drop(daemon);
    let made = json(folder, &["replace", "b"]);
    assert_eq!(made["unanswered_referrals"], 10);
    refused(&verb(folder, &["serve"]), "handed over");
    let again = json(folder, &["replace", "c"]);
    assert_eq!(again["instance"], made["instance"], "a hand-over can be repeated");
    json(folder, &["restore", "b", "--dir", "n"]);
    let _daemon = Daemon::start(&folder.join("n"));
    assert_eq!(json(&folder.join("n"), &["status"])["queue"]["referrals"], 10);
}

async fn answered(node: &mut Running) {
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
}

/// All links that the node has.
async fn known(node: &mut Running) -> Vec<String> {
    let request =
        ListLinksRequest { case_number: CASE.into(), page_size: 1_000, ..ListLinksRequest::default() };
    let answer = node.desk.list_links(request).await.unwrap().into_inner();
    let mut links: Vec<String> = answer.rows.into_iter().map(|row| row.link).collect();
    links.sort();
    links
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_put_back_learns_from_the_hub_what_it_had_handed_in() {
    let federation = Federation::start().await;
    let mut node = federation.office("de-nw-lka").await;
    let folder = node.node.config.file.parent().unwrap().to_owned();
    node.open_case(CASE).await;
    let list = links(90);
    node.refer("before", &list[..30], 10).await;
    answered(&mut node).await;
    let config = Config::load(&folder.join("node.toml")).unwrap();
    let saved = folder.with_extension("backup");
    let made = backup::make(&config, &saved, true, &Clock::system()).await.unwrap();
    assert_eq!((made.manifest.unanswered_referrals, made.manifest.feed_cursor > 0), (0, true));
    node.refer("since", &list[30..60], 10).await;
    answered(&mut node).await;
    let recorded = federation.counts().await;
    node.stop().await;
    fs::rename(&folder, folder.with_extension("lost")).unwrap();

    let restored = backup::restore(&saved, &folder, &Clock::system(), &Random::system()).await.unwrap();
    assert_eq!(restored.config_file, folder.join("node.toml"));
    let mut node = real::run(&folder).await;
    // The case and six submissions.
    node.until(|status| (status.feed.clone().unwrap().cursor == 7).then_some(())).await;
    let feed = node.status().await.feed.unwrap();
    assert_eq!(feed.parked, 0, "{:?}", feed.first_parked);
    assert_eq!(known(&mut node).await, {
        let mut all = list[..60].to_vec();
        all.sort();
        all
    });
    // The officers repeat what they are not sure of: it is known, and nothing is there twice.
    let hand_in = node.refer("again", &list[30..90], 10).await;
    answered(&mut node).await;
    let verdicts: Vec<Verdict> = node.report(hand_in.id).await.iter().map(|row| row.verdict()).collect();
    assert_eq!(verdicts[..30], [Verdict::AlreadyYours; 30]);
    assert_eq!(verdicts[30..], [Verdict::New; 30]);
    assert_eq!(federation.counts().await.targets, recorded.targets + 30);
    node.stop().await;
}
