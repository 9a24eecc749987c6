//! A throw-away federation: authority, hub and offices, all real but short-lived.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use meldeverbund_certs::{
    AcceptLimits, ClientTls, Clock, ExpectedHub, Identity, RegisteredKeys, TlsFiles, TrustDomain,
    authority::{Authority, Curve, Host, NewAuthority, Order},
};
use meldeverbund_domain::{blind, liaison, retention::Terms};
use meldeverbund_hub::{
    flow::{AddAgency, Hub, LeasedJob, Sweep},
    serve::{
        Config, Server,
        config::{LedgerSettings, Limits, Log},
    },
    store::{AgencyRow, Counts, query},
};
use meldeverbund_proto::{
    AgencyId,
    leaf::{Digest, Salt},
    note::VerifierKey,
    receipt::Receipt,
    v1::{
        self, AcknowledgeRequest, AgencyCard, AgencyKind, Case, CaseKind, DecideRequest, DecideResponse,
        Decided, ExplainTargetRequest, ExplainTargetResponse, FollowRequest, FollowResponse, OpenCaseRequest,
        Referral, Refusal, ShowTargetsRequest, SubmissionAccepted, SubmitRequest, SubmitResponse,
        TargetAnswer, TargetView, case_service_client::CaseServiceClient, decide_request::Decision,
        decide_response, decision_service_client::DecisionServiceClient,
        feed_service_client::FeedServiceClient, referral_service_client::ReferralServiceClient,
        submit_response, target_service_client::TargetServiceClient,
    },
};
use rand::RngExt as _;
use tempfile::TempDir;
use tokio_stream::StreamExt as _;
use tonic::transport::{Channel, Endpoint};
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt as _};

pub(crate) use place::Place;

// Beside this file, also for whoever takes this one by its path.
#[path = "officers.rs"]
pub(crate) mod officers;
#[path = "place.rs"]
mod place;

/// The central office of all tests.
pub(crate) const CENTRAL: &str = "de-bka";

/// The federation's name in all tests' certificates.
pub(crate) const DOMAIN: &str = "meldeverbund.test";

/// A hub with its authority and its files.
pub(crate) struct Federation {
    pub(crate) folder: TempDir,
    pub(crate) authority: Authority,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) server: Server,
    pub(crate) place: Place,
}

impl Federation {
    pub(crate) async fn start() -> Self {
        Self::start_with(Clock::system(), |_| {}).await
    }

    /// How many events the agency's feed has.
    pub(crate) async fn told(&self, agency: &str) -> u64 {
        let mut reader = self.server.hub().reader().await.unwrap();
        let row = AgencyRow::by_id(&mut reader, &agency.parse().unwrap()).await;
        row.unwrap().unwrap().feed_sequence.cast_unsigned()
    }

    /// From now on another hub does this job, as far as this one knows: here it happens when the test does it.
    pub(crate) async fn leave_to_others(&self, job: LeasedJob) {
        const SQL: &str = "INSERT INTO lease (name, holder, fence, renewals, until_us) VALUES ($1, $2, 1, 0, $3) \
                           ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_us = excluded.until_us";
        let mut writer = self.server.hub().store().writer().await.unwrap();
        let query = query(SQL).bind(job.name()).bind(vec![7; 16]).bind(i64::MAX);
        query.execute(&mut writer).await.unwrap();
    }

    /// A hub whose configuration was changed first.
    pub(crate) async fn start_with(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(Place::chosen(), clock, change).await
    }

    /// A hub whose database is a file, for what is about files.
    pub(crate) async fn start_on_a_file() -> Self {
        Self::start_at(Place::file(), Clock::system(), |_| {}).await
    }

    /// A hub whose database is there.
    pub(crate) async fn start_at(place: Place, clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        watch_for_errors();
        let folder = tempfile::tempdir().unwrap();
        let domain: TrustDomain = DOMAIN.parse().unwrap();
        let authority = folder.path().join("ca");
        let authority = Authority::init(&authority, &NewAuthority::new(domain.clone()), clock.now()).unwrap();
        let hosts = vec![Host::Address([127, 0, 0, 1].into())];
        let order = Order::hub(identity(CENTRAL, "hub"), hosts);
        let tls = authority.issue_into(&folder.path().join("hub"), &order, Curve::P256, clock.now()).unwrap();
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            agency: CENTRAL.parse().unwrap(),
            trust_domain: domain,
            database: place.database(folder.path()),
            tls,
            ledger: LedgerSettings::in_folder(folder.path()),
            tls_reload_ms: 50,
            connections: AcceptLimits::default(),
            limits: Limits::default(),
            metrics_listen: None,
            retention: Terms::default(),
            issuers: Vec::new(),
            persons: Vec::new(),
            liaison: liaison::Settings::default(),
            blind: blind::Settings::default(),
            console: None,
            figures: Default::default(),
            log: Log::default(),
            drain_ms: 10_000,
        };
        change(&mut config);
        let server = Server::start_with(&config, clock.clone(), None, officers::plain()).await.unwrap();
        let federation = Self { folder, authority, config, clock, server, place };
        federation.register(CENTRAL, AgencyKind::CentralOffice).await;
        federation
    }

    pub(crate) async fn register(&self, agency: &str, kind: AgencyKind) {
        let card = AgencyCard {
            agency_id: agency.into(),
            name: format!("Office {agency}"),
            contact: format!("duty@{agency}.example"),
            kind: kind.into(),
        };
        self.server.hub().run(AddAgency::parse(card, salt()).unwrap()).await.unwrap();
    }

    /// A registered state office, connected.
    pub(crate) async fn office(&self, agency: &str) -> Office {
        self.register(agency, AgencyKind::StateOffice).await;
        self.connect(agency, "main").await
    }

    /// A connection with a fresh certificate of this agency.
    pub(crate) async fn connect(&self, agency: &str, node: &str) -> Office {
        let files = self.credentials(agency, node);
        let channel = self.channel(&files).await.unwrap();
        Office { agency: agency.parse().unwrap(), channel }
    }

    /// A fresh certificate of this agency.
    pub(crate) fn credentials(&self, agency: &str, node: &str) -> TlsFiles {
        let order = Order::node(identity(agency, node));
        let folder = self.folder.path().join(format!("{agency}-{node}-{}", unique()));
        self.authority.issue_into(&folder, &order, Curve::P256, self.clock.now()).unwrap()
    }

    /// A connection with these credentials.
    pub(crate) async fn channel(&self, files: &TlsFiles) -> Result<Channel, tonic::transport::Error> {
        connect_to(self.server.address(), files, self.clock.clone()).await
    }

    pub(crate) async fn counts(&self) -> Counts {
        let mut reader = self.server.hub().reader().await.unwrap();
        Counts::read(&mut reader).await.unwrap()
    }

    /// Ends the hub and starts it again on the same files, at another port.
    pub(crate) async fn restart(mut self) -> Self {
        self.server.end().await.unwrap();
        self.server =
            Server::start_with(&self.config, self.clock.clone(), None, officers::plain()).await.unwrap();
        self
    }

    /// Ends the hub; fails on anything that was left over or went wrong unseen.
    pub(crate) async fn end(self) {
        let Self { server, place, .. } = self;
        server.end().await.unwrap();
        // The database goes after the hub.
        drop(place);
        assert!(!ERRORS.load(Ordering::SeqCst), "something logged an ERROR line");
    }
}

/// A connection with these credentials to the central office's hub at this address.
pub(crate) async fn connect_to(
    address: SocketAddr,
    files: &TlsFiles,
    clock: Clock,
) -> Result<Channel, tonic::transport::Error> {
    let registered = RegisteredKeys::new(HashMap::new());
    let (domain, agency) = (DOMAIN.parse().unwrap(), CENTRAL.parse().unwrap());
    let tls = ClientTls::load(files, ExpectedHub { domain, agency, registered }, clock).unwrap();
    let endpoint = Endpoint::from_shared(format!("https://{address}")).unwrap();
    endpoint.connect_with_connector(tls.connector()).await
}

/// An office's connection to the hub.
#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) agency: AgencyId,
    pub(crate) channel: Channel,
}

impl Office {
    pub(crate) async fn open_case(&self, number: &str) {
        self.cases().open_case(open_case(number)).await.unwrap();
    }

    pub(crate) fn cases(&self) -> CaseServiceClient<Channel> {
        CaseServiceClient::new(self.channel.clone())
    }

    pub(crate) fn referrals(&self) -> ReferralServiceClient<Channel> {
        ReferralServiceClient::new(self.channel.clone()).max_decoding_message_size(8 << 20)
    }

    /// Hands in one batch and waits for its answer.
    pub(crate) async fn submit(&self, request: SubmitRequest) -> SubmitResponse {
        self.submit_all(vec![request]).await.pop().unwrap()
    }

    /// Hands in batches on one stream and collects their answers.
    pub(crate) async fn submit_all(&self, requests: Vec<SubmitRequest>) -> Vec<SubmitResponse> {
        let answers = self.referrals().submit(tokio_stream::iter(requests)).await.unwrap().into_inner();
        answers.map(Result::unwrap).collect().await
    }

    /// Hands in links in a case; all must be accepted.
    pub(crate) async fn refer(&self, case: &str, links: &[&str]) -> SubmissionAccepted {
        accepted(self.submit(batch(case, links)).await)
    }

    pub(crate) fn decisions(&self) -> DecisionServiceClient<Channel> {
        DecisionServiceClient::new(self.channel.clone()).max_decoding_message_size(8 << 20)
    }

    pub(crate) fn targets(&self) -> TargetServiceClient<Channel> {
        TargetServiceClient::new(self.channel.clone()).max_decoding_message_size(8 << 20)
    }

    /// Takes one decision and waits for its answer.
    pub(crate) async fn ask(&self, request: DecideRequest) -> DecideResponse {
        let one = tokio_stream::iter([request]);
        let mut answers = self.decisions().decide(one).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap()
    }

    /// Takes one decision over targets; the answers, target by target.
    pub(crate) async fn decide(&self, targets: &[String], decision: Decision) -> Vec<TargetAnswer> {
        decided(self.ask(decision_on(targets, decision)).await).answers
    }

    /// Takes one decision over targets; it must take effect on each.
    pub(crate) async fn decided(&self, targets: &[String], decision: Decision) -> Vec<TargetAnswer> {
        let answers = self.decide(targets, decision).await;
        let refused = answers.iter().find_map(|answer| answer.refusal.as_ref());
        assert_eq!(refused, None);
        answers
    }

    /// Sees one target.
    pub(crate) async fn see(&self, target: &str) -> TargetView {
        let request = ShowTargetsRequest { target_ids: vec![target.to_owned()] };
        let shown = self.targets().show_targets(request).await.unwrap().into_inner();
        shown.targets.into_iter().next().expect("a target that may be seen")
    }

    /// What is told of a target's past.
    pub(crate) async fn explain(&self, target: &str) -> ExplainTargetResponse {
        let request = ExplainTargetRequest { target_id: target.to_owned(), at_leaf: 0 };
        self.targets().explain_target(request).await.unwrap().into_inner()
    }

    /// Says that everything on the feed was applied.
    pub(crate) async fn acknowledge(&self, sequence: u64) {
        let request = AcknowledgeRequest { instance_id: INSTANCE.into(), sequence, epoch: 0 };
        FeedServiceClient::new(self.channel.clone()).acknowledge(request).await.unwrap();
    }

    /// Follows the feed from a cursor until so many events have come.
    pub(crate) async fn feed(&self, instance: &str, after: u64, count: usize) -> Vec<FollowResponse> {
        let request = FollowRequest {
            instance_id: instance.into(),
            boot_id: BOOT.into(),
            after_sequence: after,
            ..FollowRequest::default()
        };
        let mut feeds = FeedServiceClient::new(self.channel.clone()).max_decoding_message_size(8 << 20);
        let events = feeds.follow(request).await.unwrap().into_inner();
        let events = events.take(count).map(Result::unwrap).collect::<Vec<_>>();
        tokio::time::timeout(Duration::from_secs(30), events)
            .await
            .expect("the feed brings its events in time")
    }
}

pub(crate) fn accepted(response: SubmitResponse) -> SubmissionAccepted {
    match response.result.unwrap() {
        submit_response::Result::Accepted(accepted) => accepted,
        submit_response::Result::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

pub(crate) fn refused(response: SubmitResponse) -> Refusal {
    match response.result.unwrap() {
        submit_response::Result::Accepted(accepted) => {
            panic!("accepted {} referrals", accepted.answers.len())
        }
        submit_response::Result::Refused(refusal) => refusal,
    }
}

pub(crate) fn decided(response: DecideResponse) -> Decided {
    match response.result.unwrap() {
        decide_response::Result::Decided(decided) => decided,
        decide_response::Result::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

pub(crate) fn decision_on(targets: &[String], decision: Decision) -> DecideRequest {
    DecideRequest {
        command_id: uuid(),
        salt: salt().as_bytes().to_vec(),
        instance_id: INSTANCE.into(),
        officer: "KHKin Beispiel".into(),
        target_ids: targets.to_vec(),
        dry_run: false,
        signature: None,
        decision: Some(decision),
    }
}

pub(crate) fn batch(case: &str, links: &[&str]) -> SubmitRequest {
    let referrals = links.iter().map(|link| referral(link)).collect();
    SubmitRequest {
        submission_id: uuid(),
        instance_id: INSTANCE.into(),
        case_number: case.into(),
        referrals,
        signature: None,
    }
}

pub(crate) fn referral(link: &str) -> Referral {
    Referral { link: link.into(), salt: salt().as_bytes().to_vec(), ..Referral::default() }
}

pub(crate) fn open_case(number: &str) -> OpenCaseRequest {
    let case = Case { number: number.into(), kind: CaseKind::Proceedings.into(), ..Case::default() };
    OpenCaseRequest { command_id: uuid(), salt: salt().as_bytes().to_vec(), case: Some(case) }
}

/// All that is due happens.
pub(crate) async fn sweep(hub: &Hub) {
    loop {
        let (target_ids, policies) = (hub.store().target_ids().clone(), hub.policies().clone());
        if !hub.run(Sweep { salt: salt(), target_ids, policies }).await.unwrap() {
            return;
        }
    }
}

/// Verifies the receipt of leaves with these hashes; who has none gets none.
pub(crate) fn verify_receipt(receipt: Option<v1::Receipt>, leaves: &[Digest], keys: &[VerifierKey]) {
    let Some(receipt) = receipt else { return assert_eq!(leaves, &[] as &[Digest]) };
    let hashes = |bytes: Vec<Vec<u8>>| bytes.into_iter().map(|hash| hash.try_into().unwrap()).collect();
    let receipt = Receipt {
        note: receipt.checkpoint,
        first_leaf: receipt.first_leaf_index,
        before: hashes(receipt.before),
        decisions: hashes(receipt.decision_digests),
        after: hashes(receipt.after),
    };
    receipt.verify(leaves, keys).unwrap();
}

/// The one process that follows feeds for the tests' offices: a stream takes the place of the one before it, also where the hub
/// has not seen yet that that one is gone.
pub(crate) const BOOT: &str = "22222222-2222-4222-8222-222222222222";

/// The store of a test's node.
pub(crate) const INSTANCE: &str = "11111111-1111-4111-8111-111111111111";

pub(crate) fn identity(agency: &str, node: &str) -> Identity {
    Identity { agency: agency.parse().unwrap(), node: node.parse().unwrap() }
}

pub(crate) fn salt() -> Salt {
    Salt::from_random(rand::rng().random())
}

/// A fresh UUIDv7.
pub(crate) fn uuid() -> String {
    let since = Clock::system().now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let millis = u64::try_from(since.as_millis()).unwrap();
    let random: [u8; 10] = rand::rng().random();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

static ERRORS: AtomicBool = AtomicBool::new(false);

/// Notes every ERROR line of the whole process.
fn watch_for_errors() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let lines = tracing_subscriber::fmt::layer().with_test_writer().with_filter(LevelFilter::WARN);
        let subscriber = tracing_subscriber::registry().with(lines).with(Errors);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

struct Errors;

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == tracing::Level::ERROR {
            ERRORS.store(true, Ordering::SeqCst);
        }
    }
}
