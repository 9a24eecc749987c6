//! The write transaction. It takes the ledger's head as its own first statement: that one lock puts all decisions
//! into one order (I1, I2, I6), on one hub or many.

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo};

use super::{
    StoreError,
    engine::{BEGIN, Connection},
    rows::expect_rows,
};

/// One write transaction: the connection and the head that it holds.
#[derive(Debug)]
pub struct Tx<'c> {
    pub(super) connection: &'c mut Connection,
    now_us: i64,
    next_leaf: i64,
    next_target: i64,
    next_case: i64,
    writes: u64,
    told: Vec<AgencyNo>,
}

const TAKE: &str = "/* tx::take */ UPDATE head SET last_time_us = max(last_time_us, $1) WHERE id = 1 \
                    RETURNING last_time_us, next_leaf, next_target, next_case";
const ADVANCE: &str =
    "/* tx::advance */ UPDATE head SET next_leaf = $1, next_target = $2, next_case = $3 WHERE id = 1";

impl<'c> Tx<'c> {
    /// Begins, and takes the head. The time of what follows is never before that of the last leaf.
    pub(crate) async fn begin(connection: &'c mut Connection, now_us: i64) -> Result<Self, StoreError> {
        sqlx::query(BEGIN).execute(&mut *connection).await?;
        let taken: Result<(i64, i64, i64, i64), _> =
            sqlx::query_as(TAKE).bind(now_us).fetch_one(&mut *connection).await;
        match taken {
            Ok((now_us, next_leaf, next_target, next_case)) => Ok(Self {
                connection,
                now_us,
                next_leaf,
                next_target,
                next_case,
                writes: 0,
                told: Vec::new(),
            }),
            Err(error) => {
                // The transaction is open and empty; if it cannot be ended either, the connection is replaced.
                let _ = sqlx::query("/* tx::abandon */ ROLLBACK").execute(connection).await;
                Err(error.into())
            }
        }
    }

    /// Commits: the commit point of everything that was written. An error leaves the outcome unknown.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let next = [self.next_leaf, self.next_target, self.next_case];
        let advance = next.into_iter().fold(sqlx::query(ADVANCE), |query, value| query.bind(value));
        let done = advance.execute(&mut *self.connection).await?;
        expect_rows("tx::advance", done.rows_affected(), 1)?;
        sqlx::query("/* tx::commit */ COMMIT").execute(self.connection).await?;
        Ok(())
    }

    /// Undoes everything.
    pub(crate) async fn roll_back(self) -> Result<(), StoreError> {
        sqlx::query("/* tx::roll_back */ ROLLBACK").execute(self.connection).await?;
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

    /// The number that the next new target gets.
    pub fn next_target(&self) -> TargetNo {
        TargetNo(self.next_target)
    }

    /// The agencies whose feeds have grown; to be woken after the commit.
    pub(crate) fn take_told(&mut self) -> Vec<AgencyNo> {
        std::mem::take(&mut self.told)
    }

    /// Notes that this agency's feed has grown.
    pub(super) fn note_told(&mut self, agency: AgencyNo) {
        self.told.push(agency);
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

    /// Says that this many leaves are written.
    pub(super) fn advance_leaves(&mut self, count: i64) {
        self.next_leaf += count;
    }

    /// The connection, for reading what this transaction sees.
    pub fn reading(&mut self) -> &mut Connection {
        self.connection
    }

    /// The connection, for a statement that writes.
    pub(super) fn writing(&mut self) -> &mut Connection {
        self.writes += 1;
        self.connection
    }
}
