//! A node's side: its certificate, and the hub it expects.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::AgencyId;
use rustls::{
    ClientConfig,
    client::{Resumption, danger::ServerCertVerifier},
    pki_types::ServerName,
    sign::SingleCertAndKey,
};
use tokio_rustls::{TlsConnector, TlsStream};
use tokio_util::sync::CancellationToken;

use crate::{
    Clock, ConnectError, ConnectionAge, PeerIo, RegisteredKeys, TlsError, TlsFiles, TlsState, Transport,
    TrustDomain,
    credentials::{Built, Credentials, Side},
    facts::NameRule,
    first_bytes,
    material::{Material, Usage},
    provider::{ALPN, VERSIONS, provider},
    verifier::HubVerifier,
};

/// Who the hub must turn out to be.
#[derive(Debug, Clone)]
pub struct ExpectedHub {
    /// The trust domain.
    pub domain: TrustDomain,
    /// The agency that runs the hub.
    pub agency: AgencyId,
    /// The hub's public key, where its PKI issues no URI names; otherwise empty.
    pub registered: RegisteredKeys,
}

/// A node's credentials, shared by all clones.
#[derive(Debug, Clone)]
pub struct ClientTls(pub(crate) Arc<Credentials<ClientSide>>);

#[derive(Debug)]
pub(crate) struct ClientSide {
    expected: ExpectedHub,
}

impl ClientTls {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// Which file is not usable, and why. A certificate that is not valid *now* is no error: see
    /// [`TlsState::warnings`].
    pub fn load(files: &TlsFiles, expected: ExpectedHub, clock: Clock) -> Result<Self, TlsError> {
        Credentials::load(ClientSide { expected }, files.clone(), clock)
            .map(|credentials| Self(Arc::new(credentials)))
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

    /// Speaks TLS over an open transport and waits for the hub's verdict on our certificate.
    ///
    /// `host` is the name or address that the connection was meant for.
    ///
    /// # Errors
    /// Why there is no connection; [`explain`](crate::explain) puts it into one word.
    pub async fn handshake<S: Transport>(
        &self,
        io: S,
        host: &str,
        age: ConnectionAge,
    ) -> Result<PeerIo<S>, ConnectError> {
        let address = io.peer_address();
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ConnectError::HostName)?;
        let connector = TlsConnector::from(self.0.config());
        let mut stream = connector.connect(name.clone(), io).await.map_err(ConnectError::Tls)?;
        if stream.get_ref().1.alpn_protocol() != Some(ALPN) {
            return Err(ConnectError::NotHttp2);
        }
        first_bytes::wait(&mut stream).await?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|der| der.clone().into_owned()).collect();
        let place = self
            .0
            .admit(chain, Some(name), address, usize::MAX)
            .map_err(|error| ConnectError::Tls(error.into()))?;
        Ok(PeerIo::new(TlsStream::Client(stream), place, age))
    }
}

impl Side for ClientSide {
    type Config = ClientConfig;
    const USAGE: Usage = Usage::Client;

    fn domain(&self) -> &TrustDomain {
        &self.expected.domain
    }

    fn build(&self, files: &TlsFiles, material: &Material, clock: &Clock) -> Result<Built<Self>, TlsError> {
        let ExpectedHub { domain, agency, registered } = self.expected.clone();
        let names = NameRule { domain, registered };
        let verifier = Arc::new(HubVerifier::new(material, names, agency, files.overdue_revocations)?);
        let mut config = ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
            .with_protocol_versions(VERSIONS)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&material.own))));
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        Ok(Built { config: Arc::new(config), verifier })
    }
}
