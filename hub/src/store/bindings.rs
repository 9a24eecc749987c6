//! Bindings: whose cases are bound to which targets.

use meldeverbund_domain::{AgencyNo, CaseNo, TargetNo, liaison::Visibility};

use super::{
    StoreError, Tx,
    engine::{Values, query, query_as},
    rows::{NewRow, insert},
    visibility::OF_ANOTHER_LINK,
};

/// A case that is bound to a target.
pub(super) struct NewBinding {
    pub(super) target: TargetNo,
    pub(super) agency: AgencyNo,
    pub(super) case: CaseNo,
    pub(super) since_leaf: i64,
    /// What liaison may be told of it; none: what an earlier schema wrote, and nobody has looked up.
    pub(super) visible: Option<i64>,
    pub(super) since_us: Option<i64>,
}

impl NewRow for NewBinding {
    const INTO: &'static str = "binding (target_no, agency_no, case_no, since_leaf, visible, since_us)";
    const COLUMNS: usize = 6;

    fn bind<'r>(&'r self, values: &mut Values<'r>) {
        values.add(self.target.0).add(self.agency.0).add(self.case.0).add(self.since_leaf);
        values.add(self.visible).add(self.since_us);
    }
}

impl Tx<'_> {
    /// The agency's own bindings to these targets: two at the most for each, one of them to this case if there is one.
    /// However many cases an agency has bound to one target, a referral reads no more.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn bindings(
        &mut self,
        agency: AgencyNo,
        case: CaseNo,
        targets: impl IntoIterator<Item = TargetNo>,
    ) -> Result<Vec<(TargetNo, CaseNo)>, StoreError> {
        const SQL: &str = "/* bindings::of_agency */ SELECT j.value, \
             (SELECT min(b.case_no) FROM binding b WHERE b.target_no = j.value AND b.agency_no = $2), \
             EXISTS (SELECT 1 FROM binding b WHERE b.target_no = j.value AND b.agency_no = $2 AND b.case_no = $3) \
             FROM {integers $1}";
        let numbers = targets.into_iter().map(|no| no.0);
        let query = query_as(SQL).bind_all(numbers).bind(agency.0).bind(case.0);
        let rows: Vec<(i64, Option<i64>, bool)> = query.fetch_all(&mut *self.connection).await?;
        let mut bindings = Vec::with_capacity(rows.len());
        for (target, first, this) in rows {
            bindings.extend(first.map(|first| (TargetNo(target), CaseNo(first))));
            bindings.extend(this.then_some((TargetNo(target), case)));
        }
        Ok(bindings)
    }

    /// Binds the case to targets; each with the index of the leaf that says so, and what liaison may be told of it.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn bind(
        &mut self,
        agency: AgencyNo,
        case: CaseNo,
        targets: impl IntoIterator<Item = (TargetNo, i64, Visibility)>,
    ) -> Result<(), StoreError> {
        self.bind_marked(agency, case, targets, 0).await
    }

    /// Binds the case to targets of which other names were handed in: of their own links that says nothing.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn bind_by_names(
        &mut self,
        agency: AgencyNo,
        case: CaseNo,
        targets: impl IntoIterator<Item = (TargetNo, i64, Visibility)>,
    ) -> Result<(), StoreError> {
        self.bind_marked(agency, case, targets, OF_ANOTHER_LINK).await
    }

    async fn bind_marked(
        &mut self,
        agency: AgencyNo,
        case: CaseNo,
        targets: impl IntoIterator<Item = (TargetNo, i64, Visibility)>,
        mark: i64,
    ) -> Result<(), StoreError> {
        let since_us = self.now_us();
        let rows: Vec<_> = targets
            .into_iter()
            .map(|(target, since_leaf, visibility)| {
                let visible = Some(visibility.to_number() | mark);
                NewBinding { target, agency, case, since_leaf, visible, since_us: Some(since_us) }
            })
            .collect();
        insert(self.adding(), &rows).await
    }

    /// All the agency's bindings to these targets.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn own_bindings(
        &mut self,
        agency: AgencyNo,
        targets: impl IntoIterator<Item = TargetNo>,
    ) -> Result<Vec<(TargetNo, CaseNo)>, StoreError> {
        const SQL: &str = "/* bindings::own */ SELECT b.target_no, b.case_no FROM {integers $1} \
             {join} binding b ON b.target_no = j.value AND b.agency_no = $2";
        let numbers = targets.into_iter().map(|no| no.0);
        let rows: Vec<(i64, i64)> =
            query_as(SQL).bind_all(numbers).bind(agency.0).fetch_all(&mut *self.connection).await?;
        Ok(rows.into_iter().map(|(target, case)| (TargetNo(target), CaseNo(case))).collect())
    }

    /// Ends bindings of the agency: of one case, or of all.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn unbind(
        &mut self,
        agency: AgencyNo,
        case: Option<CaseNo>,
        targets: impl IntoIterator<Item = TargetNo>,
    ) -> Result<(), StoreError> {
        // The history of what is bound is told from here.
        const KEEP: &str = "/* bindings::keep_history */ INSERT INTO history (target_no, leaf_index) \
             SELECT target_no, since_leaf FROM binding WHERE agency_no = $2 AND (case_no = $3 OR $3 IS NULL) \
             AND target_no IN (SELECT value FROM {integers $1}) ON CONFLICT DO NOTHING";
        const SQL: &str = "/* bindings::unbind */ DELETE FROM binding WHERE agency_no = $2 \
             AND (case_no = $3 OR $3 IS NULL) AND target_no IN (SELECT value FROM {integers $1})";
        let numbers: Vec<_> = targets.into_iter().map(|no| no.0).collect();
        for sql in [KEEP, SQL] {
            let query =
                query(sql).bind_all(numbers.iter().copied()).bind(agency.0).bind(case.map(|case| case.0));
            query.execute(self.writing()).await?;
        }
        Ok(())
    }
}
