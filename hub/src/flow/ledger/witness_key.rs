//! The central office registers an agency's witness key, or drops it.

use meldeverbund_proto::{
    AgencyId,
    leaf::{Kind, Salt},
    limits::REASON_CHARS,
    note::{Algorithm, KeyError, VerifierKey, witness_key_name},
    statement::KeyStatement,
    text,
    v1::Refusal,
};

use crate::{
    flow::{Command, Failure, Lane, admit::caller, once::append_one},
    store::{Tx, WitnessKeyRow},
};

/// Registers a witness key. The same key again changes nothing.
#[derive(Debug)]
pub struct AddWitnessKey(Request);

/// Drops a witness key: it vouches for nothing any more.
#[derive(Debug)]
pub struct DropWitnessKey(Request);

#[derive(Debug)]
struct Request {
    agency: AgencyId,
    vkey: VerifierKey,
    reason: String,
    salt: Salt,
}

impl AddWitnessKey {
    /// Reads the request.
    ///
    /// # Errors
    /// If the key is not a witness key of this agency in this federation, or the reason breaks its rule.
    pub fn parse(
        agency: AgencyId,
        vkey: &str,
        trust_domain: &str,
        reason: String,
        salt: Salt,
    ) -> Result<Self, Refusal> {
        let request = Request::parse(agency, vkey, reason, salt)?;
        if request.vkey.algorithm() != Algorithm::CosignatureV1 {
            return Err(Refusal::invalid("vkey", "is no witness key: those have type 4 (cosignature/v1)"));
        }
        let name = witness_key_name(trust_domain, &request.agency);
        if request.vkey.name() != name {
            let reason = format!("a witness key of {} is called {name}", request.agency);
            return Err(Refusal::invalid("vkey", reason));
        }
        Ok(Self(request))
    }
}

impl DropWitnessKey {
    /// Reads the request.
    ///
    /// # Errors
    /// If the key, or the reason, breaks its rule.
    pub fn parse(agency: AgencyId, vkey: &str, reason: String, salt: Salt) -> Result<Self, Refusal> {
        Request::parse(agency, vkey, reason, salt).map(Self)
    }
}

impl Request {
    fn parse(agency: AgencyId, vkey: &str, reason: String, salt: Salt) -> Result<Self, Refusal> {
        let vkey = vkey.parse().map_err(|error: KeyError| Refusal::invalid("vkey", error.to_string()))?;
        text::check(&reason, REASON_CHARS).map_err(|error| error.at("reason"))?;
        Ok(Self { agency, vkey, reason, salt })
    }

    /// The key as it is registered, if it is.
    async fn known(&self, tx: &mut Tx<'_>) -> Result<Option<WitnessKeyRow>, Failure> {
        let keys = WitnessKeyRow::of(tx.reading(), &self.agency).await?;
        Ok(keys.into_iter().find(|key| key.vkey == self.vkey))
    }

    async fn append(&self, tx: &mut Tx<'_>, kind: Kind) -> Result<i64, Failure> {
        let agency = caller(tx, &self.agency).await?.agency;
        let (agency_id, vkey) = (self.agency.to_string(), self.vkey.to_string());
        let mut statement = Vec::new();
        KeyStatement { agency_id, vkey, reason: self.reason.clone() }.encode(&mut statement);
        Ok(append_one(tx, kind, agency.no, self.salt, &statement).await?)
    }
}

impl Command for AddWitnessKey {
    /// True if it was not registered before.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let agency = caller(tx, &self.0.agency).await?.agency;
        match self.0.known(tx).await? {
            Some(known) if known.dropped_leaf.is_some() => {
                Err(Refusal::invalid("vkey", "was dropped, and stays so: make a new one").into())
            }
            Some(_) => Ok(false),
            None => {
                let leaf = self.0.append(tx, Kind::WitnessKeyAdded).await?;
                tx.add_witness_key(agency.no, &self.0.vkey, leaf).await?;
                Ok(true)
            }
        }
    }
}

impl Command for DropWitnessKey {
    /// True if it was in use.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        caller(tx, &self.0.agency).await?;
        match self.0.known(tx).await? {
            None => Err(Refusal::invalid("vkey", "the agency has no such witness key").into()),
            Some(known) if known.dropped_leaf.is_some() => Ok(false),
            Some(_) => {
                let leaf = self.0.append(tx, Kind::WitnessKeyDropped).await?;
                tx.drop_witness_key(&self.0.vkey, leaf).await?;
                Ok(true)
            }
        }
    }
}
