//! Hands over the export, part by part.

use std::sync::Arc;

use meldeverbund_proto::node::v1::ExportLedgerResponse;
use tokio::sync::mpsc;
use tonic::Status;

use super::{Caller, DeskError};
use crate::{
    ledger::export::{ExportError, export},
    node::Node,
};

pub(super) async fn export_ledger(
    node: Arc<Node>,
    caller: Caller,
    parts: mpsc::Sender<Result<ExportLedgerResponse, Status>>,
) {
    let made = match node.channel() {
        Some(channel) => export(&node, &channel, parts.clone()).await.map_err(DeskError::from),
        None => Err(DeskError::HubAway),
    };
    if let Err(error) = made {
        // Whoever has gone is told nothing.
        let _ = parts.send(Err(error.into_status(caller.lang))).await;
    }
}

impl From<ExportError> for DeskError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::NothingSeen => Self::LeafUnknown,
            ExportError::Failed(error) => Self::Store(error),
            error => Self::Ledger(error.to_string()),
        }
    }
}
