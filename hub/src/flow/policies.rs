//! The policy and the host rules in force: read once, and again when others are put in force.

use std::sync::{Arc, Mutex, PoisonError};

use meldeverbund_domain::{Policy, hosts::HostRules};

use crate::store::{Connection, InForce, StoreError, Tx, host_rules_at, newest_policy, policy_at};

/// The newest policy and the newest host rules. Cheap to clone; all clones share what was read.
#[derive(Debug, Clone, Default)]
pub struct Policies(Arc<Mutex<Option<Known>>>, Arc<Mutex<Option<KnownHosts>>>);

#[derive(Debug, Clone)]
struct Known {
    newest: InForce,
    policy: Arc<Policy>,
}

/// Host rules as they were read last.
#[derive(Debug, Clone)]
struct KnownHosts {
    newest: InForce,
    rules: Arc<HostRules>,
}

impl Policies {
    /// False if the host rules that were read last say nothing of this host. Before any were read, true.
    pub(super) fn may_know_host(&self, host: &str) -> bool {
        let known = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().is_none_or(|known| known.rules.may_know(host))
    }

    /// The host rules in force now, and whether they are those that were read last.
    ///
    /// # Errors
    /// If the engine fails, or the stored rules are none that this version knows.
    pub async fn hosts(&self, tx: &mut Tx<'_>) -> Result<(Arc<HostRules>, bool), StoreError> {
        let newest = tx.newest_host_rules().await?;
        let known = self.1.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.newest == newest) {
            return Ok((known.rules, true));
        }
        let text = match &newest {
            Some((leaf, _)) => host_rules_at(tx.reading(), *leaf).await?.map(|(_, text)| text),
            None => None,
        };
        let read =
            |text: String| toml::from_str(&text).map_err(|_| StoreError::Value { column: "host_rules.text" });
        let rules: HostRules = text.map(read).transpose()?.unwrap_or_default();
        let rules = Arc::new(rules.indexed());
        let known = KnownHosts { newest, rules: Arc::clone(&rules) };
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok((rules, false))
    }

    /// False if the policy that was read last names no owner by host or platform. Before any was read, true.
    pub(super) fn may_look_at_links(&self) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().is_none_or(|known| !known.policy.names_by_referral_alone())
    }

    /// The policy in force now.
    ///
    /// # Errors
    /// If the engine fails, or the stored policy is none that this version knows.
    pub async fn current(&self, connection: &mut Connection) -> Result<Arc<Policy>, StoreError> {
        let newest = newest_policy(connection).await?;
        self.of(newest, connection).await
    }

    /// The same, for a command.
    pub(super) async fn in_force(&self, tx: &mut Tx<'_>) -> Result<Arc<Policy>, StoreError> {
        let newest = tx.newest_policy().await?;
        self.of(newest, tx.reading()).await
    }

    async fn of(&self, newest: InForce, connection: &mut Connection) -> Result<Arc<Policy>, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.newest == newest) {
            return Ok(known.policy);
        }
        let policy = Arc::new(at(connection, newest.as_ref().map_or(-1, |(leaf, _)| *leaf)).await?);
        let known = Known { newest, policy: Arc::clone(&policy) };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(policy)
    }
}

/// The policy that was in force at a leaf.
///
/// # Errors
/// If the engine fails, or the stored policy is none that this version knows.
pub(super) async fn at(connection: &mut Connection, leaf: i64) -> Result<Policy, StoreError> {
    match policy_at(connection, leaf).await? {
        None => Ok(Policy::default()),
        Some((_, text)) => toml::from_str(&text).map_err(|_| StoreError::Value { column: "policy.text" }),
    }
}
