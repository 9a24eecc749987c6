//! The real hub and real TLS: an authority, a hub in this process, and files for nodes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use meldeverbund_certs::{
    AcceptLimits, Clock, Identity, TlsFiles, TrustDomain,
    authority::{Authority, Curve, Host, NewAuthority, Order},
};
use meldeverbund_domain::AgencyState;
use meldeverbund_hub::{
    flow::{AddAgency, Command, Hub, SetAgencyState},
    ledger::Ledger,
    serve::{
        Config, Server,
        config::{LedgerSettings, Limits, Log},
    },
    store::{Counts, Store},
};
use meldeverbund_node::{client, config, daemon::Daemon, text::Lang};
use meldeverbund_proto::{
    leaf::Salt,
    v1::{AgencyCard, AgencyKind},
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{harness::Running, officers};

/// A year, and years around now for certificates that are out of date.
pub(crate) const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);

/// A hub with its authority.
pub(crate) struct Federation {
    pub(crate) folder: TempDir,
    pub(crate) authority: Authority,
    pub(crate) config: Config,
    clock: Clock,
    pub(crate) server: Option<Server>,
}

/// Now, for certificates.
pub(crate) fn now() -> SystemTime {
    Clock::system().now()
}

pub(crate) fn identity(agency: &str) -> Identity {
    Identity { agency: agency.parse().unwrap(), node: "main".parse().unwrap() }
}

impl Federation {
    pub(crate) async fn start() -> Self {
        Self::start_with(Clock::system()).await
    }

    /// With a clock of the hub's own.
    pub(crate) async fn start_with(clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = authority(&folder.path().join("ca"), "meldeverbund.test");
        let hosts = vec![Host::Address([127, 0, 0, 1].into())];
        let order = Order::hub(identity("de-bka"), hosts);
        let tls = authority.issue_into(&folder.path().join("hub"), &order, Curve::P256, now()).unwrap();
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            agency: "de-bka".parse().unwrap(),
            trust_domain: "meldeverbund.test".parse().unwrap(),
            database: folder.path().join("hub.sqlite").into(),
            tls,
            ledger: LedgerSettings::in_folder(folder.path()),
            tls_reload_ms: 50,
            connections: AcceptLimits::default(),
            limits: Limits::default(),
            metrics_listen: None,
            retention: Default::default(),
            issuers: Vec::new(),
            persons: Vec::new(),
            liaison: Default::default(),
            blind: Default::default(),
            console: None,
            figures: Default::default(),
            log: Log::default(),
            drain_ms: 10_000,
        };
        let server = Server::start_with(&config, clock.clone(), None, officers::plain()).await.unwrap();
        let mut federation = Self { folder, authority, config, clock, server: Some(server) };
        // A restart comes back at the same place.
        federation.config.listen = federation.server().address();
        federation.register("de-bka", AgencyKind::CentralOffice).await;
        federation
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(crate) async fn register(&self, agency: &str, kind: AgencyKind) {
        let card = AgencyCard {
            agency_id: agency.into(),
            name: format!("Office {agency}"),
            contact: "+49 30 0".into(),
            kind: kind.into(),
        };
        self.server().hub().run(AddAgency::parse(card, salt()).unwrap()).await.unwrap();
    }

    pub(crate) async fn suspend(&self, agency: &str) {
        let state = AgencyState::Suspended;
        let command = SetAgencyState::parse(agency.parse().unwrap(), state, "test".into(), salt()).unwrap();
        assert!(self.server().hub().run(command).await.unwrap());
    }

    pub(crate) async fn counts(&self) -> Counts {
        Counts::read(&mut self.server().hub().reader().await.unwrap()).await.unwrap()
    }

    /// Ends the hub and starts it again on the same files and address.
    pub(crate) async fn restart(&mut self) {
        self.end().await;
        self.begin().await;
    }

    /// Ends the hub.
    pub(crate) async fn end(&mut self) {
        self.server.take().unwrap().end().await.unwrap();
    }

    /// Starts it again on the same files and address.
    pub(crate) async fn begin(&mut self) {
        self.server = Some(
            Server::start_with(&self.config, self.clock.clone(), None, officers::plain()).await.unwrap(),
        );
    }

    /// Carries out an operator's command as the command line does, beside the running hub.
    pub(crate) async fn operate<C: Command>(&self, ledger: &Ledger, command: C) -> C::Verdict {
        let store = Store::open(&self.config.database).await.unwrap();
        let (hub, tasks) = Hub::start_with(store, self.clock.clone(), ledger.clone()).await.unwrap();
        let verdict = hub.run(command).await.unwrap();
        drop(hub);
        tasks.end().await;
        verdict
    }

    /// A node's certificate of this authority.
    pub(crate) fn issue(&self, order: &Order, at: SystemTime) -> TlsFiles {
        issue(&self.authority, self.folder.path(), order, at)
    }

    /// A folder for a node with these files; its officer is this process's user.
    pub(crate) fn node(&self, agency: &str, tls: &TlsFiles) -> PathBuf {
        let folder = self.folder.path().join(format!("node-{agency}-{}", unique()));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("node.toml"), self.node_config(agency, tls)).unwrap();
        folder
    }

    pub(crate) fn node_config(&self, agency: &str, tls: &TlsFiles) -> String {
        let uid = rustix::process::getuid().as_raw();
        let address = self.config.listen;
        let revocations = tls.revocations.as_deref().unwrap_or(Path::new(""));
        format!(
            r#"
            agency = "{agency}"
            data_dir = "data"
            [hub]
            address = "https://{address}"
            agency = "de-bka"
            trust_domain = "meldeverbund.test"
            [tls]
            certificate = {:?}
            key = {:?}
            trust_anchors = {:?}
            revocations = {revocations:?}
            [sync]
            pause_min_ms = 10
            pause_max_ms = 100
            [[officers]]
            uid = {uid}
            name = "Erika Muster"
            "#,
            tls.certificate, tls.key, tls.trust_anchors
        )
    }

    /// A registered liaison body with a running daemon.
    pub(crate) async fn body(&self, agency: &str) -> Running {
        self.register(agency, AgencyKind::Liaison).await;
        let folder = self.node(agency, &self.issue(&Order::node(identity(agency)), now()));
        let file = folder.join("node.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("role = \"liaison\"\n{text}")).unwrap();
        run(&folder).await
    }

    /// A registered office with a running daemon.
    pub(crate) async fn office(&self, agency: &str) -> Running {
        self.register(agency, AgencyKind::StateOffice).await;
        let folder = self.node(agency, &self.issue(&Order::node(identity(agency)), now()));
        run(&folder).await
    }
}

/// Runs the daemon of a folder in this process, as the binary does.
pub(crate) async fn run(folder: &Path) -> Running {
    let config = config::Config::load(&folder.join("node.toml")).unwrap();
    let socket = config.desk.socket.clone();
    let daemon = Daemon::start(config).await.unwrap();
    let desk = client::connect(&socket, Lang::En).await.unwrap();
    Running::new(daemon, desk, CancellationToken::new())
}

/// An authority that is three years old.
pub(crate) fn authority(folder: &Path, domain: &str) -> Authority {
    let domain: TrustDomain = domain.parse().unwrap();
    let new = NewAuthority { validity: 10 * YEAR, list_term: 8 * YEAR, ..NewAuthority::new(domain) };
    Authority::init(folder, &new, now() - 3 * YEAR).unwrap()
}

pub(crate) fn issue(authority: &Authority, folder: &Path, order: &Order, at: SystemTime) -> TlsFiles {
    authority.issue_into(&folder.join(format!("tls-{}", unique())), order, Curve::P256, at).unwrap()
}

pub(crate) fn salt() -> Salt {
    Salt::from_random(rand::random())
}

fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
