//! The witness on the connection: follows the published checkpoints, and vouches for what it has verified and kept.
//!
//! It never breaks the line: whatever the ledger does, referrals go on.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::{
    node::v1::HubLineCause,
    v1::{
        RefusalCode, WitnessBegin, WitnessRequest, ledger_service_client::LedgerServiceClient,
        witness_request,
    },
};
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, transport::Channel};

use super::{
    files::{FileError, Files},
    follow,
    watcher::Watcher,
};
use crate::{
    line::Trouble,
    node::Node,
    store::StoreError,
    sync::{refusal_of, sleep_until},
};

/// Pause after the stream has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Pause after an alarm: the hub may have been put right. A person's acknowledgement ends it.
const ALARM_PAUSE: Duration = Duration::from_secs(60);

/// Pause before cosignatures are offered again that the hub did not take: the key has to be registered by a person.
const UNREGISTERED_PAUSE: Duration = Duration::from_secs(60);

/// Looks at a hub whose newest checkpoint is older than one verified here, before it counts as behind: where several hubs share
/// a database, one may be told of a checkpoint a moment after another.
const LATE_LOOKS: u32 = 15;

/// Pause between these looks.
const LATE_PAUSE: Duration = Duration::from_secs(2);

/// Messages to the hub that wait to be sent: one per checkpoint, and the beginning.
const AHEAD: usize = 4;

/// Why the stream ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// The node stops.
    #[error("the node stops")]
    Stopped,
    /// The hub has no ledger service.
    #[error("the hub has no ledger")]
    Unserved,
    /// The hub takes none of this office's cosignatures.
    #[error("the hub does not take this office's cosignatures: is its witness key registered (`keys`)?")]
    Unregistered,
    /// Cosignatures may be offered again.
    #[error("cosignatures are offered again")]
    Again,
    /// What was shown cannot be vouched for; the alarm is raised.
    #[error("what the hub shows cannot be vouched for")]
    Alarmed,
    /// The hub's newest checkpoint is older than one verified here; it may only be late.
    #[error("the hub's newest checkpoint is older than one verified here")]
    Late,
    /// It stays so; the alarm is raised.
    #[error("the hub is behind what was verified here")]
    Behind,
    /// Hub or line failed.
    #[error("{0}")]
    Line(String),
    /// The node's own store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the ledger is not followed any further on this connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Left {
    /// The hub is behind, and there is another address that may do.
    #[error("the hub is behind, and there is another address")]
    Behind(Trouble),
    /// The node's own store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        let refused = refusal_of(&status).map(|refusal| refusal.code());
        match status.code() {
            _ if refused == Some(RefusalCode::SignatureInvalid) => Self::Unregistered,
            Code::Unimplemented => Self::Unserved,
            code => Self::Line(format!("{code:?}: {}", status.message())),
        }
    }
}

impl From<FileError> for End {
    fn from(error: FileError) -> Self {
        Self::Line(error.to_string())
    }
}

/// Takes the hub's key at first use, where none is pinned: before anything that it signs is checked.
pub(crate) async fn prepare(node: &Node, channel: &Channel) -> Result<(), StoreError> {
    match follow::first_use(node, &Files::new(channel)).await {
        Ok(()) => Ok(()),
        Err(End::Store(error)) => Err(error),
        Err(end) => {
            tracing::debug!(why = %end, "witness.no_first_key");
            Ok(())
        }
    }
}

/// Follows the ledger until `stop`.
pub(crate) async fn run(node: &Arc<Node>, channel: &Channel, stop: &CancellationToken) -> Result<(), Left> {
    let mut work = node.work();
    let mut silent_until = None;
    let mut late_looks = 0;
    loop {
        // The only hub there is has nobody to be late behind.
        let may_be_late = late_looks < LATE_LOOKS && node.hubs(|hubs, _| hubs.are_several());
        let end = stream(node, channel, silent_until, may_be_late, stop).await;
        late_looks = if matches!(end, End::Late) { late_looks + 1 } else { 0 };
        let pause = match end {
            End::Store(error) => return Err(error.into()),
            End::Again => {
                silent_until = None;
                continue;
            }
            End::Unregistered => {
                node.set_witness_trouble(Some(end.to_string()));
                silent_until = Some(Instant::now() + UNREGISTERED_PAUSE);
                continue;
            }
            End::Stopped => return Ok(()),
            End::Unserved => {
                node.set_witness_trouble(Some(end.to_string()));
                stop.cancelled().await;
                return Ok(());
            }
            End::Late => LATE_PAUSE.min(Duration::from_millis(node.config.sync.pause_max_ms)),
            End::Behind => {
                let detail = end.to_string();
                let trouble = Trouble { cause: HubLineCause::HubBehind, detail, refusal: None };
                if node.hub_is_unfit(&trouble, 0) {
                    return Err(Left::Behind(trouble));
                }
                ALARM_PAUSE
            }
            End::Alarmed => ALARM_PAUSE,
            End::Line(_) => PAUSE,
        };
        tracing::debug!(why = %end, "witness.stream_ended");
        node.set_witness_trouble(Some(end.to_string()));
        work.mark_unchanged();
        let woken = async {
            match end {
                End::Alarmed | End::Behind => while !acknowledged(node, &mut work).await {},
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

/// Waits for work, and says whether no alarm waits for a person any more.
async fn acknowledged(node: &Node, work: &mut tokio::sync::watch::Receiver<u64>) -> bool {
    if work.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    let open = async { node.store.read().await?.open_alarms().await };
    open.await.is_ok_and(|open| open == 0)
}

async fn stream(
    node: &Arc<Node>,
    channel: &Channel,
    silent_until: Option<Instant>,
    may_be_late: bool,
    stop: &CancellationToken,
) -> End {
    match stop.run_until_cancelled(follow_stream(node, channel, silent_until, may_be_late)).await {
        None => End::Stopped,
        Some(Err(end)) => end,
        Some(Ok(never)) => match never {},
    }
}

async fn follow_stream(
    node: &Arc<Node>,
    channel: &Channel,
    silent_until: Option<Instant>,
    may_be_late: bool,
) -> Result<std::convert::Infallible, End> {
    let silent = silent_until.is_some();
    let mut client = LedgerServiceClient::new(channel.clone());
    let mut tx = node.store.read().await?;
    let known = tx.newest_checkpoint().await?;
    let newest_checkpoint = tx.newest_note().await?;
    drop(tx);
    let (requests, outgoing) = mpsc::channel(AHEAD);
    let (epoch, size) = known.as_ref().map_or((0, 0), |known| (known.epoch, known.size));
    let begin = WitnessBegin { epoch: epoch.into(), size, newest_checkpoint };
    let begin = WitnessRequest { step: Some(witness_request::Step::Begin(begin)) };
    requests.send(begin).await.expect("the receiver is here");
    let mut shown = client.witness(ReceiverStream::new(outgoing)).await?.into_inner();
    let mut watcher = Watcher::new(node, channel, requests, known.as_ref(), silent, may_be_late);
    let mut work = node.work();
    loop {
        work.mark_unchanged();
        tokio::select! {
            message = shown.message() => match message? {
                Some(message) => {
                    watcher.shown(message).await?;
                    if !silent {
                        node.set_witness_trouble(None);
                    }
                }
                None => return Err(End::Line("the hub ended the stream".into())),
            },
            () = sleep_until(silent_until) => return Err(End::Again),
            changed = work.changed() => {
                if changed.is_err() {
                    return Err(End::Stopped);
                }
                watcher.again().await?;
            }
        }
    }
}
