//! Who calls: the peer that the handshake verified. No request field ever selects the agency (I4).

use std::sync::Arc;

use meldeverbund_certs::Peer;
use meldeverbund_proto::{
    AgencyId,
    v1::{Refusal, RefusalCode},
};
use tonic::{Extensions, Status};

use super::status::refused;
use crate::flow::{Failure, Hub, admit};

/// The verified peer of a request.
pub(super) fn peer(extensions: &Extensions) -> Result<Arc<Peer>, Status> {
    let unverified =
        || refused(&Refusal::of(RefusalCode::AgencyUnknown, "the connection carries no certificate"));
    extensions.get::<Arc<Peer>>().cloned().ok_or_else(unverified)
}

/// Says at once, when a stream opens, what would otherwise be said of each of its messages; reads the keys that verify them.
pub(super) async fn admitted(hub: &Hub, caller: &AgencyId) -> Result<(), Failure> {
    let mut reader = hub.reader().await?;
    admit(&mut reader, caller).await?.agency.may_refer()?;
    Ok(hub.statement_keys().read(&mut reader, caller).await?)
}
