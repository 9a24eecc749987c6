//! Who can be responsible, and how far a target has come.

use meldeverbund_domain::AgencyState;
use meldeverbund_proto::{AgencyId, TargetId, v1::AgencyKind};

use super::centre;
use crate::{
    flow::{Failure, Views, since::newest_leaf},
    store::{AgencyRow, Connection},
};

/// A body of the federation.
pub(crate) struct Party {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// True: it may own targets.
    pub(crate) may_own: bool,
    /// True: it is suspended.
    pub(crate) suspended: bool,
}

/// All bodies, by their ids.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn parties(connection: &mut Connection, caller: &AgencyId) -> Result<Vec<Party>, Failure> {
    centre(connection, caller).await?;
    let mut rows = AgencyRow::all(connection).await?;
    rows.sort_by(|one, other| one.card.agency_id.cmp(&other.card.agency_id));
    let party = |row: AgencyRow| {
        let active = row.agency.state == AgencyState::Active;
        let owns = matches!(row.agency.kind, AgencyKind::StateOffice | AgencyKind::CentralOffice);
        Party { id: row.card.agency_id, name: row.card.name, may_own: active && owns, suspended: !active }
    };
    Ok(rows.into_iter().map(party).collect())
}

/// The newest leaf that decided on a target; 0: none did. What a form carries of it.
///
/// # Errors
/// If the caller is not the central office, or the engine fails.
pub(crate) async fn newest_decision(
    connection: &mut Connection,
    views: &Views,
    caller: &AgencyId,
    target: TargetId,
) -> Result<i64, Failure> {
    centre(connection, caller).await?;
    let Some(number) = views.target_ids.number(target) else { return Ok(0) };
    Ok(newest_leaf(connection, number).await?)
}
