//! A hub that keeps the contract in memory and fails as a test tells it to.

mod blind;
mod decide;
mod decisions;
mod ledger;
mod liaison;
mod liaison_leaves;
mod services;
mod state;
mod witness;

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use http::Uri;
use hyper_util::rt::TokioIo;
use meldeverbund_node::{
    line::Trouble,
    sync::{Dial, Dialling},
};
use meldeverbund_proto::{
    node::v1::HubLineCause,
    v1::{
        FollowResponse, Refusal, agency_service_server::AgencyServiceServer,
        blind_service_server::BlindServiceServer, case_service_server::CaseServiceServer,
        decision_service_server::DecisionServiceServer, disclosure_service_server::DisclosureServiceServer,
        feed_service_server::FeedServiceServer, follow_response::Event,
        ledger_service_server::LedgerServiceServer, liaison_service_server::LiaisonServiceServer,
        referral_service_server::ReferralServiceServer, target_service_server::TargetServiceServer,
    },
};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{
    Request, Status,
    service::interceptor::InterceptorLayer,
    transport::{Endpoint, Server},
};
use tower::service_fn;

pub(crate) use blind::Wrong;
pub(crate) use decisions::fresh;
pub(crate) use ledger::{Ledger, ledger_key};
pub(crate) use liaison::{TOKEN, announced};
pub(crate) use state::{State, card};

/// What the hub does with the next submission that it reads.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Answers as it should.
    None,
    /// Breaks the line before it has recorded anything.
    LoseRequest,
    /// Records, then breaks the line.
    LoseAnswer,
    /// Refuses the submission as a whole.
    Refuse(Refusal),
    /// Keeps the answer back until the next one has been given.
    Late,
    /// Answers with one verdict too few.
    ShortAnswer,
    /// Ends the stream with this code.
    Status(tonic::Code),
    /// Keeps the answer until [`FakeHub::let_go`].
    Hold,
    /// Of decisions: records, and is gone before it answers.
    Vanish,
}

/// The hub.
#[derive(Debug, Clone)]
pub(crate) struct FakeHub {
    path: PathBuf,
    pub(crate) state: Arc<Mutex<State>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    decision_faults: Arc<Mutex<VecDeque<Fault>>>,
    bell: watch::Sender<u64>,
    gate: watch::Sender<u64>,
    server: Arc<Mutex<Option<JoinHandle<()>>>>,
    /// Grows when the hub goes down.
    life: Arc<AtomicU64>,
    /// How often it was dialled.
    dialled: Arc<AtomicU64>,
    /// The size of the checkpoint that it shows, if that is older than the published one.
    late_at: Arc<Mutex<Option<u64>>>,
}

impl FakeHub {
    /// A hub on a socket in a folder.
    pub(crate) fn start(folder: &Path) -> Self {
        let hub = Self {
            path: folder.join("hub.sock"),
            state: Arc::new(Mutex::new(State::new("de-nw-lka"))),
            faults: Arc::default(),
            decision_faults: Arc::default(),
            bell: watch::Sender::new(0),
            gate: watch::Sender::new(0),
            server: Arc::default(),
            life: Arc::default(),
            dialled: Arc::default(),
            late_at: Arc::default(),
        };
        hub.up();
        hub
    }

    /// Another hub before the same database.
    pub(crate) fn beside(&self, name: &str) -> Self {
        let hub = Self {
            path: self.path.with_file_name(name),
            faults: Arc::default(),
            decision_faults: Arc::default(),
            gate: watch::Sender::new(0),
            server: Arc::default(),
            life: Arc::default(),
            dialled: Arc::default(),
            late_at: Arc::default(),
            ..self.clone()
        };
        hub.up();
        hub
    }

    /// Shows no later checkpoint than this; none: the published one.
    pub(crate) fn is_late(&self, at: Option<u64>) {
        *self.late_at.lock().unwrap() = at;
        self.ring();
    }

    /// How often it was dialled.
    pub(crate) fn dialled(&self) -> u64 {
        self.dialled.load(Ordering::SeqCst)
    }

    fn life(&self) -> u64 {
        self.life.load(Ordering::SeqCst)
    }

    fn dies(&self) {
        self.life.fetch_add(1, Ordering::SeqCst);
    }

    /// The hub is there again, with what it had recorded.
    pub(crate) fn up(&self) {
        let _ = std::fs::remove_file(&self.path);
        let listener = UnixListener::bind(&self.path).unwrap();
        let gzip = tonic::codec::CompressionEncoding::Gzip;
        let (life, born) = (Arc::clone(&self.life), self.life());
        // Connections are tasks of their own and outlive the server: what they carry afterwards reaches nobody.
        let gone = InterceptorLayer::new(move |request: Request<()>| {
            let is_here = life.load(Ordering::SeqCst) == born;
            if is_here { Ok(request) } else { Err(Status::unavailable("the hub is gone")) }
        });
        let server = Server::builder()
            .layer(gone)
            .layer(witness::Files(Arc::clone(&self.state)))
            .add_service(LedgerServiceServer::new(self.clone()))
            .add_service(AgencyServiceServer::new(self.clone()))
            .add_service(CaseServiceServer::new(self.clone()))
            .add_service(
                ReferralServiceServer::new(self.clone()).accept_compressed(gzip).send_compressed(gzip),
            )
            .add_service(FeedServiceServer::new(self.clone()).send_compressed(gzip))
            .add_service(
                DecisionServiceServer::new(self.clone()).accept_compressed(gzip).send_compressed(gzip),
            )
            .add_service(TargetServiceServer::new(self.clone()))
            .add_service(LiaisonServiceServer::new(self.clone()))
            .add_service(DisclosureServiceServer::new(self.clone()))
            .add_service(BlindServiceServer::new(self.clone()))
            .serve_with_incoming(UnixListenerStream::new(listener));
        *self.server.lock().unwrap() = Some(tokio::spawn(async move { server.await.unwrap() }));
    }

    /// The hub is gone; connections break.
    pub(crate) async fn down(&self) {
        let server = self.server.lock().unwrap().take().unwrap();
        server.abort();
        let _ = server.await;
        let _ = std::fs::remove_file(&self.path);
        // Connections are tasks of their own: their streams end here.
        self.dies();
        self.ring();
    }

    /// The hub is gone from one instant to the next.
    fn vanish(&self) {
        if let Some(server) = self.server.lock().unwrap().take() {
            server.abort();
        }
        let _ = std::fs::remove_file(&self.path);
        self.dies();
        self.ring();
    }

    /// What happens to the next submissions, in order.
    pub(crate) fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// What happens to the next decisions, in order; dry runs apart.
    pub(crate) fn script_decisions(&self, faults: impl IntoIterator<Item = Fault>) {
        self.decision_faults.lock().unwrap().extend(faults);
    }

    /// Lets held answers go.
    pub(crate) fn let_go(&self) {
        self.gate.send_modify(|count| *count += 1);
    }

    /// Appends an event to the feed.
    pub(crate) fn tell(&self, event: Option<Event>) -> u64 {
        let sequence = self.state.lock().unwrap().append(event);
        self.ring();
        sequence
    }

    /// Appends an event as it is, whatever its sequence.
    pub(crate) fn tell_raw(&self, event: FollowResponse) {
        self.state.lock().unwrap().feed.push(event);
        self.ring();
    }

    /// Waits until the hub's state is as a test wants it.
    pub(crate) async fn until<T>(&self, look: impl Fn(&State) -> Option<T>) -> T {
        let mut bell = self.bell.subscribe();
        let waited = async {
            loop {
                bell.mark_unchanged();
                if let Some(found) = look(&self.state.lock().unwrap()) {
                    return found;
                }
                bell.changed().await.unwrap();
            }
        };
        tokio::time::timeout(crate::harness::PATIENCE, waited).await.expect("the hub never got there")
    }

    fn next_fault(&self) -> Fault {
        self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None)
    }

    fn next_decision_fault(&self) -> Fault {
        self.decision_faults.lock().unwrap().pop_front().unwrap_or(Fault::None)
    }

    /// Wakes whoever waits for the hub to change.
    pub(crate) fn wake(&self) {
        self.ring();
    }

    pub(crate) fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    /// Sees each change from now on.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// The way to this hub.
    pub(crate) fn dial(&self) -> Arc<dyn Dial> {
        self.way_with(&[])
    }

    /// The way to this hub at the first address, and to others at the next ones.
    pub(crate) fn way_with(&self, others: &[&Self]) -> Arc<dyn Dial> {
        let way = |hub: &Self| (hub.path.clone(), Arc::clone(&hub.dialled));
        Arc::new(Way { hubs: std::iter::once(&self).chain(others).map(|hub| way(hub)).collect() })
    }
}

#[derive(Debug)]
struct Way {
    hubs: Vec<(PathBuf, Arc<AtomicU64>)>,
}

impl Dial for Way {
    /// The address' port says which hub it is: 1 the first; the first for any other.
    fn dial<'a>(&'a self, address: &'a Uri) -> Dialling<'a> {
        let place = address.port_u16().map_or(0, |port| usize::from(port) - 1);
        let (path, dialled) = self.hubs.get(place).unwrap_or(&self.hubs[0]).clone();
        dialled.fetch_add(1, Ordering::SeqCst);
        let connector = service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        Box::pin(async move {
            Endpoint::from_static("http://hub.invalid").connect_with_connector(connector).await.map_err(
                |error| Trouble {
                    cause: HubLineCause::Unreachable,
                    detail: error.to_string(),
                    refusal: None,
                },
            )
        })
    }
}
