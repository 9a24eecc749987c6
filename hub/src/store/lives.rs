//! What was decided on targets, as the rules keep it.

use meldeverbund_domain::{TargetNo, life::Life};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_scalar},
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
    /// What was decided (JSON).
    pub body: String,
}

impl LifeRow {
    /// A life to be kept.
    pub fn new(target: TargetNo, due_us: Option<i64>, life: &Life) -> Self {
        let body = serde_json::to_string(life).expect("a life has no maps with keys other than text");
        Self { target, due_us, centre: life.may_need_centre(), held: !life.holds.is_empty(), body }
    }
}

impl NewRow for LifeRow {
    const INTO: &'static str = "life (target_no, due_us, centre, held, body)";
    const COLUMNS: usize = 5;
    const CONFLICT: &'static str = "ON CONFLICT (target_no) DO UPDATE SET \
         due_us = excluded.due_us, centre = excluded.centre, held = excluded.held, body = excluded.body";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.target.0).add(self.due_us).add(i64::from(self.centre)).add(i64::from(self.held));
        values.add(&*self.body);
    }
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
