//! A restored database knows before its first write; a new epoch is the cure.

use std::path::Path;

use meldeverbund_hub::{
    flow::{Failure, Hub, NewEpoch, Probe},
    ledger::{Behind, Ledger, Standing, verify::What},
    store::Store,
};
use meldeverbund_proto::{leaf::Kind, statement::EpochStatement, v1::RefusalCode};

use super::{checkpoint, faults};
use crate::{
    decisions::{gates, request_grant},
    harness::{Federation, batch, refused, salt},
};

/// What a backup takes: the database without what is in memory.
pub(crate) fn copy(from: &Path, to: &Path) {
    let from = rusqlite::Connection::open(from).unwrap();
    from.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
}

impl Federation {
    /// Ends the hub, puts an older copy of the database in place, and starts it again.
    pub(crate) async fn restore(mut self, backup: &Path) -> Self {
        self.server.end().await.unwrap();
        for tail in ["", "-wal", "-shm"] {
            let mut file = self.config.database.file().unwrap().as_os_str().to_owned();
            file.push(tail);
            let _ = std::fs::remove_file(file);
        }
        std::fs::copy(backup, self.config.database.file().unwrap()).unwrap();
        self.server =
            meldeverbund_hub::serve::Server::start(&self.config, self.clock.clone(), None).await.unwrap();
        self
    }

    pub(crate) async fn new_epoch(&self, witnessed: Option<String>) -> (u32, u64) {
        let store = Store::open(&self.config.database).await.unwrap();
        let files = self.config.ledger_files();
        let ledger = Ledger::open(&files, &mut store.reader().await.unwrap()).await.unwrap();
        let command =
            NewEpoch::parse(ledger.clone(), "restored".into(), "KHKin Beispiel".into(), witnessed, salt());
        let (hub, tasks) = Hub::start_with(store, self.clock.clone(), ledger).await.unwrap();
        let begun = hub.run(command.unwrap()).await.unwrap();
        drop(hub);
        tasks.end().await;
        begun
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_hub_is_read_only_until_an_epoch_begins() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let targets = vec![nw.refer("1/26", &["https://a.test/1"]).await.answers[0].target_id.clone()];
    for gate in gates() {
        nw.decided(&targets, gate).await;
    }
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    // What the backup lacks: a grant, which was acted on.
    let lost = nw.decided(&targets, request_grant()).await[0].fence;
    let promised = nw.refer("1/26", &["https://a.test/2"]).await.receipt.unwrap().checkpoint;
    drop(nw);
    let federation = federation.restore(&backup).await;

    let standing = federation.server.hub().ledger().standing();
    let size = checkpoint(&promised).size;
    assert!(
        matches!(standing, Standing::Behind(Behind::Size { mark, database }) if mark >= size && database < size)
    );
    let nw = federation.connect("de-nw-lka", "main").await;
    let refusal = refused(nw.submit(batch("1/26", &["https://a.test/3"])).await);
    assert_eq!(refusal.code(), RefusalCode::Unavailable);
    assert!(refusal.reason.starts_with("the ledger is behind its high-water mark"), "{refusal:?}");
    assert_eq!(nw.see(&targets[0]).await.target_id, targets[0], "what is there can be read");
    let mut readiness = federation.server.readiness();
    let said =
        |now: &meldeverbund_hub::serve::Readiness| now.reasons.iter().any(|why| why.contains("high-water"));
    assert!(!readiness.wait_for(said).await.unwrap().ready);
    let (_, found) = faults(federation.server.hub().store(), &federation.config.ledger_files()).await;
    assert_eq!(found.iter().map(|fault| fault.what).collect::<Vec<_>>(), [What::Mark]);

    let (epoch, leaf) = federation.new_epoch(None).await;
    assert_eq!(epoch, 2);
    // The running hub finds itself cured.
    let accepted = nw.refer("1/26", &["https://a.test/3"]).await;
    assert_eq!(federation.proven(&accepted).await.origin, "meldeverbund.test/ledger/2");
    readiness.wait_for(|now| now.ready).await.unwrap();
    let mut reader = federation.server.hub().reader().await.unwrap();
    let rows = meldeverbund_hub::store::EventRow::range(&mut reader, leaf.cast_signed(), 1).await.unwrap();
    drop(reader);
    assert_eq!(rows[0].kind, Kind::Epoch);
    let statement = EpochStatement::decode(&rows[0].statement).unwrap();
    assert_eq!((statement.kept_leaves, statement.officer.as_str()), (leaf, "KHKin Beispiel"));
    assert!(checkpoint(&statement.last_checkpoint).size >= size, "the mark's");
    federation.reconciled(&nw).await;
    let again = nw.decided(&targets, request_grant()).await[0].fence;
    assert!(again > lost && again > 1 << 40, "fences only grow: {lost} {again}");
    federation.whole().await;
    drop(nw);
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_leaves_than_were_signed_are_noticed_at_the_same_size() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    nw.refer("1/26", &["https://a.test/2"]).await;
    let mark = std::fs::read(&federation.config.ledger.mark).unwrap();
    drop(nw);
    // Without its mark the restored hub goes on, and signs what was signed differently.
    std::fs::remove_file(&federation.config.ledger.mark).unwrap();
    let federation = federation.restore(&backup).await;
    assert_eq!(federation.server.hub().ledger().standing(), Standing::Sound);
    let nw = federation.connect("de-nw-lka", "main").await;
    nw.refer("1/26", &["https://a.test/other"]).await;
    drop(nw);
    std::fs::write(&federation.config.ledger.mark, mark).unwrap();
    let federation = federation.restart().await;
    let standing = federation.server.hub().ledger().standing();
    assert!(matches!(standing, Standing::Behind(Behind::Root { .. })), "{standing:?}");
    let refused = federation.server.hub().run(Probe).await;
    assert!(matches!(refused, Err(Failure::Refused(_))));
    federation.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_knows_more_than_a_lost_mark() {
    let federation = Federation::start_on_a_file().await;
    let nw = federation.office("de-nw-lka").await;
    nw.open_case("1/26").await;
    let backup = federation.folder.path().join("backup.sqlite");
    copy(federation.config.database.file().unwrap(), &backup);
    let kept = nw.refer("1/26", &["https://a.test/2"]).await.receipt.unwrap().checkpoint;
    drop(nw);
    std::fs::remove_file(&federation.config.ledger.mark).unwrap();
    let federation = federation.restore(&backup).await;
    let store = Store::open(&federation.config.database).await.unwrap();
    let ledger = federation.server.hub().ledger().clone();
    let foreign = kept.replace("meldeverbund.test/ledger/1\n", "meldeverbund.test/ledger/9\n");
    let command = NewEpoch::parse(ledger, "restored".into(), "K".into(), Some(foreign), salt()).unwrap();
    assert!(
        matches!(federation.server.hub().run(command).await, Err(Failure::Refused(r)) if r.field == "witnessed")
    );
    let (epoch, leaf) = federation.new_epoch(Some(kept.clone())).await;
    let mut reader = store.reader().await.unwrap();
    let rows = meldeverbund_hub::store::EventRow::range(&mut reader, leaf.cast_signed(), 1).await;
    drop(reader);
    let statement = EpochStatement::decode(&rows.unwrap()[0].statement).unwrap();
    assert_eq!((epoch, statement.last_checkpoint), (2, kept));
    federation.whole().await;
    store.close().await;
    federation.end().await;
}
