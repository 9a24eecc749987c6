//! Figures for people: a page of groups, or a month for the public.

use meldeverbund_domain::figures::{Counts, Grouping, Key, Month, Published, Sheet, publish};

use crate::store::{Connection, Head, StoreError, figure_names, figured_to, figures};

/// Groups that are read at once.
const NAMES: i64 = 200;

/// Later than every month that a leaf can have.
const FOR_EVER: Month = Month::LAST;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureQuery {
    /// By what.
    pub grouping: Grouping,
    /// The first and the last month.
    pub months: (Month, Month),
    /// The groups after this one; empty: from the first.
    pub after: String,
    /// So many groups.
    pub most: i64,
}

/// Some groups' figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigurePage {
    /// All groups together.
    pub total: Sheet,
    /// The groups of this page.
    pub sheet: Sheet,
    /// After which group the next page begins; none: this is the last.
    pub next: Option<String>,
    /// Leaves of the ledger that are not counted yet.
    pub behind: i64,
}

/// Reads a page. The connection is a snapshot.
///
/// # Errors
/// If the database fails.
pub async fn read_figures(
    connection: &mut Connection,
    query: &FigureQuery,
) -> Result<FigurePage, StoreError> {
    let FigureQuery { grouping, months, after, most } = query;
    if figured_to(connection).await?.is_none() {
        let none = |grouping| Sheet::of(&Counts::default(), grouping, *months);
        let (total, sheet) = (none(Grouping::All), none(*grouping));
        return Ok(FigurePage { total, sheet, next: None, behind: figures_behind(connection).await? });
    }
    let total = figures(connection, Grouping::All, ("", ""), months.1).await?;
    let total = Sheet::of(&total.into_iter().collect(), Grouping::All, *months);
    let (sheet, next) = match grouping {
        Grouping::All => (total.clone(), None),
        _ => {
            let mut names = figure_names(connection, *grouping, after, most + 1).await?;
            let more = i64::try_from(names.len()).is_ok_and(|found| found > *most);
            if more {
                names.pop();
            }
            let counts = of_names(connection, *grouping, &names, months.1).await?;
            let next = names.pop().filter(|_| more);
            (Sheet::of(&counts.into_iter().collect(), *grouping, *months), next)
        }
    };
    let behind = figures_behind(connection).await?;
    Ok(FigurePage { total, sheet, next, behind })
}

/// All groups' figures, and those of all of them together. The connection is a snapshot.
///
/// # Errors
/// If the database fails.
pub async fn read_all_figures(
    connection: &mut Connection,
    grouping: Grouping,
    months: (Month, Month),
) -> Result<(Sheet, Sheet), StoreError> {
    let mut query = FigureQuery { grouping, months, after: String::new(), most: NAMES };
    let mut page = read_figures(connection, &query).await?;
    let mut sheet = page.sheet;
    while let Some(next) = page.next.take() {
        query.after = next;
        page = read_figures(connection, &query).await?;
        sheet.lines.append(&mut page.sheet.lines);
    }
    Ok((page.total, sheet))
}

/// What may be published of a month. The connection is a snapshot.
///
/// # Errors
/// If the database fails.
pub async fn read_published(
    connection: &mut Connection,
    month: Month,
    threshold: i64,
) -> Result<Published, StoreError> {
    let mut counts = Counts::default();
    for grouping in Grouping::ALL {
        for (key, number) in all(connection, grouping).await? {
            counts.add(key, number);
        }
    }
    Ok(publish(&counts, month, threshold))
}

/// Leaves of the ledger that are not counted yet; all of them while what was counted is being forgotten.
///
/// # Errors
/// If the database fails.
pub async fn figures_behind(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(Head::read(connection).await?.next_leaf - figured_to(connection).await?.unwrap_or(0))
}

/// All sums of a grouping, page by page; none while they are being forgotten.
pub(super) async fn all(
    connection: &mut Connection,
    grouping: Grouping,
) -> Result<Vec<(Key, i64)>, StoreError> {
    if figured_to(connection).await?.is_none() {
        return Ok(Vec::new());
    }
    if grouping == Grouping::All {
        return figures(connection, grouping, ("", ""), FOR_EVER).await;
    }
    let (mut sums, mut after) = (Vec::new(), String::new());
    loop {
        let mut names = figure_names(connection, grouping, &after, NAMES).await?;
        sums.extend(of_names(connection, grouping, &names, FOR_EVER).await?);
        let Some(last) = names.pop() else { break };
        after = last;
    }
    Ok(sums)
}

async fn of_names(
    connection: &mut Connection,
    grouping: Grouping,
    names: &[String],
    last: Month,
) -> Result<Vec<(Key, i64)>, StoreError> {
    let (Some(from), Some(to)) = (names.first(), names.last()) else { return Ok(Vec::new()) };
    figures(connection, grouping, (from, to), last).await
}
