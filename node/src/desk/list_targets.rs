//! The work list: targets in the order in which something is due, page by page.

use std::collections::HashSet;

use meldeverbund_proto::{
    node::v1::{ListTargetsRequest, ListTargetsResponse, OwnLink, TargetRow},
    v1::{Due, DueKind, Role, Stage, TargetView},
};

use super::{DeskError, selection::host_of};
use crate::{
    node::Node,
    store::{WorkFilter, WorkPlace, WorkRow},
};

/// Rows of a page if the caller does not say.
const PAGE: u32 = 100;

/// Rows of the largest page.
const LARGEST_PAGE: u32 = 1_000;

pub(super) async fn list_targets(
    node: &Node,
    request: ListTargetsRequest,
) -> Result<ListTargetsResponse, DeskError> {
    let after = match request.page_token.as_str() {
        "" => WorkPlace::START,
        token => WorkPlace::parse(token).ok_or(DeskError::Protocol("`page_token` is not one"))?,
    };
    let size = if request.page_size == 0 { PAGE } else { request.page_size.min(LARGEST_PAGE) };
    let filter = filter(&request)?;
    let mut tx = node.store.read().await?;
    let mut rows = tx.work(&filter, after, size + 1).await?;
    let more = rows.len() > size as usize;
    rows.truncate(size as usize);
    let next_page_token = rows.last().filter(|_| more).map_or_else(String::new, |row| row.place.to_string());
    let targets: Vec<TargetRow> = rows.into_iter().map(target_row).collect();
    let named: HashSet<&str> = targets.iter().filter_map(|row| row.view.as_ref()).flat_map(named).collect();
    let mut agencies = tx.agencies().await?;
    agencies.retain(|card| named.contains(card.agency_id.as_str()));
    Ok(ListTargetsResponse { targets, agencies, next_page_token })
}

fn filter(request: &ListTargetsRequest) -> Result<WorkFilter, DeskError> {
    let text = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
    Ok(WorkFilter {
        only_due: request.only_due,
        due: request.due().filter(|kind| *kind != DueKind::Unspecified).collect(),
        case_number: text(&request.case_number),
        host: text(&request.host).map(|host| host_of(&host)).transpose()?,
        stage: Some(request.stage).filter(|stage| *stage != i32::from(Stage::Unspecified)),
        role: Some(request.role).filter(|role| *role != i32::from(Role::Unspecified)),
        owner: text(&request.owner_agency_id),
        held: request.held,
        in_doubt: request.in_doubt,
        under_way: request.under_way,
    })
}

fn target_row(row: WorkRow) -> TargetRow {
    let told = TargetView {
        target_id: row.target_id.to_string(),
        role: row.role,
        stage: row.stage,
        round: row.round,
        owner_agency_id: row.owner.unwrap_or_default(),
        owner_basis: row.basis,
        due: row.due.iter().map(|kind| Due { kind: (*kind).into(), by_us: 0 }).collect(),
        ..TargetView::default()
    };
    // An answer may have told later than the last view.
    let view = match row.view {
        Some(view) => TargetView {
            stage: told.stage,
            round: told.round,
            role: told.role,
            owner_agency_id: told.owner_agency_id,
            owner_basis: told.owner_basis,
            ..view
        },
        None => told,
    };
    let links = row.links.into_iter().map(|(link, case_number)| OwnLink { link, case_number });
    TargetRow { view: Some(view), told_at_us: row.told_us, links: links.collect() }
}

/// The agencies that a view names.
fn named(view: &TargetView) -> impl Iterator<Item = &str> {
    let others = view.holds.iter().map(|hold| &hold.agency_id);
    let windows = view.windows.iter().map(|window| &window.agency_id);
    let all = [&view.owner_agency_id, &view.claimed_agency_id].into_iter().chain(others).chain(windows);
    all.map(String::as_str)
}
