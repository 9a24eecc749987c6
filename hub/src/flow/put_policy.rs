//! The central office puts the members' policy in force.

use meldeverbund_domain::{Policy, policy::HOLD_MOST_DAYS};
use meldeverbund_proto::{
    leaf::{Kind, Salt, statement_digest},
    limits::REFERENCE_CHARS,
    statement::PolicyStatement,
    text,
    v1::{Refusal, RefusalCode},
};

use super::{Command, Failure, Lane};
use crate::store::{NewEvent, StoreError, Tx};

/// Bytes of a policy: some thousand lead cases and providers.
const POLICY_BYTES: usize = 1024 * 1024;

/// Puts a policy in force; from its leaf on it is the one that decides.
#[derive(Debug)]
pub struct PutPolicy {
    text: String,
    officer: String,
    salt: Salt,
}

impl PutPolicy {
    /// Reads a policy (TOML).
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn parse(text: String, officer: String, salt: Salt) -> Result<Self, Refusal> {
        text::check(&officer, REFERENCE_CHARS).map_err(|error| error.at("officer"))?;
        check(&text)?;
        Ok(Self { text, officer, salt })
    }
}

/// Checks a policy's text.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(text: &str) -> Result<Policy, Refusal> {
    if text.len() > POLICY_BYTES {
        return Err(Refusal::at(
            RefusalCode::TooLarge,
            "policy",
            format!("is longer than {POLICY_BYTES} bytes"),
        ));
    }
    let policy: Policy =
        toml::from_str(text).map_err(|error| Refusal::invalid("policy", error.to_string()))?;
    if policy.terms.hold_days == 0 || policy.terms.hold_days > HOLD_MOST_DAYS {
        let reason = format!("must be 1 to {HOLD_MOST_DAYS} days");
        return Err(Refusal::invalid("policy.terms.hold_days", reason));
    }
    let empty = |matter: &meldeverbund_domain::rules::Matter| *matter == Default::default();
    let rules = &policy.ownership;
    if rules.lead_cases.iter().any(|lead| empty(&lead.matter)) {
        return Err(Refusal::invalid("policy.ownership.lead_cases", "a lead case is about nothing"));
    }
    if rules.agreements.iter().any(|agreement| empty(&agreement.matter)) {
        return Err(Refusal::invalid("policy.ownership.agreements", "an agreement is about nothing"));
    }
    Ok(policy)
}

impl Command for PutPolicy {
    /// The leaf from which on it is in force.
    type Verdict = i64;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Failure> {
        let agencies = tx.agencies().await?;
        let central = agencies.iter().find(|row| row.agency.is_central());
        let central = central.ok_or_else(|| {
            Refusal::of(
                RefusalCode::AgencyUnknown,
                "register the central office first: it puts policies in force",
            )
        })?;
        let mut statement = Vec::new();
        PolicyStatement { agency: &central.agency.id, officer: &self.officer, text: &self.text }
            .encode(&mut statement);
        let event = NewEvent {
            kind: Kind::Policy,
            agency: central.agency.no,
            salt: self.salt,
            statement: &statement,
            statement_digest: statement_digest(&self.salt, &statement),
            decision: Vec::new(),
        };
        let leaf = tx.append(&[event]).await.map_err(StoreError::from)?;
        tx.put_policy(leaf, &self.text).await?;
        Ok(leaf)
    }
}
