//! The central office puts host rules in force.

use meldeverbund_proto::{
    leaf::{Kind, Salt},
    limits::REFERENCE_CHARS,
    statement::HostRulesStatement,
    v1::Refusal,
};

use super::text;
use crate::{
    flow::{
        Command, Failure, Lane,
        admit::central,
        once::{append_one, said},
    },
    store::Tx,
};

/// Puts host rules in force; from their leaf on they say which new links are one. What is there already is only compared
/// anew, so that pairs that would be one are suggested.
#[derive(Debug)]
pub struct PutHostRules {
    text: String,
    officer: String,
    salt: Salt,
}

impl PutHostRules {
    /// Reads rules (TOML) and runs their tests.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(text: String, officer: String, salt: Salt) -> Result<Self, Refusal> {
        said("officer", &officer, REFERENCE_CHARS)?;
        text::parse(&text)?;
        Ok(Self { text, officer, salt })
    }
}

impl Command for PutHostRules {
    /// The leaf from which on they are in force.
    type Verdict = i64;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Failure> {
        let central = central(tx, "puts host rules in force").await?.agency;
        let mut statement = Vec::new();
        HostRulesStatement { agency: &central.id, officer: &self.officer, text: &self.text }
            .encode(&mut statement);
        let leaf = append_one(tx, Kind::HostRules, central.no, self.salt, &statement).await?;
        tx.put_host_rules(leaf, &self.text).await?;
        tx.put_compared_to(0).await?;
        Ok(leaf)
    }
}
