//! The story of one target as the hub tells it, and whether it is the one that was played.

use std::fmt;

use meldeverbund_node::{
    notice::defanged,
    text::{self, Lang},
};
use meldeverbund_proto::{
    node::v1::LinkProof,
    v1::{RefusalCode, TimelineEntry},
};
use serde_json::{Value, json};

use crate::{cast::Cast, notice::Sent, play::Play};

/// The story of one target.
pub(crate) struct Story {
    /// Its link, not clickable.
    pub(crate) link: String,
    timeline: Vec<TimelineEntry>,
    refused: Vec<(String, RefusalCode)>,
    sent: Option<Sent>,
    /// How far the owner's referral of the link is proven.
    proof: LinkProof,
    /// Promises that were broken; none if all is well.
    pub(crate) broken: Vec<String>,
}

impl Story {
    /// Has the hub tell it, and holds it against what was done.
    pub(crate) async fn tell(play: Play<'_>) -> anyhow::Result<Self> {
        let Play { cast, deeds, refused, sent, mut broken, .. } = play;
        let mut timelines = Vec::new();
        for target in &cast.targets {
            // The central office sees all of it.
            let timeline = cast.central.explain(target, 0).await?.timeline;
            broken.extend(differs(&timeline, &cast, &deeds));
            for office in [cast.owner, cast.consenting] {
                let told = office.explain(target, 0).await?.timeline;
                broken.extend(indiscreet(&told, &timeline, &office.agency));
            }
            timelines.push(timeline);
        }
        let timeline = timelines.swap_remove(0);
        for entry in &timeline {
            let then = cast.central.explain(&cast.targets[0], entry.leaf_index).await?;
            if then.owner_agency_id.is_empty() || then.owner_agency_id != entry.owner_agency_id {
                broken.push(format!("no owner, or another one, as of leaf {}", entry.leaf_index));
            }
        }
        let link = cast.referrals.first().and_then(|of| of.first()).map_or("", |one| &one.link);
        let proof = cast.owner.proven(link).await?;
        if proof.state != "final" {
            broken.push(format!("the receipt of the story's link is not final: {}", proof.state));
        }
        Ok(Self { link: defanged(link), timeline, refused, sent, proof, broken })
    }

    /// How far the owner's referral of the link is proven, as one object.
    pub(crate) fn receipt(&self) -> Value {
        let LinkProof { state, leaf, votes, pinned, .. } = &self.proof;
        json!({ "state": state, "leaf": leaf, "votes": votes, "pinned": pinned })
    }

    /// The timeline as a list of objects.
    pub(crate) fn to_json(&self) -> Value {
        let entry = |entry: &TimelineEntry| {
            let stage = entry.stage().as_str_name().trim_start_matches("STAGE_").to_lowercase();
            json!({
                "agency": entry.agency_id, "what": entry.what, "stage": stage,
                "owner": entry.owner_agency_id, "round": entry.round,
            })
        };
        self.timeline.iter().map(entry).collect()
    }
}

/// In what a timeline differs from what was done.
fn differs(timeline: &[TimelineEntry], cast: &Cast<'_>, deeds: &[(String, String)]) -> Vec<String> {
    let mut differs = Vec::new();
    let opening = opening(timeline);
    for office in [cast.owner, cast.consenting, cast.holding] {
        if !opening.iter().any(|entry| entry.agency_id == office.agency) {
            differs.push(format!("the timeline lacks the referral of {}", office.agency));
        }
    }
    if timeline.first().is_none_or(|entry| entry.agency_id != cast.owner.agency) {
        differs.push("the first owner is not who was first".into());
    }
    let told = timeline[opening.len()..].iter().map(|entry| (&*entry.agency_id, &*entry.what));
    if told.ne(deeds.iter().map(|(agency, what)| (&**agency, &**what))) {
        differs.push("the timeline is not what was done".into());
    }
    let notices = timeline.iter().filter(|entry| entry.what == "report_sent").count();
    if notices != 1 {
        differs.push(format!("{notices} first notices in one round"));
    }
    let end = timeline.last().map(|entry| (&*entry.owner_agency_id, entry.round));
    if end != Some((&*cast.holding.agency, 2)) {
        differs.push("the dispute did not end as it was decided".into());
    }
    differs
}

/// The referrals before anything else.
fn opening(timeline: &[TimelineEntry]) -> &[TimelineEntry] {
    let end = timeline.iter().position(|entry| entry.what != "referral").unwrap_or(timeline.len());
    &timeline[..end]
}

/// What a co-interested office is told too much or too little: it sees its own part and the owners', and of others only
/// what came of it.
fn indiscreet(told: &[TimelineEntry], whole: &[TimelineEntry], own: &str) -> Option<String> {
    let discreet = |entry: &TimelineEntry| {
        [own, "", &entry.owner_agency_id].contains(&entry.agency_id.as_str())
            && whole.iter().any(|one| one.leaf_index == entry.leaf_index)
    };
    let own_part = |timeline: &[TimelineEntry]| -> Vec<u64> {
        timeline.iter().filter(|entry| entry.agency_id == own).map(|entry| entry.leaf_index).collect()
    };
    let right = told.iter().all(discreet) && own_part(told) == own_part(whole);
    (!right).then(|| format!("{own} is told more than it may know, or less"))
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nThe story of {}", self.link)?;
        let (number, time, who, what) = ("number", "time", "who", "what");
        writeln!(f, "{number:>7}  {time:<8}  {who:<10}  {what:<20}  {:<8}  round  owner", "stage")?;
        for entry in &self.timeline {
            let time = text::time(Lang::En, entry.recorded_at_us);
            let time = time.rsplit(' ').next().unwrap_or_default();
            let (number, who, round) = (entry.leaf_index, &entry.agency_id, entry.round);
            let (what, stage) = (text::decision(Lang::En, &entry.what), text::stage(Lang::En, entry.stage()));
            let owner = &entry.owner_agency_id;
            writeln!(f, "{number:>7}  {time:<8}  {who:<10}  {what:<20}  {stage:<8}  {round:>5}  {owner}")?;
        }
        for (what, code) in &self.refused {
            let (what, why) = (text::decision(Lang::En, what), text::refusal_code(Lang::En, *code));
            writeln!(f, "Refused on the way: {what} ({why})")?;
        }
        if let Some(Sent { recipient, links, files }) = &self.sent {
            writeln!(f, "One notice to {recipient}: {links} links in {files} files.")?;
        }
        let LinkProof { state, leaf, votes, pinned, .. } = &self.proof;
        writeln!(f, "Receipt of this link (leaf {leaf}): {}.", text::proof(Lang::En, state, *votes, *pinned))
    }
}
