//! After the hub was restored: what it lost goes in again, and when all of it is answered the hub is told so.
//!
//! The witness finds the epoch and puts into the queues what lies behind it; senders send it as ever. Submissions go first,
//! because a target that is opened anew has another id: only then are decisions sent again, with the ids of now.
//!
//! And once a line, targets of which this store has no word of the hub's are asked for, whatever the reason.

use std::{collections::HashSet, sync::Arc, time::Duration};

use meldeverbund_proto::{
    TargetId,
    v1::{
        AgencyCard, AgencyKind, RefusalCode, ReportReconciledRequest, Responsibility, Role,
        ShowTargetsRequest, ShowTargetsResponse, Stage, TargetView, TargetsChanged,
        agency_service_client::AgencyServiceClient, target_service_client::TargetServiceClient,
    },
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, transport::Channel};

use super::{
    apply::{NotApplied, targets_changed},
    trouble::{Broken, refusal_of},
};
use crate::{
    clock::Random,
    node::Node,
    store::{Reconciliation, StoreError, Tx, Write},
};

/// Targets in one question, as the contract says.
const TARGETS: u32 = 1_000;

/// Pause after a refusal that passes.
const PAUSE: Duration = Duration::from_secs(30);

/// What comes next.
enum Next {
    /// Nothing before something is answered, or an epoch begins.
    Waits,
    /// The next step.
    GoesOn,
    /// The same, later.
    Again,
}

/// Sees to it until the connection fails or `stop`.
pub(super) async fn run(node: &Arc<Node>, channel: &Channel, stop: &CancellationToken) -> Result<(), Broken> {
    let (mut work, mut asked) = (node.work(), false);
    loop {
        work.mark_unchanged();
        match step(node, channel, &mut asked).await? {
            Next::GoesOn => {}
            next => {
                let later = async {
                    match next {
                        Next::Again => tokio::time::sleep(PAUSE).await,
                        _ => std::future::pending().await,
                    }
                };
                tokio::select! {
                    _ = work.changed() => {}
                    () = later => {}
                    () = stop.cancelled() => return Ok(()),
                }
            }
        }
        if stop.is_cancelled() {
            return Ok(());
        }
    }
}

async fn step(node: &Arc<Node>, channel: &Channel, asked: &mut bool) -> Result<Next, Broken> {
    let state = node.store.read().await?.reconciliation().await?;
    // After a restore that has its time.
    if !*asked && state.is_none_or(|state| state.refreshed) {
        let next = ask_for_untold(node, channel).await?;
        *asked = matches!(next, Next::GoesOn);
        return Ok(next);
    }
    let Some(state) = state else { return Ok(Next::Waits) };
    let Reconciliation { submissions, decisions, .. } = state;
    if state.reported_us.is_some() || submissions.1 > 0 {
        return Ok(Next::Waits);
    }
    if !state.translated {
        let now_us = node.clock.now_us();
        node.store.write(Translate { random: node.random.clone(), now_us }).await?;
        node.has_work();
        return Ok(Next::GoesOn);
    }
    if !state.refreshed {
        return refresh(node, channel).await;
    }
    // What a person has to see to is not handed in again yet.
    if decisions.1 > 0 || state.case_commands > 0 || state.refused > 0 {
        return Ok(Next::Waits);
    }
    let request = ReportReconciledRequest { epoch: state.epoch };
    match AgencyServiceClient::new(channel.clone()).report_reconciled(request).await {
        Ok(_) => {
            let reported = Reported { epoch: state.epoch, now_us: node.clock.now_us() };
            node.store.write(reported).await?;
            tracing::info!(epoch = state.epoch, "sync.reconciled");
            node.changed();
            Ok(Next::Waits)
        }
        // A later epoch has begun; the witness will find it.
        Err(status) if code_of(&status) == Some(RefusalCode::FieldInvalid) => Ok(Next::Waits),
        Err(status) => later(status),
    }
}

/// Asks for the targets that were told of a state that the hub no longer has.
async fn refresh(node: &Arc<Node>, channel: &Channel) -> Result<Next, Broken> {
    let next = ask_for_untold(node, channel).await?;
    if matches!(next, Next::GoesOn) {
        node.store.write(Refreshed { now_us: node.clock.now_us() }).await?;
        node.changed();
    }
    Ok(next)
}

/// Asks for the targets of which the hub's word is lacking, page by page.
async fn ask_for_untold(node: &Arc<Node>, channel: &Channel) -> Result<Next, Broken> {
    let mut client = TargetServiceClient::new(channel.clone());
    let (hub_time_us, centre) = {
        let line = node.line.borrow();
        let who = line.who_am_i.as_ref();
        let card = who.and_then(|who| who.agency.clone());
        let centre = card.filter(|card| card.kind() == AgencyKind::CentralOffice);
        (who.map_or(1, |who| who.hub_time_us), centre)
    };
    let mut after = 0;
    loop {
        let page = node.store.read().await?.untold_targets(after, TARGETS).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        let asked: Vec<TargetId> = page.into_iter().map(|(_, id)| id).collect();
        let target_ids = asked.iter().map(ToString::to_string).collect();
        match client.show_targets(ShowTargetsRequest { target_ids }).await {
            Ok(answer) => {
                let (answer, centre) = (answer.into_inner(), centre.clone());
                node.store.write(Told { asked, answer, centre, hub_time_us }).await?;
            }
            Err(status) => return later(status),
        }
        node.changed();
    }
    Ok(Next::GoesOn)
}

fn code_of(status: &Status) -> Option<RefusalCode> {
    refusal_of(status).map(|refusal| refusal.code())
}

/// A refusal is waited out, and so is a hub of an earlier version; anything else is the line's.
fn later(status: Status) -> Result<Next, Broken> {
    if code_of(&status).is_some() || status.code() == Code::Unimplemented {
        tracing::debug!(code = ?status.code(), "sync.reconciling_later");
        return Ok(Next::Again);
    }
    Err(status.into())
}

#[derive(Debug)]
struct Translate {
    random: Random,
    now_us: i64,
}

impl Write for Translate {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.translate_again(&self.random, self.now_us).await
    }
}

/// What the hub says of targets; of one that it does not name nothing more is told.
#[derive(Debug)]
struct Told {
    asked: Vec<TargetId>,
    answer: ShowTargetsResponse,
    /// This office, if it is the central one.
    centre: Option<AgencyCard>,
    hub_time_us: i64,
}

impl Write for Told {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        // What the feed or an answer told meanwhile is newer.
        let untold = tx.still_untold(&self.asked).await?;
        let is_untold = |id: &str| id.parse().is_ok_and(|id| untold.contains(&id));
        let ShowTargetsResponse { targets, agencies, merged } = &self.answer;
        // The central office may look at everything; what changes of what is not its business it is not told, so that it
        // would keep what is so no more.
        let kept = |view: &&TargetView| {
            self.centre.as_ref().is_none_or(|centre| is_the_centres(view, &centre.agency_id))
        };
        let targets: Vec<&TargetView> = targets.iter().filter(kept).collect();
        let named: HashSet<&str> = targets.iter().map(|view| view.target_id.as_str()).collect();
        let gone = untold.iter().map(ToString::to_string).filter(|id| !named.contains(id.as_str()));
        let told = targets.iter().filter(|view| is_untold(&view.target_id));
        let changed = TargetsChanged {
            gone_target_ids: gone.collect(),
            targets: told.map(|view| TargetView::clone(view)).collect(),
            agencies: agencies.clone(),
            merged: merged.iter().filter(|pair| is_untold(&pair.target_id)).cloned().collect(),
            ..TargetsChanged::default()
        };
        match targets_changed(tx, &changed, self.hub_time_us).await {
            Ok(_) => Ok(()),
            Err(NotApplied::Store(error)) => Err(error),
            Err(NotApplied::Unfit(reason)) => {
                tracing::warn!(reason, "sync.target_not_refreshed");
                Ok(())
            }
        }
    }
}

/// Whether the central office's node is told of the target: it is a party, or may have to see to it.
fn is_the_centres(view: &TargetView, own: &str) -> bool {
    let lapsed = view.holds.iter().any(|hold| hold.lapsed || hold.agency_id == own);
    let disputed = matches!(view.responsibility(), Responsibility::Disputed | Responsibility::Escalated);
    let unresolved = view.intent.as_ref().is_some_and(|intent| intent.in_doubt || intent.failed);
    let open = view.stage() != Stage::Closed && (disputed || unresolved || view.claimed_agency_id == own);
    view.role() != Role::Unspecified || lapsed || view.incidents > 0 || open
}

#[derive(Debug)]
struct Refreshed {
    now_us: i64,
}

impl Write for Refreshed {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.refreshed(self.now_us).await
    }
}

#[derive(Debug)]
struct Reported {
    epoch: u32,
    now_us: i64,
}

impl Write for Reported {
    type Out = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.reported(self.epoch, self.now_us).await
    }
}
