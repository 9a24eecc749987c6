//! The central office registers an agency's statement key, or revokes it.

use meldeverbund_certs::TrustDomain;
use meldeverbund_proto::{
    AgencyId,
    leaf::{Kind, Salt},
    limits::REASON_CHARS,
    note::{Algorithm, KeyError, KeyId, VerifierKey, statement_key_name},
    statement::{KeyRevocation, KeyStatement},
    text,
    v1::{Refusal, RefusalCode},
};

use super::{
    Command, Failure, Lane,
    admit::caller,
    once::{append_decided, append_one},
};
use crate::store::Tx;

/// Registers a statement key. The same key again changes nothing.
#[derive(Debug)]
pub struct AddStatementKey {
    agency: AgencyId,
    vkey: VerifierKey,
    reason: String,
    salt: Salt,
}

impl AddStatementKey {
    /// Reads the request.
    ///
    /// # Errors
    /// If the key is not a statement key of this agency in this federation, or the reason breaks its rule.
    pub fn parse(
        agency: AgencyId,
        vkey: &str,
        domain: &TrustDomain,
        reason: String,
        salt: Salt,
    ) -> Result<Self, Refusal> {
        let read = vkey.parse();
        let vkey: VerifierKey =
            read.map_err(|error: KeyError| Refusal::invalid("vkey", error.to_string()))?;
        if vkey.algorithm() != Algorithm::Ed25519 {
            return Err(Refusal::invalid("vkey", "is a witness key; a statement key has type 1 (Ed25519)"));
        }
        let name = statement_key_name(domain.as_str(), &agency);
        if vkey.name() != name {
            return Err(Refusal::invalid("vkey", format!("a statement key of {agency} is called {name}")));
        }
        text::check(&reason, REASON_CHARS).map_err(|error| error.at("reason"))?;
        Ok(Self { agency, vkey, reason, salt })
    }
}

impl Command for AddStatementKey {
    /// True if it was not registered before.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let agency = caller(tx, &self.agency).await?.agency;
        let keys = tx.statement_keys(&self.agency).await?;
        match keys.iter().find(|key| key.vkey.key_id() == self.vkey.key_id()) {
            Some(known) if known.vkey != self.vkey => {
                let reason = "another key of the agency has the same id by chance: make a new one";
                return Err(Refusal::invalid("vkey", reason).into());
            }
            Some(known) if known.revoked_leaf.is_some() => {
                return Err(Refusal::invalid("vkey", "was revoked, and stays so: make a new one").into());
            }
            Some(_) => return Ok(false),
            None => {}
        }
        let statement = statement(&self.agency, &self.vkey, &self.reason);
        let leaf = append_one(tx, Kind::StatementKeyAdded, agency.no, self.salt, &statement).await?;
        tx.add_statement_key(agency.no, &self.vkey, leaf).await?;
        Ok(true)
    }
}

/// Revokes a statement key from a leaf on; what it signed before stays signed.
#[derive(Debug)]
pub struct RevokeStatementKey {
    agency: AgencyId,
    key_id: KeyId,
    from_leaf: Option<i64>,
    reason: String,
    salt: Salt,
}

impl RevokeStatementKey {
    /// Reads the request; without a leaf the key is revoked from now on.
    ///
    /// # Errors
    /// If the key's id, or the reason, breaks its rule.
    pub fn parse(
        agency: AgencyId,
        key_id: &str,
        from_leaf: Option<u64>,
        reason: String,
        salt: Salt,
    ) -> Result<Self, Refusal> {
        let key_id = parse_key_id("key_id", key_id)?;
        text::check(&reason, REASON_CHARS).map_err(|error| error.at("reason"))?;
        let from_leaf = from_leaf.map(|leaf| i64::try_from(leaf).unwrap_or(i64::MAX));
        Ok(Self { agency, key_id, from_leaf, reason, salt })
    }
}

impl Command for RevokeStatementKey {
    /// The first leaf that the key does not sign any more.
    type Verdict = u64;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u64, Failure> {
        let agency = caller(tx, &self.agency).await?.agency;
        let keys = tx.statement_keys(&self.agency).await?;
        let key = keys.into_iter().find(|key| key.vkey.key_id() == self.key_id);
        let key =
            key.ok_or_else(|| Refusal::invalid("key_id", "the agency has no statement key of this id"))?;
        let from_leaf = self.from_leaf.unwrap_or(tx.next_leaf());
        if from_leaf > tx.next_leaf() {
            return Err(Refusal::invalid("from_leaf", "lies beyond the end of the ledger").into());
        }
        if from_leaf <= key.since_leaf {
            let reason =
                format!("the key was registered by leaf {} and signs nothing before", key.since_leaf);
            return Err(Refusal::invalid("from_leaf", reason).into());
        }
        // Signatures that do not count any more never count again.
        if let Some(revoked) = key.revoked_leaf.filter(|revoked| *revoked <= from_leaf) {
            let reason =
                format!("the key is revoked from leaf {revoked} on; only an earlier leaf can follow");
            return Err(Refusal::at(RefusalCode::NothingToDo, "from_leaf", reason).into());
        }
        let statement = statement(&self.agency, &key.vkey, &self.reason);
        let mut decision = Vec::new();
        KeyRevocation { from_leaf: from_leaf.cast_unsigned() }.encode(&mut decision);
        let kind = Kind::StatementKeyRevoked;
        append_decided(tx, kind, agency.no, self.salt, &statement, decision).await?;
        tx.revoke_statement_key(agency.no, self.key_id, from_leaf).await?;
        Ok(from_leaf.cast_unsigned())
    }
}

/// A key's id off the wire or the command line.
pub(super) fn parse_key_id(field: &str, text: &str) -> Result<KeyId, Refusal> {
    let formed = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let id = formed.then(|| KeyId::from_str_radix(text, 16).ok()).flatten();
    id.ok_or_else(|| Refusal::invalid(field, "must be 8 lower-case hexadecimal digits"))
}

fn statement(agency: &AgencyId, vkey: &VerifierKey, reason: &str) -> Vec<u8> {
    let mut statement = Vec::new();
    KeyStatement { agency_id: agency.to_string(), vkey: vkey.to_string(), reason: reason.to_owned() }
        .encode(&mut statement);
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_has_one_spelling() {
        assert_eq!(parse_key_id("key_id", "00ff0a12"), Ok(0x00ff_0a12));
        for bad in ["", "ff0a12", "00FF0A12", "+0ff0a12", "00ff0a123", "00ff0a1g"] {
            assert_eq!(parse_key_id("signature.key_id", bad).unwrap_err().field, "signature.key_id", "{bad}");
        }
    }
}
