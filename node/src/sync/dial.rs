//! Makes connections with the hub.

use std::{
    collections::HashMap,
    fmt::Debug,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use http::Uri;
use meldeverbund_certs::{
    ClientTls, ConnectFailure, ConnectionAge, ExpectedHub, Identity, RegisteredKeys, TlsState, TlsWarning,
    explain,
};
use meldeverbund_proto::node::v1::HubLineCause;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};

use super::trouble::{cause_of, chain};
use crate::{clock::Clock, config::Config, line::Trouble};

/// The node's name among the hub's keys; only the agency counts.
const HUB_NODE_NAME: &str = "hub";

/// Bytes in flight on one stream: a full window of submissions, so that a long line stays busy.
const STREAM_WINDOW_BYTES: u32 = 4 << 20;

/// Bytes in flight on the connection.
const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;

/// How long a probe of a quiet line may take.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// A connection that is being made.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = Result<Channel, Trouble>> + Send + 'a>>;

/// The way to the hub; tests have another one.
pub trait Dial: Debug + Send + Sync {
    /// A fresh connection with the hub at one of its addresses.
    fn dial<'a>(&'a self, address: &'a Uri) -> Dialling<'a>;

    /// This node's certificate.
    fn certificate(&self) -> Certificate {
        Certificate::default()
    }
}

/// What is known of this node's certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Its end.
    pub not_after_us: Option<i64>,
    /// What an operator should look at.
    pub problem: Option<String>,
}

/// TLS by the configuration.
#[derive(Debug)]
pub struct TlsDial {
    config: Config,
    clock: Clock,
    stop: CancellationToken,
    tls: Mutex<Option<ClientTls>>,
}

impl TlsDial {
    /// Reads the certificate files at the first connection, and again when they change, until `stop`.
    pub fn new(config: Config, clock: Clock, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { config, clock, stop, tls: Mutex::new(None) })
    }

    /// The credentials; a node whose files are not there yet takes referrals all the same and looks again.
    fn tls(&self) -> Result<ClientTls, Trouble> {
        let mut tls = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = &*tls {
            return Ok(tls.clone());
        }
        let loaded =
            ClientTls::load(&self.config.tls, expected_hub(&self.config), self.clock.for_certificates())
                .map_err(|error| Trouble {
                    cause: HubLineCause::OwnFiles,
                    detail: error.to_string(),
                    refusal: None,
                })?;
        let (watched, stop) = (loaded.clone(), self.stop.clone());
        let every = Duration::from_secs(self.config.sync.reload_s);
        tokio::spawn(async move { watched.watch(every, stop).await });
        *tls = Some(loaded.clone());
        Ok(loaded)
    }

    fn state(&self) -> Option<TlsState> {
        self.tls.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(ClientTls::state)
    }

    async fn connect(&self, address: &Uri) -> Result<Channel, Trouble> {
        let tls = self.tls()?;
        let hub = &self.config.hub;
        let age = Duration::from_secs(hub.connection_age_h * 3_600);
        let connector = tls
            .connector()
            .with_proxy(hub.proxy.clone())
            .with_server_name(hub.server_name.clone())
            .with_timeout(hub.connect_timeout())
            .with_connection_age(ConnectionAge::try_from(age).unwrap_or_default());
        endpoint(&self.config, address).connect_with_connector(connector).await.map_err(|error| {
            let failure = explain(&error);
            let cause =
                own_fault(failure, &tls.state(), self.clock.now()).unwrap_or_else(|| cause_of(failure));
            Trouble { cause, detail: chain(&error), refusal: None }
        })
    }
}

impl Dial for TlsDial {
    fn dial<'a>(&'a self, address: &'a Uri) -> Dialling<'a> {
        Box::pin(self.connect(address))
    }

    fn certificate(&self) -> Certificate {
        let Some(state) = self.state() else { return Certificate::default() };
        let end = state.not_after().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let warnings = state.warnings(self.clock.now());
        let lasting = |warning: &&TlsWarning| !matches!(warning, TlsWarning::NoRevocationLists);
        Certificate {
            not_after_us: i64::try_from(end.as_micros()).ok(),
            problem: warnings.iter().find(lasting).map(ToString::to_string),
        }
    }
}

/// Whom the node expects at the hub's address.
pub(crate) fn expected_hub(config: &Config) -> ExpectedHub {
    let node = HUB_NODE_NAME.parse().expect("it is a node name");
    let key = config.hub.public_key.map(|key| (key, Identity { agency: config.hub.agency.clone(), node }));
    ExpectedHub {
        domain: config.hub.trust_domain.clone(),
        agency: config.hub.agency.clone(),
        registered: RegisteredKeys::new(key.into_iter().collect::<HashMap<_, _>>()),
    }
}

/// The endpoint with all its limits.
pub(crate) fn endpoint(config: &Config, address: &Uri) -> Endpoint {
    Endpoint::from(address.clone())
        .user_agent(concat!("meldeverbund-node/", env!("CARGO_PKG_VERSION")))
        .expect("the version is a header's value")
        .http2_keep_alive_interval(Duration::from_secs(config.hub.keepalive_s))
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
}

/// The hub's word on our certificate is one for several faults; our own look tells them apart.
fn own_fault(failure: ConnectFailure, state: &TlsState, now: SystemTime) -> Option<HubLineCause> {
    let blamed = matches!(
        failure,
        ConnectFailure::Expired | ConnectFailure::Revoked | ConnectFailure::Unusable | ConnectFailure::Broken
    );
    let warnings = if blamed { state.warnings(now) } else { Vec::new() };
    warnings.iter().find_map(|warning| match warning {
        TlsWarning::NotYetValid => Some(HubLineCause::OwnNotYetValid),
        TlsWarning::Expired => Some(HubLineCause::OwnExpired),
        TlsWarning::Revoked => Some(HubLineCause::OwnRevoked),
        _ => None,
    })
}
