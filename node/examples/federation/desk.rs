//! What an officer asks and decides at the desk.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, bail, ensure};
use meldeverbund_node::client::intend::{self, Intended};
use meldeverbund_proto::{
    node::v1::{
        DecideDone, DecideRequest, ExplainTargetRequest, LinkProof, ListTargetsRequest, ProveLinkRequest,
        Selection, ShowLinkRequest, ShowLinkResponse, WatchRequest, decide_request::Decision,
        decide_response::Step,
    },
    v1::{DueKind, ExplainTargetResponse, Intend},
};
use tokio::time::{Instant, interval, timeout};
use tonic::Code;

use crate::office::Office;

/// How long news may take from one office to another; on a loaded machine it is seconds.
const NEWS: Duration = Duration::from_secs(60);

/// How often is looked whether the witnesses have cosigned: a checkpoint is published every second.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Office {
    /// Decides, and waits until the hub has answered for every target.
    pub(crate) async fn decide(&self, targets: &[String], decision: Decision) -> anyhow::Result<DecideDone> {
        let request = DecideRequest {
            selection: Some(selection(targets)),
            decision: Some(decision),
            ..DecideRequest::default()
        };
        let mut answers = self.desk.clone().decide(request).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            if let Some(Step::Done(done)) = answer.step {
                let row = done.decision.clone().unwrap_or_default();
                ensure!(row.waiting + row.held_up + row.given_up == 0, "{}: not answered", row.what);
                return Ok(done);
            }
        }
        bail!("the node broke off")
    }

    /// Intends a notice, and gathers what may leave under it.
    pub(crate) async fn intend(&self, targets: &[String], intend: Intend) -> anyhow::Result<Intended> {
        Ok(intend::intend(&mut self.desk.clone(), selection(targets), intend, String::new()).await?)
    }

    /// What the office knows of a link; none if it never handed it in.
    pub(crate) async fn show(&self, link: &str) -> anyhow::Result<Option<ShowLinkResponse>> {
        match self.desk.clone().show_link(ShowLinkRequest { link_or_target: link.into() }).await {
            Ok(shown) => Ok(Some(shown.into_inner())),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// What the hub tells the office of a target's history, up to a leaf of the ledger; 0: all of it.
    pub(crate) async fn explain(&self, target: &str, at_leaf: u64) -> anyhow::Result<ExplainTargetResponse> {
        let request = ExplainTargetRequest { link_or_target: target.into(), at_leaf };
        let told = self.desk.clone().explain_target(request).await?.into_inner();
        told.explanation.context("the hub is away")
    }

    /// How far it is proven that the office's referrals of a link are in the ledger, once all are final; else how far they
    /// got.
    pub(crate) async fn proven(&self, link: &str) -> anyhow::Result<LinkProof> {
        let mut desk = self.desk.clone();
        let mut looks = interval(LOOK_EVERY);
        let deadline = Instant::now() + NEWS;
        loop {
            looks.tick().await;
            let request = ProveLinkRequest { link: link.into() };
            let proofs = desk.prove_link(request).await?.into_inner().proofs;
            let last = proofs.iter().find(|proof| proof.state != "final").or(proofs.first());
            let last = last.with_context(|| format!("{} has no referral of the link", self.agency))?;
            if last.state == "final" || Instant::now() > deadline {
                return Ok(last.clone());
            }
        }
    }

    /// Waits until this is due from the office on all the targets.
    pub(crate) async fn until_due(&self, due: DueKind, targets: &[String]) -> anyhow::Result<()> {
        let mut desk = self.desk.clone();
        // Watching begins before the first look: no news falls between them.
        let mut news = desk.watch(WatchRequest {}).await?.into_inner();
        let request = ListTargetsRequest { due: vec![due.into()], ..ListTargetsRequest::default() };
        let told = async {
            loop {
                let rows = desk.list_targets(request.clone()).await?.into_inner().targets;
                let due: HashSet<String> =
                    rows.into_iter().filter_map(|row| Some(row.view?.target_id)).collect();
                if targets.iter().all(|target| due.contains(target)) {
                    return anyhow::Ok(());
                }
                news.message().await?.context("the node broke off")?;
            }
        };
        timeout(NEWS, told).await.with_context(|| format!("{} was not told", self.agency))?
    }
}

fn selection(targets: &[String]) -> Selection {
    Selection { target_ids: targets.to_vec(), ..Selection::default() }
}
