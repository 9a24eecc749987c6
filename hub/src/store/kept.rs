//! What a write transaction has read of what few commands change. Batches that share a commit read it once; whatever writes more
//! than rows that come with every batch lets go of it.

use std::collections::HashMap;

use meldeverbund_domain::{AgencyNo, CaseFacts};
use meldeverbund_proto::{AgencyId, v1::Case};

use super::{AgencyRow, StatementKeyRow, StoreError, Tx, cases, host_rules, policies, policies::InForce};

/// What was read; of what was not, nothing.
#[derive(Debug, Default)]
pub(super) struct Kept {
    agencies: Option<Vec<AgencyRow>>,
    policy: Option<InForce>,
    host_rules: Option<InForce>,
    statement_keys: HashMap<AgencyId, Vec<StatementKeyRow>>,
    cases: HashMap<(AgencyNo, String), Option<(CaseFacts, Case)>>,
}

impl Tx<'_> {
    /// All agencies, in the order in which they were registered.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn agencies(&mut self) -> Result<Vec<AgencyRow>, StoreError> {
        if let Some(agencies) = &self.kept.agencies {
            return Ok(agencies.clone());
        }
        let read = AgencyRow::all(self.connection).await?;
        Ok(self.kept.agencies.insert(read).clone())
    }

    /// The agency with this id.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn agency(&mut self, id: &AgencyId) -> Result<Option<AgencyRow>, StoreError> {
        Ok(self.agencies().await?.into_iter().find(|row| row.agency.id == *id))
    }

    /// What put the policy in force.
    pub(crate) async fn newest_policy(&mut self) -> Result<InForce, StoreError> {
        if let Some(newest) = &self.kept.policy {
            return Ok(newest.clone());
        }
        let read = policies::newest_policy(self.connection).await?;
        Ok(self.kept.policy.insert(read).clone())
    }

    /// What put the host rules in force.
    pub(crate) async fn newest_host_rules(&mut self) -> Result<InForce, StoreError> {
        if let Some(newest) = &self.kept.host_rules {
            return Ok(newest.clone());
        }
        let read = host_rules::newest_host_rules(self.connection).await?;
        Ok(self.kept.host_rules.insert(read).clone())
    }

    /// The agency's statement keys, revoked ones too, in the order in which they were registered.
    ///
    /// # Errors
    /// If the engine fails, or a key is none that this version knows.
    pub async fn statement_keys(&mut self, agency: &AgencyId) -> Result<Vec<StatementKeyRow>, StoreError> {
        if let Some(keys) = self.kept.statement_keys.get(agency) {
            return Ok(keys.clone());
        }
        let read = StatementKeyRow::of(self.connection, agency).await?;
        self.kept.statement_keys.insert(agency.clone(), read.clone());
        Ok(read)
    }

    /// The agency's case of this number, and what the rules see of it.
    ///
    /// # Errors
    /// If the engine fails.
    pub async fn case(
        &mut self,
        agency: AgencyNo,
        number: &str,
    ) -> Result<Option<(CaseFacts, Case)>, StoreError> {
        let key = (agency, number.to_owned());
        if let Some(case) = self.kept.cases.get(&key) {
            return Ok(case.clone());
        }
        let read = cases::by_number(self.connection, agency, number).await?;
        self.kept.cases.insert(key, read.clone());
        Ok(read)
    }
}
