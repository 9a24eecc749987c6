//! Who is on the other end of a connection.

use std::{net::SocketAddr, time::SystemTime};

use meldeverbund_proto::{AgencyId, NodeName};
use rustls::pki_types::CertificateDer;

use crate::{CertificateFacts, Identity, IdentityError, KeyFingerprint, Serial};

/// The other end, as its verified certificate says.
///
/// A handler behind [`incoming`](crate::incoming) finds it as `Arc<Peer>` among the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The agency.
    pub agency: AgencyId,
    /// The agency's node.
    pub node: NodeName,
    /// The certificate's number.
    pub serial: Serial,
    /// The certificate's public key.
    pub public_key: KeyFingerprint,
    /// The certificate is valid up to this instant.
    pub not_after: SystemTime,
    /// The network address, where the transport has one.
    pub address: Option<SocketAddr>,
}

impl Peer {
    pub(crate) fn new(
        identity: Identity,
        leaf: &CertificateDer<'_>,
        address: Option<SocketAddr>,
    ) -> Result<Self, IdentityError> {
        let CertificateFacts { serial, public_key, not_after, .. } = CertificateFacts::read(leaf)?;
        Ok(Self { agency: identity.agency, node: identity.node, serial, public_key, not_after, address })
    }

    /// Agency and node.
    pub fn identity(&self) -> Identity {
        Identity { agency: self.agency.clone(), node: self.node.clone() }
    }
}
