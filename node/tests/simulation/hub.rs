//! The real hub in a runtime of its own, so that it can be dropped as a process is: at once, wherever it stands.

use std::{fs, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use meldeverbund_certs::{Clock, Peer};
use meldeverbund_domain::{AgencyNo, AgencyState, TargetNo};
use meldeverbund_hub::{
    flow::{
        AddAgency, AddStatementKey, AddWitnessKey, Duplicates, DuplicatesRequest, Failure, Hub, HubTasks,
        PutPolicy, SetAgencyState, Sweep, publish,
    },
    ledger::LedgerFiles,
    rpc::{
        Agencies, Cases, Decisions, Feeds, Files, Ledgers, Officers, Persons, RateLimits, Rates, Referrals,
        Targets,
    },
    store::{AgencyRow, Counts, Database, EventRow, FeedKind, FeedRow, InstanceRow, Store, query_as},
};
use meldeverbund_node::{clock::Random, ledger::OwnKeys};
use meldeverbund_proto::{
    AgencyId, CanonicalLink, CommandId, TargetId, envelope,
    leaf::{Salt, statement_digest},
    limits::{FEED_MESSAGE_BYTES, MESSAGE_BYTES},
    statement::{Act, BatchStatement, DuplicatesStatement},
    v1::{
        AcknowledgeRequest, AcknowledgeResponse, AgencyCard, AgencyKind, ExplainTargetRequest,
        ExplainTargetResponse, FollowRequest, ShowTargetsRequest, StatementSignature, TargetView,
        agency_service_server::AgencyServiceServer, case_service_server::CaseServiceServer,
        decision_service_server::DecisionServiceServer, feed_service_server::FeedService,
        feed_service_server::FeedServiceServer, ledger_service_server::LedgerServiceServer,
        referral_service_server::ReferralServiceServer, target_service_server::TargetService,
        target_service_server::TargetServiceServer,
    },
};
use tokio::sync::watch;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, async_trait, service::Routes, transport::Server};

use crate::{line::Exchange, runtime::Own, world::AGENCIES};

/// Never reached: limits are shown elsewhere.
const MANY: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();

/// Often enough that witnesses see a list's ledger grow.
const PUBLISH_EVERY: Duration = Duration::from_millis(20);

/// The federation's name.
pub(crate) const DOMAIN: &str = "meldeverbund.test";

/// Unanswered messages on one stream, as the hub's default.
const IN_FLIGHT: usize = 8;

/// The hub: its files, and the process that may be up on them.
pub(crate) struct SimHub {
    database: Database,
    folder: PathBuf,
    clock: Clock,
    exchange: Exchange,
    acknowledged: watch::Sender<()>,
    process: Option<Process>,
}

struct Process {
    runtime: Own,
    hub: Hub,
    tasks: HubTasks,
}

/// A row of a feed.
pub(crate) struct News {
    pub(crate) sequence: i64,
    pub(crate) leaf: u64,
    /// What was decided, as the place in the contract, and the targets; none: other news.
    pub(crate) changed: Option<(u8, Vec<String>)>,
}

impl SimHub {
    /// A hub that is not up yet, on files that are there or not.
    pub(crate) fn new(database: Database, folder: PathBuf, clock: Clock, exchange: Exchange) -> Self {
        fs::create_dir_all(&folder).unwrap();
        Self { database, folder, clock, exchange, acknowledged: watch::Sender::new(()), process: None }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Starts on its files, unless it is up.
    pub(crate) async fn start(&mut self) {
        if self.is_up() {
            return;
        }
        let runtime = Own::new();
        let (database, clock) = (self.database.clone(), self.clock.clone());
        let (exchange, acknowledged) = (self.exchange.clone(), self.acknowledged.clone());
        let handle = runtime.handle().clone();
        let files = LedgerFiles::in_folder(DOMAIN, &self.folder);
        // Opening stays on its thread.
        let started = tokio::task::spawn_blocking(move || {
            handle.block_on(async {
                let store = Store::open(&database).await.unwrap();
                let (hub, tasks) = Hub::start(store, clock, &files).await.unwrap();
                tokio::spawn(serve(hub.clone(), exchange, acknowledged));
                (hub, tasks)
            })
        });
        let (hub, tasks) = started.await.unwrap();
        self.process = Some(Process { runtime, hub, tasks });
    }

    /// Drops the process where it stands: nothing is drained, nobody is told.
    pub(crate) async fn kill(&mut self) {
        self.exchange.close();
        let Some(Process { runtime, hub, tasks }) = self.process.take() else { return };
        drop((hub, tasks));
        runtime.end().await;
    }

    /// Tells whenever a node has acknowledged its feed.
    pub(crate) fn acknowledged(&self) -> watch::Receiver<()> {
        self.acknowledged.subscribe()
    }

    pub(crate) async fn register(&self, agency: &str, kind: AgencyKind) {
        let card = AgencyCard {
            agency_id: agency.into(),
            name: format!("Office {agency}"),
            contact: "+49 30 0".into(),
            kind: kind.into(),
        };
        self.with(async move |hub| hub.run(AddAgency::parse(card, salt()).unwrap()).await.unwrap()).await;
    }

    /// Registers a node's own keys.
    pub(crate) async fn register_keys(&self, agency: &str, statement: String, witness: String) {
        let agency: AgencyId = agency.parse().unwrap();
        self.with(async move |hub| {
            let domain = DOMAIN.parse().unwrap();
            let add = AddStatementKey::parse(agency.clone(), &statement, &domain, String::new(), salt());
            assert!(hub.run(add.unwrap()).await.unwrap());
            let add = AddWitnessKey::parse(agency, &witness, DOMAIN, String::new(), salt());
            assert!(hub.run(add.unwrap()).await.unwrap());
        })
        .await;
    }

    /// Publishes what there is, as the hub does every second; answers its epoch, size and root.
    pub(crate) async fn publish(&self) -> (u32, u64, [u8; 32]) {
        self.with(async |hub| {
            publish(&hub).await.unwrap();
            let signed = hub.ledger().latest().expect("something was signed");
            (signed.epoch, signed.size, signed.root)
        })
        .await
    }

    /// Suspends an agency, or lets it in again.
    pub(crate) async fn set_state(&self, agency: &'static str, state: AgencyState) {
        let id = agency.parse().unwrap();
        let command = SetAgencyState::parse(id, state, String::new(), salt()).unwrap();
        self.with(async move |hub| hub.run(command).await.unwrap()).await;
    }

    /// Puts a policy in force.
    pub(crate) async fn put_policy(&self, text: String) {
        let command = PutPolicy::parse(text, "KD Beispiel".into(), salt()).unwrap();
        self.with(async move |hub| hub.run(command).await.unwrap()).await;
    }

    /// Moves on what is overdue, as the hub does every few seconds.
    pub(crate) async fn sweep(&self) {
        self.with(async move |hub| {
            loop {
                let (target_ids, policies) = (hub.store().target_ids().clone(), hub.policies().clone());
                if !hub.run(Sweep { salt: salt(), target_ids, policies }).await.unwrap() {
                    return;
                }
            }
        })
        .await;
    }

    /// The central office makes one of two links' targets; none: it refuses, or there are no two.
    pub(crate) async fn merge(&self, keys: OwnKeys, one: String, other: String) -> Option<CommandId> {
        self.with(async move |hub| {
            let (one, other) = (number(&hub, &one).await?.0, number(&hub, &other).await?.0);
            judge(&hub, &keys, Act::Merge, vec![(one, other)], None).await
        })
        .await
    }

    /// The central office parts a link from what it was merged into; none: it refuses, or it was not merged.
    pub(crate) async fn split(&self, keys: OwnKeys, link: String) -> Option<CommandId> {
        self.with(async move |hub| {
            let (own, root) = number(&hub, &link).await?;
            judge(&hub, &keys, Act::Split, vec![(own, root?)], None).await
        })
        .await
    }

    /// The central office takes such a decision back.
    pub(crate) async fn undo(&self, keys: OwnKeys, which: CommandId) {
        self.with(async move |hub| judge(&hub, &keys, Act::Undo, Vec::new(), Some(which)).await).await;
    }

    /// The whole ledger.
    pub(crate) async fn ledger(&self) -> Vec<EventRow> {
        self.with(async |hub| {
            EventRow::range(&mut hub.reader().await.unwrap(), 0, i64::from(u32::MAX)).await.unwrap()
        })
        .await
    }

    pub(crate) async fn counts(&self) -> Counts {
        self.with(async |hub| Counts::read(&mut hub.reader().await.unwrap()).await.unwrap()).await
    }

    pub(crate) async fn agencies(&self) -> Vec<AgencyRow> {
        self.with(async |hub| AgencyRow::all(&mut hub.reader().await.unwrap()).await.unwrap()).await
    }

    /// The nodes' stores that have acknowledged anything, and how long their feeds are.
    pub(crate) async fn instances(&self) -> Vec<InstanceRow> {
        self.with(async |hub| InstanceRow::all(&mut hub.reader().await.unwrap()).await.unwrap()).await
    }

    /// An agency's feed.
    pub(crate) async fn feed(&self, agency: AgencyNo) -> Vec<News> {
        self.with(async move |hub| {
            let rows = FeedRow::after(&mut hub.reader().await.unwrap(), agency, 0, i64::from(u32::MAX)).await;
            let news = |row: FeedRow| News {
                sequence: row.sequence,
                leaf: row.first_leaf.cast_unsigned(),
                changed: (row.kind == FeedKind::TargetsChanged).then(|| changed(&hub, &row.body)),
            };
            rows.unwrap().into_iter().map(news).collect()
        })
        .await
    }

    /// Targets as the hub shows them to a node now.
    pub(crate) async fn show(&self, peer: Arc<Peer>, target_ids: Vec<String>) -> Vec<TargetView> {
        let request = ShowTargetsRequest { target_ids };
        self.with(async move |hub| {
            let shown = Targets { hub, rates: rates() }.show_targets(from(peer, request)).await;
            shown.unwrap().into_inner().targets
        })
        .await
    }

    /// A target's history, as the hub tells it to a node; none: it is not the node's business.
    pub(crate) async fn explain(&self, peer: Arc<Peer>, target_id: String) -> Option<ExplainTargetResponse> {
        let request = ExplainTargetRequest { target_id, at_leaf: 0 };
        self.with(async move |hub| {
            let told = Targets { hub, rates: rates() }.explain_target(from(peer, request)).await;
            told.ok().map(Response::into_inner)
        })
        .await
    }

    /// Runs with the hub, on its runtime.
    async fn with<T, F>(&self, run: impl FnOnce(Hub) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let process = self.process.as_ref().expect("the hub is up");
        process.runtime.spawn(run(process.hub.clone())).await.unwrap()
    }
}

/// Reads a body as `FeedKind::TargetsChanged` describes it.
fn changed(hub: &Hub, body: &[u8]) -> (u8, Vec<String>) {
    let target = |number: &[u8]| {
        let number = TargetNo(i64::from_be_bytes(number.try_into().unwrap()));
        hub.store().target_ids().id(number).to_string()
    };
    (body[0], body[25..].chunks(8).map(target).collect())
}

/// A link's own target, and the one that goes on for it if that is another one; none: nobody has referred it.
async fn number(hub: &Hub, link: &str) -> Option<(TargetId, Option<TargetId>)> {
    const SQL: &str = "SELECT t.target_no, coalesce(a.root_no, 0) FROM target t \
                       LEFT JOIN alias a ON a.target_no = t.target_no WHERE t.link_id = $1";
    let id = CanonicalLink::parse(link).unwrap().id();
    let mut reader = hub.reader().await.unwrap();
    let query = query_as(SQL).bind(&id.as_bytes()[..]);
    let (own, root): (i64, i64) = query.fetch_optional(&mut reader).await.unwrap()?;
    let target = |no: i64| hub.store().target_ids().id(TargetNo(no));
    Some((target(own), (root != 0).then(|| target(root))))
}

/// The decision's id, if it has taken effect on anything; signed with the central office's key.
async fn judge(
    hub: &Hub,
    keys: &OwnKeys,
    act: Act,
    pairs: Vec<(TargetId, TargetId)>,
    undone: Option<CommandId>,
) -> Option<CommandId> {
    let command = Random::system().command_id(1_800_000_000_000_000);
    let (centre, salt): (AgencyId, Salt) = (AGENCIES[0].parse().unwrap(), salt());
    let (officer, reason) = ("KHKin Beispiel".to_owned(), "looked at both".to_owned());
    let mut statement = Vec::new();
    DuplicatesStatement {
        agency: centre.clone(),
        command,
        officer: officer.clone(),
        act,
        reason: reason.clone(),
        pairs: pairs.clone(),
        undone,
    }
    .encode(&mut statement);
    let digests = vec![statement_digest(&salt, &statement)];
    let batch = BatchStatement { agency: centre.clone(), command, digests };
    let signature = StatementSignature {
        key_id: format!("{:08x}", keys.statement_vkey().key_id()),
        signature: envelope::sign(&keys.statement, &batch).to_vec(),
    };
    let (signature, dry_run) = (Some(signature), false);
    let request = DuplicatesRequest {
        command,
        salt,
        officer,
        act,
        reason,
        pairs,
        undone,
        seen: Vec::new(),
        dry_run,
        signature,
    };
    let (target_ids, policies) = (hub.store().target_ids().clone(), hub.policies().clone());
    let decision = Duplicates::parse(centre, request, hub.statement_keys(), target_ids, policies).unwrap();
    match hub.run(decision).await {
        Ok(judged) => judged.answers.iter().any(|answer| answer.refusal.is_none()).then_some(command),
        Err(Failure::Refused(_)) => None,
        Err(other) => panic!("{other:?}"),
    }
}

/// Serves as `serve::Server` does, but over pipes.
async fn serve(hub: Hub, exchange: Exchange, acknowledged: watch::Sender<()>) {
    let (rates, stop) = (rates(), CancellationToken::new());
    let feeds = Feeds { hub: hub.clone(), rates: rates.clone(), stop: stop.clone() };
    let referrals =
        Referrals { hub: hub.clone(), rates: rates.clone(), in_flight: IN_FLIGHT, stop: stop.clone() };
    let decisions = Decisions {
        hub: hub.clone(),
        rates: rates.clone(),
        officers: Officers::default(),
        persons: Persons::default(),
        in_flight: IN_FLIGHT,
        stop: stop.clone(),
    };
    let targets = Targets { hub: hub.clone(), rates: rates.clone() };
    let ledgers = Ledgers { hub: hub.clone(), rates: rates.clone(), stop: stop.clone() };
    let files = Files { hub: hub.clone(), rates: rates.clone() };
    let cases = Cases { hub: hub.clone(), rates: rates.clone() };
    tokio::spawn(publishing(hub.clone()));
    let agencies = Agencies { hub, rates, in_flight: u32::try_from(IN_FLIGHT).unwrap() };
    Server::builder()
        .add_routes(Routes::from(files.routes()))
        .add_service(LedgerServiceServer::new(ledgers))
        .add_service(ReferralServiceServer::new(referrals).max_decoding_message_size(MESSAGE_BYTES))
        .add_service(
            FeedServiceServer::new(Ringing { feeds, acknowledged })
                .max_encoding_message_size(FEED_MESSAGE_BYTES),
        )
        .add_service(DecisionServiceServer::new(decisions).max_decoding_message_size(MESSAGE_BYTES))
        .add_service(TargetServiceServer::new(targets))
        .add_service(CaseServiceServer::new(cases))
        .add_service(AgencyServiceServer::new(agencies))
        .serve_with_incoming(UnboundedReceiverStream::new(exchange.open()))
        .await
        .unwrap();
}

/// What is signed is published in between, as the hub does every second.
async fn publishing(hub: Hub) {
    loop {
        tokio::time::sleep(PUBLISH_EVERY).await;
        // What was not published now is next time.
        let _ = publish(&hub).await;
    }
}

/// The feeds, ringing at each acknowledgement.
struct Ringing {
    feeds: Feeds,
    acknowledged: watch::Sender<()>,
}

#[async_trait]
impl FeedService for Ringing {
    type FollowStream = <Feeds as FeedService>::FollowStream;

    async fn follow(&self, request: Request<FollowRequest>) -> Result<Response<Self::FollowStream>, Status> {
        self.feeds.follow(request).await
    }

    async fn acknowledge(
        &self,
        request: Request<AcknowledgeRequest>,
    ) -> Result<Response<AcknowledgeResponse>, Status> {
        let answer = self.feeds.acknowledge(request).await;
        self.acknowledged.send_replace(());
        answer
    }
}

fn rates() -> Rates {
    Rates::new(RateLimits { commands_per_second: MANY, commands_at_once: MANY })
}

/// A request as it comes from a verified peer.
fn from<T>(peer: Arc<Peer>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(peer);
    request
}

fn salt() -> Salt {
    Salt::from_random(rand::random())
}
