//! The hub's side: its certificate, and the nodes it lets in.

use std::{collections::HashMap, sync::Arc, time::Duration};

use meldeverbund_proto::AgencyId;
use rustls::{
    ServerConfig,
    server::{NoServerSessionStorage, ServerConfig as Config},
    sign::SingleCertAndKey,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Clock, CutReason, Peer, RegisteredKeys, TlsError, TlsFiles, TlsState, TrustDomain,
    credentials::{Built, Credentials, Side},
    facts::NameRule,
    material::{Material, Usage},
    provider::{ALPN, VERSIONS, provider},
    verifier::NodeVerifier,
};

/// The hub's credentials, shared by all clones.
#[derive(Debug, Clone)]
pub struct ServerTls(pub(crate) Arc<Credentials<ServerSide>>);

#[derive(Debug)]
pub(crate) struct ServerSide {
    names: NameRule,
}

impl ServerTls {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// Which file is not usable, and why. A certificate that is not valid *now* is no error: see
    /// [`TlsState::warnings`].
    pub fn load(
        files: &TlsFiles,
        domain: TrustDomain,
        registered: RegisteredKeys,
        clock: Clock,
    ) -> Result<Self, TlsError> {
        let side = ServerSide { names: NameRule { domain, registered } };
        Credentials::load(side, files.clone(), clock).map(|credentials| Self(Arc::new(credentials)))
    }

    /// Takes up changed files and looks at all live connections again; `true` if something was taken up.
    ///
    /// # Errors
    /// Which file is not usable, and why; the earlier credentials stay in use.
    pub fn reload(&self) -> Result<bool, TlsError> {
        self.0.reload()
    }

    /// Reloads every so often until `stop`; says what was taken up, and each distinct failure once.
    pub async fn watch(&self, every: Duration, stop: CancellationToken) {
        Arc::clone(&self.0).watch(every, stop).await;
    }

    /// The credentials in use.
    pub fn state(&self) -> TlsState {
        self.0.state()
    }

    /// How many connections each agency has now.
    pub fn connections(&self) -> HashMap<AgencyId, usize> {
        self.0.live().per_agency()
    }

    /// Who is connected now, each connection by itself.
    pub fn peers(&self) -> Vec<Arc<Peer>> {
        self.0.live().entries().iter().map(|entry| Arc::clone(&entry.peer)).collect()
    }

    /// Cuts an agency's connections, for instance when it is suspended.
    pub fn cut(&self, agency: &AgencyId) {
        for entry in self.0.live().entries().iter().filter(|entry| entry.peer.agency == *agency) {
            entry.cut(CutReason::Closed);
        }
    }

    /// The configuration for the next handshake.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.0.config()
    }

    pub(crate) fn registered(&self) -> &RegisteredKeys {
        &self.0.side().names.registered
    }
}

impl Side for ServerSide {
    type Config = ServerConfig;
    const USAGE: Usage = Usage::Server;

    fn domain(&self) -> &TrustDomain {
        &self.names.domain
    }

    fn build(&self, files: &TlsFiles, material: &Material, clock: &Clock) -> Result<Built<Self>, TlsError> {
        let verifier = Arc::new(NodeVerifier::new(material, self.names.clone(), files.overdue_revocations)?);
        let mut config = Config::builder_with_details(provider(), Arc::new(clock.clone()))
            .with_protocol_versions(VERSIONS)?
            .with_client_cert_verifier(Arc::clone(&verifier) as _)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&material.own))));
        config.alpn_protocols = vec![ALPN.to_vec()];
        // AES-256 first, whatever the client likes best.
        config.ignore_client_order = true;
        // A resumed session skips the client-certificate verifier: no tickets, no session storage, no early data.
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Built { config: Arc::new(config), verifier })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::{
        Identity,
        authority::{Authority, Curve, NewAuthority, Order},
    };

    /// Each of these alone would do; a handshake cannot tell which of them was missing.
    #[test]
    fn no_tickets_no_sessions_no_early_data() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let domain: TrustDomain = "meldeverbund.example".parse().unwrap();
        let authority = Authority::init(folder.path(), &NewAuthority::new(domain.clone()), now).unwrap();
        let identity = Identity { agency: "de-bka".parse().unwrap(), node: "hub".parse().unwrap() };
        let order = Order::hub(identity, Vec::new());
        let files = authority.issue_into(&folder.path().join("hub"), &order, Curve::P256, now).unwrap();
        let tls =
            ServerTls::load(&files, domain, RegisteredKeys::default(), Clock::new(move || now)).unwrap();
        let config = tls.config();
        assert_eq!((config.send_tls13_tickets, config.max_early_data_size), (0, 0));
        assert!(!config.session_storage.can_cache() && !config.ticketer.enabled());
        assert_eq!(config.alpn_protocols, [ALPN]);
    }
}
