//! The central office puts host rules in force.

use meldeverbund_proto::{
    leaf::{Kind, Salt},
    limits::REFERENCE_CHARS,
    statement::HostRulesStatement,
    text as words,
    v1::{Refusal, RefusalCode},
};

use super::text;
use crate::{
    flow::{Command, Failure, Lane, once::append_one},
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
        if officer.trim().is_empty() {
            return Err(Refusal::missing("officer"));
        }
        words::check(&officer, REFERENCE_CHARS).map_err(|error| error.at("officer"))?;
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
        let agencies = tx.agencies().await?;
        let central = agencies.iter().find(|row| row.agency.is_central());
        let none = "register the central office first: it puts host rules in force";
        let central = central.ok_or_else(|| Refusal::of(RefusalCode::AgencyUnknown, none))?;
        let mut statement = Vec::new();
        HostRulesStatement { agency: &central.agency.id, officer: &self.officer, text: &self.text }
            .encode(&mut statement);
        let leaf = append_one(tx, Kind::HostRules, central.agency.no, self.salt, &statement).await?;
        tx.put_host_rules(leaf, &self.text).await?;
        tx.put_compared_to(0).await?;
        Ok(leaf)
    }
}
