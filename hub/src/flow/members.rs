//! Who is a member, by which keys and certificates, and how far its nodes have followed: for people who run the federation.

use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};

use super::{Failure, admit};
use crate::store::{
    AgencyRow, CertificateRow, Connection, InstanceRow, KeyRow, StatementKeyRow, WitnessKeyRow,
};

/// A certificate that a node has shown.
pub type Certificate = CertificateRow;

/// An agency with all that it is known by.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The agency.
    pub agency: AgencyRow,
    /// Its nodes' stores.
    pub instances: Vec<InstanceRow>,
    /// Certificates that its nodes have shown, by node, the one that lasts longest first.
    pub certificates: Vec<Certificate>,
    /// Public keys that stand for names.
    pub registered_keys: Vec<KeyRow>,
    /// Keys with which it signs what it hands in, revoked ones too.
    pub statement_keys: Vec<StatementKeyRow>,
    /// Keys with which it vouches for checkpoints, dropped ones too.
    pub witness_keys: Vec<WitnessKeyRow>,
}

impl Member {
    /// When anything was heard of it, microseconds since 1970 UTC: a certificate was shown, or its feed acknowledged.
    pub fn last_contact_us(&self) -> Option<i64> {
        let shown = self.certificates.iter().map(|one| one.seen_at_us);
        let acknowledged = self.instances.iter().map(|one| one.seen_at_us);
        shown.chain(acknowledged).max()
    }
}

/// All members, in the order in which they were registered. There are some dozens: nothing here grows with what they hand in.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub async fn members(connection: &mut Connection, caller: &AgencyId) -> Result<Vec<Member>, Failure> {
    if !admit(connection, caller).await?.agency.is_central() {
        return Err(Refusal::of(RefusalCode::NotPermitted, "only the central office may see this").into());
    }
    let (instances, certificates) =
        (InstanceRow::all(connection).await?, CertificateRow::all(connection).await?);
    let (keys, statement_keys) = (KeyRow::all(connection).await?, StatementKeyRow::all(connection).await?);
    let witness_keys = WitnessKeyRow::all(connection).await?;
    let agencies = AgencyRow::all(connection).await?;
    let member = |agency: AgencyRow| {
        let id = agency.agency.id.clone();
        Member {
            instances: instances.iter().filter(|one| one.agency_id == id.as_str()).cloned().collect(),
            certificates: certificates.iter().filter(|one| one.agency_id == id.as_str()).cloned().collect(),
            registered_keys: keys.iter().filter(|one| one.agency == id).cloned().collect(),
            statement_keys: statement_keys.iter().filter(|one| one.agency == id).cloned().collect(),
            witness_keys: witness_keys.iter().filter(|one| one.agency == id).cloned().collect(),
            agency,
        }
    };
    Ok(agencies.into_iter().map(member).collect())
}
