//! A year of the hub in one test: its key changes, a case's retention ends, its database is restored from an older copy and an
//! epoch begins; the offices follow, hand in again, and an export of all that verifies elsewhere.

use std::{fs, path::Path, time::Duration};

use meldeverbund_certs::{Clock, ManualClock};
use meldeverbund_domain::retention::{Term, Terms};
use meldeverbund_hub::{
    flow::{NewEpoch, PutLedgerKey, Run, retain},
    ledger::{Ledger, Standing},
    store::Store,
};
use meldeverbund_node::{
    ledger::verify::{Level, verify},
    witness::AlarmKind,
};
use meldeverbund_proto::{
    node::v1::{CloseCaseRequest, Selection, decide_request::Decision},
    v1::{CloseRound, Outcome},
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, sqlite::SqliteConnectOptions};

use crate::{
    decisions::{assess, done},
    harness::{CASE, PATIENCE, Refer, Running, begin},
    real::{Federation, salt},
    real_ledger::{OFFICES, all_final, export, in_python, newest_is_final, offices, pins, until},
};

/// A case whose retention ends.
const OLD: &str = "OLD/1/26";

/// Longer than the term of a month.
const TERM: Duration = Duration::from_secs(40 * 24 * 3_600);

/// How long a restore takes: longer than a hub keeps a job without saying so.
const RESTORING: Duration = Duration::from_secs(3_600);

/// Links of one name.
fn links(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("https://files.example/{name}/{n}")).collect()
}

impl Federation {
    async fn ledger(&self) -> Ledger {
        let store = Store::open(&self.config.database).await.unwrap();
        let ledger = Ledger::open(&self.config.ledger_files(), &mut store.reader().await.unwrap()).await;
        store.close().await;
        ledger.unwrap()
    }

    /// The key in this file takes office; it is made if it is not there.
    async fn rotate_key(&self, new: &Path) {
        let store = Store::open(&self.config.database).await.unwrap();
        let files = self.config.ledger_files();
        let ledger = Ledger::open_between(&files, new, [9; 32], &mut store.reader().await.unwrap()).await;
        let ledger = ledger.unwrap();
        store.close().await;
        assert!(self.operate(&ledger, PutLedgerKey::new(&ledger, rand::random())).await);
        ledger.keep_key().unwrap();
    }

    /// What a backup takes: the database without what is in memory.
    async fn back_up(&self, to: &Path) {
        let options = SqliteConnectOptions::new().filename(self.config.database.file().unwrap());
        let mut connection = options.connect().await.unwrap();
        let text = format!("VACUUM INTO '{}'", to.display());
        sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await.unwrap();
    }

    /// Puts a backup in place of the ended hub's database.
    fn put_back(&self, backup: &Path) {
        for tail in ["", "-wal", "-shm"] {
            let mut file = self.config.database.file().unwrap().as_os_str().to_owned();
            file.push(tail);
            let _ = fs::remove_file(file);
        }
        fs::copy(backup, self.config.database.file().unwrap()).unwrap();
    }

    async fn new_epoch(&self) -> (u32, u64) {
        let ledger = self.ledger().await;
        let command =
            NewEpoch::parse(ledger.clone(), "restored".into(), "KHKin Beispiel".into(), None, salt());
        self.operate(&ledger, command.unwrap()).await
    }
}

async fn hand_in(node: &mut Running, case: &str, links: &[String]) {
    let begin = meldeverbund_proto::node::v1::ReferBegin {
        case_number: case.into(),
        again: true,
        ..begin(&links[0][links[0].len() - 8..], true)
    };
    let mut hand_in = Refer::begin_with(&mut node.desk, begin).await.unwrap();
    for rows in links.chunks(150) {
        hand_in.rows(rows).await.unwrap();
    }
    hand_in.finish().await.unwrap();
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
}

/// Waits until the node has followed the hub into its epoch. Before, it may have seen a hub that is behind: a person looks.
async fn followed(node: &Running) {
    let mut changes = node.node.changes();
    let waited = async {
        loop {
            changes.mark_unchanged();
            let mut tx = node.node.store.read().await.unwrap();
            let (open, alarms) = (tx.open_alarms().await.unwrap(), tx.alarms(true, 100).await.unwrap());
            drop(tx);
            let known = |kind: AlarmKind| kind.is_notice() || kind == AlarmKind::Behind;
            assert!(alarms.iter().all(|stored| known(stored.alarm.kind)), "{alarms:?}");
            if open > 0 {
                node.node
                    .acknowledge_alarms(None, "Erika Muster", "the central office restores")
                    .await
                    .unwrap();
            } else if alarms.iter().any(|stored| stored.alarm.kind == AlarmKind::EpochBegan) {
                return;
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.expect("the node does not follow");
}

/// Notices that the node was given.
async fn noticed(node: &Running, kind: AlarmKind) {
    until(node, async |tx| {
        let alarms = tx.alarms(true, 100).await.unwrap();
        assert!(alarms.iter().all(|stored| stored.alarm.kind.is_notice()), "{alarms:?}");
        alarms.iter().any(|stored| stored.alarm.kind == kind)
    })
    .await;
}

/// The round of a case's targets is closed, the case is closed, and its term passes: it is redacted.
async fn retire(federation: &Federation, node: &mut Running, clock: &ManualClock) {
    let case = || Selection { case_number: OLD.into(), ..Selection::default() };
    let gone = CloseRound { outcome: Outcome::GoneBeforeNotice.into(), reason: "looked again".into() };
    done(node, case(), assess()).await;
    done(node, case(), Decision::CloseRound(gone)).await;
    let close = CloseCaseRequest { number: OLD.into(), ..CloseCaseRequest::default() };
    node.desk.close_case(close).await.unwrap();
    node.until(|status| (status.queue.unwrap().case_commands == 0).then_some(())).await;
    clock.advance(TERM);
    let term = || Term::new(1, "BKAG § 77(1)").ok();
    let terms = Terms { referral: term(), decision: term(), case: term(), liaison: None };
    let done = retain(federation.server().hub(), &terms, salt, Run::Now).await.unwrap();
    assert!(done.iter().all(|class| class.leaves > 0), "{done:?}");
}

/// `before_the_key`: the backup is older than the change of the key.
async fn a_year(before_the_key: bool) {
    let clock = ManualClock::new(Clock::system().now());
    let mut federation = Federation::start_with(clock.clock()).await;
    let mut nodes = offices(&federation).await;
    for (node, office) in nodes.iter_mut().zip(OFFICES) {
        node.open_case(CASE).await;
        node.open_case(OLD).await;
        hand_in(node, CASE, &links(office, 90)).await;
    }
    hand_in(&mut nodes[0], OLD, &links("old", 5)).await;
    let [backup, newer] = ["backup.sqlite", "newer.key"].map(|name| federation.folder.path().join(name));
    if before_the_key {
        federation.back_up(&backup).await;
    }

    federation.rotate_key(&newer).await;
    retire(&federation, &mut nodes[0], &clock).await;
    for node in &nodes {
        noticed(node, AlarmKind::KeyChanged).await;
        all_final(node).await;
    }
    let key = federation.config.ledger.key.clone();
    let beside = key.with_extension("key.old");
    let older = fs::read(&beside).unwrap();
    // Every node has followed: from here on the newer key signs alone.
    fs::remove_file(&beside).unwrap();
    federation.restart().await;
    if !before_the_key {
        federation.back_up(&backup).await;
    }

    let lost = links("lost", 7);
    hand_in(&mut nodes[0], CASE, &lost).await;
    all_final(&nodes[0]).await;
    federation.end().await;
    federation.put_back(&backup);
    // The jobs that the copied hub had at hand are nobody's by now.
    clock.advance(RESTORING);
    if before_the_key {
        fs::rename(&key, &beside).unwrap();
        fs::write(&key, &older).unwrap();
    }
    assert!(matches!(federation.ledger().await.standing(), Standing::Behind(_)));
    // Before it serves: who comes earlier is asked to come again in a while.
    let (epoch, kept) = federation.new_epoch().await;
    assert_eq!(epoch, 2);
    federation.begin().await;
    for node in &nodes {
        followed(node).await;
    }
    until(&nodes[0], async |tx| tx.receipt_counts().await.unwrap().given_up > 0).await;
    if before_the_key {
        federation.rotate_key(&newer).await;
    }
    hand_in(&mut nodes[0], CASE, &lost).await;
    hand_in(&mut nodes[1], CASE, &links("more", 3)).await;
    for node in &nodes {
        all_final(node).await;
    }
    let newest = newest_is_final(&nodes[0]).await;
    assert!(newest.epoch == 2 && newest.size > kept && kept > 256, "{newest:?}");

    let folder = federation.folder.path().join("export");
    export(&mut nodes[0], &folder).await;
    let (faults, warnings) = findings(&folder);
    assert_eq!(faults, Vec::<&str>::new());
    assert!(warnings.contains(&"known_given_up"), "{warnings:?}");
    let said = in_python(&folder).unwrap();
    assert!(said.contains("epoch 2 began without the last") && said.contains("final"), "{said}");
    tamper(&folder);
    for node in nodes {
        node.stop().await;
    }
    federation.end().await;
}

/// Names of faults and warnings.
fn findings(export: &Path) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    verify(export, &pins(export), &mut |finding| match finding.level {
        Level::Fault => faults.push(finding.fault.name()),
        Level::Warning => warnings.push(finding.fault.name()),
    });
    (faults, warnings)
}

/// Changes a file, and how it shows.
type Tampering = (&'static str, fn(&mut Vec<u8>), &'static str);

/// Representatives of what node/tests/verify does to an export that was made by hand.
fn tamper(export: &Path) {
    let cases: [Tampering; 6] = [
        ("tile/entries/000", |bytes| bytes[77 * 200 + 40] ^= 1, "entry_hash"),
        ("tile/0/000", |bytes| bytes[32 * 9] ^= 1, "entry_hash"),
        ("checkpoint", |bytes| bend(bytes.iter_mut().rev().nth(9).unwrap()), "signature"),
        ("events/000000.jsonl", |bytes| drop(bytes.drain(..=end_of_line(bytes))), "event_missing"),
        ("receipts.jsonl", |bytes| flip_behind(bytes, "\"decision_digests\":[\""), "receipt"),
        ("envelopes.jsonl", |bytes| flip_behind(bytes, "\"sig\":\""), "envelope"),
    ];
    for (file, change, fault) in cases {
        let whole = fs::read(export.join(file)).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(export.join(file), bytes).unwrap();
        let (faults, _) = findings(export);
        assert!(faults.contains(&fault), "{file}: {faults:?}");
        assert!(in_python(export).is_err(), "{file}: Python does not notice");
        fs::write(export.join(file), whole).unwrap();
    }
}

fn end_of_line(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').unwrap()
}

/// Changes what stands behind these words, and leaves it readable.
fn flip_behind(bytes: &mut [u8], words: &str) {
    let at =
        bytes.windows(words.len()).position(|window| window == words.as_bytes()).unwrap() + words.len() + 8;
    bend(&mut bytes[at]);
}

/// Another letter, of hexadecimal and of Base64 both.
fn bend(letter: &mut u8) {
    *letter = if *letter == b'1' { b'2' } else { b'1' };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_followed_and_all_of_it_verifies_elsewhere() {
    a_year(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_to_before_a_change_of_the_key_is_followed_too() {
    a_year(true).await;
}
