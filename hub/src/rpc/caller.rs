//! Who calls: the peer that the handshake verified. No request field ever selects the agency (I4).

use std::sync::Arc;

use meldeverbund_certs::Peer;
use meldeverbund_proto::v1::{Refusal, RefusalCode};
use tonic::{Extensions, Status};

use super::status::refused;

/// The verified peer of a request.
pub(super) fn peer(extensions: &Extensions) -> Result<Arc<Peer>, Status> {
    let unverified =
        || refused(&Refusal::of(RefusalCode::AgencyUnknown, "the connection carries no certificate"));
    extensions.get::<Arc<Peer>>().cloned().ok_or_else(unverified)
}
