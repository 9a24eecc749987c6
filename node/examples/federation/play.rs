//! The play: from the gates to the outcome, through a link that comes back, to a dispute that is decided.

use std::{fs, path::Path};

use anyhow::Context as _;
use meldeverbund_proto::{
    node::v1::{RefusedTargets, decide_request::Decision},
    v1::{DueKind, Refusal, RefusalCode},
};

use crate::{
    cast::Cast,
    decisions::{answer, assign, check, close, consent, dispute, first_notice, gates, grant, hold, lift},
    notice::{self, Sent},
    office::Office,
    stage::Stage,
};

/// What was done, and what was seen while it was.
pub(crate) struct Play<'a> {
    stage: &'a Stage,
    pub(crate) cast: Cast<'a>,
    /// Who did what, in order; by the names that a timeline has.
    pub(crate) deeds: Vec<(String, String)>,
    /// What was refused, as it should be.
    pub(crate) refused: Vec<(String, RefusalCode)>,
    /// The notice that left.
    pub(crate) sent: Option<Sent>,
    /// Promises that were broken.
    pub(crate) broken: Vec<String>,
}

impl<'a> Play<'a> {
    /// Plays it all.
    pub(crate) async fn run(stage: &'a Stage, cast: Cast<'a>, folder: &Path) -> anyhow::Result<Self> {
        let Cast { owner, consenting, holding, central, .. } = cast;
        let mut play =
            Self { stage, cast, deeds: Vec::new(), refused: Vec::new(), sent: None, broken: Vec::new() };
        for gate in gates() {
            play.decide(owner, gate).await?;
        }
        play.decide(consenting, consent()).await?;
        play.decide(holding, hold()).await?;
        play.must_be_refused(owner, grant(), RefusalCode::HoldInForce).await?;
        play.decide(holding, lift()).await?;
        play.decide(holding, consent()).await?;
        play.decide(owner, grant()).await?;
        let sent = notice::send(&mut play, folder).await.context("the notice")?;
        let second = Decision::Intend(first_notice(&sent.recipient));
        play.sent = Some(sent);
        play.must_be_refused(owner, second, RefusalCode::NotifiedAlready).await?;
        for decision in [answer(), check(), close()] {
            play.decide(owner, decision).await?;
        }
        play.come_back(consenting, folder).await?;
        play.decide(holding, dispute(&holding.agency)).await?;
        central.until_due(DueKind::DecideDispute, &play.cast.targets).await?;
        play.decide(central, assign(&holding.agency)).await?;
        Ok(play)
    }

    /// Decides; it must take effect on every target.
    pub(crate) async fn decide(&mut self, office: &Office, decision: Decision) -> anyhow::Result<()> {
        let done = office.decide(&self.cast.targets, decision).await?;
        let what = done.decision.unwrap_or_default().what;
        self.did(office, &what, done.summary.unwrap_or_default().taken).await
    }

    /// Keeps what was done, and looks whether every target still has an owner.
    pub(crate) async fn did(&mut self, office: &Office, what: &str, taken: u64) -> anyhow::Result<()> {
        let (agency, targets) = (&office.agency, self.cast.targets.len() as u64);
        if taken != targets {
            self.broken.push(format!("{agency}, {what}: took effect on {taken} of {targets} targets"));
        }
        let ownerless = self.stage.counts().await?.ownerless;
        if ownerless != 0 {
            self.broken.push(format!("{agency}, {what}: left {ownerless} targets without an owner"));
        }
        self.deeds.push((agency.clone(), what.to_owned()));
        Ok(())
    }

    /// Decides; it must be refused on every target, for this reason.
    async fn must_be_refused(
        &mut self,
        office: &Office,
        decision: Decision,
        code: RefusalCode,
    ) -> anyhow::Result<()> {
        let done = office.decide(&self.cast.targets, decision).await?;
        let (what, summary) = (done.decision.unwrap_or_default().what, done.summary.unwrap_or_default());
        let fits = |refused: &&RefusedTargets| refused.refusal.as_ref().map(Refusal::code) == Some(code);
        let refused: u64 = summary.refused.iter().filter(fits).map(|refused| refused.targets).sum();
        let targets = self.cast.targets.len() as u64;
        if (refused, summary.taken) == (targets, 0) {
            self.refused.push((what, code));
        } else {
            let code = code.as_str_name();
            self.broken.push(format!("{what}: refused as {code} on {refused} of {targets} targets"));
        }
        Ok(())
    }

    /// An office finds the links again and refers them: the next round.
    async fn come_back(&mut self, office: &Office, folder: &Path) -> anyhow::Result<()> {
        // A link of each target is enough.
        let links: Vec<&str> =
            self.cast.referrals.iter().filter_map(|of| of.first()).map(|one| one.link.as_str()).collect();
        let list = folder.join(&office.agency).join("again.txt");
        fs::write(&list, links.join("\n"))?;
        let counts = office.hand_in(&list).await?.counts.unwrap_or_default();
        self.did(office, "referral", counts.reopened).await
    }
}
