//! One office: its node, and the officer's way to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use meldeverbund_certs::TlsFiles;
use meldeverbund_node::{
    client::{self, DeskClient, rows},
    clock::{Clock, Random},
    config::{Config, Officer, Role},
    daemon::Daemon,
    desk::SocketError,
    import::{self, Format, Options, Source},
    init::{self, Init, Made},
    text::Lang,
};
use meldeverbund_proto::{
    node::v1::{
        FollowHandInRequest, HandIn, OpenCaseRequest, ReferBegin, ReferFinish, ReferRequest, ReferRow,
        ReferRows, refer_request, refer_response::Step, refer_row,
    },
    v1::{Case, CaseKind, Referral},
};
use sha2::{Digest as _, Sha256};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

/// The case of each office; numbers are the agency's own, so the same one is three cases.
pub(crate) const CASE: &str = "ST/0123456/2026";

/// An office with its node running.
pub(crate) struct Office {
    pub(crate) agency: String,
    pub(crate) desk: DeskClient,
    /// Where its daemon answers.
    pub(crate) socket: PathBuf,
    stop: CancellationToken,
    daemon: JoinHandle<Result<(), SocketError>>,
}

/// An office's node that is set up and does not run yet.
pub(crate) struct Prepared {
    agency: String,
    made: Made,
}

impl Prepared {
    /// Sets up the node.
    pub(crate) async fn new(
        folder: &Path,
        agency: &str,
        role: Role,
        hub_agency: &str,
        hub_address: &str,
        tls: TlsFiles,
    ) -> anyhow::Result<Self> {
        let uid = rustix::process::getuid().as_raw();
        let order = Init {
            folder: folder.to_owned(),
            agency: agency.into(),
            role,
            hub_addresses: vec![hub_address.into()],
            hub_agency: hub_agency.into(),
            trust_domain: "meldeverbund.example".into(),
            certificate: tls.certificate,
            key: tls.key,
            trust_anchors: tls.trust_anchors,
            revocations: tls.revocations,
            proxy: None,
            officer: Officer { uid, name: "you".into() },
        };
        let made = init::init(&order, &Clock::system(), &Random::system()).await?;
        Ok(Self { agency: agency.into(), made })
    }

    /// Whose it is.
    pub(crate) fn agency(&self) -> &str {
        &self.agency
    }

    /// What `meldeverbund-node keys` prints: statement key and witness key.
    pub(crate) fn keys(&self) -> [String; 2] {
        let keys = &self.made.keys;
        [keys.statement_vkey().to_string(), keys.witness_vkey().to_string()]
    }

    /// Pins the hub's keys and the witnesses, and starts the node.
    pub(crate) async fn start(self, hub_keys: &[String], witnesses: &[String]) -> anyhow::Result<Office> {
        let Self { agency, made } = self;
        let pins = format!("\n[ledger]\nhub_keys = {hub_keys:?}\nwitnesses = {witnesses:?}\n");
        let text = fs::read_to_string(&made.config_file)?;
        fs::write(&made.config_file, text + &pins)?;
        Self { agency, made }.run().await
    }

    /// Starts the node of a liaison body: it vouches for nothing, and pins nothing.
    pub(crate) async fn start_body(self) -> anyhow::Result<Office> {
        self.run().await
    }

    async fn run(self) -> anyhow::Result<Office> {
        let Self { agency, made } = self;
        let config = Config::load(&made.config_file)?;
        let socket = config.desk.socket.clone();
        let daemon = Daemon::start(config).await?;
        let stop = CancellationToken::new();
        let daemon = tokio::spawn(daemon.run(stop.clone()));
        let desk = client::connect(&socket, Lang::En).await?;
        Ok(Office { agency, desk, socket, stop, daemon })
    }
}

impl Office {
    /// Opens the office's case.
    pub(crate) async fn open_case(&self) -> anyhow::Result<()> {
        let case = Case { number: CASE.into(), kind: CaseKind::Proceedings.into(), ..Case::default() };
        let request = OpenCaseRequest { case: Some(case), ..OpenCaseRequest::default() };
        self.desk.clone().open_case(request).await?;
        Ok(())
    }

    /// Hands in a list and waits until the hub has answered every row.
    pub(crate) async fn hand_in(&self, list: &Path) -> anyhow::Result<HandIn> {
        let mut desk = self.desk.clone();
        let begin = ReferBegin {
            case_number: CASE.into(),
            digest: Sha256::digest(list.as_os_str().as_encoded_bytes()).to_vec(),
            source_name: "list.txt".into(),
            ..ReferBegin::default()
        };
        let import = import::open(
            Source::File(list.to_owned()),
            &Options { format: Some(Format::Text), ..Options::default() },
        )?;
        let (requests, outgoing) = mpsc::channel(2);
        requests.send(ReferRequest { step: Some(refer_request::Step::Begin(begin)) }).await?;
        let mut answers = desk.refer(ReceiverStream::new(outgoing)).await?.into_inner();
        let reader = tokio::task::spawn_blocking(move || {
            rows::hand_over(import, CASE, 0, &rows::counter(), &requests)
        });
        let mut hand_in = None;
        while let Some(answer) = answers.message().await? {
            if let Some(Step::Finished(finished)) = answer.step {
                hand_in = finished.hand_in;
            }
        }
        reader.await??;
        let hand_in = hand_in.context("the node did not take the whole list")?.id;
        self.settled(hand_in).await
    }

    /// Hands in one referral as it is, and waits until the hub has answered it.
    pub(crate) async fn hand_in_one(&self, referral: Referral) -> anyhow::Result<HandIn> {
        let begin = ReferBegin {
            case_number: CASE.into(),
            digest: Sha256::digest(&referral.link).to_vec(),
            source_name: "one".into(),
            ..ReferBegin::default()
        };
        let row = ReferRow { line: 1, content: Some(refer_row::Content::Referral(referral)) };
        let steps = [
            refer_request::Step::Begin(begin),
            refer_request::Step::Rows(ReferRows { first_row: 1, rows: vec![row] }),
            refer_request::Step::Finish(ReferFinish { rows: 1 }),
        ];
        let requests = tokio_stream::iter(steps.map(|step| ReferRequest { step: Some(step) }));
        let mut answers = self.desk.clone().refer(requests).await?.into_inner();
        let mut hand_in = None;
        while let Some(answer) = answers.message().await? {
            if let Some(Step::Finished(finished)) = answer.step {
                hand_in = finished.hand_in;
            }
        }
        self.settled(hand_in.context("the node did not take the referral")?.id).await
    }

    /// Waits until the hub has answered every row.
    async fn settled(&self, hand_in: u64) -> anyhow::Result<HandIn> {
        let mut desk = self.desk.clone();
        let mut progress = desk.follow_hand_in(FollowHandInRequest { hand_in }).await?.into_inner();
        let mut last = None;
        while let Some(step) = progress.message().await? {
            last = Some(step);
        }
        let last = last.context("the node says nothing of the list")?;
        ensure!(last.settled, "the node broke off");
        last.hand_in.context("the node says nothing of the list")
    }

    /// Ends the node in order.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.stop.cancel();
        drop(self.desk);
        Ok(self.daemon.await??)
    }
}
