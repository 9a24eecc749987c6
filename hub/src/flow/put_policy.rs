//! The central office puts the members' policy in force.

use meldeverbund_proto::{
    leaf::{Kind, Salt},
    limits::REFERENCE_CHARS,
    statement::PolicyStatement,
    v1::Refusal,
};

use super::{
    Command, Failure, Lane,
    admit::central,
    once::{append_one, said},
    policy_text,
};
use crate::store::Tx;

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
        said("officer", &officer, REFERENCE_CHARS)?;
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
        let central = central(tx, "puts policies in force").await?.agency;
        let mut statement = Vec::new();
        PolicyStatement { agency: &central.id, officer: &self.officer, text: &self.text }
            .encode(&mut statement);
        let leaf = append_one(tx, Kind::Policy, central.no, self.salt, &statement).await?;
        tx.put_policy(leaf, &self.text).await?;
        Ok(leaf)
    }
}
