//! Disclosures: those that a liaison body asked for, and those that an agency is asked for.

use meldeverbund_proto::{
    AgencyId,
    v1::{
        Disclosure, ListAskedRequest, ListAskedResponse, ListDisclosuresRequest, ListDisclosuresResponse,
        RequestDisclosureResponse,
    },
};

use super::{
    Stepped,
    shown::{cards, shown},
};
use crate::{
    flow::{Failure, Hub, admit, liaison::list_length, once::parse_id},
    store::{AgencyRow, Connection, DisclosureRow, StoreError, TargetIds},
};

/// The disclosures that the caller asked for.
///
/// # Errors
/// If the caller is no liaison body, or the database fails.
pub async fn disclosures_of(
    connection: &mut Connection,
    target_ids: &TargetIds,
    caller: &AgencyId,
    request: &ListDisclosuresRequest,
) -> Result<ListDisclosuresResponse, Failure> {
    let agency = admit(connection, caller).await?.agency;
    agency.may_ask()?;
    let most = list_length(request.limit)?;
    let rows = if request.disclosure_id.is_empty() {
        DisclosureRow::of(connection, agency.no, most).await?
    } else {
        let id = parse_id("disclosure_id", &request.disclosure_id)?;
        let found = DisclosureRow::by_id(connection, id).await?;
        vec![found.filter(|row| row.agency == agency.no).ok_or_else(super::unknown)?]
    };
    let agencies = AgencyRow::all(connection).await?;
    let disclosures = all_shown(&rows, agency.no, &agencies, target_ids)?;
    Ok(ListDisclosuresResponse { disclosures, agencies: cards(&rows, agency.no, &agencies) })
}

/// The disclosures that the caller is asked for.
///
/// # Errors
/// If the caller is a liaison body, or the database fails.
pub async fn disclosures_asked(
    connection: &mut Connection,
    target_ids: &TargetIds,
    caller: &AgencyId,
    request: &ListAskedRequest,
) -> Result<ListAskedResponse, Failure> {
    let agency = admit(connection, caller).await?.agency;
    agency.may_refer()?;
    let most = list_length(request.limit)?;
    let central = agency.is_central();
    let rows = DisclosureRow::asked_of(connection, agency.no, central, request.answered, most).await?;
    let agencies = AgencyRow::all(connection).await?;
    let disclosures = all_shown(&rows, agency.no, &agencies, target_ids)?;
    Ok(ListAskedResponse { disclosures, agencies: cards(&rows, agency.no, &agencies) })
}

/// What is answered to who asked for a disclosure.
///
/// # Errors
/// If the database fails.
pub async fn disclosure_requested(hub: &Hub, stepped: Stepped) -> Result<RequestDisclosureResponse, Failure> {
    let (mut reader, leaf) = (hub.reader().await?, stepped.disclosure);
    let row = DisclosureRow::by_leaf(&mut reader, leaf).await?.ok_or_else(super::unknown)?;
    let agencies = AgencyRow::all(&mut reader).await?;
    let asked = agencies.into_iter().find(|agency| row.is_named && agency.agency.no == row.asked);
    Ok(RequestDisclosureResponse {
        agency: asked.map(|agency| agency.card),
        due_at_us: row.due_us,
        leaf_index: stepped.leaf.cast_unsigned(),
        recorded_at_us: stepped.recorded_at_us,
        receipt: stepped.receipt,
    })
}

/// A disclosure as it is after a step of this agency.
///
/// # Errors
/// If the database fails.
pub async fn disclosure_now(hub: &Hub, caller: &AgencyId, leaf: i64) -> Result<Disclosure, Failure> {
    let mut reader = hub.reader().await?;
    let agency = admit(&mut reader, caller).await?.agency;
    let row = DisclosureRow::by_leaf(&mut reader, leaf).await?.ok_or_else(super::unknown)?;
    let agencies = AgencyRow::all(&mut reader).await?;
    Ok(shown(&row, agency.no, &agencies, hub.store().target_ids())?)
}

fn all_shown(
    rows: &[DisclosureRow],
    viewer: meldeverbund_domain::AgencyNo,
    agencies: &[AgencyRow],
    target_ids: &TargetIds,
) -> Result<Vec<Disclosure>, StoreError> {
    rows.iter().map(|row| shown(row, viewer, agencies, target_ids)).collect()
}
