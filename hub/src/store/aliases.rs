//! Other names of targets: what was merged, and links that a host rule maps to one.

use std::collections::{BTreeMap, HashMap};

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo, liaison::Visibility};

use super::{
    StoreError, Tx,
    bindings::NewBinding,
    engine::{Connection, Row, Values, query, query_as},
    rows::{NewRow, expect_rows, insert},
    visibility::{OF_ANOTHER_LINK, told},
};

/// A target that is another name of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRow {
    /// Its number.
    pub target: TargetNo,
    /// The target that it was merged into.
    pub into: TargetNo,
    /// The target that goes on for all of them; never a name itself.
    pub root: TargetNo,
    /// The leaf that says so.
    pub since_leaf: i64,
    /// How both were (JSON); none: a host rule made it a name from the first.
    pub body: Option<String>,
}

impl NewRow for AliasRow {
    const INTO: &'static str = "alias (target_no, into_no, root_no, since_leaf, body)";
    const COLUMNS: usize = 5;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.target.0).add(self.into.0).add(self.root.0).add(self.since_leaf);
        // An empty text stands for none: a column of texts has no gaps on a server.
        values.add(self.body.as_deref().unwrap_or_default());
    }
}

/// Which of these numbers are names, and of which targets. Whoever is given a target's id asks this first.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn roots(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<HashMap<TargetNo, TargetNo>, StoreError> {
    const SQL: &str = "/* aliases::roots */ SELECT a.target_no, a.root_no FROM {integers $1} \
                       {join} alias a ON a.target_no = j.value";
    let numbers = targets.into_iter().map(|no| no.0);
    let rows: Vec<(i64, i64)> = query_as(SQL).bind_all(numbers).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(name, root)| (TargetNo(name), TargetNo(root))).collect())
}

/// The numbers with each name replaced by its target, each once, in their order.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn resolved(
    connection: &mut Connection,
    targets: &[TargetNo],
) -> Result<(Vec<TargetNo>, HashMap<TargetNo, TargetNo>), StoreError> {
    let names = roots(connection, targets.iter().copied()).await?;
    let mut once = Vec::with_capacity(targets.len());
    let mut seen = std::collections::HashSet::with_capacity(targets.len());
    for number in targets {
        let root = names.get(number).copied().unwrap_or(*number);
        if seen.insert(root) {
            once.push(root);
        }
    }
    Ok((once, names))
}

/// All names of these targets, in the order in which they became that.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn names_of(
    connection: &mut Connection,
    roots: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<AliasRow>, StoreError> {
    const SQL: &str = "/* aliases::of_roots */ SELECT a.target_no, a.into_no, a.root_no, a.since_leaf, a.body \
         FROM {integers $1} {join} alias a ON a.root_no = j.value ORDER BY a.since_leaf, a.target_no";
    let numbers = roots.into_iter().map(|no| no.0);
    query(SQL).bind_all(numbers).fetch_all(connection).await?.iter().map(read).collect()
}

/// What this number is another name of; none: it is a target of its own.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn alias(
    connection: &mut Connection,
    target: TargetNo,
) -> Result<Option<AliasRow>, StoreError> {
    const SQL: &str = "/* aliases::by_target */ SELECT target_no, into_no, root_no, since_leaf, body FROM alias \
                       WHERE target_no = $1";
    query(SQL).bind(target.0).fetch_optional(connection).await?.as_ref().map(read).transpose()
}

/// The agencies whose cases are bound to these targets, with the leaves that first bound them, oldest first.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn bound(
    connection: &mut Connection,
    targets: impl IntoIterator<Item = TargetNo>,
) -> Result<Vec<(AgencyNo, i64)>, StoreError> {
    const SQL: &str = "/* aliases::bound */ SELECT b.agency_no, min(b.since_leaf) AS first_leaf FROM {integers $1} \
         {join} binding b ON b.target_no = j.value GROUP BY b.agency_no ORDER BY first_leaf, b.agency_no";
    let numbers = targets.into_iter().map(|no| no.0);
    let rows: Vec<(i64, i64)> = query_as(SQL).bind_all(numbers).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(agency, leaf)| (AgencyNo(agency), leaf)).collect())
}

/// The agencies with bindings to a target other than those that a merge carried there from these.
///
/// # Errors
/// If the engine fails.
pub(crate) async fn bound_itself(
    connection: &mut Connection,
    target: TargetNo,
    carried_from: &[TargetNo],
    before_leaf: i64,
) -> Result<Vec<AgencyNo>, StoreError> {
    const SQL: &str = "/* aliases::bound_itself */ SELECT b.agency_no, min(b.since_leaf) AS first_leaf FROM binding b \
         WHERE b.target_no = $1 AND NOT (b.since_leaf < $2 AND (b.visible IS NULL OR (b.visible & 1024) <> 0) AND EXISTS (SELECT 1 FROM {integers $3} \
         {join} binding c ON c.target_no = j.value AND c.agency_no = b.agency_no AND c.case_no = b.case_no \
         WHERE c.since_leaf = b.since_leaf)) GROUP BY b.agency_no ORDER BY first_leaf";
    let query = query_as(SQL).bind(target.0).bind(before_leaf);
    let rows: Vec<(i64, i64)> =
        query.bind_all(carried_from.iter().map(|no| no.0)).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(agency, _)| AgencyNo(agency)).collect())
}

impl Tx<'_> {
    /// Makes targets names of others.
    ///
    /// # Errors
    /// If the engine fails, or one is a name already.
    pub async fn add_aliases(&mut self, aliases: &[AliasRow]) -> Result<(), StoreError> {
        insert(self.adding(), aliases).await
    }

    /// Names go on to another target.
    ///
    /// # Errors
    /// If the engine fails, or one of them is no name.
    pub async fn move_aliases(&mut self, names: &[TargetNo], root: TargetNo) -> Result<(), StoreError> {
        const SQL: &str = "/* aliases::move */ UPDATE alias SET root_no = $2 \
                           WHERE target_no IN (SELECT value FROM {integers $1})";
        if names.is_empty() {
            return Ok(());
        }
        let query = query(SQL).bind_all(names.iter().map(|no| no.0)).bind(root.0);
        expect_rows("aliases::move", query.execute(self.writing()).await?, names.len() as u64)
    }

    /// A name is a target of its own again.
    ///
    /// # Errors
    /// If the engine fails, or it is no name.
    pub async fn drop_alias(&mut self, target: TargetNo) -> Result<(), StoreError> {
        const SQL: &str = "/* aliases::drop */ DELETE FROM alias WHERE target_no = $1";
        expect_rows("aliases::drop", query(SQL).bind(target.0).execute(self.writing()).await?, 1)
    }

    /// Binds to a target what is bound to others of its links. What an agency wants liaison to be told of a case is told of all
    /// its links in the strictest way.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn carry_bindings(&mut self, from: &[TargetNo], into: TargetNo) -> Result<(), StoreError> {
        const BOUND: &str = "/* aliases::carried */ SELECT b.target_no, b.agency_no, b.case_no, b.since_leaf, b.visible, b.since_us \
             FROM {integers $1} {join} binding b ON b.target_no = j.value";
        const STRICTER: &str = "/* aliases::stricter */ UPDATE binding SET visible = $4 \
             WHERE target_no = $1 AND agency_no = $2 AND case_no = $3";
        type Found = (i64, i64, i64, i64, Option<i64>, Option<i64>);
        let numbers = from.iter().chain([&into]).map(|no| no.0);
        let found: Vec<Found> = query_as(BOUND).bind_all(numbers).fetch_all(&mut *self.connection).await?;
        let mut carried: BTreeMap<(i64, i64), Carried> = BTreeMap::new();
        for (target, agency, case, since_leaf, visible, since_us) in found {
            let own = (target == into.0).then_some(visible);
            let one = Carried { since_leaf, visible: visible.and_then(told), since_us, own };
            carried.entry((agency, case)).and_modify(|known| known.unite(one)).or_insert(one);
        }
        let new = carried.iter().filter(|(_, one)| one.own.is_none());
        let new: Vec<_> = new
            .map(|(&(agency, case), one)| {
                let Carried { since_leaf, since_us, .. } = *one;
                let visible = one.number(OF_ANOTHER_LINK);
                let (agency, case) = (AgencyNo(agency), CaseNo(case));
                NewBinding { target: into, agency, case, since_leaf, visible, since_us }
            })
            .collect();
        insert(self.writing(), &new).await?;
        for (&(agency, case), one) in &carried {
            let Some(own) = one.own else { continue };
            let visible = one.number(own.unwrap_or(0) & OF_ANOTHER_LINK);
            if visible == own {
                continue;
            }
            let query = query(STRICTER).bind(into.0).bind(agency).bind(case).bind(visible);
            expect_rows("aliases::stricter", query.execute(self.writing()).await?, 1)?;
        }
        Ok(())
    }

    /// Takes back what a merge before this leaf carried to a target from these, but what others of its links bind as well, and what its
    /// case has said of the target's own link since (`OF_ANOTHER_LINK`, 1024, has gone).
    /// Its history keeps it.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn take_back_bindings(
        &mut self,
        target: TargetNo,
        carried_from: &[TargetNo],
        staying: &[TargetNo],
        before_leaf: i64,
    ) -> Result<(), StoreError> {
        const KEEP: &str = "/* aliases::keep_history */ INSERT INTO history (target_no, leaf_index) \
             SELECT target_no, since_leaf FROM binding WHERE target_no = $1 AND since_leaf < $2 \
             AND (visible IS NULL OR (visible & 1024) <> 0) \
             AND EXISTS (SELECT 1 FROM {integers $3} {join} binding c ON c.target_no = j.value \
                 AND c.agency_no = binding.agency_no AND c.case_no = binding.case_no \
                 WHERE c.since_leaf = binding.since_leaf) \
             AND NOT EXISTS (SELECT 1 FROM {integers $4} {join} binding c ON c.target_no = j.value \
                 AND c.agency_no = binding.agency_no AND c.case_no = binding.case_no) \
             ON CONFLICT DO NOTHING";
        const SQL: &str = "/* aliases::take_back */ DELETE FROM binding WHERE target_no = $1 AND since_leaf < $2 \
             AND (visible IS NULL OR (visible & 1024) <> 0) \
             AND EXISTS (SELECT 1 FROM {integers $3} {join} binding c ON c.target_no = j.value \
                 AND c.agency_no = binding.agency_no AND c.case_no = binding.case_no \
                 WHERE c.since_leaf = binding.since_leaf) \
             AND NOT EXISTS (SELECT 1 FROM {integers $4} {join} binding c ON c.target_no = j.value \
                 AND c.agency_no = binding.agency_no AND c.case_no = binding.case_no)";
        for sql in [KEEP, SQL] {
            let query =
                query(sql).bind(target.0).bind(before_leaf).bind_all(carried_from.iter().map(|no| no.0));
            query.bind_all(staying.iter().map(|no| no.0)).execute(self.writing()).await?;
        }
        Ok(())
    }

    /// Binds a case to links that are names of targets it is bound to; what is bound already stays as it is.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn bind_names(
        &mut self,
        agency: AgencyNo,
        case: CaseNo,
        names: impl IntoIterator<Item = (TargetNo, i64, Visibility)>,
    ) -> Result<(), StoreError> {
        const KNOWN: &str = "/* aliases::bound_names */ SELECT b.target_no, b.since_leaf FROM {integers $1} \
             {join} binding b ON b.target_no = j.value AND b.agency_no = $2 AND b.case_no = $3";
        let mut once: HashMap<TargetNo, (i64, Visibility)> = HashMap::new();
        for (name, leaf, said) in names {
            once.entry(name).and_modify(|(_, known)| *known = known.with(said)).or_insert((leaf, said));
        }
        let mut names = once;
        if names.is_empty() {
            return Ok(());
        }
        let query = query_as(KNOWN).bind_all(names.keys().map(|no| no.0)).bind(agency.0).bind(case.0);
        let known: Vec<(i64, i64)> = query.fetch_all(&mut *self.connection).await?;
        known.iter().for_each(|(target, _)| {
            names.remove(&TargetNo(*target));
        });
        let since_us = Some(self.now_us());
        let rows = names.into_iter().map(|(target, (since_leaf, said))| {
            let visible = Some(said.to_number());
            NewBinding { target, agency, case, since_leaf, visible, since_us }
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable_by_key(|row| row.target);
        insert(self.adding(), &rows).await
    }
}

/// What is bound to some links, for one case.
#[derive(Clone, Copy)]
struct Carried {
    since_leaf: i64,
    visible: Option<Visibility>,
    since_us: Option<i64>,
    /// What stands beside the target's own binding, where it has one.
    own: Option<Option<i64>>,
}

impl Carried {
    fn unite(&mut self, other: Self) {
        self.since_leaf = self.since_leaf.min(other.since_leaf);
        self.since_us = self.since_us.min(other.since_us);
        self.own = self.own.or(other.own);
        self.visible = self.visible.zip(other.visible).map(|(one, two)| one.with(two));
    }

    /// As it stands beside a binding, with this mark.
    fn number(&self, mark: i64) -> Option<i64> {
        self.visible.map(|visible| visible.to_number() | mark)
    }
}

fn read(row: &Row) -> Result<AliasRow, StoreError> {
    let body: String = row.try_get("body")?;
    Ok(AliasRow {
        target: TargetNo(row.try_get("target_no")?),
        into: TargetNo(row.try_get("into_no")?),
        root: TargetNo(row.try_get("root_no")?),
        since_leaf: row.try_get("since_leaf")?,
        body: (!body.is_empty()).then_some(body),
    })
}
