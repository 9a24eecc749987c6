//! The central office puts the members' policy in force.

use meldeverbund_proto::{
    leaf::{Kind, Salt, statement_digest},
    limits::REFERENCE_CHARS,
    statement::PolicyStatement,
    text,
    v1::{Refusal, RefusalCode},
};

use super::{Command, Failure, Lane, policy_text};
use crate::store::{NewEvent, Tx};

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
    /// What is wrong with it, with its line and field.
    pub fn parse(text: String, officer: String, salt: Salt) -> Result<Self, Refusal> {
        if officer.trim().is_empty() {
            return Err(Refusal::missing("officer"));
        }
        text::check(&officer, REFERENCE_CHARS).map_err(|error| error.at("officer"))?;
        policy_text::parse(&text)?;
        Ok(Self { text, officer, salt })
    }
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
        let leaf = tx.append(&[event]).await?;
        tx.put_policy(leaf, &self.text).await?;
        Ok(leaf)
    }
}
