//! Starts and ends a hub, the same way for the binary, for tests and for the example.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use meldeverbund_certs::{Clock, RegisteredKeys, ServerTls, TlsError};
use meldeverbund_people::{Issuers, SettingsError};
use metrics_exporter_prometheus::PrometheusHandle;
use rand::RngExt as _;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinHandle},
};
use tokio_stream::{StreamExt as _, wrappers::TcpListenerStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic_health::ServingStatus;

use super::{
    Config, PublicUrlError, Readiness, StatementKeyError, blind, certificates, comparer,
    console_settings::default_keep_views_days,
    figures, grpc, health, liaison, observe,
    pages::{self, House},
    publisher, registry, retention, sweeper,
};
use crate::{
    flow::{Blind, Hub, HubTasks, SeedError, StartError, hear},
    rpc::{Officers, officers},
    store::{OpenError, Store, StoreError},
};

/// How long the rest may take once calls were cut: their tasks only have to notice.
const AFTER_CUT: Duration = Duration::from_secs(1);

/// The hub cannot start, or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database, once open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger, or the database once it is written.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The seed of blind questions.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A certificate, key, trust anchor or revocation list.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The hub's certificate names another agency than the configuration.
    #[error(
        "agency: the configuration says {configured}, the certificate in `tls.certificate` says {certified}"
    )]
    Agency {
        /// The agency of the configuration.
        configured: String,
        /// The agency of the certificate.
        certified: String,
    },
    /// An issuer of officers' tokens.
    #[error("issuers")]
    Issuers(#[from] SettingsError),
    /// The central office's pages.
    #[error(transparent)]
    Console(#[from] PublicUrlError),
    /// What signs the decisions that are taken there.
    #[error(transparent)]
    StatementKey(#[from] StatementKeyError),
    /// The configuration asks for pages that this build does not have.
    #[error("console: this program was built without it")]
    NoConsole,
    /// An address cannot be listened on.
    #[error("{setting}: cannot listen on {address}")]
    Listen {
        /// The setting.
        setting: &'static str,
        /// Its value.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Calls in progress did not end in time.
    #[error("calls in progress did not end within drain_ms; they were cut")]
    DrainedBadly,
    /// A part of the hub ended by itself.
    #[error("a part of the hub ended by itself")]
    Ended,
}

/// A running hub.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    console_address: Option<SocketAddr>,
    hub: Hub,
    blind: Option<Blind>,
    tls: ServerTls,
    readiness: watch::Receiver<Readiness>,
    observer: Option<AbortHandle>,
    grpc: JoinHandle<Result<(), tonic::transport::Error>>,
    tasks: TaskTracker,
    hub_tasks: HubTasks,
    stop: CancellationToken,
    drain: Duration,
}

impl Server {
    /// Starts a hub; when it returns, nodes can connect.
    ///
    /// # Errors
    /// Which setting, file or address cannot be used.
    pub async fn start(
        config: &Config,
        clock: Clock,
        recorder: Option<PrometheusHandle>,
    ) -> Result<Self, ServeError> {
        let issuers = Issuers::new(config.issuers.iter().cloned(), &clock)?;
        Self::start_with(config, clock, recorder, officers(issuers)).await
    }

    /// Starts a hub that takes the word of these on who an officer is.
    ///
    /// # Errors
    /// Which setting, file or address cannot be used.
    pub async fn start_with(
        config: &Config,
        clock: Clock,
        recorder: Option<PrometheusHandle>,
        officers: Officers,
    ) -> Result<Self, ServeError> {
        let store = Store::open(&config.database).await?;
        let registered = RegisteredKeys::new(registry::keys(&store).await?);
        let tls = load_tls(config, registered.clone(), clock.clone())?;
        let listener = listen("listen", config.listen).await?;
        let observer = match config.metrics_listen {
            Some(address) => Some(listen("metrics_listen", address).await?),
            None => None,
        };
        let browsers = match &config.console {
            Some(console) => Some((console, listen("console.listen", console.listen).await?)),
            None => None,
        };
        let issuers = Arc::new(Issuers::new(config.issuers.iter().cloned(), &clock)?);
        let local = |source| ServeError::Listen { setting: "listen", address: config.listen, source };
        let address = listener.local_addr().map_err(local)?;

        let blind = open_blind(config, &store).await?;
        let (hub, hub_tasks) = Hub::start(store.clone(), clock.clone(), &config.ledger_files()).await?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (readiness_sender, readiness) = watch::channel(Readiness::default());
        let (reporter, health_service) = tonic_health::server::health_reporter();
        // Not before it has been seen that the hub can write.
        reporter.set_service_status("", ServingStatus::NotServing).await;
        tasks.spawn(registry::watch(store, registered, stop.clone()));
        tasks.spawn(hear(hub.clone(), stop.clone()));
        tasks.spawn(sweeper::run(hub.clone(), stop.clone()));
        let blind_per_day = config.blind.elements_per_day;
        tasks.spawn(liaison::run(hub.clone(), config.liaison.clone(), blind_per_day, stop.clone()));
        if let Some(blind) = blind.clone() {
            tasks.spawn(blind::run(hub.clone(), blind, stop.clone()));
        }
        tasks.spawn(comparer::run(hub.clone(), stop.clone()));
        tasks.spawn(certificates::run(hub.clone(), tls.clone(), stop.clone()));
        tasks.spawn(figures::run(hub.clone(), stop.clone()));
        let publish_every = Duration::from_millis(config.ledger.publish_ms.max(1));
        tasks.spawn(publisher::run(hub.clone(), publish_every, stop.clone()));
        let kept = retention::Kept {
            liaison_days: config.liaison.keep_days,
            views_days: config.console.as_ref().map_or_else(default_keep_views_days, |it| it.keep_views_days),
        };
        tasks.spawn(retention::run(hub.clone(), config.retention.clone(), kept, stop.clone()));
        let (watched, watching) = (tls.clone(), stop.clone());
        let every = Duration::from_millis(config.tls_reload_ms);
        tasks.spawn(async move { watched.watch(every, watching).await });
        tasks.spawn(health::watch(hub.clone(), tls.clone(), clock, reporter, readiness_sender, stop.clone()));
        let observer =
            observer.map(|observer| observe::serve(observer, recorder, readiness.clone())).transpose();
        let (metrics_address, observer) = observer.map_err(local)?.unzip();
        let console_address = match browsers {
            Some((settings, listener)) => {
                let address = listener.local_addr().map_err(local)?;
                let (agency, trust_domain) = (&config.agency, &config.trust_domain);
                let house =
                    House { hub: &hub, issuers, agency, trust_domain, tls: &tls, figures: &config.figures };
                tasks.spawn(pages::serve(house, settings, listener, &stop)?);
                tracing::info!(%address, "the console is listening");
                Some(address)
            }
            None => None,
        };
        let accepted = TcpListenerStream::new(listener).map(|socket| {
            // Answers are small and waited for: they do not wait for each other.
            socket.and_then(|socket| socket.set_nodelay(true).map(|()| socket))
        });
        let connections = meldeverbund_certs::incoming(accepted, tls.clone(), config.connections, &stop);
        let services = grpc::services(&hub, config, officers, blind.clone(), health_service, &stop);
        let grpc = tokio::spawn(grpc::serve(services, connections, stop.clone()));
        let metrics = metrics_address.map(tracing::field::display);
        let id = hub.leases().holder();
        tracing::info!(%address, metrics, agency = %config.agency, %id, "hub is listening");
        let drain = Duration::from_millis(config.drain_ms);
        Ok(Self {
            address,
            metrics_address,
            console_address,
            hub,
            blind,
            tls,
            readiness,
            observer,
            grpc,
            tasks,
            hub_tasks,
            stop,
            drain,
        })
    }

    /// Where browsers connect, if there is a console.
    pub fn console_address(&self) -> Option<SocketAddr> {
        self.console_address
    }

    /// Where nodes connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where Prometheus and probes ask.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The hub behind the network side.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// What answers blind questions; none: they are off.
    pub fn blind(&self) -> Option<&Blind> {
        self.blind.as_ref()
    }

    /// The hub's credentials.
    pub fn tls(&self) -> &ServerTls {
        &self.tls
    }

    /// Whether the hub can do its work.
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.readiness.clone()
    }

    /// Waits until a part of the hub ends by itself; it never does while all is well.
    pub async fn ended(&mut self) {
        let _ = (&mut self.grpc).await;
    }

    /// Ends the hub: no new calls, those in progress are finished, what was handed in is written; all of it in time.
    ///
    /// # Errors
    /// If calls had to be cut.
    pub async fn end(self) -> Result<(), ServeError> {
        let Self { hub, tls, observer, grpc, tasks, hub_tasks, stop, drain, .. } = self;
        stop.cancel();
        tasks.close();
        let mut rest = pin!(async move {
            // A listener that failed has ended too, and that is all that is wanted of it here.
            let _ = grpc.await;
            tasks.wait().await;
            // The writer ends when the last handle of the hub is gone.
            drop(hub);
            hub_tasks.end().await;
        });
        let drained = tokio::time::timeout(drain, &mut rest).await.is_ok();
        if !drained {
            // What was acknowledged is durable; with the connections the last handles of the hub go.
            tls.connections().keys().for_each(|agency| tls.cut(agency));
            let _ = tokio::time::timeout(AFTER_CUT, rest).await;
        }
        if let Some(observer) = observer {
            observer.abort();
        }
        if drained { Ok(()) } else { Err(ServeError::DrainedBadly) }
    }
}

/// What answers blind questions, where a legal basis is configured.
async fn open_blind(config: &Config, store: &Store) -> Result<Option<Blind>, ServeError> {
    if !config.blind.is_on() {
        return Ok(None);
    }
    let (path, random) = (config.blind_seed(), rand::rng().random());
    let mut reader = store.reader().await?;
    let blind = Blind::open(&path, config.blind.clone(), config.liaison.clone(), &mut reader, random).await?;
    Ok(Some(blind))
}

/// Loads the hub's credentials and checks that they name the configured agency.
pub(crate) fn load_tls(
    config: &Config,
    registered: RegisteredKeys,
    clock: Clock,
) -> Result<ServerTls, ServeError> {
    let tls = ServerTls::load(&config.tls, config.trust_domain.clone(), registered, clock)?;
    match tls.state().identity {
        Some(identity) if identity.agency != config.agency => Err(ServeError::Agency {
            configured: config.agency.to_string(),
            certified: identity.agency.to_string(),
        }),
        _ => Ok(tls),
    }
}

async fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { setting, address, source })
}
