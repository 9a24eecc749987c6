//! A look at the hub from outside, over a line of its own: does it write, does it answer?

use std::path::Path;

use http::Uri;
use meldeverbund_node::{
    clock::{Clock, Random},
    config::Config,
    sync::{Dial as _, TlsDial},
};
use meldeverbund_proto::v1::{
    Case, CaseKind, OpenCaseRequest, ShowTargetsRequest, case_service_client::CaseServiceClient,
    target_service_client::TargetServiceClient,
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

/// The case that it opens again and again.
const CASE: &str = "PROBE/1/2026";

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// The hub took a command.
    Writes,
    /// It refused, as it must where it cannot write: for a while, with a time for the next try.
    WaitsWithHint,
    /// The line broke, or nobody is there.
    Nobody,
}

/// Who looks.
pub(crate) struct Probe {
    config: Config,
    hubs: Vec<Uri>,
}

impl Probe {
    /// With an office's certificate, beside its node's line; hubs listen on these ports.
    pub(crate) fn new(home: &Path, hub_ports: &[u16]) -> Self {
        let config = Config::load(&home.join("node.toml")).unwrap();
        let address = |port| format!("https://127.0.0.1:{port}").parse().unwrap();
        Self { config, hubs: hub_ports.iter().map(address).collect() }
    }

    /// Gives a command that has to be written.
    pub(crate) async fn write(&self, hub: usize) -> Found {
        let random = Random::system();
        let request = OpenCaseRequest {
            command_id: random.command_id(Clock::system().now_us()).to_string(),
            salt: random.bytes::<32>().to_vec(),
            case: Some(Case { number: CASE.into(), kind: CaseKind::Proceedings.into(), ..Case::default() }),
        };
        let Some(channel) = self.dial(hub).await else { return Found::Nobody };
        match CaseServiceClient::new(channel).open_case(request).await {
            Ok(_) => Found::Writes,
            Err(status) => hinted(&status),
        }
    }

    /// Asks for what has to be read only.
    pub(crate) async fn read(&self, hub: usize, target_ids: Vec<String>) -> Result<usize, Status> {
        let channel = self.dial(hub).await.ok_or_else(|| Status::unavailable("no line"))?;
        let shown = TargetServiceClient::new(channel).show_targets(ShowTargetsRequest { target_ids }).await;
        Ok(shown?.into_inner().targets.len())
    }

    async fn dial(&self, hub: usize) -> Option<Channel> {
        let stop = CancellationToken::new();
        let _stopped = stop.clone().drop_guard();
        TlsDial::new(self.config.clone(), Clock::system(), stop).dial(&self.hubs[hub]).await.ok()
    }
}

/// A failing hub says so, and when to come again; anything else is a fault.
fn hinted(status: &Status) -> Found {
    let details = status.get_error_details();
    match (details.error_info(), details.retry_info()) {
        (Some(_), Some(retry)) if status.code() == Code::Unavailable => {
            assert!(retry.retry_delay.is_some_and(|delay| !delay.is_zero()), "{status:?}");
            Found::WaitsWithHint
        }
        // Without a reason of the hub's it is the line's own.
        (None, _) => Found::Nobody,
        _ => panic!("the hub refused with {status:?}"),
    }
}
