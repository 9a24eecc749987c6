//! The hub's key: made once, handed over by itself, never another one.

use meldeverbund_proto::note::{Checkpoint, Note};

use super::{faults, whole};
use crate::harness::{CENTRAL, DOMAIN};
use crate::{
    cli::{err, out},
    process::Site,
};
use meldeverbund_hub::{
    ledger::{LedgerFiles, verify::What},
    store::{LedgerKeyRow, Store},
};

fn files(site: &Site) -> LedgerFiles {
    LedgerFiles::in_folder(DOMAIN, site.folder.path())
}

fn checkpoint(site: &Site) -> Note {
    out(&site.run(&["ledger", "checkpoint"])).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hands_over_to_the_next_one_beside_the_running_hub() {
    let site = Site::new();
    site.register(CENTRAL, "central-office");
    let hub = site.serve().await;
    let office = site.office("de-nw-lka", &hub).await;
    office.open_case("1/26").await;
    let before = office.refer("1/26", &["https://a.test/1"]).await.receipt.unwrap().checkpoint;
    let signers = |note: &str| note.parse::<Note>().unwrap().signatures().len();
    assert_eq!(signers(&before), 1);

    let new = site.folder.path().join("next.key");
    let rotate = ["ledger", "rotate-key", "--new", new.to_str().unwrap()];
    let said = out(&site.run(&rotate));
    assert!(said.contains("is in office"), "{said}");
    // The running hub follows with its next commit: both sign.
    let accepted = office.refer("1/26", &["https://a.test/2"]).await;
    let after: Note = accepted.receipt.unwrap().checkpoint.parse().unwrap();
    let store = Store::open(site.database()).await.unwrap();
    let keys = LedgerKeyRow::all(&mut store.reader().await.unwrap()).await.unwrap();
    let keys: Vec<_> = keys.iter().map(|row| row.vkey.parse().unwrap()).collect();
    assert_eq!(Checkpoint::verified(&after, &keys).unwrap().1.len(), 2);
    // Whoever pinned one of them is served.
    for key in &keys {
        Checkpoint::verified(&after, std::slice::from_ref(key)).unwrap();
    }
    // Again changes nothing: who was interrupted goes on.
    out(&site.run(&rotate));
    // Once nobody needs it any more, it is taken away.
    std::fs::remove_file(site.folder.path().join("ledger.key.old")).unwrap();
    drop(office);
    hub.terminate();
    hub.ended().await;
    // A checkpoint that was published keeps the signatures that it has; the next one has the new key's alone.
    site.register("de-by-lka", "state-office");
    assert_eq!(checkpoint(&site).signatures().len(), 1);
    let verified = whole(&store, &files(&site)).await;
    assert!(verified.mark.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_is_not_taken_for_it() {
    let site = Site::new();
    site.register(CENTRAL, "central-office");
    let key = site.folder.path().join("ledger.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let good = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let said = err(&site.run(&[
        "agency",
        "add",
        "de-nw-lka",
        "--name",
        "N",
        "--kind",
        "state-office",
        "--contact",
        "c",
    ]));
    assert!(said.contains("put it back"), "{said}");
    let store = Store::open(site.database()).await.unwrap();
    let (_, found) = faults(&store, &files(&site)).await;
    assert_eq!(found.iter().map(|fault| fault.what).collect::<Vec<_>>(), [What::Key]);

    // A key of the same name that nobody put in office.
    let other = Site::new();
    other.register(CENTRAL, "central-office");
    std::fs::copy(other.folder.path().join("ledger.key"), &key).unwrap();
    let served = site.run(&["serve"]);
    assert_eq!(served.status.code(), Some(1));
    assert!(err(&served).contains("the ledger's newest key is"), "{}", err(&served));
    let said = out_of(&site.run(&["doctor"]));
    assert!(said.contains("BAD      ledger: the ledger's newest key is"), "{said}");
    std::fs::write(&key, "nothing of the kind").unwrap();
    assert!(err(&site.run(&["serve"])).contains("not an Ed25519 private key"));
    std::fs::write(&key, good).unwrap();
    whole(&store, &files(&site)).await;
}

fn out_of(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
