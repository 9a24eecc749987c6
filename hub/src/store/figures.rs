//! Counted figures, what the count remembers of targets, and what it knows of leaves that were redacted.

use meldeverbund_domain::{
    AgencyNo, TargetNo,
    figures::{Figure, Grouping, Key, Month},
};

use super::{
    StoreError, Tx,
    engine::{Connection, Values, query, query_as, query_scalar},
    rows::{NewRow, expect_rows, insert},
};

/// The one count there is.
const JOB: &str = "figures";

/// In the place of the next leaf: what was counted is being forgotten. Behind every leaf, so that a hub of an earlier version finds
/// nothing to count either.
pub(super) const FORGETTING: i64 = i64::MAX;

/// What the count remembers of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureTargetRow {
    /// Which target.
    pub target: TargetNo,
    /// What (JSON).
    pub body: String,
}

/// What figures still know of a redacted leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFactRow {
    /// The leaf.
    pub leaf: i64,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Whose statement it was; 0: the hub's own.
    pub agency: AgencyNo,
    /// What (JSON).
    pub body: String,
}

struct Sum<'a> {
    key: &'a Key,
    number: i64,
}

struct NewFact {
    leaf: i64,
    body: String,
}

impl NewRow for FigureTargetRow {
    const INTO: &'static str = "figure_target (target_no, body)";
    const COLUMNS: usize = 2;
    const CONFLICT: &'static str = "ON CONFLICT (target_no) DO UPDATE SET body = excluded.body";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.target.0).add(&*self.body);
    }
}

impl NewRow for Sum<'_> {
    const INTO: &'static str = "figure (grouped_by, name, figure, month, number)";
    const COLUMNS: usize = 5;
    const CONFLICT: &'static str = "ON CONFLICT (grouped_by, name, figure, month) DO UPDATE SET number = figure.number + excluded.number";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let Key { grouping, name, figure, month } = self.key;
        values.add(grouping.number()).add(&**name).add(figure.number()).add(month.number()).add(self.number);
    }
}

impl NewRow for NewFact {
    const INTO: &'static str = "figure_fact (leaf_index, body)";
    const COLUMNS: usize = 2;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.leaf).add(&*self.body);
    }
}

/// The next leaf that is to be counted; none: what was counted is being forgotten.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn figured_to(connection: &mut Connection) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "/* figures::figured_to */ SELECT next_leaf FROM figured WHERE job = $1";
    let next: Option<i64> = query_scalar(SQL).bind(JOB).fetch_optional(connection).await?;
    Ok(Some(next.unwrap_or(0)).filter(|next| *next != FORGETTING))
}

/// What the count remembers of these targets.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn figure_targets(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<FigureTargetRow>, StoreError> {
    const SQL: &str = "/* figures::targets */ SELECT t.target_no, t.body FROM {integers $1} \
                       {join} figure_target t ON t.target_no = j.value";
    let targets = targets.into_iter().map(|target| target.0);
    let rows: Vec<(i64, String)> = query_as(SQL).bind_all(targets).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(target, body)| FigureTargetRow { target: TargetNo(target), body }).collect())
}

/// What figures still know of the redacted ones of these leaves.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn kept_facts(
    connection: &mut Connection,
    first: i64,
    count: i64,
) -> Result<Vec<KeptFactRow>, StoreError> {
    const SQL: &str = "/* figures::kept_facts */ SELECT f.leaf_index, e.recorded_at_us, e.agency_no, f.body FROM figure_fact f \
         {join} event e ON e.leaf_index = f.leaf_index \
         WHERE f.leaf_index >= $1 AND f.leaf_index < $1 + $2 ORDER BY f.leaf_index";
    let rows: Vec<(i64, i64, i64, String)> =
        query_as(SQL).bind(first).bind(count).fetch_all(connection).await?;
    let row = |(leaf, recorded_at_us, agency, body)| KeptFactRow {
        leaf,
        recorded_at_us,
        agency: AgencyNo(agency),
        body,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The names of groups after this one, at most so many, each found by key.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn figure_names(
    connection: &mut Connection,
    grouping: Grouping,
    after: &str,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "/* figures::names */ WITH RECURSIVE names (name) AS (\
         SELECT (SELECT f.name FROM figure f WHERE f.grouped_by = $1 AND f.name > $2 ORDER BY f.name LIMIT 1) \
         UNION ALL SELECT (SELECT f.name FROM figure f WHERE f.grouped_by = $1 AND f.name > names.name \
         ORDER BY f.name LIMIT 1) FROM names WHERE names.name IS NOT NULL) \
         SELECT name FROM names WHERE name IS NOT NULL LIMIT $3";
    query_scalar(SQL).bind(grouping.number()).bind(after).bind(most).fetch_all(connection).await
}

/// The sums of the groups from one name to another, up to a month.
///
/// # Errors
/// If the engine fails, or a stored value is none that this version knows.
pub(crate) async fn figures(
    connection: &mut Connection,
    grouping: Grouping,
    names: (&str, &str),
    last: Month,
) -> Result<Vec<(Key, i64)>, StoreError> {
    const SQL: &str = "/* figures::sums */ SELECT name, figure, month, number FROM figure \
         WHERE grouped_by = $1 AND name >= $2 AND name <= $3 AND month <= $4 ORDER BY name, figure, month";
    let query = query_as(SQL).bind(grouping.number()).bind(names.0).bind(names.1).bind(last.number());
    let rows: Vec<(String, i64, i64, i64)> = query.fetch_all(connection).await?;
    let row = |(name, figure, month, number)| {
        let figure = Figure::from_number(figure).ok_or(StoreError::Value { column: "figure.figure" })?;
        Ok((Key { grouping, name, figure, month: Month::from_number(month) }, number))
    };
    rows.into_iter().map(row).collect()
}

/// Redacted leaves before this one of which figures know nothing: they went before figures were counted.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn unknown_leaves(connection: &mut Connection, end: i64) -> Result<i64, StoreError> {
    const SQL: &str = "/* figures::unknown */ SELECT count(*) FROM event e WHERE e.salt IS NULL AND e.leaf_index < $1 \
         AND e.kind IN (1, 9, 10, 24) \
         AND NOT EXISTS (SELECT 1 FROM figure_fact f WHERE f.leaf_index = e.leaf_index)";
    query_scalar(SQL).bind(end).fetch_one(connection).await
}

impl Tx<'_> {
    /// Adds to the sums.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn add_figures(
        &mut self,
        counts: &meldeverbund_domain::figures::Counts,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = counts.iter().map(|(key, number)| Sum { key, number }).collect();
        insert(self.writing(), &rows).await
    }

    /// Remembers targets.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_figure_targets(&mut self, rows: &[FigureTargetRow]) -> Result<(), StoreError> {
        insert(self.writing(), rows).await
    }

    /// Notes the next leaf that is to be counted.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn put_figured_to(&mut self, next_leaf: i64) -> Result<(), StoreError> {
        const SQL: &str = "/* figures::put_figured_to */ INSERT INTO figured (job, next_leaf) VALUES ($1, $2) \
                           ON CONFLICT (job) DO UPDATE SET next_leaf = excluded.next_leaf";
        let done = query(SQL).bind(JOB).bind(next_leaf).execute(self.writing()).await?;
        expect_rows("figures::put_figured_to", done, 1)
    }

    /// Keeps what figures have to know of leaves that are redacted in this transaction.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn keep_facts(
        &mut self,
        facts: impl IntoIterator<Item = (i64, String)>,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = facts.into_iter().map(|(leaf, body)| NewFact { leaf, body }).collect();
        insert(self.writing(), &rows).await
    }
}
