//! All that the node knows of one link, in any spelling, or of one target.

use meldeverbund_proto::{
    CanonicalLink, TargetId,
    link::refang,
    node::v1::{JoinedAgency, ShowLinkRequest, ShowLinkResponse, ShownReferral, TargetCard},
    v1::{Referral, TargetView},
};

use super::{DeskError, link_row::link_row};
use crate::{
    node::Node,
    store::{self, StoreError, StoredLink, Tx},
};

/// Referrals in the answer; more are told by their number.
const SHOWN: u32 = 1_000;

pub(super) async fn show_link(node: &Node, request: ShowLinkRequest) -> Result<ShowLinkResponse, DeskError> {
    let asked = request.link_or_target.trim();
    let mut tx = node.store.read().await?;
    let (target_id, links, referral_count) = if let Ok(id) = asked.parse::<TargetId>() {
        let id = tx.resolve(id).await?;
        let card = tx.target(id).await?.ok_or(DeskError::NothingKnown)?;
        (Some(id), tx.links_by_target(card.id, SHOWN).await?, tx.count_links(None, Some(card.id)).await?)
    } else {
        let id = CanonicalLink::parse(&refang(asked))?.id();
        let links = tx.links_by_id(id, SHOWN).await?;
        if links.is_empty() {
            return Err(DeskError::NothingKnown);
        }
        let target = links.iter().rev().find_map(|link| link.target_id);
        (target, links, tx.count_links(Some(id), None).await?)
    };
    let target = match target_id {
        Some(id) => known_target(&mut tx, id).await?,
        None => None,
    };
    let agencies = tx.agencies().await?;
    let mut canonical_links: Vec<String> = links
        .iter()
        .filter_map(|link| Some(CanonicalLink::parse(&link.referral.link).ok()?.into_string()))
        .collect();
    canonical_links.sort_unstable();
    canonical_links.dedup();
    let mut referrals = Vec::with_capacity(links.len());
    for link in links {
        referrals.push(shown(&mut tx, link).await?);
    }
    let named = |id: &str| {
        target
            .as_ref()
            .is_some_and(|card| card.owner_agency_id == id || card.joined.iter().any(|j| j.agency_id == id))
    };
    let agencies = agencies.into_iter().filter(|card| named(&card.agency_id)).collect();
    Ok(ShowLinkResponse { canonical_links, target, referrals, referral_count, agencies })
}

async fn shown(tx: &mut Tx, link: StoredLink) -> Result<ShownReferral, StoreError> {
    let (source_name, officer) = match link.hand_in {
        Some(hand_in) => tx.source_of(hand_in).await?,
        None => Default::default(),
    };
    let row = Some(link_row(&link));
    Ok(ShownReferral {
        row,
        referral: Some(Referral { salt: Vec::new(), ..link.referral }),
        source_name,
        officer,
    })
}

/// A target as last told; none if nothing was.
pub(super) async fn known_target(tx: &mut Tx, id: TargetId) -> Result<Option<TargetCard>, StoreError> {
    let Some(card) = tx.target(id).await? else { return Ok(None) };
    let view = tx.view(card.id).await?;
    Ok(Some(target_card(id, card, view)))
}

fn target_card(id: TargetId, card: store::TargetCard, view: Option<TargetView>) -> TargetCard {
    let joined =
        card.joined.into_iter().map(|(agency_id, joined_at_us)| JoinedAgency { agency_id, joined_at_us });
    TargetCard {
        target_id: id.to_string(),
        owner_agency_id: card.owner_agency_id.unwrap_or_default(),
        owner_basis: card.basis,
        stage: card.stage,
        round: card.round,
        role: card.role,
        told_at_us: card.told_us,
        joined: joined.collect(),
        view,
    }
}
