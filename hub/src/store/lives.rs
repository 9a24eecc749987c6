//! What was decided on targets, as the rules keep it.

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    life::{Life, NoticeStanding},
};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_as, query_scalar},
    rows::{NewRow, insert},
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
    /// Whose release waits for a second officer; beside the body, too.
    pub release_awaits: Option<AgencyNo>,
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
            release_awaits: life.release_awaits(),
            notice: life.notice(),
            body,
        }
    }
}

impl NewRow for LifeRow {
    const INTO: &'static str =
        "life (target_no, due_us, centre, held, release_awaits, notice, notice_us, body)";
    const COLUMNS: usize = 8;
    const CONFLICT: &'static str = "ON CONFLICT (target_no) DO UPDATE SET due_us = excluded.due_us, \
         centre = excluded.centre, held = excluded.held, release_awaits = excluded.release_awaits, \
         notice = excluded.notice, notice_us = excluded.notice_us, body = excluded.body";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let (notice, notice_us) = numbers(self.notice);
        values.add(self.target.0).add(self.due_us).add(i64::from(self.centre)).add(i64::from(self.held));
        // No agency has the number 0.
        values.add(self.release_awaits.map_or(0, |agency| agency.0));
        values.add(notice).add(notice_us).add(&*self.body);
    }
}

/// Where a notice stands, as it is kept; 0: there is none.
fn numbers(notice: Option<(NoticeStanding, i64)>) -> (i64, i64) {
    notice.map_or((0, 0), |(standing, us)| (standing as i64, us))
}

/// Lives of one slice of catching up, a statement each: well under a second, so that nobody waits long for the head.
const SLICE: i64 = 500;

/// Where a notice stands of a life that an earlier schema wrote.
struct LookedUp {
    target: TargetNo,
    notice: Option<(NoticeStanding, i64)>,
}

impl NewRow for LookedUp {
    // The row is there: what else it must have is never written.
    const INTO: &'static str = "life (target_no, centre, body, notice, notice_us)";
    const COLUMNS: usize = 5;
    const CONFLICT: &'static str = "ON CONFLICT (target_no) DO UPDATE SET notice = excluded.notice, \
         notice_us = excluded.notice_us";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let (notice, notice_us) = numbers(self.notice);
        values.add(self.target.0).add(0_i64).add("").add(notice).add(notice_us);
    }
}

/// Looks up where notices stand of lives that an earlier schema wrote, slice by slice. Each slice is committed by itself, and a
/// row that was looked up says so: whoever is interrupted goes on with the rest.
pub(super) async fn catch_up(connection: &mut Connection) -> Result<(), StoreError> {
    let mut after = Some((i64::MIN, i64::MIN));
    while let Some(place) = after {
        after = look_up(connection, place, SLICE).await?;
    }
    Ok(())
}

/// Looks up the next lives behind a place, at most so many; the place where they end, or none: there are no more.
pub(super) async fn look_up(
    connection: &mut Connection,
    (after_us, after): (i64, i64),
    most: i64,
) -> Result<Option<(i64, i64)>, StoreError> {
    // Behind the last slice: what it has looked up lies dead in a server's index for a while.
    const OLD: &str = "/* lives::old */ SELECT notice_us, target_no FROM life \
         WHERE notice = -1 AND notice <> 0 AND (notice_us, target_no) > ($1, $2) ORDER BY notice_us, target_no LIMIT $3";
    let query = query_as(OLD).bind(after_us).bind(after).bind(most);
    let old: Vec<(i64, i64)> = query.fetch_all(&mut *connection).await?;
    let Some(last) = old.last().copied() else { return Ok(None) };
    // The time stays what it was: nothing is recorded.
    let mut tx = Tx::begin_behind(connection).await?;
    let lives = lives(tx.reading(), old.into_iter().map(|(_, target)| TargetNo(target))).await?;
    let looked_up = lives.into_iter().map(|(target, life)| LookedUp { target, notice: life.notice() });
    insert(tx.writing(), &looked_up.collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(Some(last))
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

/// Targets on which this agency's release waits for a second officer, after one of them, in the order of their numbers, at most so
/// many.
///
/// # Errors
/// If the engine fails.
#[cfg(any(feature = "console", test))]
pub(crate) async fn release_awaits(
    connection: &mut Connection,
    agency: AgencyNo,
    after: TargetNo,
    most: i64,
) -> Result<Vec<TargetNo>, StoreError> {
    const SQL: &str = "/* lives::release_awaits */ SELECT target_no FROM life \
                       WHERE release_awaits = $1 AND release_awaits <> 0 AND target_no > $2 ORDER BY target_no LIMIT $3";
    let query = query_scalar(SQL).bind(agency.0).bind(after.0).bind(most);
    let numbers: Vec<i64> = query.fetch_all(connection).await?;
    Ok(numbers.into_iter().map(TargetNo).collect())
}

impl Tx<'_> {
    /// Keeps lives, in the place of those that were there.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_lives(&mut self, lives: &[LifeRow]) -> Result<(), StoreError> {
        insert(self.adding(), lives).await
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
