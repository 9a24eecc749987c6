//! A restore to before a change of the hub's key: the old key signs again, and what the newer one signed stays provable.

use std::path::{Path, PathBuf};

use meldeverbund_hub::{
    ledger::LedgerFiles,
    store::{LeafRow, LedgerKeyRow, Store},
};
use meldeverbund_proto::{
    note::{Checkpoint, Note, VerifierKey},
    statement::EpochStatement,
    v1::RefusalCode,
};

use super::whole;
use crate::{
    cli::{err, out},
    harness::{CENTRAL, DOMAIN, Office, batch, connect_to, refused},
    process::{Process, Site},
};

/// Which of the keys signed, by their place.
fn signers(note: &str, keys: &[VerifierKey]) -> Vec<usize> {
    let note: Note = note.parse().unwrap();
    let by = |key: &&VerifierKey| Checkpoint::verified(&note, std::slice::from_ref(*key)).is_ok();
    keys.iter().filter(by).map(|key| keys.iter().position(|other| other == key).unwrap()).collect()
}

async fn refer(office: &Office, link: &str) -> String {
    office.refer("1/26", &[link]).await.receipt.unwrap().checkpoint
}

async fn end(hub: Process) {
    hub.terminate();
    hub.ended().await;
}

/// Puts a file's content in another's place, as an operator does.
fn put(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_begins_the_epoch_and_hands_over_again() {
    let site = Site::on_a_file();
    site.register(CENTRAL, "central-office");
    let path = |name: &str| -> PathBuf { site.folder.path().join(name) };
    let (key, beside) = (path("ledger.key"), path("ledger.key.old"));
    let (first, second) = (path("copy-of-first.key"), path("second.key"));
    put(&key, &first);
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    refer(&office, "https://a.test/1").await;
    let backup = path("backup.sqlite");
    rusqlite::Connection::open(site.database().file().unwrap())
        .unwrap()
        .execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    let rotate = ["ledger", "rotate-key", "--new", second.to_str().unwrap()];
    out(&site.run(&rotate));
    refer(&office, "https://a.test/2").await;
    // Every node has followed, and the old key's file is taken away: from here on the newer one signs alone.
    drop(office);
    end(hub).await;
    std::fs::remove_file(&beside).unwrap();
    let hub = site.serve().await;
    let files = site.credentials("de-nw-lka");
    let clock = meldeverbund_certs::Clock::system();
    let connect = async |hub: &Process| Office {
        agency: "de-nw-lka".parse().unwrap(),
        channel: connect_to(hub.address, &files, clock.clone()).await.unwrap(),
    };
    let office = connect(&hub).await;
    let lost = refer(&office, "https://a.test/3").await;
    let store = Store::open(site.database()).await.unwrap();
    let rows = LedgerKeyRow::all(&mut store.reader().await.unwrap()).await.unwrap();
    let keys: Vec<VerifierKey> = rows.iter().map(|row| row.vkey.parse().unwrap()).collect();
    store.close().await;
    assert_eq!(signers(&lost, &keys), [1]);
    drop(office);
    end(hub).await;

    for tail in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(path(&format!("hub.sqlite{tail}")));
    }
    put(&backup, site.database().file().unwrap());
    let served = site.run(&["serve"]);
    assert!(err(&served).contains("the ledger's newest key is"), "{}", err(&served));
    // The old key alone cannot say whose the mark is.
    put(&first, &key);
    let served = site.run(&["serve"]);
    assert!(err(&served).contains("put the newer key beside the ledger's, with .old"), "{}", err(&served));
    put(&second, &beside);
    let hub = site.serve().await;
    let office = connect(&hub).await;
    let refusal = refused(office.submit(batch("1/26", &["https://a.test/4"])).await);
    assert_eq!(refusal.code(), RefusalCode::Unavailable);

    let epoch = ["ledger", "new-epoch", "--reason", "restored", "--officer", "KHKin Beispiel"];
    assert!(out(&site.run(&epoch)).starts_with("Epoch 2 begins"));
    let kept = refer(&office, "https://a.test/4").await;
    assert!(kept.starts_with("meldeverbund.test/ledger/2\n"), "{kept}");
    assert_eq!(signers(&kept, &keys), [0, 1], "who knows either of the keys goes on");
    let store = Store::open(site.database()).await.unwrap();
    let mut reader = store.reader().await.unwrap();
    let leaves = LeafRow::range(&mut reader, 0, 100).await.unwrap();
    drop(reader);
    let begun = leaves.iter().rfind(|row| row.kind == 18).unwrap().payload.as_ref().unwrap();
    let named = EpochStatement::decode(&begun.statement).unwrap().last_checkpoint;
    assert_eq!(named.split("\n\n").next(), lost.split("\n\n").next(), "what was signed last is named");
    assert_eq!(signers(&named, &keys), [0, 1], "whoever has the ledger alone can verify what it names");

    // The same key again: what it signed alone stays provable.
    out(&site.run(&rotate));
    let after = refer(&office, "https://a.test/5").await;
    assert_eq!(signers(&after, &keys), [0, 1]);
    drop(office);
    end(hub).await;
    std::fs::remove_file(&beside).unwrap();
    let rows = LedgerKeyRow::all(&mut store.reader().await.unwrap()).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.vkey.clone()).collect::<Vec<_>>(),
        keys.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    let checkpoint = out(&site.run(&["ledger", "checkpoint"]));
    assert_eq!(signers(&checkpoint, &keys), [1]);
    whole(&store, &LedgerFiles::in_folder(DOMAIN, site.folder.path())).await;
    store.close().await;
}
