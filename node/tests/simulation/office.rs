//! A real node in a runtime of its own: it is stopped as SIGTERM does, or dropped where it stands, and started again on
//! its files.

use std::{cell::Cell, fs, path::PathBuf, sync::Arc};

use meldeverbund_node::{
    client::{self, DeskClient},
    clock::{Clock, Random},
    config::Config,
    daemon::Daemon,
    ledger::OwnKeys,
    node::Node,
    text::Lang,
};
use meldeverbund_proto::{
    node::v1::{
        DecideRequest, LinkRow, ListTargetsRequest, OpenCaseRequest, ReferBegin, ReferFinish, ReferRequest,
        ReferResponse, ReferRow, ReferRows, ReportHandInRequest, ResendRequest, ResendResponse, Selection,
        ShowLinkRequest, StatusRequest, StatusResponse, TargetRow, decide_request::Decision, decide_response,
        refer_request, refer_response, refer_row,
    },
    v1::{Case, CaseKind, Referral},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};
use tonic_types::StatusExt as _;

use crate::{PATIENCE, line::Line, runtime::Own};

/// Who sits at the desk, and who comes to confirm.
const OFFICERS: [&str; 2] = ["Erika Muster", "Max Beispiel-Zweit"];

/// What a desk may answer while lines and houses fail: it refuses at once what cannot be, and takes nothing.
const EXPECTED: [&str; 4] = ["HUB_AWAY", "NOTHING_SELECTED", "UNKNOWN", "FIELD"];

/// A node's files, its line, and the process that may be up on them.
pub(crate) struct Office {
    pub(crate) agency: &'static str,
    pub(crate) line: Arc<Line>,
    folder: PathBuf,
    clock: Clock,
    /// Place in [`OFFICERS`].
    officer: Cell<usize>,
    /// Whose word makes a checkpoint final.
    witnesses: Vec<String>,
    process: Option<Process>,
}

struct Process {
    runtime: Own,
    node: Arc<Node>,
    desk: DeskClient,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Office {
    /// A node on a folder, empty or with its files; not up yet.
    pub(crate) fn new(agency: &'static str, folder: PathBuf, line: Arc<Line>, clock: Clock) -> Self {
        fs::create_dir_all(&folder).unwrap();
        let (officer, witnesses) = (Cell::new(0), Vec::new());
        let office = Self { agency, line, folder, clock, officer, witnesses, process: None };
        office.configure();
        office
    }

    /// Another officer takes the desk, or the first one again.
    pub(crate) fn seat(&self, officer: usize) {
        if self.officer.replace(officer) != officer {
            self.configure();
        }
    }

    fn configure(&self) {
        let (agency, name) = (self.agency, OFFICERS[self.officer.get()]);
        let uid = rustix::process::getuid().as_raw();
        let witnesses = &self.witnesses;
        let text = format!(
            r#"
            agency = "{agency}"
            data_dir = "data"
            [hub]
            address = "https://127.0.0.1:9"
            agency = "de-bka"
            trust_domain = "meldeverbund.test"
            [tls]
            certificate = "node.pem"
            key = "node.key"
            trust_anchors = "ca.pem"
            [sync]
            pause_min_ms = 10
            pause_max_ms = 20
            acknowledge_s = 1
            drain_s = 5
            [ledger]
            witnesses = {witnesses:?}
            [[officers]]
            uid = {uid}
            name = "{name}"
            "#
        );
        fs::write(self.folder.join("node.toml"), text).unwrap();
    }

    /// Its own keys; made at the first look.
    pub(crate) fn keys(&self) -> OwnKeys {
        let config = Config::load(&self.folder.join("node.toml")).unwrap();
        fs::create_dir_all(&config.data_dir).unwrap();
        OwnKeys::load_or_make(&config, &Random::system()).unwrap()
    }

    /// Pins witnesses, from the next start on.
    pub(crate) fn pin(&mut self, witnesses: &[String]) {
        self.witnesses = witnesses.to_vec();
        self.configure();
    }

    /// Starts on its files.
    pub(crate) async fn start(&mut self) {
        let config = Config::load(&self.folder.join("node.toml")).unwrap();
        let socket = config.desk.socket.clone();
        let (line, clock, stop) = (Arc::clone(&self.line), self.clock.clone(), CancellationToken::new());
        let (runtime, parts) = (Own::new(), stop.clone());
        let started = runtime.spawn(async move {
            let daemon = Daemon::start_with(config, line, clock, Random::system(), parts.child_token());
            let daemon = daemon.await.unwrap();
            let node = Arc::clone(daemon.node());
            (node, tokio::spawn(async move { daemon.run(parts).await.unwrap() }))
        });
        let (node, ended) = started.await.unwrap();
        let desk = client::connect(&socket, Lang::En).await.unwrap();
        self.process = Some(Process { runtime, node, desk, stop, ended });
    }

    /// Stops: as SIGTERM does, or dropped where it stands.
    pub(crate) async fn stop(&mut self, drain: bool) {
        let Some(Process { runtime, node, desk, stop, ended }) = self.process.take() else { return };
        drop((node, desk));
        if drain {
            stop.cancel();
            tokio::time::timeout(PATIENCE, ended).await.expect("the node does not stop").unwrap();
        }
        runtime.end().await;
    }

    /// What the node tells whoever shares its process.
    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.up().node
    }

    /// The node's store, for who reads it beside the node.
    pub(crate) fn store(&self) -> PathBuf {
        self.node().config.store_path()
    }

    pub(crate) async fn open_case(&self, number: &str) {
        let case = Case { number: number.into(), kind: CaseKind::Proceedings.into(), ..Case::default() };
        let request = OpenCaseRequest { case: Some(case), annotation: String::new() };
        self.desk().open_case(request).await.unwrap();
    }

    pub(crate) async fn status(&self) -> StatusResponse {
        self.desk().status(StatusRequest {}).await.unwrap().into_inner()
    }

    /// Hands in referrals; when it returns they are durable. Answers the hand-in's number.
    pub(crate) async fn refer(&self, name: &str, case: &str, referrals: Vec<Referral>) -> u64 {
        let (requests, outgoing) = mpsc::channel(4);
        let send = async |step| requests.send(ReferRequest { step: Some(step) }).await.unwrap();
        let mut digest = vec![0; 32];
        digest[..name.len()].copy_from_slice(name.as_bytes());
        let begin = ReferBegin {
            case_number: case.into(),
            digest,
            source_name: name.into(),
            ..ReferBegin::default()
        };
        send(refer_request::Step::Begin(begin)).await;
        let mut answers = self.desk().refer(ReceiverStream::new(outgoing)).await.unwrap().into_inner();
        next(&mut answers).await;
        let rows = referrals.len() as u64;
        let row = |(line, referral)| ReferRow { line, content: Some(refer_row::Content::Referral(referral)) };
        let message = ReferRows { first_row: 1, rows: (1..).zip(referrals).map(row).collect() };
        send(refer_request::Step::Rows(message)).await;
        next(&mut answers).await;
        send(refer_request::Step::Finish(ReferFinish { rows })).await;
        match next(&mut answers).await {
            refer_response::Step::Finished(finished) => finished.hand_in.unwrap().id,
            other => panic!("not `finished`: {other:?}"),
        }
    }

    /// Decides; when it returns the decision is durable, or the desk has refused to take it. Answers whether it was
    /// taken.
    pub(crate) async fn decide(&self, selection: Selection, decision: Decision) -> bool {
        let request = DecideRequest {
            selection: Some(selection),
            decision: Some(decision),
            ..DecideRequest::default()
        };
        let first = match self.desk().decide(request).await {
            Ok(answers) => answers.into_inner().message().await,
            Err(status) => Err(status),
        };
        match first {
            Ok(answer) => {
                let step = answer.and_then(|answer| answer.step);
                assert!(matches!(step, Some(decide_response::Step::Accepted(_))), "{step:?}");
                true
            }
            Err(status) => {
                let reason = reason(&status);
                assert!(EXPECTED.contains(&&*reason), "the desk answered {reason}: {status:?}");
                false
            }
        }
    }

    /// Puts back into the queue what the hub refused as a whole. Answers whether there was anything.
    pub(crate) async fn resend(&self) -> bool {
        self.desk().resend(ResendRequest::default()).await.unwrap().into_inner() != ResendResponse::default()
    }

    /// The targets as the node was last told, whatever is due.
    pub(crate) async fn targets(&self) -> Vec<TargetRow> {
        let request = ListTargetsRequest { page_size: 1_000, ..ListTargetsRequest::default() };
        self.desk().list_targets(request).await.unwrap().into_inner().targets
    }

    /// Who has joined a target, as the node was told.
    pub(crate) async fn joined(&self, target_id: &str) -> Vec<String> {
        let request = ShowLinkRequest { link_or_target: target_id.to_owned() };
        let shown = self.desk().show_link(request).await.unwrap().into_inner();
        let joined = shown.target.map(|target| target.joined).unwrap_or_default();
        joined.into_iter().map(|joined| joined.agency_id).collect()
    }

    /// What became of each row of a hand-in.
    pub(crate) async fn report(&self, hand_in: u64) -> Vec<LinkRow> {
        let request = ReportHandInRequest { hand_in };
        let mut pages = self.desk().report_hand_in(request).await.unwrap().into_inner();
        let mut rows = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            rows.extend(page.rows);
        }
        rows
    }

    fn desk(&self) -> DeskClient {
        self.up().desk.clone()
    }

    fn up(&self) -> &Process {
        self.process.as_ref().expect("the node is up")
    }
}

async fn next(answers: &mut Streaming<ReferResponse>) -> refer_response::Step {
    answers.message().await.unwrap().expect("the call ended").step.unwrap()
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone())
}
