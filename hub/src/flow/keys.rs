//! The central office registers, or forgets, the public key of a node whose administration issues no certificates
//! with the federation's names.

use meldeverbund_domain::AgencyNo;
use meldeverbund_proto::{
    AgencyId, NodeName,
    leaf::{Kind, Salt},
    statement::NodeKeyStatement,
};

use super::{Command, Failure, Lane, admit::caller, once::append_one};
use crate::store::Tx;

/// Registers a public key for an agency's node.
#[derive(Debug)]
pub struct PutKey {
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub fingerprint: [u8; 32],
    /// Whose it is.
    pub agency: AgencyId,
    /// The node's name.
    pub node: NodeName,
    /// The salt of its leaf.
    pub salt: Salt,
}

impl Command for PutKey {
    type Verdict = ();

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Failure> {
        let agency = caller(tx, &self.agency).await?.agency;
        tx.put_key(&self.fingerprint, agency.no, self.node.as_str()).await?;
        let (agency_id, node) = (self.agency.to_string(), self.node.to_string());
        let mut statement = Vec::new();
        NodeKeyStatement { agency_id, node, fingerprint: self.fingerprint }.encode(&mut statement);
        append_one(tx, Kind::NodeKeyAdded, agency.no, self.salt, &statement).await?;
        Ok(())
    }
}

/// Forgets a public key.
#[derive(Debug)]
pub struct DropKey {
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    pub fingerprint: [u8; 32],
    /// The salt of its leaf.
    pub salt: Salt,
}

/// The hub itself, where no agency made the statement.
const HUB: AgencyNo = AgencyNo(0);

impl Command for DropKey {
    /// True if it was registered.
    type Verdict = bool;

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Failure> {
        let known = tx.drop_key(&self.fingerprint).await?;
        if known {
            let (agency_id, node) = (String::new(), String::new());
            let mut statement = Vec::new();
            NodeKeyStatement { agency_id, node, fingerprint: self.fingerprint }.encode(&mut statement);
            append_one(tx, Kind::NodeKeyDropped, HUB, self.salt, &statement).await?;
        }
        Ok(known)
    }
}
