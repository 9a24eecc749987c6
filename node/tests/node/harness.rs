//! An office: a folder with a configuration, a daemon in this process, and an officer at its desk.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use meldeverbund_node::{
    client::{self, DeskClient},
    clock::{Clock, Random},
    config::Config,
    daemon::Daemon,
    node::Node,
    sync::Dial,
    text::Lang,
};
use meldeverbund_proto::{
    node::v1::{
        HandIn, LinkRow, OpenCaseRequest, ReferBegin, ReferFinish, ReferRequest, ReferResponse, ReferRow,
        ReferRows, ReportHandInRequest, StatusRequest, StatusResponse, refer_request, refer_response,
        refer_row,
    },
    v1::{Case, CaseKind, Disclosure, Referral},
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The office's one case.
pub(crate) const CASE: &str = "ST/0123456/2026";

/// An office's folder.
pub(crate) struct Office {
    pub(crate) folder: TempDir,
}

/// A running daemon.
pub(crate) struct Running {
    pub(crate) node: Arc<Node>,
    pub(crate) desk: DeskClient,
    pub(crate) stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Office {
    /// A folder with a configuration that knows this process's user as an officer.
    pub(crate) fn new() -> Self {
        let uid = rustix::process::getuid().as_raw();
        Self::with(&format!("[[officers]]\nuid = {uid}\nname = \"Erika Muster\"\n"))
    }

    /// A folder whose configuration ends so.
    pub(crate) fn with(end: &str) -> Self {
        Self::with_hubs("address = \"https://127.0.0.1:9\"", end)
    }

    /// A folder whose configuration knows so many of the hub's addresses.
    pub(crate) fn of_hubs(count: usize) -> Self {
        let uid = rustix::process::getuid().as_raw();
        let addresses: Vec<_> =
            (1..=count).map(|port| format!("\"https://hub{port}.example:{port}\"")).collect();
        let officers = format!("[[officers]]\nuid = {uid}\nname = \"Erika Muster\"\n");
        Self::with_hubs(&format!("addresses = [{}]", addresses.join(", ")), &officers)
    }

    fn with_hubs(hubs: &str, end: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            r#"
            agency = "de-nw-lka"
            data_dir = "data"
            [hub]
            {hubs}
            agency = "de-bka"
            trust_domain = "meldeverbund.example"
            [tls]
            certificate = "node.pem"
            key = "node.key"
            trust_anchors = "ca.pem"
            [sync]
            pause_min_ms = 10
            pause_max_ms = 50
            acknowledge_s = 1
            {end}"#
        );
        fs::write(folder.path().join("node.toml"), text).unwrap();
        Self { folder }
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.folder.path().join("node.toml")
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a daemon with a way to a hub.
    pub(crate) async fn start(&self, dial: Arc<dyn Dial>) -> Running {
        self.start_in(dial, Lang::En).await
    }

    pub(crate) async fn start_in(&self, dial: Arc<dyn Dial>, lang: Lang) -> Running {
        let config = Config::load(&self.config_file()).unwrap();
        let socket = config.desk.socket.clone();
        let stop = CancellationToken::new();
        let daemon =
            Daemon::start_with(config, dial, Clock::system(), Random::system(), stop.child_token()).await;
        let desk = client::connect(&socket, lang).await.unwrap();
        Running::new(daemon.unwrap(), desk, stop)
    }
}

impl Running {
    /// A daemon at work.
    pub(crate) fn new(daemon: Daemon, desk: DeskClient, stop: CancellationToken) -> Self {
        let node = Arc::clone(daemon.node());
        let stopping = stop.clone();
        let ended = tokio::spawn(async move { daemon.run(stopping).await.unwrap() });
        Self { node, desk, stop, ended }
    }

    /// Stops the daemon as SIGTERM does, and waits until it has gone.
    pub(crate) async fn stop(self) {
        let Self { node, desk, stop, ended } = self;
        drop((node, desk));
        stop.cancel();
        tokio::time::timeout(PATIENCE, ended).await.expect("the daemon does not stop").unwrap();
    }

    pub(crate) async fn open_case(&mut self, number: &str) {
        let case = Case { number: number.into(), kind: CaseKind::Proceedings.into(), ..Case::default() };
        let request = OpenCaseRequest { case: Some(case), annotation: String::new() };
        self.desk.open_case(request).await.unwrap();
    }

    pub(crate) async fn status(&mut self) -> StatusResponse {
        self.desk.status(StatusRequest {}).await.unwrap().into_inner()
    }

    /// Waits until the node's status is as a test wants it.
    pub(crate) async fn until<T>(&mut self, look: impl Fn(&StatusResponse) -> Option<T>) -> T {
        let (mut changes, mut line) = (self.node.changes(), self.node.line.subscribe());
        let waited = async {
            loop {
                changes.mark_unchanged();
                line.mark_unchanged();
                if let Some(found) = look(&self.status().await) {
                    return found;
                }
                tokio::select! {
                    _ = changes.changed() => {}
                    _ = line.changed() => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, waited).await.expect("the node never got there")
    }

    /// Waits until the store's disclosures, as last told, are as a test wants them.
    pub(crate) async fn until_told(&self, look: impl Fn(Vec<Disclosure>) -> bool) {
        let mut changes = self.node.changes();
        let waited = async {
            loop {
                changes.mark_unchanged();
                let told = self.node.store.read().await.unwrap().disclosures(true, 100).await.unwrap();
                if look(told) {
                    return;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, waited).await.expect("the node was never told");
    }

    /// Hands in links in chunks of so many rows; each chunk becomes a submission.
    pub(crate) async fn refer(&mut self, name: &str, links: &[String], chunk: usize) -> HandIn {
        let mut hand_in = Refer::begin(&mut self.desk, name, false).await.unwrap();
        assert!(!hand_in.begun.finished_already);
        for rows in links.chunks(chunk) {
            hand_in.rows(rows).await.unwrap();
        }
        hand_in.finish().await.unwrap()
    }

    /// Hands in referrals as they are, one chunk.
    pub(crate) async fn refer_as(&mut self, name: &str, referrals: Vec<Referral>) -> HandIn {
        let mut hand_in = Refer::begin(&mut self.desk, name, false).await.unwrap();
        let count = referrals.len() as u64;
        hand_in.send_referrals(1, referrals).await.unwrap();
        hand_in.next_row += count;
        hand_in.finish().await.unwrap()
    }

    /// What became of each row.
    pub(crate) async fn report(&mut self, hand_in: u64) -> Vec<LinkRow> {
        let mut pages = self.desk.report_hand_in(ReportHandInRequest { hand_in }).await.unwrap().into_inner();
        let mut rows = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            rows.extend(page.rows);
        }
        rows
    }
}

/// A hand-in, step by step.
pub(crate) struct Refer {
    requests: mpsc::Sender<ReferRequest>,
    answers: Streaming<ReferResponse>,
    pub(crate) begun: meldeverbund_proto::node::v1::ReferBegun,
    next_row: u64,
}

impl Refer {
    pub(crate) async fn begin(desk: &mut DeskClient, name: &str, again: bool) -> Result<Self, Status> {
        Self::begin_with(desk, begin(name, again)).await
    }

    pub(crate) async fn begin_with(desk: &mut DeskClient, begin: ReferBegin) -> Result<Self, Status> {
        let (requests, outgoing) = mpsc::channel(4);
        requests.send(ReferRequest { step: Some(refer_request::Step::Begin(begin)) }).await.unwrap();
        let mut answers = desk.refer(ReceiverStream::new(outgoing)).await?.into_inner();
        let Some(refer_response::Step::Begun(begun)) =
            answers.message().await?.and_then(|answer| answer.step)
        else {
            panic!("no `begun`");
        };
        Ok(Self { requests, answers, next_row: begun.rows_taken + 1, begun })
    }

    /// Hands over rows and waits until they are durable.
    pub(crate) async fn rows(&mut self, links: &[String]) -> Result<(), Status> {
        self.send_rows(self.next_row, links).await?;
        self.next_row += links.len() as u64;
        Ok(())
    }

    pub(crate) async fn send_rows(&mut self, first_row: u64, links: &[String]) -> Result<(), Status> {
        let referral = |link: &String| Referral { link: link.clone(), ..Referral::default() };
        self.send_referrals(first_row, links.iter().map(referral).collect()).await
    }

    pub(crate) async fn send_referrals(
        &mut self,
        first_row: u64,
        referrals: Vec<Referral>,
    ) -> Result<(), Status> {
        let row = |(line, referral)| ReferRow { line, content: Some(refer_row::Content::Referral(referral)) };
        let rows = ReferRows { first_row, rows: (first_row..).zip(referrals).map(row).collect() };
        let _ = self.requests.send(ReferRequest { step: Some(refer_request::Step::Rows(rows)) }).await;
        match self.answer().await? {
            refer_response::Step::Taken(_) => Ok(()),
            other => panic!("not `taken`: {other:?}"),
        }
    }

    pub(crate) async fn finish(&mut self) -> Result<HandIn, Status> {
        match self.end(self.next_row - 1).await? {
            refer_response::Step::Finished(finished) => Ok(finished.hand_in.unwrap()),
            other => panic!("not `finished`: {other:?}"),
        }
    }

    pub(crate) async fn end(&mut self, rows: u64) -> Result<refer_response::Step, Status> {
        let finish = refer_request::Step::Finish(ReferFinish { rows });
        let _ = self.requests.send(ReferRequest { step: Some(finish) }).await;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<refer_response::Step, Status> {
        Ok(self.answers.message().await?.expect("the call ended").step.unwrap())
    }
}

/// The first message; the name stands for the input's bytes.
pub(crate) fn begin(name: &str, again: bool) -> ReferBegin {
    let mut digest = vec![0; 32];
    digest[..name.len()].copy_from_slice(name.as_bytes());
    ReferBegin {
        case_number: CASE.into(),
        digest,
        source_name: name.into(),
        annotation: String::new(),
        again,
        dry_run: false,
    }
}

/// So many different links.
pub(crate) fn links(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("https://files.example/{i}")).collect()
}
