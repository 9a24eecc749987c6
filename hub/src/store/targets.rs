//! Targets, found by the canonical link's id or by their number.

use std::collections::{BTreeMap, HashMap};

use meldeverbund_domain::{AgencyNo, Ownership, Target, TargetNo};
use meldeverbund_proto::{
    LinkId,
    v1::{OwnerBasis, Stage},
};

use super::{
    StoreError, Tx,
    engine::{Connection, Row, Values, query, query_scalar},
    rows::{NewRow, expect_rows, insert},
};

struct NewTarget {
    link: LinkId,
    target: Target,
    since_leaf: i64,
}

impl NewRow for NewTarget {
    const INTO: &'static str =
        "target (target_no, link_id, stage, round, owner_no, owner_basis, opened_leaf)";
    const COLUMNS: usize = 7;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        let Target { no, round, stage, ownership } = self.target;
        values.add(no.0).add(&self.link.as_bytes()[..]).add(i64::from(stage as i32)).add(i64::from(round));
        values.add(ownership.owner.0).add(i64::from(ownership.basis as i32)).add(self.since_leaf);
    }
}

/// The targets with these numbers, as they are now.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn by_number(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<Target>, StoreError> {
    const SQL: &str = "/* targets::by_number */ SELECT t.target_no, t.stage, t.round, t.owner_no, t.owner_basis \
                       FROM {integers $1} {join} target t ON t.target_no = j.value";
    let numbers = targets.into_iter().map(|no| no.0);
    query(SQL).bind_all(numbers).fetch_all(connection).await?.iter().map(read).collect()
}

/// The targets that these links lead to, each with the number that the link has itself: of a name another than its target's.
/// Links without one are left out.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn by_link(
    connection: &mut Connection,
    links: impl IntoIterator<Item = LinkId>,
) -> Result<Vec<(LinkId, TargetNo, Target)>, StoreError> {
    const SQL: &str = "/* targets::by_link */ \
         SELECT t.link_id, t.target_no, t.stage, t.round, t.owner_no, t.owner_basis, a.root_no \
         FROM {byte_strings $1} {join} target t ON t.link_id = {bytes j.value} \
         LEFT JOIN alias a ON a.target_no = t.target_no";
    // Looked for in the index's own order: neighbours are on the same pages.
    let mut links: Vec<_> = links.into_iter().map(|link| *link.as_bytes()).collect();
    links.sort_unstable();
    let rows = query(SQL).bind_all(links).fetch_all(&mut *connection).await?;
    led_to(connection, rows).await
}

/// The same of links whose own numbers are known.
///
/// # Errors
/// If the engine fails.
pub(super) async fn by_own_number(
    connection: &mut Connection,
    numbers: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<(LinkId, TargetNo, Target)>, StoreError> {
    const SQL: &str = "/* targets::by_own_number */ \
         SELECT t.link_id, t.target_no, t.stage, t.round, t.owner_no, t.owner_basis, a.root_no \
         FROM {integers $1} {join} target t ON t.target_no = j.value LEFT JOIN alias a ON a.target_no = t.target_no";
    let numbers = numbers.into_iter().map(|no| no.0);
    let rows = query(SQL).bind_all(numbers).fetch_all(&mut *connection).await?;
    led_to(connection, rows).await
}

/// Links' own rows, and the targets that they lead to.
async fn led_to(
    connection: &mut Connection,
    rows: Vec<Row>,
) -> Result<Vec<(LinkId, TargetNo, Target)>, StoreError> {
    let mut roots: HashMap<TargetNo, Option<Target>> = HashMap::new();
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let link: &[u8] = row.try_get("link_id")?;
        let link = link.try_into().map_err(|_| StoreError::Value { column: "target.link_id" })?;
        let root: Option<i64> = row.try_get("root_no")?;
        roots.extend(root.map(|root| (TargetNo(root), None)));
        found.push((LinkId::from_bytes(link), read(row)?, root.map(TargetNo)));
    }
    if !roots.is_empty() {
        let read = by_number(connection, roots.keys().copied().collect::<Vec<_>>()).await?;
        roots.extend(read.into_iter().map(|target| (target.no, Some(target))));
    }
    let resolved = found.into_iter().map(|(link, own, root)| {
        let missing = || StoreError::Value { column: "alias.root_no" };
        let target = match root {
            None => own,
            Some(root) => roots.get(&root).copied().flatten().ok_or_else(missing)?,
        };
        Ok((link, own.no, target))
    });
    resolved.collect()
}

impl Tx<'_> {
    /// The targets that these links lead to, each with the number that the link has itself: of a name another than its
    /// target's. Links without one are left out.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn targets(
        &mut self,
        links: impl IntoIterator<Item = LinkId>,
    ) -> Result<Vec<(LinkId, TargetNo, Target)>, StoreError> {
        by_link(self.connection, links).await
    }

    /// The targets with these numbers.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn targets_by_number(
        &mut self,
        targets: impl IntoIterator<Item = TargetNo>,
    ) -> Result<Vec<Target>, StoreError> {
        by_number(self.connection, targets).await
    }

    /// Opens targets; each with the index of the leaf that opened it.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn open_targets(
        &mut self,
        targets: impl IntoIterator<Item = (LinkId, Target, i64)>,
        next: TargetNo,
    ) -> Result<(), StoreError> {
        let mut rows: Vec<_> = targets
            .into_iter()
            .map(|(link, target, since_leaf)| NewTarget { link, target, since_leaf })
            .collect();
        // The links' index is the dearest of all: it takes keys quicker in its own order.
        rows.sort_unstable_by_key(|row| row.link);
        insert(self.adding(), &rows).await?;
        let numbers = self.next_target().0..next.0;
        self.newest.open(rows.iter().map(|row| (row.link, row.target.no)), numbers);
        self.advance_targets(next);
        Ok(())
    }

    /// Writes round, stage and owner of targets, set by set: most targets of a decision end up alike.
    ///
    /// # Errors
    /// If the engine fails, or a target is not there.
    pub async fn put_targets(&mut self, targets: impl IntoIterator<Item = Target>) -> Result<(), StoreError> {
        const SQL: &str = "/* targets::put */ UPDATE target SET stage = $2, round = $3, owner_no = $4, owner_basis = $5 \
                           WHERE target_no IN (SELECT value FROM {integers $1})";
        let mut alike: BTreeMap<(i32, u32, AgencyNo, i32), Vec<i64>> = BTreeMap::new();
        for Target { no, round, stage, ownership } in targets {
            let key = (stage as i32, round, ownership.owner, ownership.basis as i32);
            alike.entry(key).or_default().push(no.0);
        }
        for ((stage, round, owner, basis), numbers) in alike {
            let expected = numbers.len() as u64;
            let query = query(SQL).bind_all(numbers).bind(stage).bind(i64::from(round));
            let done = query.bind(owner.0).bind(basis).execute(self.adding()).await?;
            expect_rows("targets::put", done, expected)?;
        }
        Ok(())
    }

    /// The agency's open targets of a slice of numbers, at most so many, in their order.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn owned_targets(
        &mut self,
        agency: AgencyNo,
        after: TargetNo,
        up_to: TargetNo,
        most: i64,
    ) -> Result<Vec<TargetNo>, StoreError> {
        const SQL: &str = "/* targets::owned */ SELECT target_no FROM target \
             WHERE target_no > $2 AND target_no <= $3 AND owner_no = $1 AND stage <> $4 ORDER BY target_no LIMIT $5";
        let query = query_scalar(SQL).bind(agency.0).bind(after.0).bind(up_to.0);
        let query = query.bind(Stage::Closed as i32).bind(most);
        Ok(query.fetch_all(&mut *self.connection).await?.into_iter().map(TargetNo).collect())
    }
}

fn read(row: &Row) -> Result<Target, StoreError> {
    let stage: i32 = row.try_get("stage")?;
    let basis: i32 = row.try_get("owner_basis")?;
    let round: i64 = row.try_get("round")?;
    let value = |column| move |_| StoreError::Value { column };
    Ok(Target {
        no: TargetNo(row.try_get("target_no")?),
        round: u32::try_from(round).map_err(|_| StoreError::Value { column: "target.round" })?,
        stage: Stage::try_from(stage).map_err(value("target.stage"))?,
        ownership: Ownership {
            owner: AgencyNo(row.try_get("owner_no")?),
            basis: OwnerBasis::try_from(basis).map_err(value("target.owner_basis"))?,
        },
    })
}
