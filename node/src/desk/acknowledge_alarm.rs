//! An officer has seen alarms: what stood back for them goes on.

use meldeverbund_proto::{
    node::v1::{AcknowledgeAlarmRequest, AcknowledgeAlarmResponse},
    text,
    v1::Refusal,
};

use super::{Caller, DeskError};
use crate::node::Node;

/// Longest reason.
const REASON_CHARS: usize = 500;

pub(super) async fn acknowledge_alarm(
    node: &Node,
    caller: &Caller,
    request: AcknowledgeAlarmRequest,
) -> Result<AcknowledgeAlarmResponse, DeskError> {
    let AcknowledgeAlarmRequest { alarm, reason } = request;
    if reason.trim().is_empty() {
        return Err(DeskError::Field(Refusal::missing("reason")));
    }
    text::check(&reason, REASON_CHARS).map_err(|error| DeskError::Field(error.at("reason")))?;
    let id = match alarm {
        0 => None,
        number => Some(i64::try_from(number).map_err(|_| DeskError::AlarmUnknown)?),
    };
    let acknowledged = node.acknowledge_alarms(id, &caller.officer, &reason).await?;
    if acknowledged == 0 && id.is_some() {
        return Err(DeskError::AlarmUnknown);
    }
    Ok(AcknowledgeAlarmResponse { acknowledged })
}
