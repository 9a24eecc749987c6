//! The write transaction. It takes the ledger's head as its own first statement: that one lock puts all decisions
//! into one order (I1, I2, I6), on one hub or many.

use std::collections::BTreeMap;

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo};
use meldeverbund_proto::leaf::Digest;

use super::{
    StoreError, Tree, bells,
    engine::{COMMIT_DEADLINE, Connection, query, query_as},
    faults::{Point, around},
    feed,
    head::{epoch_from, range_from},
    kept::Kept,
    rows::{expect_rows, insert},
    sightings::Newest,
    subtrees::SubtreeRow,
};

/// One write transaction: the connection and the head that it holds.
#[derive(Debug)]
pub struct Tx<'c> {
    pub(super) connection: &'c mut Connection,
    now_us: i64,
    next_leaf: i64,
    next_target: i64,
    next_case: i64,
    epoch: u32,
    tree: Tree,
    writes: u64,
    /// Whose feeds have grown, and by how many rows that was not said yet.
    told: BTreeMap<AgencyNo, i64>,
    pub(super) kept: Kept,
    pub(super) newest: Newest,
}

/// What a transaction has committed of the ledger.
#[derive(Debug)]
pub struct Committed {
    /// The log's epoch.
    pub epoch: u32,
    /// The tree, and what was added to it.
    pub tree: Tree,
    /// The agencies whose feeds have grown; to be woken now.
    pub told: Vec<AgencyNo>,
    /// What it knows of the newest links.
    pub newest: Newest,
}

/// Leaves that a restore may have lost without anybody showing it: more than are written between two checkpoints that nodes
/// or the mark keep. A leaf opens at most one target.
const UNKNOWN_LEAVES: i64 = 1 << 20;

const TAKE: &str = "/* tx::take */ UPDATE head SET last_time_us = CASE WHEN $1 > last_time_us THEN $1 \
                    WHEN $1 <= last_time_us THEN last_time_us + 1 ELSE last_time_us END WHERE id = 1 \
                    RETURNING last_time_us, next_leaf, next_target, next_case, epoch, tree_size, frontier";
const ADVANCE: &str = "/* tx::advance */ UPDATE head SET next_leaf = $1, next_target = $2, next_case = $3, \
                       epoch = $4, tree_size = $5, frontier = $6 WHERE id = 1";

type Taken = (i64, i64, i64, i64, i64, i64, Vec<u8>);

impl<'c> Tx<'c> {
    /// Begins, and takes the head. What follows has a time of its own, behind that of every leaf before: who was told of two
    /// things knows which is the newer one.
    pub(crate) async fn begin(connection: &'c mut Connection, now_us: i64) -> Result<Self, StoreError> {
        let tx = Self::begin_any(connection, Some(now_us)).await?;
        if tx.tree.size() == tx.next_leaf.cast_unsigned() {
            return Ok(tx);
        }
        // A hub of an earlier version has written after the tree was caught up.
        tx.roll_back().await?;
        Err(StoreError::Value { column: "head.tree_size" })
    }

    /// The same, with what the last transaction on this connection knew of the newest links.
    pub(crate) fn with_newest(self, newest: Newest) -> Self {
        Self { newest, ..self }
    }

    /// Begins on a tree that may not have all leaves yet, to catch up with them. No time passes.
    pub(super) async fn begin_behind(connection: &'c mut Connection) -> Result<Self, StoreError> {
        Self::begin_any(connection, None).await
    }

    async fn begin_any(connection: &'c mut Connection, now_us: Option<i64>) -> Result<Self, StoreError> {
        query("/* tx::begin */ {begin}").execute(&mut *connection).await?;
        match take(connection, now_us).await {
            Ok((head, epoch, tree)) => {
                let [now_us, next_leaf, next_target, next_case] = head;
                Ok(Self {
                    connection,
                    now_us,
                    next_leaf,
                    next_target,
                    next_case,
                    epoch,
                    tree,
                    writes: 0,
                    told: BTreeMap::new(),
                    kept: Kept::default(),
                    newest: Newest::default(),
                })
            }
            Err(error) => {
                // The transaction is open and empty; if it cannot be ended either, the connection is replaced.
                let _ = query("/* tx::abandon */ ROLLBACK").execute(connection).await;
                Err(error)
            }
        }
    }

    /// Commits: the commit point of everything that was written. An error leaves the outcome unknown.
    pub(crate) async fn commit(self) -> Result<Committed, StoreError> {
        let Self { connection, next_leaf, next_target, next_case, epoch, tree, mut told, newest, .. } = self;
        feed::advance(connection, &mut told).await?;
        let told: Vec<_> = told.into_keys().collect();
        bells::tell(connection, &told).await?;
        let roots: Vec<_> = tree.full_tiles().map(|(subtree, hash)| SubtreeRow(subtree, hash)).collect();
        around(Point::Subtrees, insert(connection, &roots)).await?;
        let numbers = [next_leaf, next_target, next_case, epoch.into(), tree.size().cast_signed()];
        let advance = numbers.into_iter().fold(query(ADVANCE), |query, value| query.bind(value));
        let advance = advance.bind(tree.range().hashes().as_flattened());
        let advanced = async {
            let done = advance.execute(&mut *connection).await?;
            expect_rows("tx::advance", done, 1)
        };
        around(Point::Head, advanced).await?;
        let committed = async {
            query("/* tx::commit */ COMMIT").within(COMMIT_DEADLINE).execute(connection).await?;
            Ok(Committed { epoch, tree, told, newest })
        };
        around(Point::Commit, committed).await
    }

    /// Waits for what is still being written, and says whether it was.
    pub(crate) async fn written(&mut self) -> Result<(), StoreError> {
        self.connection.on().await.map(drop)
    }

    /// Undoes everything, whether or not what was still being written comes through.
    pub(crate) async fn roll_back(mut self) -> Result<(), StoreError> {
        let _ = self.written().await;
        query("/* tx::roll_back */ ROLLBACK").execute(self.connection).await?;
        Ok(())
    }

    /// From here on what is written can be taken back, by a command that only says what it would do.
    pub(crate) async fn save_point(&mut self) -> Result<(), StoreError> {
        query("/* tx::save_point */ SAVEPOINT as_if").execute(self.connection).await?;
        Ok(())
    }

    /// Takes back what was written since the save point. Nothing may have been appended or told since.
    pub(crate) async fn back_to_save_point(&mut self) -> Result<(), StoreError> {
        query("/* tx::take_back */ ROLLBACK TO SAVEPOINT as_if").execute(&mut *self.connection).await?;
        query("/* tx::forget_save_point */ RELEASE SAVEPOINT as_if").execute(self.connection).await?;
        (self.kept, self.newest) = (Kept::default(), Newest::default());
        Ok(())
    }

    /// The time of everything in this transaction, microseconds since 1970 UTC.
    pub fn now_us(&self) -> i64 {
        self.now_us
    }

    /// How many writes the transaction has made; tells whether a command left something behind.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// The index that the next leaf gets.
    pub fn next_leaf(&self) -> i64 {
        self.next_leaf
    }

    /// The log's epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Begins a log epoch with the next leaf, after a restore that lost so many leaves, as far as anybody knows. Numbers of
    /// targets that were opened there are not given to other links: nodes still have their ids.
    pub(crate) fn begin_epoch(&mut self, epoch: u32, lost_leaves: u64) {
        self.writes += 1;
        self.epoch = epoch;
        self.next_target =
            self.next_target.saturating_add_unsigned(lost_leaves).saturating_add(UNKNOWN_LEAVES);
    }

    /// The ledger's tree, with what this transaction has added.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The number that the next new target gets.
    pub fn next_target(&self) -> TargetNo {
        TargetNo(self.next_target)
    }

    /// Says where the feeds end.
    pub(super) async fn advance_feeds(&mut self) -> Result<(), StoreError> {
        feed::advance(self.connection, &mut self.told).await
    }

    /// Notes that this agency's feed grows by a row: which one it is, from where it was said to end.
    pub(super) fn note_told(&mut self, agency: AgencyNo) -> i64 {
        let rows = self.told.entry(agency).or_default();
        *rows += 1;
        *rows
    }

    /// Takes a number for a new case.
    pub(super) fn take_case_no(&mut self) -> CaseNo {
        self.next_case += 1;
        CaseNo(self.next_case - 1)
    }

    /// Says that targets up to (not including) this number are written.
    pub(super) fn advance_targets(&mut self, next: TargetNo) {
        self.next_target = next.0;
    }

    /// Says that a leaf is being written: its hash, and its decision's digest.
    pub(super) fn add_leaf(&mut self, leaf_hash: Digest, decision: Digest) {
        self.tree.push(leaf_hash, decision);
        self.next_leaf += 1;
    }

    /// Adds leaves to the tree that stand in the ledger already.
    pub(super) fn add_hashes(&mut self, leaf_hashes: &[Digest]) {
        // Nobody asks for a receipt of them in this transaction.
        leaf_hashes.iter().for_each(|hash| self.tree.push(*hash, [0; 32]));
    }

    /// The connection, for reading what this transaction sees.
    pub fn reading(&mut self) -> &mut Connection {
        self.connection
    }

    /// The connection, for a statement that writes.
    pub(super) fn writing(&mut self) -> &mut Connection {
        self.kept = Kept::default();
        self.adding()
    }

    /// The connection, for a statement that writes what comes with every batch: nothing that is [`Kept`].
    pub(super) fn adding(&mut self) -> &mut Connection {
        self.writes += 1;
        self.connection
    }
}

async fn take(connection: &mut Connection, now_us: Option<i64>) -> Result<([i64; 4], u32, Tree), StoreError> {
    let taken: Taken = query_as(TAKE).bind(now_us).fetch_one(connection).await?;
    let (now_us, next_leaf, next_target, next_case, epoch, size, frontier) = taken;
    let tree = Tree::new(range_from(size, &frontier)?);
    Ok(([now_us, next_leaf, next_target, next_case], epoch_from(epoch)?, tree))
}
