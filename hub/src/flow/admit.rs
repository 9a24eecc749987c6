//! Who is asking: the agency that the certificate names, as the registry has it now.

use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};

use super::Failure;
use crate::store::{AgencyRow, Connection, Tx};

/// The caller's agency, for a call that only reads.
///
/// # Errors
/// If the agency is not registered or is suspended.
pub async fn admit(connection: &mut Connection, caller: &AgencyId) -> Result<AgencyRow, Failure> {
    let row = AgencyRow::by_id(connection, caller).await?.ok_or_else(unknown)?;
    row.agency.admit()?;
    Ok(row)
}

/// The caller's agency, for a command; the command asks what the agency may do.
pub(super) async fn caller(tx: &mut Tx<'_>, caller: &AgencyId) -> Result<AgencyRow, Failure> {
    Ok(tx.agency(caller).await?.ok_or_else(unknown)?)
}

/// The central office, for what only its own command line does; `does` says what, in the third person.
pub(super) async fn central(tx: &mut Tx<'_>, does: &str) -> Result<AgencyRow, Failure> {
    let found = tx.agencies().await?.into_iter().find(|row| row.agency.is_central());
    let reason = || format!("register the central office first: it {does}");
    Ok(found.ok_or_else(|| Refusal::of(RefusalCode::AgencyUnknown, reason()))?)
}

fn unknown() -> Refusal {
    Refusal::of(
        RefusalCode::AgencyUnknown,
        "the agency that your certificate names is not registered at this hub",
    )
}
