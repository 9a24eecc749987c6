//! What liaison may be told of bindings.

use std::collections::BTreeMap;

use meldeverbund_domain::{
    AgencyNo, CaseNo, TargetNo,
    liaison::{Bound, HashKey, Visibility},
};
use meldeverbund_proto::{leaf::Salt, statement::ReferralStatement};

use super::{
    StoreError, Tx,
    content_hashes::HashRow,
    engine::{Connection, Values, query, query_as, query_scalar},
    rows::{NewRow, expect_rows, insert},
};

/// Targets of one slice of catching up: well under a second, so that nobody waits long for the head.
const SLICE: i64 = 20_000;

/// The row of `liaison_progress` that says up to which target old bindings were looked up.
const PROGRESS: &str = "visible";

/// Set beside what may be told: of the target's own link its case has said nothing, but of another link that is a name of it.
pub(super) const OF_ANOTHER_LINK: i64 = 1 << 10;

/// What may be told, from the number beside a binding.
pub(super) fn told(visible: i64) -> Option<Visibility> {
    Visibility::from_number(visible & !OF_ANOTHER_LINK)
}

/// The bindings of these targets, as far as liaison is concerned.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn bound(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<(TargetNo, CaseNo, Bound)>, StoreError> {
    const SQL: &str = "/* visibility::bound */ SELECT b.target_no, b.agency_no, b.case_no, b.visible, b.since_leaf, b.since_us \
                       FROM {integers $1} {join} binding b ON b.target_no = j.value";
    type Found = (i64, i64, i64, Option<i64>, i64, Option<i64>);
    let numbers = targets.into_iter().map(|no| no.0);
    let rows: Vec<Found> = query_as(SQL).bind_all(numbers).fetch_all(connection).await?;
    let read = |(target, agency, case, visible, since_leaf, since_us): Found| {
        let visibility = visible.and_then(told);
        let of_another_link = visible.is_some_and(|visible| visible & OF_ANOTHER_LINK != 0);
        let since_us = since_us.unwrap_or(0);
        let agency = AgencyNo(agency);
        let bound = Bound { agency, visibility, since_leaf, since_us, of_another_link };
        (TargetNo(target), CaseNo(case), bound)
    };
    Ok(rows.into_iter().map(read).collect())
}

impl Tx<'_> {
    /// The case has said something of these targets' own links: what stands there by their other names stands by themselves, too.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn say_of_links(
        &mut self,
        agency: AgencyNo,
        case: CaseNo,
        links: impl IntoIterator<Item = TargetNo>,
    ) -> Result<(), StoreError> {
        // 1024: `OF_ANOTHER_LINK`.
        const SQL: &str = "/* visibility::own */ UPDATE binding SET visible = visible - 1024 \
             WHERE agency_no = $2 AND case_no = $3 AND (visible & 1024) <> 0 \
             AND target_no IN (SELECT value FROM {integers $1})";
        let numbers: Vec<_> = links.into_iter().map(|no| no.0).collect();
        if numbers.is_empty() {
            return Ok(());
        }
        query(SQL).bind_all(numbers).bind(agency.0).bind(case.0).execute(self.adding()).await?;
        Ok(())
    }

    /// Says more of bindings of this case that stand already: the stricter of what was said and what is said now counts.
    ///
    /// # Errors
    /// If the engine fails, or a binding is not there.
    pub async fn tighten(
        &mut self,
        agency: AgencyNo,
        case: CaseNo,
        said: &[(TargetNo, Visibility)],
    ) -> Result<(), StoreError> {
        const READ: &str = "/* visibility::known */ SELECT b.target_no, b.visible FROM {integers $1} \
             {join} binding b ON b.target_no = j.value AND b.agency_no = $2 AND b.case_no = $3";
        const WRITE: &str = "/* visibility::tighten */ UPDATE binding SET visible = $4 \
             WHERE agency_no = $2 AND case_no = $3 AND target_no IN (SELECT value FROM {integers $1})";
        // Whatever was said before, a referral that says nothing changes nothing.
        let said: Vec<_> = said.iter().filter(|(_, said)| *said != Visibility::default()).collect();
        if said.is_empty() {
            return Ok(());
        }
        let numbers = said.iter().map(|(target, _)| target.0);
        let query_known = query_as(READ).bind_all(numbers).bind(agency.0).bind(case.0);
        let known: Vec<(i64, Option<i64>)> = query_known.fetch_all(&mut *self.connection).await?;
        let before: BTreeMap<_, _> = known.into_iter().collect();
        let mut after = before.clone();
        for (target, said) in said {
            if let Some(Some(visible)) = after.get_mut(&target.0) {
                let whose = *visible & OF_ANOTHER_LINK;
                *visible = told(*visible).map_or(*visible, |known| known.with(*said).to_number() | whose);
            }
        }
        let mut alike: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (target, visible) in after.iter().filter(|(target, visible)| before.get(target) != Some(visible))
        {
            alike.entry(visible.unwrap_or_default()).or_default().push(*target);
        }
        for (visible, targets) in alike {
            let expected = targets.len() as u64;
            let query = query(WRITE).bind_all(targets).bind(agency.0).bind(case.0).bind(visible);
            expect_rows("visibility::tighten", query.execute(self.adding()).await?, expected)?;
        }
        Ok(())
    }
}

/// A binding that an earlier schema wrote, with what its event says.
struct Found {
    binding: [i64; 4],
    visible: Option<i64>,
    since_us: i64,
}

impl NewRow for Found {
    const INTO: &'static str = "binding (target_no, agency_no, case_no, since_leaf, visible, since_us)";
    const COLUMNS: usize = 6;
    const CONFLICT: &'static str = "ON CONFLICT (target_no, agency_no, case_no) DO UPDATE SET \
         visible = excluded.visible, since_us = excluded.since_us";

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        self.binding.iter().for_each(|number| {
            values.add(*number);
        });
        values.add(self.visible).add(self.since_us);
    }
}

/// Looks up in their events what old bindings tell, slice by slice, until all were looked at. What is redacted stays unknown, and
/// is told like none.
pub(super) async fn catch_up(connection: &mut Connection) -> Result<(), StoreError> {
    const REACHED: &str = "/* visibility::reached */ SELECT leaf_index FROM liaison_progress WHERE name = $1";
    const REACH: &str = "/* visibility::reach */ INSERT INTO liaison_progress (name, leaf_index) VALUES ($1, $2) \
                         ON CONFLICT (name) DO UPDATE SET leaf_index = excluded.leaf_index";
    loop {
        let reached: Option<i64> =
            query_scalar(REACHED).bind(PROGRESS).fetch_optional(&mut *connection).await?;
        let reached = reached.unwrap_or(0);
        if reached == i64::MAX {
            return Ok(());
        }
        // The time stays what it was: nothing is recorded.
        let mut tx = Tx::begin_behind(connection).await?;
        let end = reached + SLICE;
        let (found, hashes) = old(tx.reading(), reached, end).await?;
        insert(tx.writing(), &found).await?;
        insert(tx.writing(), &hashes).await?;
        let reached = if end >= tx.next_target().0 { i64::MAX } else { end };
        query(REACH).bind(PROGRESS).bind(reached).execute(tx.writing()).await?;
        tx.commit().await?;
    }
}

async fn old(
    connection: &mut Connection,
    after: i64,
    up_to: i64,
) -> Result<(Vec<Found>, Vec<HashRow>), StoreError> {
    const SQL: &str = "/* visibility::old */ SELECT b.target_no, b.agency_no, b.case_no, b.since_leaf, e.recorded_at_us, \
                       e.salt, e.statement FROM binding b {join} event e ON e.leaf_index = b.since_leaf \
                       WHERE b.target_no > $1 AND b.target_no <= $2 AND b.visible IS NULL ORDER BY b.target_no";
    const STATEMENT: StoreError = StoreError::Value { column: "event.statement" };
    type Row = (i64, i64, i64, i64, i64, Option<Vec<u8>>, Option<Vec<u8>>);
    let rows: Vec<Row> = query_as(SQL).bind(after).bind(up_to).fetch_all(connection).await?;
    let (mut found, mut hashes) = (Vec::with_capacity(rows.len()), Vec::new());
    for (target, agency, case, since_leaf, since_us, salt, statement) in rows {
        let salt = salt.as_deref().and_then(Salt::from_slice);
        let mut visible = None;
        if let Some((salt, statement)) = salt.zip(statement) {
            let (_, referral) = ReferralStatement::decode(&statement, &salt).map_err(|_| STATEMENT)?;
            visible = Some(Visibility::of(&referral).to_number());
            let (target, agency, case) = (TargetNo(target), AgencyNo(agency), CaseNo(case));
            let keys = HashKey::all_of(&referral);
            hashes.extend(keys.map(|key| HashRow { key, target, agency, case, leaf: since_leaf }));
        }
        found.push(Found { binding: [target, agency, case, since_leaf], visible, since_us });
    }
    HashRow::each_once(&mut hashes);
    Ok((found, hashes))
}
