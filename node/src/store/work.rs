//! The work list: targets in the order in which something is due from this agency.

use meldeverbund_proto::{
    TargetId,
    v1::{DueKind, Referral, TargetView},
};
use prost::Message as _;
use sqlx::{AssertSqlSafe, Row as _, sqlite::SqliteRow};

use super::{
    StoreError, Tx, unsigned,
    view::{decode, due_bit},
};

/// The place of what is not due at all.
const NOTHING_DUE: i64 = 1 << 62;

/// What brings urgent things before all others.
const URGENT_US: i64 = 1 << 61;

/// Own links of a target that a row shows.
const LINKS: u32 = 3;

/// Which targets; what is none does not matter.
#[derive(Debug, Clone, Default)]
pub struct WorkFilter {
    /// Only where something is due.
    pub only_due: bool,
    /// Only where one of these is due; empty: whatever.
    pub due: Vec<DueKind>,
    /// The case's number.
    pub case_number: Option<String>,
    /// The host of one of its links.
    pub host: Option<String>,
    /// The contract's number of the stage.
    pub stage: Option<i32>,
    /// The contract's number of the role.
    pub role: Option<i32>,
    /// The owner's agency id.
    pub owner: Option<String>,
    /// Only with a hold.
    pub held: bool,
    /// Only with a notice in doubt or failed.
    pub in_doubt: bool,
    /// Only with a notice under way, in doubt or failed.
    pub under_way: bool,
}

/// After which target a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkPlace {
    rank: i64,
    id: i64,
}

/// A target of the work list.
#[derive(Debug, Clone)]
pub struct WorkRow {
    /// Where it stands in the list.
    pub place: WorkPlace,
    /// The target.
    pub target_id: TargetId,
    /// Who is responsible.
    pub owner: Option<String>,
    /// The contract's number of the basis.
    pub basis: i32,
    /// The contract's number of the stage.
    pub stage: i32,
    /// The newest round.
    pub round: u32,
    /// The contract's number of the role.
    pub role: i32,
    /// When the hub said so.
    pub told_us: i64,
    /// Bits of what is due; for a target without a view.
    pub due: Vec<DueKind>,
    /// The last told view.
    pub view: Option<TargetView>,
    /// Some of this agency's own links to it, and their cases.
    pub links: Vec<(String, String)>,
}

/// Where something stands in the work list: urgent things first, then by when they are due.
pub(super) fn rank(urgent: bool, due_us: Option<i64>) -> i64 {
    match due_us {
        Some(by_us) if urgent => by_us.saturating_sub(URGENT_US),
        Some(by_us) => by_us.min(NOTHING_DUE - 1),
        None => NOTHING_DUE,
    }
}

impl Tx {
    /// Targets after `after`, what is due first.
    pub async fn work(
        &mut self,
        filter: &WorkFilter,
        after: WorkPlace,
        limit: u32,
    ) -> Result<Vec<WorkRow>, StoreError> {
        let due = filter.due.iter().fold(0, |bits, kind| bits | due_bit(*kind));
        let only_due = filter.only_due || due != 0;
        let sql = format!(
            "/* work */ SELECT t.id, t.work_rank, t.target_id, a.agency_id, t.basis, t.stage, t.round, t.role, t.told_us,
               t.due_kinds, w.view
             FROM target t LEFT JOIN agency a ON a.id = t.owner LEFT JOIN target_view w ON w.target = t.id
             WHERE (t.work_rank, t.id) > (?, ?) {} {} {} {} {} {} {} {} {} {} ORDER BY t.work_rank, t.id LIMIT ?",
            when(only_due, "AND t.due_kinds <> 0"),
            when(due != 0, "AND t.due_kinds & ? <> 0"),
            when(
                filter.case_number.is_some(),
                "AND EXISTS (SELECT 1 FROM answer n JOIN referral r ON r.id = n.referral
                   JOIN submission s ON s.id = r.submission JOIN case_file c ON c.id = s.case_file
                   WHERE n.target = t.id AND c.number = ?)"
            ),
            when(
                filter.host.is_some(),
                "AND EXISTS (SELECT 1 FROM answer n JOIN referral r ON r.id = n.referral JOIN host h ON h.id = r.host
                   WHERE n.target = t.id AND h.name = ?)"
            ),
            when(filter.owner.is_some(), "AND a.agency_id = ?"),
            when(filter.stage.is_some(), "AND t.stage = ?"),
            when(filter.role.is_some(), "AND t.role = ?"),
            when(filter.held, "AND t.held <> 0"),
            when(filter.in_doubt, "AND t.under_way >= 2"),
            when(filter.under_way, "AND t.under_way <> 0"),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(after.rank).bind(after.id);
        if due != 0 {
            query = query.bind(due);
        }
        for text in [&filter.case_number, &filter.host, &filter.owner].into_iter().flatten() {
            query = query.bind(text);
        }
        for number in [filter.stage, filter.role].into_iter().flatten() {
            query = query.bind(number);
        }
        let rows = query.bind(limit).fetch_all(self.conn()).await?;
        let mut work = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut row = work_row(row)?;
            row.links = self.some_links(row.place.id).await?;
            work.push(row);
        }
        Ok(work)
    }

    /// How many targets have holds in force alone, and how many one that has run out.
    pub async fn held(&mut self) -> Result<(u64, u64), StoreError> {
        let (in_force, lapsed): (i64, i64) = sqlx::query_as(
            "/* held */ SELECT count(*) FILTER (WHERE held = 1), count(*) FILTER (WHERE held = 2) FROM target",
        )
        .fetch_one(self.conn())
        .await?;
        Ok((unsigned(in_force), unsigned(lapsed)))
    }

    /// Some of this agency's own links to a target, and their cases.
    async fn some_links(&mut self, target: i64) -> Result<Vec<(String, String)>, StoreError> {
        let rows: Vec<(Vec<u8>, String)> = sqlx::query_as(
            "/* some_links */ SELECT r.message, c.number FROM answer n CROSS JOIN referral r ON r.id = n.referral
               CROSS JOIN submission s ON s.id = r.submission CROSS JOIN case_file c ON c.id = s.case_file
             WHERE n.target = ? ORDER BY n.referral LIMIT ?",
        )
        .bind(target)
        .bind(LINKS)
        .fetch_all(self.conn())
        .await?;
        let link = |(message, case): (Vec<u8>, String)| {
            let referral = Referral::decode(&message[..]);
            referral
                .map(|referral| (referral.link, case))
                .map_err(|_| StoreError::Damaged("referral.message"))
        };
        rows.into_iter().map(link).collect()
    }
}

fn when(condition: bool, sql: &'static str) -> &'static str {
    if condition { sql } else { "" }
}

fn work_row(row: &SqliteRow) -> Result<WorkRow, StoreError> {
    let target_id: Vec<u8> = row.try_get("target_id")?;
    let view: Option<Vec<u8>> = row.try_get("view")?;
    let due_kinds: i64 = row.try_get("due_kinds")?;
    let due = |number: i32| DueKind::try_from(number).ok().filter(|kind| due_bit(*kind) & due_kinds != 0);
    Ok(WorkRow {
        place: WorkPlace { rank: row.try_get("work_rank")?, id: row.try_get("id")? },
        target_id: target_id
            .try_into()
            .map(TargetId::from_bytes)
            .map_err(|_| StoreError::Damaged("target_id"))?,
        owner: row.try_get("agency_id")?,
        basis: row.try_get("basis")?,
        stage: row.try_get("stage")?,
        round: u32::try_from(unsigned(row.try_get("round")?)).unwrap_or(u32::MAX),
        role: row.try_get("role")?,
        told_us: row.try_get("told_us")?,
        due: (1..i64::BITS.cast_signed()).filter_map(due).collect(),
        view: view.map(|bytes| decode(&bytes)).transpose()?,
        links: Vec::new(),
    })
}

impl WorkPlace {
    /// Before the first target.
    pub const START: Self = Self { rank: i64::MIN, id: 0 };

    /// Reads a page token; none: it is not one.
    pub fn parse(token: &str) -> Option<Self> {
        let (rank, id) = token.split_once('.')?;
        Some(Self { rank: rank.parse().ok()?, id: id.parse().ok()? })
    }
}

/// The page token's text.
impl std::fmt::Display for WorkPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.rank, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_things_come_first_then_what_is_due_soonest() {
        let in_order = [rank(true, Some(0)), rank(true, Some(9)), rank(false, Some(0)), rank(false, Some(9))];
        assert!(in_order.is_sorted() && in_order[3] < rank(true, None));
        assert_eq!(rank(false, None), NOTHING_DUE);
    }
}
