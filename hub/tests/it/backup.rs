//! Backups: made while offices hand in, put back, and what was lost is handed in again.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use meldeverbund_hub::{
    flow::{BackupError, back_up, restore},
    ledger::{Behind, Standing, verify::What},
    serve::Server,
};
use meldeverbund_proto::v1::{RefusalCode, SubmitRequest, Verdict};
use tokio::sync::watch;

use crate::{
    cli::err,
    harness::{Federation, Office, accepted, batch, refused},
    process::Site,
};

/// Hands in batch after batch until it is told to stop; each batch, and how many of them were answered so far.
async fn keep_handing_in(
    office: Office,
    stop: watch::Receiver<bool>,
    answered: watch::Sender<usize>,
) -> Vec<SubmitRequest> {
    let mut given = Vec::new();
    while !*stop.borrow() {
        let n = given.len();
        let links: Vec<_> = (0..50).map(|m| format!("https://a.test/{n}/{m}")).collect();
        let request = batch("1/26", &links.iter().map(String::as_str).collect::<Vec<_>>());
        given.push(request.clone());
        accepted(office.submit(request).await);
        answered.send_replace(given.len());
    }
    given
}

fn names(folder: &Path, part: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(part)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn made_during_intake_it_is_put_back_and_the_rest_is_handed_in_again() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let (stop, stopped) = watch::channel(false);
    let (answered, mut progress) = watch::channel(0);
    let handing_in = tokio::spawn(keep_handing_in(nw.clone(), stopped, answered));
    progress.wait_for(|answered| *answered >= 5).await.unwrap();
    let backup = federation.folder.path().join("backup.sqlite");
    let files = federation.config.ledger_files();
    let copied = back_up(&federation.config.database, &files, &backup).await.unwrap();
    // What comes from here on is not in it.
    let lost_from = *progress.borrow_and_update() + 2;
    progress.wait_for(|answered| *answered >= lost_from).await.unwrap();
    stop.send_replace(true);
    let given = handing_in.await.unwrap();
    drop(nw);

    let verified = copied.verified.unwrap();
    let leaves = federation.whole().await.leaves;
    assert!(verified.leaves >= 5 * 50 && verified.leaves + 50 <= leaves, "{verified:?} of {leaves}");
    assert!(copied.notes.is_empty(), "{:?}", copied.notes);
    assert_eq!(std::fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(federation.folder.path(), "backup"), ["backup.sqlite"], "one file");
    let again = back_up(&federation.config.database, &files, &backup).await;
    assert!(matches!(again, Err(BackupError::Exists { .. })), "{again:?}");

    // The machine is lost, but for the mark.
    let Federation { folder, authority, mut config, clock, server, place } = federation;
    server.end().await.unwrap();
    config.database = folder.path().join("new.sqlite").into();
    let restored = restore(&backup, &config.database, &files).await.unwrap();
    assert_eq!(restored.verified.unwrap().root, verified.root);
    assert_eq!(restored.notes.iter().map(|note| note.what).collect::<Vec<_>>(), [What::Mark]);
    assert_eq!(names(folder.path(), "new"), ["new.sqlite"]);
    let server = Server::start(&config, clock.clone(), None).await.unwrap();
    let federation = Federation { folder, authority, config, clock, server, place };
    let standing = federation.server.hub().ledger().standing();
    assert_eq!(standing, Standing::Behind(Behind::Size { mark: leaves, database: verified.leaves }));
    let nw = federation.connect("de-nw-lka", "main").await;
    let refusal = refused(nw.submit(given.last().unwrap().clone()).await);
    assert_eq!(refusal.code(), RefusalCode::Unavailable);
    federation.new_epoch(None).await;
    let (mut kept, mut new) = (0, 0);
    for request in &given {
        let answers = accepted(nw.submit(request.clone()).await).answers;
        assert!(
            answers.iter().all(|answer| answer.verdict() == Verdict::New),
            "the verdict of then, or the same again"
        );
        let is_kept = federation.counts().await.leaves == verified.leaves.cast_signed() + 1;
        *(if is_kept { &mut kept } else { &mut new }) += 1;
    }
    assert!(kept >= 5 && new >= 2, "{kept} {new}");
    let counts = federation.counts().await;
    assert_eq!(counts.targets, i64::try_from(given.len() * 50).unwrap(), "each once");
    federation.whole().await;
    drop(nw);
    federation.end().await;
}

#[tokio::test]
async fn a_backup_is_whole_or_not_there() {
    let site = Site::on_a_file();
    let folder = site.folder.path();
    let backup = folder.join("backup.sqlite");
    let made = site.run(&["backup", backup.to_str().unwrap()]);
    assert!(err(&made).contains("unable to open database file"), "{made:?}");
    assert!(names(folder, ".sqlite").is_empty(), "no database is made to be copied");

    site.register("de-nw-lka", "state-office");
    let said = site.json(&["backup", backup.to_str().unwrap()]);
    assert_eq!(
        (&said["leaves"], &said["epoch"], &said["notes"]),
        (&2.into(), &1.into(), &serde_json::json!([]))
    );
    assert_eq!(said["bytes"].as_u64(), Some(std::fs::metadata(&backup).unwrap().len()));
    let again = site.run(&["backup", backup.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("is there already"), "{again:?}");
    let nowhere = site.run(&["backup", folder.join("missing/backup").to_str().unwrap()]);
    assert!(err(&nowhere).contains("cannot write"), "{nowhere:?}");

    // What somebody has changed in the database is no backup.
    let database = rusqlite::Connection::open(folder.join("hub.sqlite")).unwrap();
    database
        .execute("UPDATE event SET recorded_at_us = recorded_at_us + 1 WHERE leaf_index = 1", [])
        .unwrap();
    drop(database);
    let bent = site.run(&["backup", folder.join("bent").to_str().unwrap()]);
    assert!(err(&bent).contains("the ledger in the copy is not whole"), "{bent:?}");
    // Nor what another version wrote.
    let database = rusqlite::Connection::open(folder.join("hub.sqlite")).unwrap();
    database.execute("DELETE FROM _sqlx_migrations WHERE version = 4", []).unwrap();
    drop(database);
    let older = site.run(&["backup", folder.join("older").to_str().unwrap()]);
    assert!(err(&older).contains("another version's schema"), "{older:?}");
    assert_eq!(
        (names(folder, "bent"), names(folder, "older"), names(folder, "partial")),
        (vec![], vec![], vec![])
    );
}

#[tokio::test]
async fn a_restore_takes_what_is_whole_and_overwrites_nothing() {
    let site = Site::on_a_file();
    let folder = site.folder.path();
    site.register("de-nw-lka", "state-office");
    let backup = folder.join("backup");
    let put_back = |file: &Path| site.run(&["restore", file.to_str().unwrap()]);
    let refused = |file: &Path, said: &str| {
        let output = put_back(file);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(err(&output).contains(said), "{output:?}");
        assert!(names(folder, "partial").is_empty());
    };
    site.json(&["backup", backup.to_str().unwrap()]);
    site.register("de-by-lka", "state-office");
    refused(&backup, "hub.sqlite is there already");
    // A verb that has just ended may leave the log and its index beside it.
    for name in ["hub.sqlite", "hub.sqlite-wal", "hub.sqlite-shm"].map(|name| folder.join(name)) {
        assert!(std::fs::remove_file(&name).is_ok() || !name.exists());
    }
    // The log of a hub that was killed: it would be played into what is put back.
    std::fs::write(folder.join("hub.sqlite-wal"), "").unwrap();
    refused(&backup, "hub.sqlite-wal is there already");
    std::fs::remove_file(folder.join("hub.sqlite-wal")).unwrap();

    refused(&folder.join("missing"), "cannot read");
    let whole = std::fs::read(&backup).unwrap();
    let damaged = folder.join("damaged");
    std::fs::write(&damaged, &whole[..whole.len() - 4_096]).unwrap();
    assert_eq!(put_back(&damaged).status.code(), Some(1));
    std::fs::write(&damaged, "nothing of the kind".repeat(1_000)).unwrap();
    assert_eq!(put_back(&damaged).status.code(), Some(1));
    std::fs::write(&damaged, &whole).unwrap();
    let database = rusqlite::Connection::open(&damaged).unwrap();
    database
        .execute("UPDATE event SET recorded_at_us = recorded_at_us + 1 WHERE leaf_index = 1", [])
        .unwrap();
    drop(database);
    refused(&damaged, "the ledger in the copy is not whole");
    std::fs::write(folder.join("backup-wal"), "").unwrap();
    refused(&backup, "a database at work");
    std::fs::remove_file(folder.join("backup-wal")).unwrap();
    assert!(!folder.join("hub.sqlite").exists(), "nothing was put there");

    let said = site.json(&["restore", backup.to_str().unwrap()]);
    assert_eq!((&said["leaves"], &said["behind"]), (&2.into(), &true.into()));
    let status = site.json(&["status"]);
    assert_eq!(status["counts"]["agencies"], 1);
    assert!(
        status["read_only"].as_str().unwrap().contains("3 leaves were signed, the database has 2"),
        "{status}"
    );
}
