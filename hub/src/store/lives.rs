//! What was decided on targets, as the rules keep it.

use meldeverbund_domain::{
    TargetNo,
    life::{Life, NoticeStanding},
};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_as, query_scalar},
    rows::{NewRow, expect_rows, insert},
};

/// A target's life as it is to be kept.
#[derive(Debug, Clone)]
pub struct LifeRow {
    /// Which target.
    pub target: TargetNo,
    /// When the sweep is to look at it, microseconds since 1970 UTC.
    pub due_us: Option<i64>,
    /// True: the central office may have to see to it. It follows from the body, and stands beside it to be found.
    pub centre: bool,
    /// True: a hold stands, in force or run out; beside the body for the same reason.
    pub held: bool,
    /// Where its notice stands, and the time by which such notices are ordered: follows from the body, too.
    pub notice: Option<(NoticeStanding, i64)>,
    /// What was decided (JSON).
    pub body: String,
}

impl LifeRow {
    /// A life to be kept.
    pub fn new(target: TargetNo, due_us: Option<i64>, life: &Life) -> Self {
        let body = serde_json::to_string(life).expect("a life has no maps with keys other than text");
        Self {
            target,
            due_us,
            centre: life.may_need_centre(),
            held: !life.holds.is_empty(),
            notice: life.notice(),
            body,
        }
    }
}

impl NewRow for LifeRow {
    const INTO: &'static str = "life (target_no, due_us, centre, held, notice, notice_us, body)";
    const COLUMNS: usize = 7;
    const CONFLICT: &'static str = "ON CONFLICT (target_no) DO UPDATE SET due_us = excluded.due_us, \
         centre = excluded.centre, held = excluded.held, notice = excluded.notice, notice_us = excluded.notice_us, \
         body = excluded.body";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let (notice, notice_us) = numbers(self.notice);
        values.add(self.target.0).add(self.due_us).add(i64::from(self.centre)).add(i64::from(self.held));
        values.add(notice).add(notice_us).add(&*self.body);
    }
}

/// Where a notice stands, as it is kept; 0: there is none.
fn numbers(notice: Option<(NoticeStanding, i64)>) -> (i64, i64) {
    notice.map_or((0, 0), |(standing, us)| (standing as i64, us))
}

/// Lives of one slice of catching up, a statement each: well under a second, so that nobody waits long for the head.
const SLICE: i64 = 500;

/// Looks up where notices stand of lives that an earlier schema wrote, slice by slice.
pub(super) async fn catch_up(connection: &mut Connection) -> Result<(), StoreError> {
    const OLD: &str =
        "/* lives::old */ SELECT target_no FROM life WHERE notice = -1 AND notice <> 0 LIMIT $1";
    const WRITE: &str =
        "/* lives::look_up */ UPDATE life SET notice = $2, notice_us = $3 WHERE target_no = $1";
    loop {
        let old: Vec<i64> = query_scalar(OLD).bind(SLICE).fetch_all(&mut *connection).await?;
        if old.is_empty() {
            return Ok(());
        }
        // The time stays what it was: nothing is recorded.
        let mut tx = Tx::begin_behind(connection).await?;
        for (target, life) in lives(tx.reading(), old.into_iter().map(TargetNo)).await? {
            let (notice, notice_us) = numbers(life.notice());
            let query = query(WRITE).bind(target.0).bind(notice).bind(notice_us);
            expect_rows("lives::look_up", query.execute(tx.writing()).await?, 1)?;
        }
        tx.commit().await?;
    }
}

/// Targets whose notice stands so, behind a place (time and number), in the order of their times, at most so many.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn with_notice(
    connection: &mut Connection,
    standing: NoticeStanding,
    (after_us, after): (i64, TargetNo),
    most: i64,
) -> Result<Vec<(i64, TargetNo)>, StoreError> {
    const SQL: &str = "/* lives::with_notice */ SELECT notice_us, target_no FROM life \
         WHERE notice = $1 AND notice <> 0 AND (notice_us, target_no) > ($2, $3) ORDER BY notice_us, target_no LIMIT $4";
    let query = query_as(SQL).bind(standing as i64).bind(after_us).bind(after.0).bind(most);
    let rows: Vec<(i64, i64)> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(us, number)| (us, TargetNo(number))).collect())
}

/// The lives of these targets; targets on which nothing was decided are left out.
///
/// # Errors
/// If the engine fails, or a life is none that this version knows.
pub async fn lives(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<(TargetNo, Life)>, StoreError> {
    const SQL: &str = "/* lives::by_target */ SELECT l.target_no, l.body \
                       FROM {integers $1} {join} life l ON l.target_no = j.value";
    let numbers = targets.into_iter().map(|no| no.0);
    let rows = query(SQL).bind_all(numbers).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let body: &str = row.try_get("body")?;
            let life = serde_json::from_str(body).map_err(|_| StoreError::Value { column: "life.body" })?;
            Ok((TargetNo(row.try_get("target_no")?), life))
        })
        .collect()
}

/// Targets that the central office may have to see to, after one of them, in the order of their numbers.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn for_centre(
    connection: &mut Connection,
    after: TargetNo,
    most: i64,
) -> Result<Vec<TargetNo>, StoreError> {
    const SQL: &str = "/* lives::for_centre */ SELECT target_no FROM life \
                       WHERE centre = 1 AND target_no > $1 ORDER BY target_no LIMIT $2";
    let numbers: Vec<i64> = query_scalar(SQL).bind(after.0).bind(most).fetch_all(connection).await?;
    Ok(numbers.into_iter().map(TargetNo).collect())
}

/// Targets with holds after one of them, in the order of their numbers, at most so many.
///
/// # Errors
/// If the engine fails.
#[cfg(any(feature = "console", test))]
pub(crate) async fn held(
    connection: &mut Connection,
    after: TargetNo,
    most: i64,
) -> Result<Vec<TargetNo>, StoreError> {
    const SQL: &str = "/* lives::held */ SELECT target_no FROM life \
                       WHERE held = 1 AND target_no > $1 ORDER BY target_no LIMIT $2";
    let numbers: Vec<i64> = query_scalar(SQL).bind(after.0).bind(most).fetch_all(connection).await?;
    Ok(numbers.into_iter().map(TargetNo).collect())
}

impl Tx<'_> {
    /// Keeps lives, in the place of those that were there.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_lives(&mut self, lives: &[LifeRow]) -> Result<(), StoreError> {
        insert(self.writing(), lives).await
    }

    /// Targets that the sweep is to look at, soonest first, at most so many.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn due_targets(&mut self, most: i64) -> Result<Vec<TargetNo>, StoreError> {
        const SQL: &str =
            "/* lives::due */ SELECT target_no FROM life WHERE due_us <= $1 ORDER BY due_us LIMIT $2";
        let now_us = self.now_us();
        let numbers: Vec<i64> =
            query_scalar(SQL).bind(now_us).bind(most).fetch_all(&mut *self.connection).await?;
        Ok(numbers.into_iter().map(TargetNo).collect())
    }
}
