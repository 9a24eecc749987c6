//! The ledger's own work, once more: on the leaves that a hub has written, in the same commits, by the hub's own functions.

use meldeverbund_hub::{
    ledger::{Ledger, LedgerFiles, Signed, fresh},
    store::{Committed, Head, LeafRow, Newest, Payload, Store, Tree},
};
use meldeverbund_proto::{
    leaf::{Digest, Kind, Leaf, Salt, decision_digest, statement_digest},
    merkle::{Range, Span},
    tile::HEIGHT,
};
use prost::Message as _;
use std::sync::Arc;

use crate::{common::gauge::processor_s, harness::DOMAIN, process::Site};

/// What a hub has written since its first referral.
pub(crate) struct Redo {
    before: Range,
    leaves: Vec<Stored>,
    commits: Vec<Vec<Span>>,
    head: Head,
}

struct Stored {
    time_us: u64,
    salt: Salt,
    payload: Payload,
    hash: Digest,
}

/// Processor seconds.
pub(crate) struct Work {
    /// Digests of statements and decisions, and the leaves' hashes.
    pub(crate) hashing_s: f64,
    /// The tree's inner hashes, and the roots of tiles taken out of it.
    pub(crate) tree_s: f64,
    /// Writing those roots.
    pub(crate) rows_s: f64,
    /// A checkpoint for each commit, signed, and the mark's file.
    pub(crate) signing_s: f64,
    /// A receipt for each command, as it is sent.
    pub(crate) receipts_s: f64,
}

/// A leaf's hash, and its decision's digest.
type Hashed = (Digest, Digest);

/// What one commit makes of the tree.
struct Grown {
    tree: Tree,
    /// The roots of the tiles that it completed, as the table has them.
    tiles: Vec<(i64, i64, Digest)>,
    /// The head's column.
    frontier: Vec<u8>,
}

impl Redo {
    /// Reads the database of a hub that has ended.
    pub(crate) async fn read(site: &Site) -> Self {
        let (first, commits) = commits(site);
        let store = Store::open(site.database()).await.unwrap();
        let mut reader = store.reader().await.unwrap();
        let head = Head::read(&mut reader).await.unwrap();
        let mut before = Range::empty(0);
        for row in LeafRow::range(&mut reader, 0, first).await.unwrap() {
            before.push(row.leaf_hash.try_into().unwrap());
        }
        let rows = LeafRow::range(&mut reader, first, head.size() - first).await.unwrap();
        let leaves = rows.into_iter().map(stored).collect();
        drop(reader);
        store.close().await;
        Self { before, leaves, commits, head }
    }

    pub(crate) fn commits(&self) -> usize {
        self.commits.len()
    }

    /// Does all of it again; the outcome must be the same.
    pub(crate) async fn run(self) -> Work {
        let (hashes, hashing_s) = processor_s(|| self.leaves.iter().map(hash).collect::<Vec<Hashed>>());
        assert!(self.leaves.iter().zip(&hashes).all(|(leaf, (hash, _))| leaf.hash == *hash));
        let (trees, tree_s) = processor_s(|| self.trees(&hashes));
        let last = trees.last().unwrap();
        assert_eq!(*last.tree.range(), self.head.range);
        assert_eq!(last.frontier, self.head.range.hashes().as_flattened());
        let rows_s = rows(&trees);
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        let (signed, signing_s) = processor_s(|| {
            let commits = trees.into_iter().map(|grown| Committed {
                epoch: self.head.epoch,
                tree: grown.tree,
                told: Vec::new(),
                newest: Newest::default(),
            });
            commits.map(|commit| (ledger.committed(&commit).unwrap(), commit.tree)).collect::<Vec<_>>()
        });
        let (bytes, receipts_s) = processor_s(|| receipts(&signed, &self.commits));
        assert!(bytes > 0);
        Work { hashing_s, tree_s, rows_s, signing_s, receipts_s }
    }

    /// The tree after each commit, the roots of the tiles that it completed, and the head's bytes.
    fn trees(&self, hashes: &[Hashed]) -> Vec<Grown> {
        let first = self.before.end();
        let mut range = self.before.clone();
        let mut trees = Vec::with_capacity(self.commits.len());
        for commands in &self.commits {
            let mut tree = Tree::new(range);
            for leaf in commands.iter().flat_map(|span| span.begin..span.end) {
                let (hash, decision) = hashes[(leaf - first) as usize];
                tree.push(hash, decision);
            }
            let tiles = tree.full_tiles();
            let tiles = tiles.map(|(tile, hash)| (i64::from(tile.level), tile.index.cast_signed(), hash));
            let (tiles, frontier) = (tiles.collect(), tree.range().hashes().as_flattened().to_vec());
            range = tree.range().clone();
            trees.push(Grown { tree, tiles, frontier });
        }
        trees
    }
}

fn stored(row: LeafRow) -> Stored {
    assert_eq!(row.kind, i64::from(Kind::Referral as u16), "an intake has referrals alone");
    let payload = row.payload.unwrap();
    let salt = Salt::from_slice(&payload.salt).unwrap();
    Stored {
        time_us: row.recorded_at_us.cast_unsigned(),
        salt,
        payload,
        hash: row.leaf_hash.try_into().unwrap(),
    }
}

fn hash(Stored { time_us, salt, payload, .. }: &Stored) -> Hashed {
    let statement = statement_digest(salt, &payload.statement);
    let decision = decision_digest(salt, &payload.decision);
    (Leaf { kind: Kind::Referral, time_us: *time_us, statement, decision }.hash(), decision)
}

/// The first referral's leaf; and commands by commit. Each commit has a time of its own.
fn commits(site: &Site) -> (u64, Vec<Vec<Span>>) {
    const SQL: &str = "SELECT recorded_at_us, first_leaf, leaf_count FROM command WHERE first_leaf >= \
                       (SELECT min(leaf_index) FROM event WHERE kind = 1) ORDER BY first_leaf";
    let database = rusqlite::Connection::open(site.database().file().unwrap()).unwrap();
    let mut query = database.prepare(SQL).unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let mut commits: Vec<(i64, Vec<Span>)> = Vec::new();
    for row in rows {
        let (time_us, first, count): (i64, i64, i64) = row.unwrap();
        let span = Span { begin: first.cast_unsigned(), end: (first + count).cast_unsigned() };
        match commits.last_mut().filter(|(of, _)| *of == time_us) {
            Some((_, spans)) => spans.push(span),
            None => commits.push((time_us, vec![span])),
        }
    }
    let commits: Vec<_> = commits.into_iter().map(|(_, spans)| spans).collect();
    (commits[0][0].begin, commits)
}

/// Writes the roots of tiles as the hub's table has them; the transaction is what it shares with everything else.
fn rows(trees: &[Grown]) -> f64 {
    const TABLE: &str = "CREATE TABLE subtree (level BIGINT NOT NULL, position BIGINT NOT NULL, hash BLOB NOT NULL, \
                         PRIMARY KEY (level, position)) WITHOUT ROWID; BEGIN";
    let folder = tempfile::tempdir().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("tiles.sqlite")).unwrap();
    database.execute_batch(TABLE).unwrap();
    let mut insert = database.prepare("INSERT INTO subtree VALUES (?, ?, ?)").unwrap();
    let ((), rows_s) = processor_s(|| {
        for (level, position, hash) in trees.iter().flat_map(|grown| &grown.tiles) {
            assert!(*level > 0 && level % i64::from(HEIGHT) == 0);
            insert.execute((level, position, &hash[..])).unwrap();
        }
    });
    rows_s
}

/// A ledger of its own, with a key and a mark, to sign with.
pub(crate) async fn ledger(folder: &std::path::Path) -> Ledger {
    let store = Store::open(&folder.join("scratch.sqlite")).await.unwrap();
    let files = LedgerFiles::in_folder(DOMAIN, folder);
    let ledger = Ledger::open(&files, &mut store.reader().await.unwrap()).await.unwrap();
    store.close().await;
    ledger
}

fn receipts(signed: &[(Arc<Signed>, Tree)], commits: &[Vec<Span>]) -> usize {
    let answers = signed.iter().zip(commits).flat_map(|((signed, tree), commands)| {
        commands.iter().map(move |span| fresh(signed, tree, *span).unwrap().encode_to_vec().len())
    });
    answers.sum()
}
