//! From what an officer selects to targets.

use meldeverbund_proto::{
    CanonicalLink, TargetId,
    link::refang,
    node::v1::Selection,
    v1::{DueKind, Refusal, RefusalCode, Role, Stage},
};

use super::DeskError;
use crate::store::{Selected, TargetFilter, Tx};

/// Referrals of one link that are looked at for its target.
const REFERRALS: u32 = 1_000;

/// The targets of a selection, at least one.
pub(super) async fn select(tx: &mut Tx, selection: Option<Selection>) -> Result<Vec<Selected>, DeskError> {
    let selection = selection.unwrap_or_default();
    if selection == Selection::default() {
        let reason = "is empty: state which targets; all of them only if you say so";
        return Err(DeskError::Field(Refusal::at(RefusalCode::FieldMissing, "selection", reason)));
    }
    let filter = filter(tx, selection).await?;
    let selected = tx.select(&filter).await?;
    if selected.is_empty() { Err(DeskError::NothingSelected) } else { Ok(selected) }
}

async fn filter(tx: &mut Tx, selection: Selection) -> Result<TargetFilter, DeskError> {
    let (stage, role, due) = (selection.stage(), selection.role(), selection.due());
    let Selection { all: _, case_number, hand_in, host, stage: _, role: _, due: _, links, target_ids } =
        selection;
    let mut filter = TargetFilter {
        stage: (stage != Stage::Unspecified).then_some(stage.into()),
        role: (role != Role::Unspecified).then_some(role.into()),
        due: (due != DueKind::Unspecified).then_some(due),
        ..TargetFilter::default()
    };
    if !case_number.is_empty() {
        let case = tx.case_by_number(&case_number).await?.ok_or(DeskError::CaseUnknown)?;
        filter.case_file = Some(case.id);
    }
    if hand_in != 0 {
        let id = i64::try_from(hand_in).map_err(|_| DeskError::HandInUnknown)?;
        filter.hand_in = Some(tx.hand_in(id).await?.ok_or(DeskError::HandInUnknown)?.id);
    }
    if !host.is_empty() {
        filter.host = Some(host_of(&host)?);
    }
    if !links.is_empty() || !target_ids.is_empty() {
        filter.only = Some(named(tx, &links, &target_ids).await?);
    }
    Ok(filter)
}

/// The rows of targets that are named one by one.
async fn named(tx: &mut Tx, links: &[String], target_ids: &[String]) -> Result<Vec<i64>, DeskError> {
    let mut rows = Vec::with_capacity(links.len() + target_ids.len());
    for (i, link) in links.iter().enumerate() {
        let target = target_of(tx, link).await?;
        let target = target.ok_or_else(|| unknown(format!("selection.links[{i}]")))?;
        rows.push(target.1);
    }
    let ids = ids(target_ids)?;
    for (i, row) in tx.target_rows(&ids).await?.into_iter().enumerate() {
        rows.push(row.ok_or_else(|| unknown(format!("selection.target_ids[{i}]")))?);
    }
    Ok(rows)
}

/// Targets' ids; the first that is none is named.
fn ids(target_ids: &[String]) -> Result<Vec<TargetId>, DeskError> {
    let id = |(i, id): (usize, &String)| {
        let field = || format!("selection.target_ids[{i}]");
        id.parse().map_err(|_| DeskError::Field(Refusal::invalid(field(), "is not a target's id")))
    };
    target_ids.iter().enumerate().map(id).collect()
}

/// Leaves out the targets that are named and not known.
pub(super) async fn only_known(tx: &mut Tx, selection: &mut Selection) -> Result<(), DeskError> {
    let rows = tx.target_rows(&ids(&selection.target_ids)?).await?;
    let mut known = rows.iter().map(Option::is_some);
    selection.target_ids.retain(|_| known.next().unwrap_or(false));
    Ok(())
}

/// The target that a link, in any spelling, or a target's id names, and its row; none: nothing is known of it.
pub(super) async fn target_of(tx: &mut Tx, text: &str) -> Result<Option<(TargetId, i64)>, DeskError> {
    let text = text.trim();
    let id = match text.parse::<TargetId>() {
        Ok(id) => Some(tx.resolve(id).await?),
        Err(_) => {
            let link = CanonicalLink::parse(&refang(text))?;
            let referrals = tx.links_by_id(link.id(), REFERRALS).await?;
            referrals.iter().rev().find_map(|referral| referral.target_id)
        }
    };
    let Some(id) = id else { return Ok(None) };
    Ok(tx.target(id).await?.map(|card| (id, card.id)))
}

/// A host in the spelling of canonical links.
pub(super) fn host_of(host: &str) -> Result<String, DeskError> {
    let link = CanonicalLink::parse(&format!("https://{}/", refang(host.trim())));
    let link = link.map_err(|_| DeskError::Field(Refusal::invalid("host", "is not a host's name")))?;
    Ok(link.host().to_owned())
}

fn unknown(field: String) -> DeskError {
    DeskError::Unknown(Refusal::at(RefusalCode::TargetUnknown, field, "this node knows nothing of it"))
}
