//! The cast of the story: a few targets of one owner at one provider, in which every office has a case.

use std::collections::{BTreeMap, BTreeSet};

use meldeverbund_proto::{CanonicalLink, node::v1::TargetCard, v1::Referral};

use crate::{lists::Lists, office::Office, stage::Stage};

/// How many targets have a story, if there are so many.
const TARGETS: usize = 5;

/// Who plays, on which targets.
pub(crate) struct Cast<'a> {
    /// Was first everywhere.
    pub(crate) owner: &'a Office,
    /// Joined, and consents.
    pub(crate) consenting: &'a Office,
    /// Joined, and holds.
    pub(crate) holding: &'a Office,
    /// The central office.
    pub(crate) central: &'a Office,
    /// The targets; the first one's story is told.
    pub(crate) targets: Vec<String>,
    /// The owner's own referrals of each target.
    pub(crate) referrals: Vec<Vec<Referral>>,
}

/// A target in which every office has a case.
struct Candidate {
    target: String,
    referrals: Vec<Referral>,
    /// Referrals of all offices: fewer make a shorter story.
    length: u64,
}

impl<'a> Cast<'a> {
    /// Finds the targets; none if the lists have no link in common.
    pub(crate) async fn find(stage: &'a Stage, lists: &Lists) -> anyhow::Result<Option<Self>> {
        let (mut groups, mut seen) = (BTreeMap::<_, Vec<Candidate>>::new(), BTreeSet::new());
        for link in &lists.common {
            if let Some((owner, candidate)) = candidate(stage, link).await?
                && seen.insert(candidate.target.clone())
            {
                let provider = CanonicalLink::parse(link)?;
                let provider = provider.registrable_domain().unwrap_or(provider.host()).to_owned();
                groups.entry((owner, provider)).or_default().push(candidate);
            }
        }
        let Some(((owner, _), mut group)) = groups.into_iter().max_by_key(|(_, group)| group.len()) else {
            return Ok(None);
        };
        group.sort_by_key(|candidate| candidate.length);
        group.truncate(TARGETS);
        let (targets, referrals) = group.into_iter().map(|one| (one.target, one.referrals)).unzip();
        let place = |later: usize| &stage.offices[(owner + later) % stage.offices.len()];
        let (owner, consenting, holding) = (place(0), place(1), place(2));
        Ok(Some(Self { owner, consenting, holding, central: &stage.central, targets, referrals }))
    }
}

/// The link's target, if every office knows the same one, and the place of its owner among the offices.
async fn candidate(stage: &Stage, link: &str) -> anyhow::Result<Option<(usize, Candidate)>> {
    let (mut cards, mut length, mut referrals) = (Vec::new(), 0, Vec::new());
    for office in &stage.offices {
        let Some(shown) = office.show(link).await? else { return Ok(None) };
        let Some(card) = shown.target else { return Ok(None) };
        length += shown.referral_count;
        if card.owner_agency_id == office.agency {
            referrals = shown.referrals.into_iter().filter_map(|shown| shown.referral).collect();
        }
        cards.push(card);
    }
    let Some(first) = cards.first() else { return Ok(None) };
    let owner = stage.offices.iter().position(|office| office.agency == first.owner_agency_id);
    let alike = |card: &TargetCard| {
        (&card.target_id, &card.owner_agency_id) == (&first.target_id, &first.owner_agency_id)
    };
    Ok(owner.filter(|_| cards.iter().all(alike)).map(|owner| {
        let target = first.target_id.clone();
        (owner, Candidate { target, referrals, length })
    }))
}
